//! Moving a collector from SQLite to PostgreSQL: every table, row by row.
//!
//! SQLite is held by the copy alone from beginning to end, so nothing changes
//! under it. PostgreSQL shows by a table of its own that a copy is under way,
//! and no collector uses it until that is gone: a copy that was interrupted
//! goes on where it was. After it no collector uses the file in SQLite any
//! more: two that go on from one log would sign two trees.

mod verify;

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

pub use self::verify::LogChecked;
use super::StoreError;
use super::postgres;
use super::postgres::copy::Target;
use super::sqlite::copy::{self as source, Table};

/// A value of any column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A number, or yes and no as 1 and 0.
    Number(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Cell {
    fn size(&self) -> usize {
        match self {
            Self::Null | Self::Number(_) => 8,
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

/// How far a copy is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The table.
    pub table: &'a str,
    /// Rows of it that PostgreSQL has.
    pub copied: u64,
    /// Rows of it in SQLite.
    pub rows: u64,
}

/// What a copy came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// All of it was there already.
    pub before: bool,
    /// Tables.
    pub tables: usize,
    /// Rows of all tables.
    pub rows: u64,
    /// The log, which was computed again from the copied entries.
    pub log: LogChecked,
}

/// Most rows of one statement, and most bytes in them.
const ROWS: usize = 500;
const BYTES: usize = 4 << 20;

/// How long PostgreSQL may take for one statement.
const PATIENCE: Duration = Duration::from_hours(1);

/// Copies the collector at `path` to `target`, unless it is there already.
pub fn copy(
    path: &Path,
    target: &postgres::Target,
    tell: &mut dyn FnMut(&Progress<'_>),
) -> Result<Copied, StoreError> {
    let db = source::open_alone(path)?;
    let tables = source::tables(&db)?;
    let mut session = postgres::open_unfinished(target)?;
    let readers = postgres::Readers::new(target);
    // Counting and clearing large tables takes its time.
    session.set_patience(PATIENCE);
    let mut target = Target::new(&mut session);
    let before = match target.begin(&source::state(path)?, &tables)? {
        Begun::Copied => true,
        Begun::Other { table, rows } => {
            return Err(StoreError::Occupied { table, rows });
        }
        Begun::Open => {
            for table in &tables {
                copy_table(&db, &mut target, table, tell)?;
            }
            false
        }
    };
    verify::counts(&db, &mut target, &tables)?;
    let log = verify::log(&source::log_head(&db)?, &readers)?;
    if !before {
        target.finish()?;
    }
    source::retire(&db)?;
    let rows = tables.iter().map(|table| table.rows).sum();
    Ok(Copied { before, tables: tables.len(), rows, log })
}

/// What a target held when a copy began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nothing, or the beginning of this very copy.
    Open,
    /// As many rows in every table as the source.
    Copied,
    /// Something else.
    Other {
        /// The first table that says so.
        table: String,
        /// Its rows.
        rows: u64,
    },
}

fn copy_table(
    db: &Connection,
    target: &mut Target<'_>,
    table: &Table,
    tell: &mut dyn FnMut(&Progress<'_>),
) -> Result<(), StoreError> {
    let kinds = target.kinds(table)?;
    let mut copied = target.count(&table.name)?;
    let (mut batch, mut size) = (Vec::with_capacity(ROWS), 0);
    let mut report = |copied| tell(&Progress { table: &table.name, copied, rows: table.rows });
    source::read(db, table, copied, &mut |row| {
        size += row.iter().map(Cell::size).sum::<usize>();
        batch.push(row);
        if batch.len() >= ROWS || size >= BYTES {
            copied += target.insert(table, &kinds, std::mem::take(&mut batch))?;
            size = 0;
            report(copied);
        }
        Ok(())
    })?;
    copied += target.insert(table, &kinds, batch)?;
    report(copied);
    Ok(())
}
