//! Keeping reports in SQLite.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::StoreError;
use super::books::SqliteBooks;
use super::leases;
use crate::app::Rules;
use crate::fleet::state::DeviceState;
use crate::store::batch::judging::judge_each;
use crate::store::batch::keep;
use crate::store::leases::Fence;
use crate::store::reports::{Accepted, Incoming, Reports};

/// The one connection that writes.
#[derive(Debug)]
pub struct Writer {
    pub(super) connection: Connection,
    pub(super) fence: Option<Fence>,
}

impl Writer {
    /// A writer over a connection from [`super::open_writer`].
    pub fn new(connection: Connection) -> Self {
        Self { connection, fence: None }
    }
}

impl Writer {
    /// Begins a transaction that writes, under the lease that was shown.
    pub(super) fn begin(&mut self) -> Result<Transaction<'_>, StoreError> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let Some(fence) = &self.fence {
            leases::show(&transaction, fence)?;
        }
        Ok(transaction)
    }
}

impl Reports for Writer {
    fn accept(&mut self, batch: &[Incoming], rules: &Rules) -> Result<Accepted, StoreError> {
        let transaction = self.begin()?;
        let accepted = keep(&mut SqliteBooks(&transaction), batch, rules)?;
        transaction.commit()?;
        Ok(accepted)
    }

    fn judge_due(
        &mut self,
        now: Timestamp,
        limit: usize,
        rules: &Rules,
    ) -> Result<usize, StoreError> {
        const DUE: &str = "SELECT id FROM device
            WHERE next_change_ms IS NOT NULL AND next_change_ms <= ?1 AND lifecycle <> 'archived'
            ORDER BY next_change_ms LIMIT ?2";
        self.judge_each(DUE, &now.as_millisecond(), limit, |state, changes| {
            state.catch_up(rules, now, changes);
        })
    }

    fn judge_all(
        &mut self,
        now: Timestamp,
        limit: usize,
        rules: &Rules,
    ) -> Result<usize, StoreError> {
        // Two ranges, which an index answers; `<>` would read every device,
        // each second.
        const OTHERS: &str = "SELECT id FROM device
            WHERE (judged_by < ?1 OR judged_by > ?1)
              AND lifecycle NOT IN ('archived', 'pending') LIMIT ?2";
        let by = crate::fleet::advance::judged_by(rules);
        self.judge_each(OTHERS, &by, limit, |state, changes| {
            state.judge_at(rules, now, changes);
        })
    }
}

impl Writer {
    fn judge_each(
        &mut self,
        query: &str,
        key: &dyn rusqlite::ToSql,
        limit: usize,
        work: impl Fn(&mut DeviceState, &mut crate::fleet::advance::Changes),
    ) -> Result<usize, StoreError> {
        let transaction = self.begin()?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let ids: Vec<String> = transaction
            .prepare_cached(query)?
            .query_map(params![key, limit], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let all: Vec<&str> = ids.iter().map(String::as_str).collect();
        judge_each(&mut SqliteBooks(&transaction), &all, &work)?;
        transaction.commit()?;
        Ok(ids.len())
    }
}
