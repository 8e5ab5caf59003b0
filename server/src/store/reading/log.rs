//! The log.

use shared::log::{Frontier, Hash};

use super::{Fields, Lend, Reading, Value};
use crate::store::StoreError;
use crate::store::log::LogViews;

impl<L: Lend> LogViews for L {
    fn log_head(&self) -> Result<Frontier, StoreError> {
        self.lend(log_head)
    }

    fn log_hashes(&self, height: u8, from: u64, until: u64) -> Result<Vec<Hash>, StoreError> {
        const LEAVES: &str =
            "SELECT hash FROM log_entry WHERE position >= $1 AND position < $2 ORDER BY position";
        const NODES: &str = "SELECT hash FROM log_node
            WHERE position >= $1 AND position < $2 AND height = $3 ORDER BY position";
        let mut values = vec![number(from), number(until)];
        let sql = if height == 0 {
            LEAVES
        } else {
            values.push(Value::Number(height.into()));
            NODES
        };
        self.lend(|db| db.all(sql, &values, read_hash))
    }

    fn log_entry(&self, position: u64) -> Result<Option<String>, StoreError> {
        let sql = "SELECT entry FROM log_entry WHERE position = $1";
        self.lend(|db| db.first(sql, &[number(position)], |row| row.string(0)))
    }

    fn log_entries(&self, from: u64, until: u64) -> Result<Vec<String>, StoreError> {
        let sql =
            "SELECT entry FROM log_entry WHERE position >= $1 AND position < $2 ORDER BY position";
        self.lend(|db| db.all(sql, &[number(from), number(until)], |row| row.string(0)))
    }
}

fn number(position: u64) -> Value {
    Value::Number(i64::try_from(position).unwrap_or(i64::MAX))
}

fn read_hash(row: &dyn Fields) -> Result<Hash, StoreError> {
    let hash = row.blob(0)?.try_into().map_err(|_| StoreError::Corrupt {
        what: "a hash of the log",
        why: "it has not 32 bytes".to_owned(),
    })?;
    Ok(Hash(hash))
}

/// The log's edge.
pub(in crate::store) fn log_head(db: &mut dyn Reading) -> Result<Frontier, StoreError> {
    log_head_by(db, "SELECT size, roots FROM log_head WHERE id = 1")
}

/// The same by a statement that may lock it.
pub(in crate::store) fn log_head_by(
    db: &mut dyn Reading,
    sql: &str,
) -> Result<Frontier, StoreError> {
    let (size, roots) = db.only(sql, &[], |row| {
        let roots = row.blob(1)?.as_chunks().0.iter().map(|root| Hash(*root)).collect();
        Ok((row.count(0)?, roots))
    })?;
    Frontier::new(size, roots).ok_or_else(|| StoreError::Corrupt {
        what: "the log's head",
        why: "it has not one root for each bit of its size".to_owned(),
    })
}
