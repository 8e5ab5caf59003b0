//! The answer to a report that was kept: where it stands in the log, with
//! proof, and how the device stands.

use std::sync::Arc;

use jiff::Timestamp;
use shared::api::{Problem, Receipt, ReceiptOutcome, problem};
use shared::log::{Checkpoint, LogReceipt};
use shared::policy::DeviceStatus;

use super::verify::refused;
use crate::device_api::DeviceApi;
use crate::log::notary::{Log, LogError, Seal};
use crate::policy_document::names;
use crate::problem::ProblemResponse;
use crate::store::reports::{Epoch, Incoming, Kept};

/// What the checkpoint that a report carries is worth.
pub(super) async fn epoch(
    api: &DeviceApi,
    checkpoint: Option<&Checkpoint>,
) -> Result<Epoch, ProblemResponse> {
    let Some(checkpoint) = checkpoint else { return Ok(Epoch::None) };
    let holds = if let Some(holds) = api.log.quick_holds(checkpoint) {
        holds
    } else {
        let checkpoint = checkpoint.clone();
        blocking(api, move |log| log.holds(&checkpoint)).await?
    };
    Ok(if holds { Epoch::Known } else { Epoch::Contradicts })
}

/// Lets the log ask the database, off the async workers.
async fn blocking<T: Send + 'static>(
    api: &DeviceApi,
    work: impl FnOnce(&Log) -> Result<T, LogError> + Send + 'static,
) -> Result<T, ProblemResponse> {
    let log = api.log.clone();
    let done = tokio::task::spawn_blocking(move || work(&log)).await;
    let done = done.map_err(|_| ProblemResponse::unavailable())?;
    done.map_err(|error| match error {
        error if error.passes() => ProblemResponse::unavailable(),
        error => ProblemResponse::internal(&error),
    })
}

/// What a receipt says of the report itself.
pub(super) struct Draft {
    device_id: String,
    digest: [u8; 32],
    sequence: i64,
    received_at: Timestamp,
    /// The size at which the agent knows the log.
    pub(super) known: Option<u64>,
}

impl Draft {
    /// What is known of a report before it is kept.
    pub(super) fn of(incoming: &Incoming, known: Option<u64>) -> Self {
        Self {
            device_id: incoming.device_id.clone(),
            digest: incoming.digest,
            sequence: incoming.posture.sequence,
            received_at: incoming.received_at,
            known,
        }
    }

    /// The whole receipt.
    pub(super) async fn receipt(
        self,
        api: &DeviceApi,
        kept: Kept,
        seal: Option<Arc<Seal>>,
    ) -> Result<Receipt, ProblemResponse> {
        let now = self.received_at;
        let (outcome, status, failing, received_at, flags, place) = match kept {
            Kept::New { status, failing, flags, index, entry } => {
                let flags = flags.iter().map(|flag| flag.as_str().to_owned()).collect();
                (ReceiptOutcome::New, status, failing, now, flags, (Some(index), entry))
            }
            Kept::Duplicate { status, failing, received_at, flags, index } => {
                let place = (index, String::new());
                (ReceiptOutcome::Duplicate, status, failing, received_at, flags, place)
            }
            Kept::Conflict => return Err(conflict(self.sequence).into()),
            Kept::Refused(lifecycle) => return Err(refused(lifecycle).into()),
            Kept::NoDevice => {
                return Err(problem(
                    "unknown-key",
                    "The device of this key is not known any more.",
                )
                .into());
            }
        };
        let log = self.proof(api, place, seal).await?;
        let (policy, catalogue) = names(&api.rulebook.current());
        Ok(Receipt {
            statement_sha256: shared::keys::hex(&self.digest),
            sequence: self.sequence,
            received_at,
            outcome,
            status: word(status, failing),
            flags,
            policy,
            catalogue: Some(catalogue),
            nonce: api.verifier.nonces.issue(&self.device_id, now),
            settings: api.settings,
            log,
        })
    }

    /// From memory for what was just appended; from the database for what was
    /// there already or is known from long ago.
    async fn proof(
        &self,
        api: &DeviceApi,
        (index, entry): (Option<u64>, String),
        seal: Option<Arc<Seal>>,
    ) -> Result<LogReceipt, ProblemResponse> {
        // Its first copy is in the same batch: the next try finds it.
        let index = index.ok_or_else(ProblemResponse::unavailable)?;
        if let Some(seal) = seal.as_deref().filter(|_| !entry.is_empty())
            && let Some(receipt) = api.log.quick_receipt((index, entry), seal, self.known)
        {
            return Ok(receipt);
        }
        let known = self.known;
        let receipt = blocking(api, move |log| {
            let seal = match seal {
                Some(seal) => seal,
                None => Arc::new(log.refresh()?),
            };
            log.receipt(index, &seal, known)
        });
        receipt.await?.ok_or_else(|| ProblemResponse::internal(&"the log lacks an entry"))
    }
}

/// An agent reports more often while a required rule fails, also within grace.
fn word(status: DeviceStatus, failing: bool) -> String {
    let status =
        if failing && status == DeviceStatus::Unknown { DeviceStatus::AtRisk } else { status };
    status.as_str().to_owned()
}

fn conflict(sequence: i64) -> Problem {
    problem(
        "sequence-conflict",
        format!(
            "Another report has sequence {sequence}; both are kept and the device is suspended, because two signers hold its key; tell IT."
        ),
    )
}
