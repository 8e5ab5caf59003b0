//! Policies and catalogues in SQLite.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::{StoreError, Writer, devices::raise};
use crate::store::devices::Rulebooks;

fn newest(db: &Connection, query: &str) -> Result<Option<String>, StoreError> {
    Ok(db.query_row(query, [], |row| row.get(0)).optional()?)
}

impl Rulebooks for Writer {
    fn policy(&self) -> Result<Option<String>, StoreError> {
        newest(&self.connection, "SELECT source FROM policy ORDER BY active_ms DESC LIMIT 1")
    }

    fn catalogue(&self) -> Result<Option<String>, StoreError> {
        newest(&self.connection, "SELECT source FROM os_releases ORDER BY active_ms DESC LIMIT 1")
    }

    fn rules_version(&self) -> Result<i64, StoreError> {
        Ok(self
            .connection
            .query_row("SELECT value FROM counter WHERE name = 'rules'", [], |row| row.get(0))
            .optional()?
            .unwrap_or(0))
    }

    fn set_catalogue(
        &mut self,
        sha256: &str,
        as_of: &str,
        source: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT INTO os_releases (sha256, as_of, source, active_ms) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (sha256) DO UPDATE SET active_ms = excluded.active_ms",
            params![sha256, as_of, source, at.as_millisecond()],
        )?;
        raise(&transaction, "rules")?;
        transaction.commit()?;
        Ok(())
    }

    fn set_policy(
        &mut self,
        policy: &shared::policy::Policy,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT INTO policy (sha256, id, version, source, active_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (sha256) DO UPDATE SET active_ms = excluded.active_ms",
            params![policy.sha256, policy.id, policy.version, policy.source(), at.as_millisecond()],
        )?;
        raise(&transaction, "rules")?;
        transaction.commit()?;
        Ok(())
    }
}
