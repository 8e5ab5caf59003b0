//! Bringing the schema up to date, one process at a time.

use std::time::Duration;

use super::copy::Target as Copying;
use super::session::{Access, PATIENCE, Session};
use super::target::Target;
use super::tuning::tune;
use crate::store::StoreError;

/// Every migration, in order; each is paired with SQLite's of the same number,
/// and a landed one is never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_pages.sql"),
    include_str!("migrations/0003_os_releases.sql"),
    include_str!("migrations/0004_log.sql"),
    include_str!("migrations/0005_access.sql"),
    include_str!("migrations/0006_stream.sql"),
    include_str!("migrations/0007_population.sql"),
    include_str!("migrations/0008_agents.sql"),
];

/// A migration may rewrite a large table.
const LONG: Duration = Duration::from_hours(1);

const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS schema_version (id bigint PRIMARY KEY, version bigint NOT NULL);
    INSERT INTO schema_version (id, version) VALUES (1, 0) ON CONFLICT DO NOTHING";

/// Opens the database for writing, and brings its schema up to date. One that
/// was not copied to the end is refused.
pub fn open(target: &Target) -> Result<Session, StoreError> {
    let mut session = open_unfinished(target)?;
    if Copying::new(&mut session).is_open()? {
        return Err(StoreError::Unfinished);
    }
    Ok(session)
}

/// The same for those who copy to it.
pub fn open_unfinished(target: &Target) -> Result<Session, StoreError> {
    let mut session = Session::new(target, Access::Write)?;
    // Connects before anything long, so that a wrong address shows soon.
    if version(&mut session)? != Some(known()) {
        session.set_patience(LONG);
        migrate(&mut session)?;
        tune(&mut session);
        session.set_patience(PATIENCE);
    }
    Ok(session)
}

fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The schema of the database; nothing when it was never used.
fn version(session: &mut Session) -> Result<Option<i64>, StoreError> {
    let there = session.row("SELECT to_regclass('schema_version') IS NOT NULL", &[])?;
    if !there.is_some_and(|row| row.get(0)) {
        return Ok(None);
    }
    let row = session.row("SELECT version FROM schema_version WHERE id = 1", &[])?;
    Ok(row.map(|row| row.get(0)))
}

fn migrate(session: &mut Session) -> Result<(), StoreError> {
    // Two that make the same table at once: one of them fails, and sees the
    // table of the other at its second attempt.
    if session.script(TABLE).is_err() {
        session.script(TABLE)?;
    }
    session.transaction(|session| {
        // The row is the lock: the second process waits here until the first
        // is done, and then finds nothing to do.
        let row = session.row("SELECT version FROM schema_version WHERE id = 1 FOR UPDATE", &[])?;
        let found: i64 = row.map_or(0, |row| row.get(0));
        if found > known() {
            return Err(StoreError::TooNew { found, known: known() });
        }
        for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
            session.script(migration)?;
        }
        session.execute("UPDATE schema_version SET version = $1 WHERE id = 1", &[&known()])?;
        Ok(())
    })
}
