//! Policies and catalogues in PostgreSQL.

use jiff::Timestamp;
use shared::os_releases::Catalogue;

use super::devices::raise;
use super::os_releases::{forget_tags, put_in_force};
use super::{Session, StoreError, Writer, log};
use crate::log::entry::Event;
use crate::store::devices::Rulebooks;

fn newest(db: &mut Session, query: &str) -> Result<Option<String>, StoreError> {
    Ok(db.row(query, &[])?.map(|row| row.try_get(0)).transpose()?)
}

impl Rulebooks for Writer {
    fn policy(&self) -> Result<Option<String>, StoreError> {
        self.ask(|db| newest(db, "SELECT source FROM policy ORDER BY active_ms DESC LIMIT 1"))
    }

    fn catalogue(&self) -> Result<Option<String>, StoreError> {
        self.ask(|db| newest(db, "SELECT source FROM os_releases ORDER BY active_ms DESC LIMIT 1"))
    }

    fn rules_version(&self) -> Result<i64, StoreError> {
        let row = self.ask(|db| db.row("SELECT value FROM counter WHERE name = 'rules'", &[]))?;
        Ok(row.map(|row| row.try_get(0)).transpose()?.unwrap_or(0))
    }

    fn set_catalogue(
        &mut self,
        catalogue: &Catalogue,
        origin: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.session().transaction(|db| {
            forget_tags(db)?;
            put_in_force(db, catalogue, origin, at)
        })
    }

    fn set_policy(
        &mut self,
        policy: &shared::policy::Policy,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        const PUT: &str = "INSERT INTO policy (sha256, id, version, source, active_ms)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (sha256) DO UPDATE SET active_ms = excluded.active_ms";
        self.session().transaction(|db| {
            let (version, ms) = (i64::from(policy.version), at.as_millisecond());
            db.execute(PUT, &[&policy.sha256, &policy.id, &version, &policy.source(), &ms])?;
            raise(db, "rules")?;
            let event =
                Event::Policy { id: &policy.id, version: policy.version, sha256: &policy.sha256 };
            log::record(db, event.at(at)).map(drop)
        })
    }
}
