//! A log that shows every change of it: RFC 6962 Merkle tree, C2SP checkpoints
//! and proofs.
//!
//! Pure functions over hashes. Who keeps the nodes gives them in as a
//! function, so agent, collector and auditor prove with the same code.

mod checkpoint;
mod entry;
mod frontier;
mod memory;
mod note;
mod proof;
mod receipt;
mod tlog_proof;
mod tree;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use entry::{FreshnessLevel, Reported, report_entry};
pub use frontier::{Frontier, Node};
pub use memory::MemoryTree;
pub use note::{LogKey, LogSigner, NoteError, SignedNote};
pub use proof::{
    Edge, consistency_proof, inclusion_proof, root_at, verify_consistency, verify_inclusion,
};
pub use receipt::{Continuation, LogReceipt, Nodes, ReceiptFault, verify_receipt};
pub use tlog_proof::TlogProof;
pub use tree::{Hash, HashHex, leaf_hash, node_hash, root_of_nothing};
