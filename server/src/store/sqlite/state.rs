//! A device's state: from its row to the struct and back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use shared::policy::{DeviceStatus, Readings};
use shared::reading::{FieldValue, Fields};

use super::StoreError;
use crate::agent_releases::shelf::Build;
use crate::clock::from_ms;
use crate::fleet::advance::{Change, Changes};
use crate::fleet::state::{DeviceState, Head, Lifecycle, Place};
use crate::store::batch::{Loaded, StoredPosture};

const LOAD: &str = "
    SELECT lifecycle, enrolled_ms, returned_ms, received_ms, chain, sequence, digest,
           full_sequence, full_digest, nonce_ms, confirmed_ms, status, status_since_ms, was,
           judged_by, next_change_ms, hardware_uuid, failing, readings_sha256,
           agent_build
    FROM device WHERE id = ?1";

/// Loads what every report needs. Readings and findings follow when they are
/// asked for: most reports change nothing of them (15 us saved for each).
pub(super) fn load_place(db: &Connection, device_id: &str) -> Result<Option<Loaded>, StoreError> {
    let mut statement = db.prepare_cached(LOAD)?;
    let found = statement.query_row([device_id], |row| Ok(from_row(device_id, row)));
    found.optional()?.transpose()
}

/// Loads readings and findings; a device that never reported has none.
pub(super) fn load_posture(
    db: &Connection,
    device_id: &str,
) -> Result<Option<StoredPosture>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT readings, findings FROM posture WHERE device_id = ?1")?;
    let found = statement.query_row([device_id], |row| {
        let readings = json("readings", row.get_ref(0)?.as_str());
        Ok(readings.and_then(|readings| {
            let findings = json("findings", row.get_ref(1)?.as_str())?;
            Ok(StoredPosture { device_id: device_id.to_owned(), readings, findings })
        }))
    });
    found.optional()?.transpose()
}

fn from_row(id: &str, row: &Row<'_>) -> Result<Loaded, StoreError> {
    let full_sequence: i64 = row.get(7)?;
    let full_digest: Option<[u8; 32]> = row.get(8)?;
    let lifecycle: String = row.get(0)?;
    let state = DeviceState {
        id: id.to_owned(),
        lifecycle: Lifecycle::from_word(&lifecycle)
            .ok_or_else(|| StoreError::Corrupt { what: "lifecycle", why: lifecycle })?,
        hardware_uuid: row.get(16)?,
        enrolled_at: from_ms(row.get(1)?),
        returned_at: time(row.get(2)?),
        received_at: time(row.get(3)?),
        head: Head {
            chain: row.get(4)?,
            sequence: row.get(5)?,
            digest: row.get::<_, Option<[u8; 32]>>(6)?.unwrap_or_default(),
        },
        full: full_digest.map(|digest| Place { sequence: full_sequence, digest }),
        nonce_at: time(row.get(9)?),
        readings: Readings::new(),
        confirmed_at: time(row.get(10)?),
        findings: BTreeMap::new(),
        status: status(&row.get::<_, String>(11)?)?,
        status_since: from_ms(row.get(12)?),
        was: row.get::<_, Option<String>>(13)?.as_deref().map(status).transpose()?,
        judged_by: row.get(14)?,
        next_change_at: time(row.get(15)?),
        build: Build::from_word(row.get::<_, Option<String>>(19)?.as_deref()),
    };
    Ok(Loaded { state, failing: row.get(17)?, readings_sha256: row.get(18)? })
}

fn time(ms: Option<i64>) -> Option<Timestamp> {
    ms.map(from_ms)
}

fn status(word: &str) -> Result<DeviceStatus, StoreError> {
    serde_json::from_value(serde_json::Value::from(word))
        .map_err(|error| StoreError::Corrupt { what: "status", why: error.to_string() })
}

fn json<T: serde::de::DeserializeOwned>(
    what: &'static str,
    text: Result<&str, rusqlite::types::FromSqlError>,
) -> Result<T, StoreError> {
    let corrupt = |why: String| StoreError::Corrupt { what, why };
    let text = text.map_err(|error| corrupt(error.to_string()))?;
    serde_json::from_str(text).map_err(|error| corrupt(error.to_string()))
}

/// JSON of a value that has no way to fail.
pub(super) fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

const SAVE_PLACE: &str = "
    UPDATE device SET received_ms = ?2, chain = ?3, sequence = ?4, digest = ?5,
           full_sequence = ?6, full_digest = ?7, nonce_ms = ?8, confirmed_ms = ?9,
           returned_ms = ?10, was = ?11, readings_sha256 = coalesce(?12, readings_sha256)
    WHERE id = ?1";

/// Writes what every newest report changes; for a full one with the
/// fingerprint of its readings.
pub(super) fn save_place(
    db: &Connection,
    state: &DeviceState,
    readings_sha256: Option<[u8; 32]>,
) -> Result<(), StoreError> {
    db.prepare_cached(SAVE_PLACE)?.execute(params![
        state.id,
        state.received_at.map(Timestamp::as_millisecond),
        state.head.chain,
        state.head.sequence,
        state.head.digest,
        state.full.map_or(0, |full| full.sequence),
        state.full.map(|full| full.digest),
        state.nonce_at.map_or(0, Timestamp::as_millisecond),
        state.confirmed_at.map(Timestamp::as_millisecond),
        state.returned_at.map(Timestamp::as_millisecond),
        state.was.map(DeviceStatus::as_str),
        readings_sha256,
    ])?;
    Ok(())
}

const SAVE_POSTURE: &str = "
    INSERT INTO posture (device_id, readings, findings) VALUES (?1, ?2, ?3)
    ON CONFLICT (device_id) DO UPDATE SET readings = excluded.readings,
      findings = excluded.findings";
// Columns that indexes hold. SQLite would write every index again, also with
// equal values, so a row that stands as before is left alone.
const SAVE_STANDING: &str = "
    UPDATE device SET lifecycle = ?2, status = ?3, status_since_ms = ?4, failing = ?5,
           due_ms = ?6, judged_by = ?7, next_change_ms = ?8, os_version = ?9, os_build = ?10,
           os_extra = ?11
    WHERE id = ?1 AND (lifecycle, status, status_since_ms, failing, due_ms, judged_by,
          next_change_ms, os_version, os_build, os_extra)
          IS NOT (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";

/// Writes all that is known of the device, how it stands, and every change.
pub(super) fn save(
    db: &Connection,
    state: &DeviceState,
    changes: &Changes,
) -> Result<(), StoreError> {
    db.prepare_cached(SAVE_POSTURE)?.execute(params![
        state.id,
        to_json(&state.readings),
        to_json(&state.findings),
    ])?;
    let os: Option<&Fields> =
        state.readings.get("os").and_then(|os| os.observed.as_ref()).map(|(fields, _)| fields);
    let text = |name: &str| match os.and_then(|fields| fields.get(name)) {
        Some(FieldValue::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    db.prepare_cached(SAVE_STANDING)?.execute(params![
        state.id,
        state.lifecycle.as_str(),
        state.status.as_str(),
        state.status_since.as_millisecond(),
        i64::try_from(state.failing()).unwrap_or(i64::MAX),
        state.due_at().map(Timestamp::as_millisecond),
        state.judged_by,
        state.next_change_at.map(Timestamp::as_millisecond),
        text("version"),
        text("build"),
        text("extra"),
    ])?;
    for change in changes {
        save_change(db, &state.id, change)?;
    }
    Ok(())
}

const CLOSE: &str =
    "UPDATE finding SET until_ms = ?4 WHERE device_id = ?1 AND rule = ?2 AND from_ms = ?3";
// Two changes within one millisecond leave only the later one.
const PUT: &str = "
    INSERT INTO finding (device_id, rule, from_ms, until_ms, status, code, reason, observed, mode,
                         episode_ms, due_ms, reading_ms, began)
    VALUES (?1, ?2, ?3, NULL, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?6)
    ON CONFLICT (device_id, rule, from_ms) DO UPDATE SET
      until_ms = NULL, status = excluded.status, code = excluded.code, reason = excluded.reason,
      observed = excluded.observed, mode = excluded.mode, episode_ms = excluded.episode_ms,
      due_ms = excluded.due_ms, reading_ms = excluded.reading_ms, began = excluded.began";
// Leaves the indexes alone, which hold rule, status and end.
const SAY: &str = "
    UPDATE finding SET code = ?4, reason = ?5, observed = ?6, mode = ?7, episode_ms = ?8,
           due_ms = ?9, reading_ms = ?10
    WHERE device_id = ?1 AND rule = ?2 AND from_ms = ?3";
const CLOSE_STATUS: &str = "
    UPDATE status_interval SET until_ms = ?2 WHERE device_id = ?1 AND until_ms IS NULL";
const PUT_STATUS: &str = "
    INSERT INTO status_interval (device_id, from_ms, until_ms, status) VALUES (?1, ?2, NULL, ?3)
    ON CONFLICT (device_id, from_ms) DO UPDATE SET until_ms = NULL, status = excluded.status";

fn save_change(db: &Connection, device_id: &str, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::Close { rule, from, until } => {
            db.prepare_cached(CLOSE)?.execute(params![
                device_id,
                rule,
                from.as_millisecond(),
                until.as_millisecond(),
            ])?;
        }
        Change::Put(finding) => {
            db.prepare_cached(PUT)?.execute(params![
                device_id,
                finding.rule,
                finding.since.as_millisecond(),
                finding.status.as_str(),
                finding.code,
                finding.reason,
                to_json(&finding.observed),
                finding.mode.as_str(),
                finding.episode.map(Timestamp::as_millisecond),
                finding.due_at.map(Timestamp::as_millisecond),
                finding.reading_at.map(Timestamp::as_millisecond),
            ])?;
        }
        Change::Say { finding, .. } => {
            db.prepare_cached(SAY)?.execute(params![
                device_id,
                finding.rule,
                finding.since.as_millisecond(),
                finding.code,
                finding.reason,
                to_json(&finding.observed),
                finding.mode.as_str(),
                finding.episode.map(Timestamp::as_millisecond),
                finding.due_at.map(Timestamp::as_millisecond),
                finding.reading_at.map(Timestamp::as_millisecond),
            ])?;
        }
        // Kept with the device itself.
        Change::Build { .. } | Change::Removed { .. } => {}
        Change::Status { status, from } => {
            db.prepare_cached(CLOSE_STATUS)?.execute(params![device_id, from.as_millisecond()])?;
            db.prepare_cached(PUT_STATUS)?.execute(params![
                device_id,
                from.as_millisecond(),
                status.as_str()
            ])?;
        }
    }
    Ok(())
}

/// The device's first interval, at enrolment.
pub(super) fn first_status(
    db: &Connection,
    device_id: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let status = Change::Status { status: DeviceStatus::Unknown, from: at };
    save_change(db, device_id, &status)
}
