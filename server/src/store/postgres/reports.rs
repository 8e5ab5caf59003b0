//! Keeping reports in PostgreSQL.

use jiff::Timestamp;
use tokio_postgres::types::ToSql;

use super::books::PostgresBooks;
use super::{Session, StoreError, Writer};
use crate::app::Rules;
use crate::fleet::advance::Changes;
use crate::fleet::state::DeviceState;
use crate::store::batch::judging::judge_each;
use crate::store::batch::keep;
use crate::store::reports::{Accepted, Incoming, Reports};

impl Reports for Writer {
    fn accept(&mut self, batch: &[Incoming], rules: &Rules) -> Result<Accepted, StoreError> {
        let mut work = |db: &mut Session| keep(&mut PostgresBooks(db), batch, rules);
        match self.session().transaction(&mut work) {
            // It may have been done. What was kept is found again, and then
            // answered as a report that was there already.
            Err(StoreError::Unavailable(cause)) => {
                tracing::warn!(%cause, "a batch is written again");
                self.session().transaction(work)
            }
            result => result,
        }
    }

    fn judge_due(
        &mut self,
        now: Timestamp,
        limit: usize,
        rules: &Rules,
    ) -> Result<usize, StoreError> {
        const DUE: &str = "SELECT id FROM device
            WHERE next_change_ms IS NOT NULL AND next_change_ms <= $1 AND lifecycle <> 'archived'
            ORDER BY next_change_ms LIMIT $2";
        judge(self.session(), DUE, &now.as_millisecond(), limit, &|state, changes| {
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
            WHERE (judged_by < $1 OR judged_by > $1)
              AND lifecycle NOT IN ('archived', 'pending') LIMIT $2";
        let by = crate::fleet::advance::judged_by(rules);
        judge(self.session(), OTHERS, &by, limit, &|state, changes| {
            state.judge_at(rules, now, changes);
        })
    }
}

fn judge(
    db: &mut Session,
    query: &str,
    key: &(dyn ToSql + Sync),
    limit: usize,
    work: &dyn Fn(&mut DeviceState, &mut Changes),
) -> Result<usize, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    db.transaction(|db| {
        let rows = db.query(query, &[key, &limit])?;
        let ids: Vec<&str> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        if !ids.is_empty() {
            judge_each(&mut PostgresBooks(db), &ids, work)?;
        }
        Ok(ids.len())
    })
}
