//! What few and small changes are written with, once for both databases.
//!
//! Reports have statements of their own for each database; accounts, sessions
//! and the audit log need no such care.

use super::StoreError;
use super::reading::{Lend, Reading, Value};

/// A transaction that writes.
pub trait Writing: Reading {
    /// Changes rows; how many. The places of `values` are called `$1`, `$2`,
    /// ..., and first named in this order.
    fn change(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError>;

    /// Appends an entry to the tamper-evident log; its position. Nothing else
    /// may be locked after it, so it comes last.
    fn record(&mut self, entry: String) -> Result<u64, StoreError>;
}

impl dyn Writing + '_ {
    /// The transaction as one that is asked.
    pub(super) fn asked(&mut self) -> &mut (dyn Reading + '_) {
        self
    }
}

/// Runs transactions beside the writer of reports.
pub trait Transact: Lend {
    /// Runs `work` in one transaction, which a failure takes back. A database
    /// may ask to begin again.
    fn transact<T>(
        &self,
        work: impl FnMut(&mut dyn Writing) -> Result<T, StoreError>,
    ) -> Result<T, StoreError>;
}
