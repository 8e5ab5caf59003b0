//! Devices as reports need them: from their rows to the structs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shared::policy::{DeviceStatus, Readings};
use tokio_postgres::Row;

use super::{Session, StoreError};
use crate::agent_releases::shelf::Build;
use crate::clock::from_ms;
use crate::fleet::state::{DeviceState, Head, Lifecycle, Place};
use crate::store::batch::{Loaded, StoredPosture};

/// Locks in the order of ids, so that two transactions never wait for each
/// other.
const PLACES: &str = "
    SELECT id, lifecycle, enrolled_ms, returned_ms, received_ms, chain, sequence, digest,
           full_sequence, full_digest, nonce_ms, confirmed_ms, status, status_since_ms, was,
           judged_by, next_change_ms, hardware_uuid, failing, readings_sha256,
           agent_build
    FROM device WHERE id = ANY($1) ORDER BY id FOR UPDATE";

/// Loads and locks the devices called `ids`, in the order of their ids.
pub(super) fn places(db: &mut Session, ids: &[&str]) -> Result<Vec<Loaded>, StoreError> {
    let rows = db.query(PLACES, &[&ids])?;
    let mut loaded: Vec<Loaded> = rows.iter().map(from_row).collect::<Result<_, _>>()?;
    // The database may order texts otherwise.
    loaded.sort_unstable_by(|one, other| one.state.id.cmp(&other.state.id));
    Ok(loaded)
}

/// Readings and findings of the devices called `ids`.
pub(super) fn postures(db: &mut Session, ids: &[&str]) -> Result<Vec<StoredPosture>, StoreError> {
    const POSTURES: &str =
        "SELECT device_id, readings, findings FROM posture WHERE device_id = ANY($1)";
    let rows = db.query(POSTURES, &[&ids])?;
    let read = |row: &Row| -> Result<StoredPosture, StoreError> {
        Ok(StoredPosture {
            device_id: row.try_get(0)?,
            readings: json("readings", row.try_get(1)?)?,
            findings: json("findings", row.try_get(2)?)?,
        })
    };
    rows.iter().map(read).collect()
}

fn from_row(row: &Row) -> Result<Loaded, StoreError> {
    let full_sequence: i64 = row.try_get(8)?;
    let lifecycle: &str = row.try_get(1)?;
    let corrupt = || StoreError::Corrupt { what: "lifecycle", why: lifecycle.to_owned() };
    let state = DeviceState {
        id: row.try_get(0)?,
        lifecycle: Lifecycle::from_word(lifecycle).ok_or_else(corrupt)?,
        hardware_uuid: row.try_get(17)?,
        enrolled_at: from_ms(row.try_get(2)?),
        returned_at: time(row, 3)?,
        received_at: time(row, 4)?,
        head: Head {
            chain: row.try_get(5)?,
            sequence: row.try_get(6)?,
            digest: digest_or_none(row, 7)?.unwrap_or_default(),
        },
        full: digest_or_none(row, 9)?.map(|digest| Place { sequence: full_sequence, digest }),
        nonce_at: time(row, 10)?,
        readings: Readings::new(),
        confirmed_at: time(row, 11)?,
        findings: BTreeMap::new(),
        status: status(row.try_get(12)?)?,
        status_since: from_ms(row.try_get(13)?),
        was: row.try_get::<_, Option<&str>>(14)?.map(status).transpose()?,
        judged_by: row.try_get(15)?,
        next_change_at: time(row, 16)?,
        build: Build::from_word(row.try_get(20)?),
    };
    let failing: i64 = row.try_get(18)?;
    Ok(Loaded {
        state,
        readings_sha256: digest_or_none(row, 19)?,
        failing: usize::try_from(failing).unwrap_or(0),
    })
}

/// A digest that must be there.
pub(super) fn digest(row: &Row, at: usize) -> Result<[u8; 32], StoreError> {
    let wrong = || StoreError::Corrupt { what: "a digest", why: "it is empty".to_owned() };
    digest_or_none(row, at)?.ok_or_else(wrong)
}

/// A digest, if there is one.
pub(super) fn digest_or_none(row: &Row, at: usize) -> Result<Option<[u8; 32]>, StoreError> {
    let bytes: Option<&[u8]> = row.try_get(at)?;
    let wrong = |_| StoreError::Corrupt { what: "a digest", why: "it has not 32 bytes".to_owned() };
    bytes.map(|bytes| bytes.try_into().map_err(wrong)).transpose()
}

fn time(row: &Row, at: usize) -> Result<Option<Timestamp>, StoreError> {
    Ok(row.try_get::<_, Option<i64>>(at)?.map(from_ms))
}

fn status(word: &str) -> Result<DeviceStatus, StoreError> {
    serde_json::from_value(serde_json::Value::from(word))
        .map_err(|error| StoreError::Corrupt { what: "status", why: error.to_string() })
}

fn json<T: serde::de::DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt { what, why: error.to_string() })
}
