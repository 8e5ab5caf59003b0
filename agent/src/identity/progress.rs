//! How far the chain of one key has come, and what the collector last said.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::api::{Receipt, Settings};
use shared::statement::{CatalogueRef, PolicyRef};

use super::keys::folder_of;
use crate::log::{Doubt, Known};
use crate::report::kind::LastFull;
use crate::state::{StateError, StateFolder};

/// Code of the trouble that a log with two histories is.
pub const LOG_FORK: &str = "log-fork";
/// How long the collector takes a nonce for fresh.
const NONCE_LIFE: SignedDuration = SignedDuration::from_hours(26);

/// Kept beside the key, written after every step that must not be repeated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The newest statement; none before the first.
    pub head: Option<Head>,
    /// Highest sequence that the collector confirmed.
    #[serde(default)]
    pub delivered: i64,
    /// The newest full report, which an unchanged one points at.
    pub full: Option<LastFull>,
    /// The collector's last nonce, until a statement has used it.
    pub nonce: Option<Nonce>,
    /// How the agent is to behave.
    pub settings: Settings,
    /// The policy that was last received.
    pub policy: Option<PolicyRef>,
    /// The catalogue of macOS releases that was last received.
    #[serde(default)]
    pub catalogue: Option<CatalogueRef>,
    /// The device's status as the collector last said.
    pub status: Option<String>,
    /// When the newest statement was made.
    pub reported_at: Option<Timestamp>,
    /// When the collector last confirmed one.
    pub confirmed_at: Option<Timestamp>,
    /// Nothing is sent before.
    pub not_before: Option<Timestamp>,
    /// Runs in a row whose sending failed.
    #[serde(default)]
    pub failures: u32,
    /// What keeps the queue from being delivered and needs a person.
    pub trouble: Option<Trouble>,
    /// The newest state of the collector's log that was proven.
    #[serde(default)]
    pub log: Option<Known>,
    /// Why the collector's last answer did not show where a report stands.
    #[serde(default)]
    pub doubt: Option<Doubt>,
}

/// The newest statement of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its sequence.
    pub sequence: i64,
    /// Its digest over PAE, hexadecimal.
    pub sha256: String,
}

/// A nonce and when it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nonce {
    /// As the collector wrote it.
    pub value: String,
    /// By this computer's clock.
    pub received_at: Timestamp,
}

/// A refusal that the agent cannot mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// The problem's code.
    pub code: String,
    /// The collector's sentence.
    pub detail: String,
    /// Since when.
    pub since: Timestamp,
}

impl Progress {
    fn file(key: &str) -> String {
        format!("{}/progress.json", folder_of(key))
    }

    /// What is stored for the key called `key`.
    pub fn load(folder: &StateFolder, key: &str) -> Result<Option<Self>, StateError> {
        folder.read_json(&Self::file(key))
    }

    /// Stores it.
    pub fn store(&self, folder: &StateFolder, key: &str) -> Result<(), StateError> {
        folder.write_json(&Self::file(key), self)
    }

    /// Takes the nonce out, if the collector would still take it for fresh.
    pub fn take_nonce(&mut self, now: Timestamp) -> Option<String> {
        let nonce = self.nonce.take()?;
        let age = now.duration_since(nonce.received_at);
        (age < NONCE_LIFE && age > -NONCE_LIFE).then_some(nonce.value)
    }

    /// Keeps what the collector said with a receipt.
    pub fn confirm(&mut self, receipt: &Receipt, now: Timestamp) {
        self.delivered = self.delivered.max(receipt.sequence);
        self.nonce = Some(Nonce { value: receipt.nonce.clone(), received_at: now });
        self.settings = receipt.settings;
        self.status = Some(receipt.status.clone());
        self.confirmed_at = Some(now);
        let about_newest = self.head.as_ref().is_some_and(|it| it.sequence == receipt.sequence);
        let broken = receipt.flags.iter().any(|it| it == "chain-gap" || it == "chain-break");
        // The collector lacks something: the next report says everything again.
        if about_newest && broken {
            self.full = None;
        }
    }

    /// Whether the collector showed two histories. Only a new enrolment ends
    /// that: nothing that this collector says could.
    pub fn is_forked(&self) -> bool {
        self.trouble.as_ref().is_some_and(|trouble| trouble.code == LOG_FORK)
    }

    /// Whether a required rule fails, as the collector last said.
    pub fn is_failing(&self) -> bool {
        matches!(self.status.as_deref(), Some("at_risk" | "non_compliant"))
    }
}
