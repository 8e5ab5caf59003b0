//! SQLite as it is copied from.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, params};

use shared::log::Frontier;

use super::{log, migrate};
use crate::store::StoreError;
use crate::store::copy::Cell;

/// A table of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// How many rows it has.
    pub rows: u64,
    /// What its rows are read in the order of.
    order: String,
}

/// Opens a database that nobody else has open, and keeps everybody out.
pub fn open_alone(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    // A collector has it open until it ends.
    connection.busy_timeout(Duration::from_secs(1))?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    alone(&mut connection).map_err(|error| match failure(&error) {
        Some(ErrorCode::DatabaseBusy) => StoreError::InUse,
        Some(ErrorCode::NotADatabase) => StoreError::Foreign,
        _ => error,
    })?;
    Ok(connection)
}

fn failure(error: &StoreError) -> Option<ErrorCode> {
    match error {
        StoreError::Database(rusqlite::Error::SqliteFailure(failure, _)) => Some(failure.code),
        _ => None,
    }
}

fn alone(connection: &mut Connection) -> Result<(), StoreError> {
    // An empty file would become a database by being opened.
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version == 0 {
        return Err(StoreError::Foreign);
    }
    migrate(connection)?;
    // From now on the file is only read, so that its state can be told from
    // outside.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// In the header of a file that is in use no more: the letters `Mvd` and a 1.
const MOVED: i32 = 0x4D76_6401;

/// Keeps collectors away from a file whose rows are elsewhere now.
pub fn retire(db: &Connection) -> Result<(), StoreError> {
    Ok(db.pragma_update(None, "application_id", MOVED)?)
}

/// Whether a file's rows are elsewhere now.
pub(super) fn is_retired(db: &Connection) -> Result<bool, StoreError> {
    let id: i32 = db.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    Ok(id == MOVED)
}

/// Names the file and its state: the same text means that nobody wrote to it.
pub fn state(path: &Path) -> Result<String, StoreError> {
    let file = std::fs::metadata(path).map_err(StoreError::File)?;
    let (seconds, nanoseconds) = (file.mtime(), file.mtime_nsec());
    Ok(format!("{} bytes, changed at {seconds}.{nanoseconds:09}", file.len()))
}

/// Every table, each behind those that it refers to.
pub fn tables(db: &Connection) -> Result<Vec<Table>, StoreError> {
    let mut query = db.prepare(
        "SELECT name, wr FROM pragma_table_list
          WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )?;
    let found = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut waiting: Vec<(String, bool)> = found.collect::<Result<_, _>>()?;
    let (mut tables, mut known) = (Vec::new(), BTreeSet::new());
    while !waiting.is_empty() {
        let before = waiting.len();
        for (name, without_rowid) in std::mem::take(&mut waiting) {
            if refers_to(db, &name)?.is_subset(&known) {
                tables.push(table(db, &name, without_rowid)?);
                known.insert(name);
            } else {
                waiting.push((name, without_rowid));
            }
        }
        if waiting.len() == before {
            let why = "tables refer to each other in a circle".to_owned();
            return Err(StoreError::Corrupt { what: "the schema", why });
        }
    }
    Ok(tables)
}

fn refers_to(db: &Connection, table: &str) -> Result<BTreeSet<String>, StoreError> {
    let mut query = db.prepare("SELECT \"table\" FROM pragma_foreign_key_list(?1)")?;
    let names = query.query_map([table], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

fn table(db: &Connection, name: &str, without_rowid: bool) -> Result<Table, StoreError> {
    let mut query = db.prepare("SELECT name, pk FROM pragma_table_info(?1)")?;
    let columns: Vec<(String, i64)> = query
        .query_map(params![name], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut key: Vec<&(String, i64)> = columns.iter().filter(|(_, place)| *place > 0).collect();
    key.sort_by_key(|(_, place)| *place);
    let order = if without_rowid {
        key.iter().map(|(name, _)| quoted(name)).collect::<Vec<_>>().join(", ")
    } else {
        "rowid".to_owned()
    };
    let columns = columns.into_iter().map(|(name, _)| name).collect();
    let mut table = Table { name: name.to_owned(), columns, rows: 0, order };
    table.rows = count(db, &table)?;
    Ok(table)
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// The edge of the log.
pub fn log_head(db: &Connection) -> Result<Frontier, StoreError> {
    log::head(db)
}

/// How many rows a table has now.
pub fn count(db: &Connection, table: &Table) -> Result<u64, StoreError> {
    let sql = format!("SELECT count(*) FROM {}", quoted(&table.name));
    Ok(db.query_row(&sql, [], |row| row.get(0))?)
}

/// Gives every row of a table but the first `skip` to `take`, in an order that
/// stays the same.
pub fn read(
    db: &Connection,
    table: &Table,
    skip: u64,
    take: &mut dyn FnMut(Vec<Cell>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let columns: Vec<String> = table.columns.iter().map(|name| quoted(name)).collect();
    let sql = format!(
        "SELECT {} FROM {} ORDER BY {} LIMIT -1 OFFSET ?1",
        columns.join(", "),
        quoted(&table.name),
        table.order
    );
    let mut query = db.prepare(&sql)?;
    let mut rows = query.query([skip])?;
    while let Some(row) = rows.next()? {
        let cells = table.columns.iter().enumerate();
        let cells = cells.map(|(at, column)| cell(row.get_ref(at)?, table, column));
        take(cells.collect::<Result<_, _>>()?)?;
    }
    Ok(())
}

fn cell(value: ValueRef<'_>, table: &Table, column: &str) -> Result<Cell, StoreError> {
    let wrong = |why: &str| StoreError::Corrupt {
        what: "a value",
        why: format!("table {}, column {column} {why}", table.name),
    };
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Number(number),
        ValueRef::Real(_) => return Err(wrong("holds a fraction")),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
        ValueRef::Text(bytes) => {
            let text = std::str::from_utf8(bytes).map_err(|_| wrong("is not UTF-8"))?;
            if text.contains('\0') {
                return Err(wrong("holds a NUL, which PostgreSQL cannot keep in a text"));
            }
            Cell::Text(text.to_owned())
        }
    })
}
