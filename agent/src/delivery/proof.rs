//! What a receipt's proof means for the statement.

use shared::api::Receipt;
use shared::envelope::Envelope;
use shared::keys::{hex, sha256_hex};
use shared::log::{ReceiptFault, Reported};

use super::{Delivery, Round, SendError, Stop};
use crate::chain::Chain;
use crate::identity::progress::{LOG_FORK, Trouble};
use crate::log::{Doubt, Known};
use crate::spool::Entry;
use crate::state::StateError;

/// One statement of a request.
pub(super) struct Item {
    pub(super) entry: Entry,
    pub(super) sha256: String,
    pub(super) envelope: String,
    device: String,
    key: String,
    signature_sha256: String,
}

impl Item {
    pub(super) fn new(entry: Entry, envelope: &Envelope) -> Self {
        // It may have been made under an earlier enrolment, by another id.
        let statement: serde_json::Value =
            serde_json::from_slice(&envelope.payload).unwrap_or_default();
        let device = statement.pointer("/predicate/device/id").and_then(|id| id.as_str());
        Self {
            entry,
            sha256: hex(&envelope.digest()),
            envelope: envelope.to_json(),
            device: device.unwrap_or_default().to_owned(),
            key: envelope.keyid.as_str().to_owned(),
            signature_sha256: sha256_hex(&envelope.signature),
        }
    }

    fn reported(&self) -> Reported<'_> {
        Reported {
            device: &self.device,
            key: &self.key,
            sequence: self.entry.sequence,
            statement_sha256: &self.sha256,
            signature_sha256: &self.signature_sha256,
        }
    }
}

/// What is to be done with a statement whose receipt came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// It may leave the queue.
    Proven,
    /// It stays, and is asked for once more: the log has grown between two
    /// answers of one request, and the proof begins before the first.
    AskAgain,
    /// It stays.
    Unproven,
    /// It stays, and so does everything else.
    Forked,
}

/// Checks the proof and keeps what it shows. `moved` says that an earlier
/// answer of the same request has shown a newer log.
pub(super) fn check(
    chain: &mut Chain<'_>,
    item: &Item,
    receipt: &Receipt,
    round: &Round<'_>,
    (moved, delivery): (bool, &mut Delivery),
) -> Result<Shown, StateError> {
    let (shown, known) = (&receipt.log, chain.progress.log.as_ref());
    match Known::prove(shown, round.log, &item.reported(), known, round.now) {
        Ok(known) => {
            chain.progress.log = Some(known);
            chain.progress.doubt = None;
            Ok(Shown::Proven)
        }
        Err(ReceiptFault::Fork { size }) => {
            fork(chain, receipt, size, round, delivery)?;
            Ok(Shown::Forked)
        }
        Err(ReceiptFault::Consistency | ReceiptFault::Behind { .. }) if moved => {
            Ok(Shown::AskAgain)
        }
        Err(fault) => {
            doubt(chain, item, &fault, round, delivery);
            Ok(Shown::Unproven)
        }
    }
}

/// Keeps both histories as proof, and raises what only a person can end. The
/// old checkpoint stays.
fn fork(
    chain: &mut Chain<'_>,
    receipt: &Receipt,
    size: u64,
    round: &Round<'_>,
    delivery: &mut Delivery,
) -> Result<(), StateError> {
    let Some(known) = &chain.progress.log else { return Ok(()) };
    let place = known.keep_fork(chain.folder(), &receipt.log, round.now)?;
    let detail = format!(
        "the collector's log shows another history than the one that this computer has verified: two different ones of {size} entries, both signed and kept in `{place}`"
    );
    let trouble = Trouble { code: LOG_FORK.to_owned(), detail, since: round.now };
    chain.progress.trouble = Some(trouble.clone());
    delivery.stop = Some(Stop::Trouble(trouble));
    Ok(())
}

fn doubt(
    chain: &mut Chain<'_>,
    item: &Item,
    fault: &ReceiptFault,
    round: &Round<'_>,
    delivery: &mut Delivery,
) {
    let sequence = item.entry.sequence;
    // Parts of it may be the collector's words.
    let what = fault.to_string().replace(char::is_control, "\u{fffd}");
    let reason = format!("its receipt for report {sequence} cannot be relied on: {what}");
    let since = chain.progress.doubt.as_ref().map_or(round.now, |it| it.since);
    chain.progress.doubt = Some(Doubt { reason: reason.clone(), since });
    let url = "the collector".to_owned();
    delivery.stop = Some(Stop::Send(SendError::Protocol { url, reason }));
}
