//! What a collector answers about a report: where it stands in the log, with
//! all that shows it.

use serde::{Deserialize, Serialize};

use super::checkpoint::{Checkpoint, CheckpointError};
use super::entry::{self, Reported};
use super::note::LogKey;
use super::proof::{
    Edge, consistency_proof_beside, inclusion_proof_beside, root_at, verify_consistency,
    verify_inclusion,
};
use super::tree::{Hash, leaf_hash};
use crate::json::INTEGER_LIMIT;

/// Where a report stands in the collector's log, with proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogReceipt {
    /// Index of the entry, counted from 0.
    pub index: u64,
    /// The very text that the log holds.
    pub entry: String,
    /// State of the log with that entry: a signed note.
    pub checkpoint: String,
    /// The siblings on the way from the entry to the root, the lowest first.
    pub inclusion: Vec<Hash>,
    /// That the log continues the one that the agent knows: that of the
    /// receipt before in the same answer, or of the size that the request
    /// names, or else of the statement's checkpoint. None when the log is not
    /// that large or nothing is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consistency: Option<Continuation>,
}

/// That a log's tree continues its own earlier one.
///
/// It names the earlier root, which a proof from a size that is a power of two
/// does not show: whoever remembers another root there holds proof of two
/// histories, and not only a proof that fails. So it is given for any size
/// that the log has reached, whatever root the other side remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continuation {
    /// Size of the earlier tree.
    pub size: u64,
    /// Its root.
    pub root: Hash,
    /// The proof of RFC 6962.
    pub path: Vec<Hash>,
}

/// Gives the hash at a level and index of a log's tree.
pub type Nodes<'a> = dyn FnMut(u8, u64) -> Option<Hash> + 'a;

impl Continuation {
    /// The proof from the tree of `old` leaves to that of `new`; none when the
    /// log is smaller or a node is missing.
    pub fn prove(old: u64, new: u64, edge: &Edge, node: &mut Nodes<'_>) -> Option<Self> {
        let path = consistency_proof_beside(edge, old, new, node)?;
        Some(Self { size: old, root: root_at(old, node)?, path })
    }
}

impl LogReceipt {
    /// Size of the log as the checkpoint says, before anybody has checked it.
    pub fn size(&self) -> Option<u64> {
        self.checkpoint.lines().nth(1)?.parse().ok()
    }

    /// The receipt for the entry at `index` under a signed checkpoint of
    /// `size`, for an agent that knows the log at the size `known`. `edge` may
    /// be empty, or that of the tree of this size, which saves most of the work.
    pub fn prove(
        (index, entry): (u64, String),
        (size, checkpoint): (u64, String),
        known: Option<u64>,
        edge: &Edge,
        node: &mut Nodes<'_>,
    ) -> Option<Self> {
        let inclusion = inclusion_proof_beside(edge, index, size, node)?;
        let known = known.filter(|known| *known > 0);
        let consistency = known.and_then(|known| Continuation::prove(known, size, edge, node));
        Some(Self { index, entry, checkpoint, inclusion, consistency })
    }
}

/// Why a receipt does not show what it says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptFault {
    /// The checkpoint is not the known log's.
    #[error("its checkpoint is not believed: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The entry is not about this statement.
    #[error("its log entry is not the one of this report: {0}")]
    Entry(String),
    /// The path does not lead from the entry to the root.
    #[error("it does not show that the entry is in the log")]
    Inclusion,
    /// Nothing shows that the log continues the known one. That need not be
    /// a fork: a proof may be missing or broken.
    #[error("it does not show that the log continues the one that was known before")]
    Consistency,
    /// The log is smaller than it was: an answer from before, or a log that
    /// has lost entries. Nothing is wrong with either text alone, so this is
    /// no proof of anything; but what is in no tree that continues the known
    /// one is not believed to stay.
    #[error("the log has {shown} entries, but it had {held} before")]
    Behind {
        /// Size that was known.
        held: u64,
        /// Size that was shown.
        shown: u64,
    },
    /// The log's key has signed two histories.
    #[error("the log shows another history than before (at size {size})")]
    Fork {
        /// Where the two have different roots.
        size: u64,
    },
}

/// The checkpoint of a receipt, when it is of the log of `key`, continues the
/// tree of `held`, and holds the entry of exactly this statement.
///
/// An older checkpoint than the one held is never adopted, so that nobody can
/// lead a device back.
pub fn verify_receipt(
    receipt: &LogReceipt,
    key: &LogKey,
    reported: &Reported<'_>,
    held: Option<&Checkpoint>,
) -> Result<Checkpoint, ReceiptFault> {
    let shown = Checkpoint::open(&receipt.checkpoint, key)?;
    // It goes into the next statement, whose numbers have a limit.
    if shown.size > INTEGER_LIMIT.unsigned_abs() {
        return Err(CheckpointError::Form("the size is beyond every log").into());
    }
    // A fork is one whatever else is wrong with the receipt.
    if let Some(held) = held {
        continues(held, &shown, receipt.consistency.as_ref())?;
    }
    entry::check(&receipt.entry, reported)?;
    let leaf = leaf_hash(receipt.entry.as_bytes());
    let Checkpoint { size, root, .. } = &shown;
    if verify_inclusion(&leaf, receipt.index, *size, &receipt.inclusion, root) {
        Ok(shown)
    } else {
        Err(ReceiptFault::Inclusion)
    }
}

/// Whether a signed checkpoint continues the one that is held.
fn continues(
    held: &Checkpoint,
    shown: &Checkpoint,
    proof: Option<&Continuation>,
) -> Result<(), ReceiptFault> {
    if held.origin != shown.origin {
        return Err(CheckpointError::OtherLog(shown.origin.clone()).into());
    }
    if shown.size == held.size {
        let is_same = shown.root == held.root;
        return if is_same { Ok(()) } else { Err(ReceiptFault::Fork { size: held.size }) };
    }
    if shown.size < held.size {
        return Err(ReceiptFault::Behind { held: held.size, shown: shown.size });
    }
    let proof = proof.filter(|it| it.size == held.size).ok_or(ReceiptFault::Consistency)?;
    let (old, new) = ((proof.size, &proof.root), (shown.size, &shown.root));
    if !verify_consistency(old, new, &proof.path) {
        return Err(ReceiptFault::Consistency);
    }
    // The proof holds: the new tree begins with the tree that it names.
    if proof.root == held.root { Ok(()) } else { Err(ReceiptFault::Fork { size: held.size }) }
}

#[cfg(test)]
mod tests;
