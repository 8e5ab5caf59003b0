//! Accounts, sessions and the audit log in PostgreSQL: a session of its own
//! beside the one that keeps reports.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_postgres::types::ToSql;

use super::session::{Access, Session};
use super::target::Target;
use super::{Readers, log};
use crate::store::StoreError;
use crate::store::reading::{Lend, Reading, Value};
use crate::store::writing::{Transact, Writing};

/// Records of one database, cheap to clone.
#[derive(Clone, Debug)]
pub struct PostgresRecords {
    writer: Arc<Mutex<Session>>,
    readers: Readers,
}

impl PostgresRecords {
    /// Records of a database that a writer has opened before.
    pub fn open(target: &Target) -> Result<Self, StoreError> {
        let writer = Arc::new(Mutex::new(Session::new(target, Access::Write)?));
        Ok(Self { writer, readers: Readers::new(target) })
    }
}

impl Lend for PostgresRecords {
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

impl Writing for Session {
    fn change(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(Value::carried).collect();
        self.execute(sql, &values)
    }

    fn record(&mut self, entry: String) -> Result<u64, StoreError> {
        log::record(self, entry)
    }
}

impl Transact for PostgresRecords {
    fn transact<T>(
        &self,
        mut work: impl FnMut(&mut dyn Writing) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.transaction(|session| work(session))
    }
}
