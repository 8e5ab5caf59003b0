//! Accounts, sessions and the audit log in SQLite: a connection of its own
//! beside the writer thread, which waits for that one's lock.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, TransactionBehavior, params_from_iter};

use super::reading::Asked;
use super::{Readers, log, open_writer};
use crate::store::StoreError;
use crate::store::reading::{Lend, Reading, Value};
use crate::store::writing::{Transact, Writing};

/// Records of one database, cheap to clone.
#[derive(Clone, Debug)]
pub struct SqliteRecords {
    writer: Arc<Mutex<Connection>>,
    readers: Readers,
}

impl SqliteRecords {
    /// Opens the database at `path`.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let writer = Arc::new(Mutex::new(open_writer(path)?));
        Ok(Self { writer, readers: Readers::new(path) })
    }
}

impl Lend for SqliteRecords {
    fn lend<T>(
        &self,
        work: impl FnOnce(&mut dyn Reading) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.readers.lend(work)
    }

    fn lend_at_one_moment<T>(
        &self,
        work: impl FnMut(&mut dyn Reading) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.readers.lend_at_one_moment(work)
    }
}

impl Writing for Asked<'_> {
    fn change(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        Ok(self.0.prepare_cached(sql)?.execute(params_from_iter(values))? as u64)
    }

    fn record(&mut self, entry: String) -> Result<u64, StoreError> {
        log::record(self.0, entry)
    }
}

impl Transact for SqliteRecords {
    fn transact<T>(
        &self,
        mut work: impl FnMut(&mut dyn Writing) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&mut Asked(&transaction))?;
        transaction.commit()?;
        Ok(done)
    }
}
