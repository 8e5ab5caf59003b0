//! Reading the log: for proofs, tiles and whoever mirrors it.

use shared::log::{Frontier, Hash};

use super::StoreError;

/// Reads what the log holds.
pub trait LogViews: Send + Sync {
    /// The log's edge as it is now.
    fn log_head(&self) -> Result<Frontier, StoreError>;
    /// Hashes of a stored height, which is a multiple of 8, in order: those
    /// from one index up to another, as far as they are there.
    fn log_hashes(&self, height: u8, from: u64, until: u64) -> Result<Vec<Hash>, StoreError>;
    /// One entry.
    fn log_entry(&self, position: u64) -> Result<Option<String>, StoreError>;
    /// Entries in order, from one position up to another.
    fn log_entries(&self, from: u64, until: u64) -> Result<Vec<String>, StoreError>;
}
