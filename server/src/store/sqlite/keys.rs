//! Keys in SQLite, read for the cache.

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{Readers, StoreError};
use crate::clock::from_ms;
use crate::fleet::state::Lifecycle;
use crate::store::devices::{KeyRecord, Keys};

impl Keys for Readers {
    fn changed_since(&self, version: i64) -> Result<(i64, Vec<KeyRecord>), StoreError> {
        self.with(|db| {
            let now: i64 = db
                .prepare_cached("SELECT value FROM counter WHERE name = 'keys'")?
                .query_row([], |row| row.get(0))
                .optional()?
                .unwrap_or(0);
            if now == version {
                return Ok((now, Vec::new()));
            }
            let mut records: Vec<KeyRecord> = db
                .prepare_cached(
                    "SELECT keyid, device_id, device_key.chain, spki, device_key.status, lifecycle
                     FROM device_key JOIN device ON device.id = device_id
                     WHERE version > ?1 AND version <= ?2",
                )?
                .query_map([version, now], from_row)?
                .collect::<Result<_, _>>()?;
            for record in &mut records {
                certificates(db, record)?;
            }
            Ok((now, records))
        })
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<KeyRecord> {
    let lifecycle: String = row.get(5)?;
    Ok(KeyRecord {
        keyid: row.get(0)?,
        device_id: row.get(1)?,
        chain: row.get(2)?,
        spki: row.get(3)?,
        status: row.get(4)?,
        // A word nobody knows must not open the door.
        lifecycle: Lifecycle::from_word(&lifecycle).unwrap_or(Lifecycle::Suspended),
        certificates: Vec::new(),
    })
}

fn certificates(db: &Connection, record: &mut KeyRecord) -> Result<(), StoreError> {
    record.certificates = db
        .prepare_cached("SELECT sha256, not_after_ms FROM certificate WHERE keyid = ?1")?
        .query_map([&record.keyid], |row| Ok((row.get(0)?, from_ms(row.get(1)?))))?
        .collect::<Result<_, _>>()?;
    Ok(())
}
