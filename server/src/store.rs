//! The collector's memory: traits by capability, with SQLite and PostgreSQL
//! behind them; callers know neither.
//!
//! Every trait is batch-first and blocking: callers run them on the writer
//! thread or on blocking threads, never on the async workers.

pub mod access;
pub mod batch;
#[cfg(test)]
mod contract;
pub mod copy;
pub mod devices;
pub mod leases;
pub mod log;
pub mod os_releases;
pub mod place;
pub mod postgres;
pub mod reading;
pub mod reports;
pub mod sqlite;
pub mod stream;
pub mod views;
pub mod webhooks;
pub mod writing;

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused.
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// PostgreSQL refused a statement, or answered what was not expected.
    #[error("the database failed: {0}")]
    Postgres(String),
    /// The database cannot be reached or cannot do it at present; the same
    /// again may work later.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Two transactions met; the same again at once will do.
    #[error("the database asks to try again: {0}")]
    Contended(String),
    /// The address of the database cannot be used.
    #[error("the address of the database cannot be used: {0}")]
    Address(String),
    /// The database file cannot be made.
    #[error("the database cannot be made: {0}")]
    File(std::io::Error),
    /// What is stored cannot be read.
    #[error("{what} in the database cannot be read: {why}")]
    Corrupt {
        /// Which value.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The database is of a newer version of the program.
    #[error("the database has schema {found}, but this program knows {known}; update the program")]
    TooNew {
        /// Schema of the database.
        found: i64,
        /// Newest known schema.
        known: i64,
    },
    /// Somebody else does this work by now; nothing was written.
    #[error("the lease `{0}` was taken over by another process")]
    Fenced(String),
    /// The file was not made by a collector.
    #[error("this is no database of a collector")]
    Foreign,
    /// Another process has the database open.
    #[error("another process uses the database; stop the collector first")]
    InUse,
    /// A copy would be mixed with something else.
    #[error(
        "the database to copy to holds something else ({rows} rows in table {table}); make an empty one"
    )]
    Occupied {
        /// The first table with rows.
        table: String,
        /// How many.
        rows: u64,
    },
    /// The database holds the beginning of a copy.
    #[error("the database holds a part of a copy; run `muster-server migrate` again to finish it")]
    Unfinished,
    /// The rows of this file are in PostgreSQL now.
    #[error(
        "this database was moved to PostgreSQL by `muster-server migrate`; give that one's address to `--database` (or, to go back to this file for good: sqlite3 FILE 'PRAGMA application_id = 0')"
    )]
    Moved,
    /// Every connection is taken and none came free.
    #[error("no database connection came free in time")]
    Busy,
}

impl StoreError {
    /// Whether the same may work later, without anybody mending anything here.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Contended(_) | Self::Busy)
    }
}
