//! Using an invitation or a fleet token, in one transaction.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use shared::keys::hex;

use super::devices::{Step, event, newest_certificate, touch_keys};
use super::reading::Asked;
use super::{StoreError, log, state};
use crate::clock::from_ms;
use crate::fleet::state::Lifecycle;
use crate::log::entry::Event;
use crate::store::access::audit::note;
use crate::store::access::fleet_tokens::{Entry, enter, keep_claim, stands};
use crate::store::access::holdings::begin_holding;
use crate::store::devices::{Admission, NewDevice};

/// With what a device comes in.
struct Comer<'a> {
    person_id: Option<&'a str>,
    fleet_token: Option<&'a str>,
    /// Why it waits, if it does.
    waits: Option<&'a str>,
}

struct Invitation {
    secret_sha256: [u8; 32],
    person_id: String,
    serial: Option<String>,
    expires_at: Timestamp,
    used: bool,
    keyid: Option<String>,
    device_id: Option<String>,
}

pub(super) fn enroll(db: &Connection, request: &NewDevice) -> Result<Admission, StoreError> {
    let Some(invitation) = find(db, &request.token_id)? else {
        return by_fleet_token(db, request);
    };
    if invitation.secret_sha256 != request.secret_sha256 {
        return Ok(Admission::TokenUnknown);
    }
    if invitation.used {
        return again(db, &invitation, request);
    }
    if invitation.expires_at <= request.received_at {
        return Ok(Admission::TokenExpired { expired_at: invitation.expires_at });
    }
    if key_exists(db, &request.keyid)? {
        return Ok(Admission::TokenUsed);
    }
    let waits = why_wait(db, &invitation, request)?;
    db.execute(
        "UPDATE invitation SET used_ms = ?2, keyid = ?3, device_id = ?4
         WHERE id = ?1 AND used_ms IS NULL",
        params![
            request.token_id,
            request.received_at.as_millisecond(),
            request.keyid,
            request.device_id
        ],
    )?;
    let person_id = Some(invitation.person_id.as_str());
    insert(db, request, &Comer { person_id, fleet_token: None, waits: waits.as_deref() })?;
    Ok(came_in(request, waits))
}

fn came_in(request: &NewDevice, waits: Option<String>) -> Admission {
    match waits {
        Some(reason) => Admission::Waits { reason },
        None => Admission::Admitted { device_id: request.device_id.clone(), certificate: None },
    }
}

fn by_fleet_token(db: &Connection, request: &NewDevice) -> Result<Admission, StoreError> {
    match enter(&mut Asked(db), request, |_| Ok(()))? {
        Entry::NoToken => Ok(Admission::TokenUnknown),
        Entry::Answer(answer) => Ok(answer),
        Entry::Again(device_id) => answered(db, &device_id, &request.keyid),
        Entry::Enters { person_id, waits, noted, claim } => {
            let comer = Comer {
                person_id: person_id.as_deref(),
                fleet_token: Some(&request.token_id),
                waits: waits.as_deref(),
            };
            insert(db, request, &comer)?;
            keep_claim(&mut Asked(db), &request.device_id, claim.as_deref())?;
            if let Some(noted) = noted {
                note(&mut Asked(db), &noted)?;
            }
            Ok(came_in(request, waits))
        }
    }
}

fn find(db: &Connection, token_id: &str) -> Result<Option<Invitation>, StoreError> {
    Ok(db
        .query_row(
            "SELECT secret_sha256, person_id, serial, expires_ms, used_ms, keyid, device_id
             FROM invitation WHERE id = ?1",
            [token_id],
            |row| {
                Ok(Invitation {
                    secret_sha256: row.get(0)?,
                    person_id: row.get(1)?,
                    serial: row.get(2)?,
                    expires_at: from_ms(row.get(3)?),
                    used: row.get::<_, Option<i64>>(4)?.is_some(),
                    keyid: row.get(5)?,
                    device_id: row.get(6)?,
                })
            },
        )
        .optional()?)
}

fn key_exists(db: &Connection, keyid: &str) -> Result<bool, StoreError> {
    let count: i64 =
        db.query_row("SELECT count(*) FROM device_key WHERE keyid = ?1", [keyid], |row| {
            row.get(0)
        })?;
    Ok(count > 0)
}

/// The same key asks again, because the answer was lost or a person had to
/// approve; another key is somebody else.
fn again(
    db: &Connection,
    invitation: &Invitation,
    request: &NewDevice,
) -> Result<Admission, StoreError> {
    let (Some(keyid), Some(device_id)) = (&invitation.keyid, &invitation.device_id) else {
        return Ok(Admission::TokenUsed);
    };
    if *keyid != request.keyid {
        return Ok(Admission::TokenUsed);
    }
    answered(db, device_id, keyid)
}

/// The answer to a key that was taken in before.
fn answered(db: &Connection, device_id: &str, keyid: &str) -> Result<Admission, StoreError> {
    let (word, reason): (String, String) = db.query_row(
        "SELECT lifecycle, lifecycle_reason FROM device WHERE id = ?1",
        [device_id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    stands(&word, reason, || {
        Ok(Admission::Admitted {
            device_id: device_id.to_owned(),
            certificate: newest_certificate(db, keyid)?,
        })
    })
}

/// Why a person has to look before the device may report, if so.
fn why_wait(
    db: &Connection,
    invitation: &Invitation,
    request: &NewDevice,
) -> Result<Option<String>, StoreError> {
    let claimed = request.claim.serial.as_deref();
    if let Some(expected) = &invitation.serial {
        if claimed.is_none_or(|serial| !serial.eq_ignore_ascii_case(expected)) {
            return Ok(Some("The invitation is for a Mac with another serial number.".to_owned()));
        }
    } else if count(
        db,
        "SELECT count(*) FROM device WHERE person_id = ?1
         AND lifecycle IN ('active', 'pending', 'suspended')",
        &invitation.person_id,
    )? > 0
    {
        return Ok(Some("The person has another Mac already.".to_owned()));
    }
    if let Some(serial) = claimed
        && count(
            db,
            "SELECT count(*) FROM device WHERE serial = ?1
             AND lifecycle IN ('active', 'pending', 'suspended')",
            serial,
        )? > 0
    {
        return Ok(Some("Another enrolled device has the same serial number.".to_owned()));
    }
    Ok(None)
}

fn count(db: &Connection, query: &str, key: &str) -> Result<i64, StoreError> {
    Ok(db.prepare_cached(query)?.query_row([key], |row| row.get(0))?)
}

fn insert(db: &Connection, request: &NewDevice, comer: &Comer<'_>) -> Result<(), StoreError> {
    let waits = comer.waits;
    let at = request.received_at.as_millisecond();
    let lifecycle = if waits.is_some() { Lifecycle::Pending } else { Lifecycle::Active };
    db.execute(
        "INSERT INTO device (id, person_id, lifecycle, lifecycle_reason, platform, model, serial,
           hardware_uuid, recorded, key_protection, agent_version, enrolled_ms, status_since_ms,
           next_change_ms, fleet_token_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, ?13, ?14)",
        params![
            request.device_id,
            comer.person_id,
            lifecycle.as_str(),
            waits.unwrap_or_default(),
            request.claim.platform,
            request.claim.model,
            request.claim.serial,
            request.claim.hardware_uuid,
            request.recorded,
            request.protection.as_str(),
            request.agent_version,
            at,
            // Judged by silence from the start; a waiting device is not judged.
            waits.is_none().then_some(at),
            comer.fleet_token,
        ],
    )?;
    db.execute(
        "INSERT INTO device_key (keyid, device_id, chain, spki, protection, status, created_ms,
           version)
         VALUES (?1, ?2, 0, ?3, ?4, 'active', ?5, 0)",
        params![request.keyid, request.device_id, request.spki, request.protection.as_str(), at],
    )?;
    db.execute(
        "INSERT INTO enrollment (device_id, received_ms, keyid, payload, signature)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![request.device_id, at, request.keyid, request.payload, request.signature],
    )?;
    if let Some(person_id) = comer.person_id {
        begin_holding(&mut Asked(db), (&request.device_id, request.received_at), person_id)?;
    }
    state::first_status(db, &request.device_id, request.received_at)?;
    event(
        db,
        &Step {
            device_id: &request.device_id,
            to: lifecycle,
            kind: "enrolled",
            actor: if comer.fleet_token.is_some() { "fleet token" } else { "invitation" },
            detail: waits.unwrap_or_default(),
            at: request.received_at,
        },
    )?;
    let entry = Event::Enroll {
        device: &request.device_id,
        key: &request.keyid,
        statement_sha256: &hex(&request.statement_sha256),
        invitation: &request.token_id,
        lifecycle: lifecycle.as_str(),
    };
    log::record(db, entry.at(request.received_at))?;
    touch_keys(db, &request.device_id)
}
