//! Keys in PostgreSQL, read for the cache.

use std::collections::HashMap;

use jiff::Timestamp;
use tokio_postgres::Row;

use super::{Readers, StoreError};
use crate::clock::from_ms;
use crate::fleet::state::Lifecycle;
use crate::store::devices::{KeyRecord, Keys};

const KEYS: &str = "
    SELECT keyid, device_id, device_key.chain, spki, device_key.status, lifecycle
    FROM device_key JOIN device ON device.id = device_id
    WHERE version > $1 AND version <= $2";
const CERTIFICATES: &str = "
    SELECT keyid, certificate.sha256, not_after_ms FROM certificate JOIN device_key USING (keyid)
    WHERE version > $1 AND version <= $2";

impl Keys for Readers {
    fn changed_since(&self, version: i64) -> Result<(i64, Vec<KeyRecord>), StoreError> {
        self.with(|db| {
            // Two questions: a key that changes between them has a newer
            // version, and is given the next time.
            let now = db.row("SELECT value FROM counter WHERE name = 'keys'", &[])?;
            let now: i64 = now.map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
            if now == version {
                return Ok((now, Vec::new()));
            }
            let mut answers =
                db.together(&[(CERTIFICATES, &[&version, &now]), (KEYS, &[&version, &now])])?;
            let keys = answers.pop().unwrap_or_default();
            let mut certificates: HashMap<String, Vec<(String, Timestamp)>> = HashMap::new();
            for row in answers.pop().unwrap_or_default() {
                let certificate = (row.try_get(1)?, from_ms(row.try_get(2)?));
                certificates.entry(row.try_get(0)?).or_default().push(certificate);
            }
            let mut records: Vec<KeyRecord> = keys.iter().map(record).collect::<Result<_, _>>()?;
            for record in &mut records {
                record.certificates = certificates.remove(&record.keyid).unwrap_or_default();
            }
            Ok((now, records))
        })
    }
}

fn record(row: &Row) -> Result<KeyRecord, StoreError> {
    let lifecycle: &str = row.try_get(5)?;
    Ok(KeyRecord {
        keyid: row.try_get(0)?,
        device_id: row.try_get(1)?,
        chain: row.try_get(2)?,
        spki: row.try_get(3)?,
        status: row.try_get(4)?,
        // A word nobody knows must not open the door.
        lifecycle: Lifecycle::from_word(lifecycle).unwrap_or(Lifecycle::Suspended),
        certificates: Vec::new(),
    })
}
