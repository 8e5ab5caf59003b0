//! The log in SQLite.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::log::{Frontier, Hash};

use super::{Readers, StoreError};
use crate::log::growth::Growth;
use crate::store::log::LogViews;

/// The log's edge. Within a transaction that writes nobody else can move it.
pub(super) fn head(db: &Connection) -> Result<Frontier, StoreError> {
    let (size, roots): (u64, Vec<u8>) = db
        .prepare_cached("SELECT size, roots FROM log_head")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let roots = roots.as_chunks().0.iter().map(|root| Hash(*root)).collect();
    let corrupt = || StoreError::Corrupt {
        what: "the log's head",
        why: "it has not one root for each bit of its size".to_owned(),
    };
    Frontier::new(size, roots).ok_or_else(corrupt)
}

/// Writes what is appended, within the transaction that read the head.
pub(super) fn append(db: &Connection, growth: &Growth) -> Result<(), StoreError> {
    let mut entry =
        db.prepare_cached("INSERT INTO log_entry (position, entry, hash) VALUES (?1, ?2, ?3)")?;
    for (position, (text, hash)) in (growth.start..).zip(&growth.entries) {
        entry.execute(params![position, text, hash.0])?;
    }
    let mut node =
        db.prepare_cached("INSERT INTO log_node (height, position, hash) VALUES (?1, ?2, ?3)")?;
    for tile in &growth.tiles {
        node.execute(params![tile.level, tile.index, tile.hash.0])?;
    }
    let roots: Vec<u8> = growth.head.roots().iter().flat_map(|root| root.0).collect();
    db.prepare_cached("UPDATE log_head SET size = ?1, roots = ?2")?
        .execute(params![growth.head.size(), roots])?;
    Ok(())
}

/// Appends one entry within a transaction.
pub(super) fn record(db: &Connection, entry: String) -> Result<(), StoreError> {
    append(db, &Growth::of(head(db)?, vec![entry]))
}

impl LogViews for Readers {
    fn log_head(&self) -> Result<Frontier, StoreError> {
        self.with(head)
    }

    fn log_hashes(&self, height: u8, from: u64, until: u64) -> Result<Vec<Hash>, StoreError> {
        const LEAVES: &str = "SELECT hash FROM log_entry
            WHERE position >= ?2 AND position < ?3 AND ?1 = 0 ORDER BY position";
        const NODES: &str = "SELECT hash FROM log_node
            WHERE height = ?1 AND position >= ?2 AND position < ?3 ORDER BY position";
        self.with(|db| {
            let mut query = db.prepare_cached(if height == 0 { LEAVES } else { NODES })?;
            let hashes = query.query_map(params![height, from, until], |row| {
                Ok(Hash(row.get::<_, [u8; 32]>(0)?))
            })?;
            Ok(hashes.collect::<Result<_, _>>()?)
        })
    }

    fn log_entry(&self, position: u64) -> Result<Option<String>, StoreError> {
        self.with(|db| {
            let mut query = db.prepare_cached("SELECT entry FROM log_entry WHERE position = ?1")?;
            Ok(query.query_row([position], |row| row.get(0)).optional()?)
        })
    }

    fn log_entries(&self, from: u64, until: u64) -> Result<Vec<String>, StoreError> {
        self.with(|db| {
            let mut query = db.prepare_cached(
                "SELECT entry FROM log_entry WHERE position >= ?1 AND position < ?2
                 ORDER BY position",
            )?;
            let entries = query.query_map([from, until], |row| row.get(0))?;
            Ok(entries.collect::<Result<_, _>>()?)
        })
    }
}
