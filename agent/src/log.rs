//! What this device knows of its collector's log.
//!
//! A report leaves the queue when the collector has shown that it stands in
//! the log, and that this log continues the one that the device knew before.
//! So every device that reports watches over the log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::days::age_words;
use shared::log::{Checkpoint, LogKey, LogReceipt, ReceiptFault, Reported, verify_receipt};

use crate::identity::progress::Progress;
use crate::state::{StateError, StateFolder};

/// Where proof of two histories is kept.
const FORKS: &str = "forks";

/// The newest state of the log that was proven, with the last proof: as long
/// as the device keeps it, nobody can deny having received that report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// How large the log was, and its root.
    pub checkpoint: Checkpoint,
    /// By this computer's clock.
    pub verified_at: Timestamp,
    /// The report that was shown to be in it.
    pub sequence: i64,
    /// How it was shown.
    pub receipt: LogReceipt,
}

/// An answer that did not show where a report stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// What was missing.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

/// Where the device stands with the log, for people.
pub fn sentences(progress: &Progress, now: Timestamp) -> Vec<String> {
    let nothing = || "nothing was proven yet".to_owned();
    let mut sentences = vec![progress.log.as_ref().map_or_else(nothing, |it| it.sentence(now))];
    if let Some(Doubt { reason, since }) = &progress.doubt {
        let age = age_words(now.duration_since(*since));
        sentences.push(format!("not proven for {age}, and tried again: {reason}"));
    }
    sentences
}

impl Known {
    fn sentence(&self, now: Timestamp) -> String {
        let Self { checkpoint, verified_at, sequence, receipt } = self;
        let age = age_words(now.duration_since(*verified_at));
        format!(
            "{} entries, verified {age} ago; report {sequence} is entry {}",
            checkpoint.size, receipt.index
        )
    }

    /// What `receipt` proves beyond what was `known`.
    pub fn prove(
        receipt: &LogReceipt,
        key: &LogKey,
        reported: &Reported<'_>,
        known: Option<&Self>,
        now: Timestamp,
    ) -> Result<Self, ReceiptFault> {
        let held = known.map(|known| &known.checkpoint);
        let checkpoint = verify_receipt(receipt, key, reported, held)?;
        let sequence = reported.sequence;
        Ok(Self { checkpoint, verified_at: now, sequence, receipt: receipt.clone() })
    }

    /// Keeps what was shown beside what was known, and says where: whoever has
    /// the log's key can check that it signed both.
    pub fn keep_fork(
        &self,
        folder: &StateFolder,
        shown: &LogReceipt,
        now: Timestamp,
    ) -> Result<String, StateError> {
        let place = format!("{FORKS}/{}", now.as_second());
        folder.write_json(&format!("{place}/known.json"), &self.receipt)?;
        folder.write_json(&format!("{place}/shown.json"), shown)?;
        folder.write(&format!("{place}/known.txt"), self.receipt.checkpoint.as_bytes())?;
        folder.write(&format!("{place}/shown.txt"), shown.checkpoint.as_bytes())?;
        Ok(folder.path(&place).display().to_string())
    }
}
