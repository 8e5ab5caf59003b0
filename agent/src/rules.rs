//! The rules that the collector last signed: policy and catalogue of releases.
//!
//! They are for this Mac's own display, and for saying in the next report what
//! was received. What is read and reported is the same without them, and no
//! report fails because of them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use shared::api::{PolicyDocument, Receipt};
use shared::envelope::Envelope;
use shared::keys::sha256_hex;
use shared::os_releases::{Catalogue, CatalogueError};
use shared::policy::{Policy, PolicyError};
use shared::statement::{CatalogueRef, PolicyRef, RulesInForce, Statement};

use crate::context::Context;
use crate::delivery::{Courier, RulesAnswer, SendError};
use crate::identity::Identity;
use crate::state::{StateError, StateFolder};

pub mod verify;

use verify::VerifyError;

/// Name of the file.
const FILE: &str = "rules.json";

/// The file in the state folder.
#[derive(Serialize, Deserialize)]
struct Stored {
    /// The CA that vouches for it; another enrolment has another one.
    ca_sha256: String,
    etag: Option<String>,
    received_at: Timestamp,
    document: PolicyDocument,
}

/// Rules that were received and verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What they say.
    pub rules: RulesInForce,
    /// When they came.
    pub received_at: Timestamp,
    /// How the collector recognises them.
    etag: Option<String>,
}

/// What the collector says that it judges by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The policy.
    pub policy: PolicyRef,
    /// The catalogue; an older collector does not name it.
    pub catalogue: Option<CatalogueRef>,
}

/// Why rules were not taken.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The exchange failed.
    #[error(transparent)]
    Send(#[from] SendError),
    /// They are not the collector's.
    #[error("the rules that the collector sent are refused: {0}")]
    Verify(#[from] VerifyError),
    /// They go back.
    #[error(
        "the rules that the collector sent are refused: they were issued at {found}, before those of {held} that this computer has"
    )]
    Older {
        /// When these were issued.
        found: Timestamp,
        /// When those at hand were.
        held: Timestamp,
    },
    /// They cannot be kept.
    #[error(transparent)]
    State(#[from] StateError),
}

impl Named {
    /// What a receipt names.
    pub fn by(receipt: &Receipt) -> Self {
        Self { policy: receipt.policy.clone(), catalogue: receipt.catalogue.clone() }
    }
}

impl Received {
    /// The rules at hand, if they are of the collector that `identity` names.
    /// What the disk has damaged counts as not received; it is sent again.
    pub fn load(folder: &StateFolder, identity: &Identity) -> Result<Option<Self>, StateError> {
        let stored = match folder.read_json::<Stored>(FILE) {
            Ok(stored) => stored,
            Err(StateError::Damaged { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok(stored.filter(|stored| stored.ca_sha256 == ca_sha256(identity)).and_then(|stored| {
            let envelope = Envelope::parse(stored.document.envelope.to_string().as_bytes()).ok()?;
            // Verified when it came; what lies in this folder is believed like
            // the identity beside it.
            let rules = Statement::<RulesInForce>::parse(&envelope.payload).ok()?.predicate;
            Some(Self { rules, received_at: stored.received_at, etag: stored.etag })
        }))
    }

    /// Whole days since the date of the catalogue, in UTC.
    pub fn catalogue_age_days(&self, now: Timestamp) -> i64 {
        let today = now.to_zoned(TimeZone::UTC).date();
        self.rules.catalogue.as_of.duration_until(today).as_hours() / 24
    }

    /// The policy.
    pub fn policy(&self) -> Result<Policy, PolicyError> {
        Policy::parse(&self.rules.policy.text)
    }

    /// The catalogue.
    pub fn catalogue(&self) -> Result<Catalogue, CatalogueError> {
        Catalogue::parse(self.rules.catalogue.text.as_bytes())
    }

    /// Whether these are the ones that the collector names.
    fn are(&self, named: &Named) -> bool {
        self.rules.policy.sha256 == named.policy.sha256
            && named.catalogue.as_ref().is_none_or(|it| it.sha256 == self.rules.catalogue.sha256)
    }
}

/// Fetches the rules when the collector names others than are at hand, and
/// gives those at hand afterwards.
pub async fn keep_up<C: Courier>(
    context: &Context,
    folder: &StateFolder,
    identity: &Identity,
    courier: &C,
    named: &Named,
) -> Result<Option<Received>, RulesError> {
    let held = Received::load(folder, identity)?;
    if held.as_ref().is_some_and(|held| held.are(named)) {
        return Ok(held);
    }
    let etag = held.as_ref().and_then(|held| held.etag.clone());
    let (body, etag) = match courier.rules(etag.as_deref()).await? {
        RulesAnswer::Same => return Ok(held),
        RulesAnswer::Document { body, etag } => (body, etag),
    };
    let now = context.now();
    let (document, rules) = verify::document(&body, &identity.ca, &context.clock)?;
    if let Some(held) = &held
        && rules.issued_at < held.rules.issued_at
    {
        let (found, held) = (rules.issued_at, held.rules.issued_at);
        return Err(RulesError::Older { found, held });
    }
    let stored =
        Stored { ca_sha256: ca_sha256(identity), etag: etag.clone(), received_at: now, document };
    folder.write_json(FILE, &stored)?;
    Ok(Some(Received { rules, received_at: now, etag }))
}

fn ca_sha256(identity: &Identity) -> String {
    crate::identity::certificate(&identity.ca).map_or_else(String::new, |ca| sha256_hex(&ca))
}

#[cfg(test)]
mod tests;
