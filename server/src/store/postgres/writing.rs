//! Writing what a batch decided about devices: one statement for all of them.

use jiff::Timestamp;
use shared::policy::DeviceStatus;
use shared::reading::FieldValue;
use shared::statement::Posture;

use super::intervals::Intervals;
use super::{Session, StoreError, devices};
use crate::fleet::state::{DeviceState, Lifecycle};
use crate::store::batch::{DeviceWrite, Writes};
use crate::store::reports::Incoming;

/// JSON of a value that has no way to fail.
pub(super) fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Writes everything, within a transaction that has locked the devices.
pub(super) fn write(db: &mut Session, writes: &Writes<'_>) -> Result<(), StoreError> {
    let (judged, quiet): (Vec<&DeviceWrite<'_>>, Vec<&DeviceWrite<'_>>) =
        writes.devices.iter().partition(|device| device.is_judged);
    if !quiet.is_empty() {
        save_places(db, &quiet)?;
    }
    if !judged.is_empty() {
        save_standing(db, &judged)?;
        save_postures(db, &judged)?;
        let mut intervals = Intervals::default();
        for device in &judged {
            for change in device.changes {
                intervals.add(&device.state.id, change);
            }
        }
        intervals.write(db)?;
    }
    save_claims(db, &writes.devices)?;
    contradictions(db, &writes.contradictions)?;
    for suspension in writes.suspensions {
        let step = devices::Step {
            device_id: &suspension.device_id,
            to: Lifecycle::Suspended,
            kind: "conflict",
            actor: "collector",
            detail: &suspension.reason,
            at: suspension.at,
        };
        devices::move_on(db, &step)?;
    }
    Ok(())
}

/// What every newest report changes, by columns.
#[derive(Default)]
struct Places<'a> {
    ids: Vec<&'a str>,
    received: Vec<Option<i64>>,
    chains: Vec<i64>,
    sequences: Vec<i64>,
    digests: Vec<&'a [u8]>,
    full_sequences: Vec<i64>,
    full_digests: Vec<Option<&'a [u8]>>,
    nonces: Vec<i64>,
    confirmed: Vec<Option<i64>>,
    returned: Vec<Option<i64>>,
    was: Vec<Option<&'a str>>,
    readings: Vec<Option<&'a [u8]>>,
}

impl<'a> Places<'a> {
    fn of(writes: &[&'a DeviceWrite<'a>]) -> Self {
        let mut columns = Self::default();
        let ms = Timestamp::as_millisecond;
        for DeviceWrite { state, readings_sha256, .. } in writes {
            columns.ids.push(&state.id);
            columns.received.push(state.received_at.map(ms));
            columns.chains.push(state.head.chain);
            columns.sequences.push(state.head.sequence);
            columns.digests.push(&state.head.digest);
            columns.full_sequences.push(state.full.map_or(0, |full| full.sequence));
            columns.full_digests.push(state.full.as_ref().map(|full| full.digest.as_slice()));
            columns.nonces.push(state.nonce_at.map_or(0, ms));
            columns.confirmed.push(state.confirmed_at.map(ms));
            columns.returned.push(state.returned_at.map(ms));
            columns.was.push(state.was.map(DeviceStatus::as_str));
            columns.readings.push(readings_sha256.as_ref().map(<[u8; 32]>::as_slice));
        }
        columns
    }
}

fn save_places(db: &mut Session, writes: &[&DeviceWrite<'_>]) -> Result<(), StoreError> {
    const SAVE: &str = "
        UPDATE device SET received_ms = new.received_ms, chain = new.chain,
          sequence = new.sequence, digest = new.digest, full_sequence = new.full_sequence,
          full_digest = new.full_digest, nonce_ms = new.nonce_ms,
          confirmed_ms = new.confirmed_ms, returned_ms = new.returned_ms, was = new.was,
          readings_sha256 = coalesce(new.readings_sha256, device.readings_sha256)
        FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[],
                    $6::bigint[], $7::bytea[], $8::bigint[], $9::bigint[], $10::bigint[],
                    $11::text[], $12::bytea[])
          AS new (id, received_ms, chain, sequence, digest, full_sequence, full_digest, nonce_ms,
                  confirmed_ms, returned_ms, was, readings_sha256)
        WHERE device.id = new.id";
    let place = Places::of(writes);
    db.execute(
        SAVE,
        &[
            &place.ids,
            &place.received,
            &place.chains,
            &place.sequences,
            &place.digests,
            &place.full_sequences,
            &place.full_digests,
            &place.nonces,
            &place.confirmed,
            &place.returned,
            &place.was,
            &place.readings,
        ],
    )?;
    Ok(())
}

/// How devices stand, by columns.
#[derive(Default)]
struct Standing<'a> {
    lifecycles: Vec<&'a str>,
    statuses: Vec<&'a str>,
    since: Vec<i64>,
    failing: Vec<i64>,
    due: Vec<Option<i64>>,
    judged_by: Vec<&'a str>,
    next: Vec<Option<i64>>,
    versions: Vec<Option<&'a str>>,
    builds: Vec<Option<&'a str>>,
    extras: Vec<Option<&'a str>>,
}

impl<'a> Standing<'a> {
    fn of(writes: &[&'a DeviceWrite<'a>]) -> Self {
        let mut columns = Self::default();
        let ms = Timestamp::as_millisecond;
        for DeviceWrite { state, .. } in writes {
            columns.lifecycles.push(state.lifecycle.as_str());
            columns.statuses.push(state.status.as_str());
            columns.since.push(ms(state.status_since));
            columns.failing.push(i64::try_from(state.failing()).unwrap_or(i64::MAX));
            columns.due.push(state.due_at().map(ms));
            columns.judged_by.push(&state.judged_by);
            columns.next.push(state.next_change_at.map(ms));
            columns.versions.push(system(state, "version"));
            columns.builds.push(system(state, "build"));
            columns.extras.push(system(state, "extra"));
        }
        columns
    }
}

fn system<'a>(state: &'a DeviceState, name: &str) -> Option<&'a str> {
    let (fields, _) = state.readings.get("os")?.observed.as_ref()?;
    match fields.get(name) {
        Some(FieldValue::Text(text)) => Some(text),
        _ => None,
    }
}

/// Place and standing together, so that each row is written once.
fn save_standing(db: &mut Session, writes: &[&DeviceWrite<'_>]) -> Result<(), StoreError> {
    const SAVE: &str = "
        UPDATE device SET received_ms = new.received_ms, chain = new.chain,
          sequence = new.sequence, digest = new.digest, full_sequence = new.full_sequence,
          full_digest = new.full_digest, nonce_ms = new.nonce_ms,
          confirmed_ms = new.confirmed_ms, returned_ms = new.returned_ms, was = new.was,
          readings_sha256 = coalesce(new.readings_sha256, device.readings_sha256),
          lifecycle = new.lifecycle, status = new.status, status_since_ms = new.status_since_ms,
          failing = new.failing, due_ms = new.due_ms, judged_by = new.judged_by,
          next_change_ms = new.next_change_ms, os_version = new.os_version,
          os_build = new.os_build, os_extra = new.os_extra
        FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[],
                    $6::bigint[], $7::bytea[], $8::bigint[], $9::bigint[], $10::bigint[],
                    $11::text[], $12::bytea[], $13::text[], $14::text[], $15::bigint[],
                    $16::bigint[], $17::bigint[], $18::text[], $19::bigint[], $20::text[],
                    $21::text[], $22::text[])
          AS new (id, received_ms, chain, sequence, digest, full_sequence, full_digest, nonce_ms,
                  confirmed_ms, returned_ms, was, readings_sha256, lifecycle, status,
                  status_since_ms, failing, due_ms, judged_by, next_change_ms, os_version,
                  os_build, os_extra)
        WHERE device.id = new.id";
    let (place, standing) = (Places::of(writes), Standing::of(writes));
    db.execute(
        SAVE,
        &[
            &place.ids,
            &place.received,
            &place.chains,
            &place.sequences,
            &place.digests,
            &place.full_sequences,
            &place.full_digests,
            &place.nonces,
            &place.confirmed,
            &place.returned,
            &place.was,
            &place.readings,
            &standing.lifecycles,
            &standing.statuses,
            &standing.since,
            &standing.failing,
            &standing.due,
            &standing.judged_by,
            &standing.next,
            &standing.versions,
            &standing.builds,
            &standing.extras,
        ],
    )?;
    Ok(())
}

fn save_postures(db: &mut Session, writes: &[&DeviceWrite<'_>]) -> Result<(), StoreError> {
    const SAVE: &str = "
        INSERT INTO posture (device_id, readings, findings)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
        ON CONFLICT (device_id) DO UPDATE SET readings = excluded.readings,
          findings = excluded.findings";
    let ids: Vec<&str> = writes.iter().map(|write| write.state.id.as_str()).collect();
    let readings: Vec<String> = writes.iter().map(|write| to_json(&write.state.readings)).collect();
    let findings: Vec<String> = writes.iter().map(|write| to_json(&write.state.findings)).collect();
    db.execute(SAVE, &[&ids, &readings, &findings])?;
    Ok(())
}

/// What devices say of themselves, for lists and searches.
fn save_claims(db: &mut Session, writes: &[DeviceWrite<'_>]) -> Result<(), StoreError> {
    const SAVE: &str = "
        UPDATE device SET model = coalesce(new.model, device.model),
          serial = coalesce(new.serial, device.serial),
          hardware_uuid = coalesce(device.hardware_uuid, new.hardware_uuid),
          agent_version = new.agent_version, key_protection = new.key_protection,
          recorded = new.recorded, agent_sha256 = new.agent_sha256, agent_build = new.agent_build
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                    $7::boolean[], $8::text[], $9::text[])
          AS new (id, model, serial, hardware_uuid, agent_version, key_protection, recorded,
                  agent_sha256, agent_build)
        WHERE device.id = new.id
          AND (device.model, device.serial, device.hardware_uuid, device.agent_version,
               device.key_protection, device.recorded, device.agent_sha256, device.agent_build)
          IS DISTINCT FROM
              (coalesce(new.model, device.model), coalesce(new.serial, device.serial),
               coalesce(device.hardware_uuid, new.hardware_uuid), new.agent_version,
               new.key_protection, new.recorded, new.agent_sha256, new.agent_build)";
    let claims: Vec<(&DeviceState, &Posture)> =
        writes.iter().filter_map(|write| Some((write.state, write.claim?))).collect();
    if claims.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = claims.iter().map(|(state, _)| state.id.as_str()).collect();
    let builds: Vec<Option<&str>> = claims.iter().map(|(state, _)| state.build.word()).collect();
    let device = |pick: fn(&Posture) -> Option<&str>| -> Vec<Option<&str>> {
        claims.iter().map(|(_, posture)| pick(posture)).collect()
    };
    let models = device(|posture| posture.device.model.as_deref());
    let serials = device(|posture| posture.device.serial.as_deref());
    let hardware = device(|posture| posture.device.hardware_uuid.as_deref());
    let versions = device(|posture| Some(posture.agent.version.as_str()));
    let protection = device(|posture| Some(posture.agent.key_protection.as_str()));
    let programs = device(|posture| posture.agent.binary_sha256.as_deref());
    let recorded: Vec<bool> = claims.iter().map(|(_, posture)| posture.host.is_some()).collect();
    db.execute(
        SAVE,
        &[
            &ids,
            &models,
            &serials,
            &hardware,
            &versions,
            &protection,
            &recorded,
            &programs,
            &builds,
        ],
    )?;
    Ok(())
}

/// Second statements with a sequence that was taken. They are rare.
fn contradictions(db: &mut Session, all: &[&Incoming]) -> Result<(), StoreError> {
    const KEEP: &str = "INSERT INTO equivocation (device_id, chain, sequence, digest, received_ms,
        keyid, payload, signature) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT DO NOTHING";
    for incoming in all {
        db.execute(
            KEEP,
            &[
                &incoming.device_id,
                &incoming.chain,
                &incoming.posture.sequence,
                &incoming.digest.as_slice(),
                &incoming.received_at.as_millisecond(),
                &incoming.keyid,
                &incoming.payload,
                &incoming.signature,
            ],
        )?;
    }
    Ok(())
}
