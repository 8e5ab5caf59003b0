//! SQLite: the database inside the binary.
//!
//! WAL with `synchronous=FULL`: a report that was acknowledged survives a
//! power cut. One connection writes; a few that cannot write serve the pages.

mod books;
pub mod copy;
mod devices;
mod enroll;
mod keys;
mod leases;
mod log;
mod os_releases;
mod people;
mod reading;
pub mod records;
mod reports;
mod rulebooks;
mod state;
mod stream;

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

pub use reports::Writer;

use super::StoreError;

/// Every migration, in order; a landed one is never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("sqlite/migrations/0001_first.sql"),
    include_str!("sqlite/migrations/0002_pages.sql"),
    include_str!("sqlite/migrations/0003_os_releases.sql"),
    include_str!("sqlite/migrations/0004_log.sql"),
    include_str!("sqlite/migrations/0005_access.sql"),
    include_str!("sqlite/migrations/0006_stream.sql"),
    include_str!("sqlite/migrations/0007_population.sql"),
    include_str!("sqlite/migrations/0008_agents.sql"),
];

/// Opens the database for writing, and brings its schema up to date.
pub fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    // SQLite would make the file readable by everybody; its companions take
    // over the mode of the database.
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        // Now: closed later, it would take away the locks that SQLite has on
        // the file, and with them the log of whoever runs.
        Ok(made) => drop(made),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(StoreError::File(error)),
    }
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // WAL's usual NORMAL may lose the last commits at a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    // A split of a page makes SQLite walk through its whole cache at the
    // commit; what lies outside of 8 MiB is read through the mapping.
    connection.pragma_update(None, "cache_size", -8192)?;
    connection.pragma_update(None, "mmap_size", 268_435_456)?;
    connection.set_prepared_statement_cache_capacity(64);
    if copy::is_retired(&connection)? {
        return Err(StoreError::Moved);
    }
    migrate(&mut connection)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(migration)?;
    }
    // A file that is up to date stays as it is, to the byte.
    if found < known {
        transaction.pragma_update(None, "user_version", known)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Read-only connections, lent one at a time.
#[derive(Clone, Debug)]
pub struct Readers {
    path: Arc<PathBuf>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

/// Connections kept open between uses.
const KEPT: usize = 4;

impl Readers {
    /// Readers of the database at `path`, which a writer has opened before.
    pub fn new(path: &Path) -> Self {
        Self { path: Arc::new(path.to_owned()), idle: Arc::default() }
    }

    /// Lends a connection to `work`. Blocks; not for async workers.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.open()?,
        };
        let result = work(&connection);
        let mut kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(connection);
        }
        result
    }

    fn open(&self) -> Result<Connection, StoreError> {
        let connection = Connection::open_with_flags(
            self.path.as_path(),
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "mmap_size", 268_435_456)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    }
}

#[cfg(test)]
mod tests {
    use super::{Readers, open_writer};

    #[test]
    fn opening_twice_keeps_what_is_there_and_readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("muster.db");
        let writer = open_writer(&path).unwrap();
        writer.execute("INSERT INTO counter VALUES ('keys', 7)", []).unwrap();
        drop(writer);
        let writer = open_writer(&path).unwrap();
        let readers = Readers::new(&path);
        let seen: i64 = readers
            .with(|db| Ok(db.query_row("SELECT value FROM counter", [], |row| row.get(0))?))
            .unwrap();
        assert_eq!(seen, 7);
        assert!(readers.with(|db| Ok(db.execute("DELETE FROM counter", [])?)).is_err());
        drop(writer);
    }
}
