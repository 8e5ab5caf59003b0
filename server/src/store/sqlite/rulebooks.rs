//! Policies and catalogues in SQLite.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use shared::os_releases::Catalogue;

use super::os_releases::{forget_tags, put_in_force};
use super::{StoreError, Writer, devices::raise, log};
use crate::log::entry::Event;
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
        catalogue: &Catalogue,
        origin: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let transaction = self.begin()?;
        put_in_force(&transaction, catalogue, origin, at)?;
        forget_tags(&transaction)?;
        transaction.commit()?;
        Ok(())
    }

    fn set_policy(
        &mut self,
        policy: &shared::policy::Policy,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let transaction = self.begin()?;
        transaction.execute(
            "INSERT INTO policy (sha256, id, version, source, active_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (sha256) DO UPDATE SET active_ms = excluded.active_ms",
            params![policy.sha256, policy.id, policy.version, policy.source(), at.as_millisecond()],
        )?;
        raise(&transaction, "rules")?;
        let event =
            Event::Policy { id: &policy.id, version: policy.version, sha256: &policy.sha256 };
        log::record(&transaction, event.at(at))?;
        transaction.commit()?;
        Ok(())
    }
}
