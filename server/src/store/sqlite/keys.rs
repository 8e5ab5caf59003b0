//! Keys in SQLite, read for the cache.

use rusqlite::{OptionalExtension as _, params};

use super::{Readers, StoreError};
use crate::clock::from_ms;
use crate::fleet::state::Lifecycle;
use crate::store::devices::{KeyRecord, Keys};

impl Keys for Readers {
    fn version(&self) -> Result<i64, StoreError> {
        self.with(|db| {
            let value = db
                .prepare_cached("SELECT value FROM counter WHERE name = 'keys'")?
                .query_row([], |row| row.get(0))
                .optional()?;
            Ok(value.unwrap_or(0))
        })
    }

    fn key(&self, keyid: &str) -> Result<Option<KeyRecord>, StoreError> {
        self.with(|db| {
            let found = db
                .prepare_cached(
                    "SELECT device_id, chain, spki, device_key.status, lifecycle
                     FROM device_key JOIN device ON device.id = device_id WHERE keyid = ?1",
                )?
                .query_row(params![keyid], |row| {
                    let lifecycle: String = row.get(4)?;
                    Ok(KeyRecord {
                        keyid: keyid.to_owned(),
                        device_id: row.get(0)?,
                        chain: row.get(1)?,
                        spki: row.get(2)?,
                        status: row.get(3)?,
                        // A word nobody knows must not open the door.
                        lifecycle: Lifecycle::from_word(&lifecycle).unwrap_or(Lifecycle::Suspended),
                        certificates: Vec::new(),
                    })
                })
                .optional()?;
            let Some(mut record) = found else { return Ok(None) };
            record.certificates = db
                .prepare_cached("SELECT sha256, not_after_ms FROM certificate WHERE keyid = ?1")?
                .query_map([keyid], |row| Ok((row.get(0)?, from_ms(row.get(1)?))))?
                .collect::<Result<_, _>>()?;
            Ok(Some(record))
        })
    }
}
