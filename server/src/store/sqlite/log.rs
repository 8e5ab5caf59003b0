//! The log in SQLite.

use rusqlite::{Connection, params};
use shared::log::Frontier;

use super::StoreError;
use super::reading::Asked;
use crate::log::growth::Growth;
use crate::store::reading;

/// The log's edge. Within a transaction that writes nobody else can move it.
pub(super) fn head(db: &Connection) -> Result<Frontier, StoreError> {
    reading::log_head(&mut Asked(db))
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

/// Appends one entry within a transaction; its position.
pub(super) fn record(db: &Connection, entry: String) -> Result<u64, StoreError> {
    let growth = Growth::of(head(db)?, vec![entry]);
    append(db, &growth)?;
    Ok(growth.start)
}
