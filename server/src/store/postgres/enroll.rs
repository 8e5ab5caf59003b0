//! Using an invitation or a fleet token, in one transaction.

use jiff::Timestamp;
use shared::keys::hex;
use tokio_postgres::Row;

use super::devices::{Step, event, newest_certificate, raise};
use super::state::digest;
use super::{Session, StoreError, log};
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
    /// Of the keys, raised for it.
    version: i64,
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

pub(super) fn enroll(db: &mut Session, request: &NewDevice) -> Result<Admission, StoreError> {
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
    // From here on enrolments wait for each other: what is looked for below
    // must not come in through another replica meanwhile.
    let version = raise(db, "keys")?;
    if count(db, "SELECT count(*) FROM device_key WHERE keyid = $1", &request.keyid)? > 0 {
        return Ok(Admission::TokenUsed);
    }
    let waits = why_wait(db, &invitation, request)?;
    let use_up = "UPDATE invitation SET used_ms = $2, keyid = $3, device_id = $4
        WHERE id = $1 AND used_ms IS NULL";
    let at = request.received_at.as_millisecond();
    db.execute(use_up, &[&request.token_id, &at, &request.keyid, &request.device_id])?;
    let person_id = Some(invitation.person_id.as_str());
    let comer = Comer { person_id, fleet_token: None, waits: waits.as_deref(), version };
    insert(db, request, &comer)?;
    Ok(came_in(request, waits))
}

fn came_in(request: &NewDevice, waits: Option<String>) -> Admission {
    match waits {
        Some(reason) => Admission::Waits { reason },
        None => Admission::Admitted { device_id: request.device_id.clone(), certificate: None },
    }
}

fn by_fleet_token(db: &mut Session, request: &NewDevice) -> Result<Admission, StoreError> {
    // Enrolments wait for each other, as with invitations.
    match enter(db, request, |db| db.change(ALONE, &[]).map(drop))? {
        Entry::NoToken => Ok(Admission::TokenUnknown),
        Entry::Answer(answer) => Ok(answer),
        Entry::Again(device_id) => answered(db, &device_id, &request.keyid),
        Entry::Enters { person_id, waits, noted, claim } => {
            let comer = Comer {
                person_id: person_id.as_deref(),
                fleet_token: Some(&request.token_id),
                waits: waits.as_deref(),
                version: raise(db, "keys")?,
            };
            insert(db, request, &comer)?;
            keep_claim(db, &request.device_id, claim.as_deref())?;
            if let Some(noted) = noted {
                note(db, &noted)?;
            }
            Ok(came_in(request, waits))
        }
    }
}

/// Locks the counter of keys, which [`raise`] raises.
const ALONE: &str = "INSERT INTO counter (name, value) VALUES ('keys', 1)
    ON CONFLICT (name) DO UPDATE SET value = counter.value + 1";

/// The invitation, locked: of two who use it one comes second.
fn find(db: &mut Session, token_id: &str) -> Result<Option<Invitation>, StoreError> {
    const FIND: &str = "
        SELECT secret_sha256, person_id, serial, expires_ms, used_ms, keyid, device_id
        FROM invitation WHERE id = $1 FOR UPDATE";
    let read = |row: Row| -> Result<Invitation, StoreError> {
        Ok(Invitation {
            secret_sha256: digest(&row, 0)?,
            person_id: row.try_get(1)?,
            serial: row.try_get(2)?,
            expires_at: from_ms(row.try_get(3)?),
            used: row.try_get::<_, Option<i64>>(4)?.is_some(),
            keyid: row.try_get(5)?,
            device_id: row.try_get(6)?,
        })
    };
    db.row(FIND, &[&token_id])?.map(read).transpose()
}

/// The same key asks again, because the answer was lost or a person had to
/// approve; another key is somebody else.
fn again(
    db: &mut Session,
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
fn answered(db: &mut Session, device_id: &str, keyid: &str) -> Result<Admission, StoreError> {
    let sql = "SELECT lifecycle, lifecycle_reason FROM device WHERE id = $1";
    let missing = || StoreError::Corrupt { what: "an invitation", why: "no device".to_owned() };
    let row = db.row(sql, &[&device_id])?.ok_or_else(missing)?;
    let word: String = row.try_get(0)?;
    stands(&word, row.try_get(1)?, || {
        Ok(Admission::Admitted {
            device_id: device_id.to_owned(),
            certificate: newest_certificate(db, keyid)?,
        })
    })
}

/// Why a person has to look before the device may report, if so.
fn why_wait(
    db: &mut Session,
    invitation: &Invitation,
    request: &NewDevice,
) -> Result<Option<String>, StoreError> {
    const OF_PERSON: &str = "SELECT count(*) FROM device WHERE person_id = $1
        AND lifecycle IN ('active', 'pending', 'suspended')";
    const WITH_SERIAL: &str = "SELECT count(*) FROM device WHERE serial = $1
        AND lifecycle IN ('active', 'pending', 'suspended')";
    let claimed = request.claim.serial.as_deref();
    if let Some(expected) = &invitation.serial {
        if claimed.is_none_or(|serial| !serial.eq_ignore_ascii_case(expected)) {
            return Ok(Some("The invitation is for a Mac with another serial number.".to_owned()));
        }
    } else if count(db, OF_PERSON, &invitation.person_id)? > 0 {
        return Ok(Some("The person has another Mac already.".to_owned()));
    }
    if let Some(serial) = claimed
        && count(db, WITH_SERIAL, serial)? > 0
    {
        return Ok(Some("Another enrolled device has the same serial number.".to_owned()));
    }
    Ok(None)
}

fn count(db: &mut Session, query: &str, key: &str) -> Result<i64, StoreError> {
    Ok(db.row(query, &[&key])?.map(|row| row.try_get(0)).transpose()?.unwrap_or(0))
}

const DEVICE: &str = "
    INSERT INTO device (id, person_id, lifecycle, lifecycle_reason, platform, model, serial,
      hardware_uuid, recorded, key_protection, agent_version, enrolled_ms, status_since_ms,
      next_change_ms, fleet_token_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14)";
const KEY: &str = "
    INSERT INTO device_key (keyid, device_id, chain, spki, protection, status, created_ms, version)
    VALUES ($1, $2, 0, $3, $4, 'active', $5, $6)";
const ENROLLMENT: &str = "
    INSERT INTO enrollment (device_id, received_ms, keyid, payload, signature)
    VALUES ($1, $2, $3, $4, $5)";
const STATUS: &str = "
    INSERT INTO status_interval (device_id, from_ms, status) VALUES ($1, $2, 'unknown')";

fn insert(db: &mut Session, request: &NewDevice, comer: &Comer<'_>) -> Result<(), StoreError> {
    let (waits, version) = (comer.waits, comer.version);
    let at = request.received_at.as_millisecond();
    let lifecycle = if waits.is_some() { Lifecycle::Pending } else { Lifecycle::Active };
    let (id, protection) = (&request.device_id, request.protection.as_str());
    let claim = &request.claim;
    // Judged by silence from the start; a waiting device is not judged.
    let next_change = waits.is_none().then_some(at);
    db.execute(
        DEVICE,
        &[
            id,
            &comer.person_id,
            &lifecycle.as_str(),
            &waits.unwrap_or_default(),
            &claim.platform,
            &claim.model,
            &claim.serial,
            &claim.hardware_uuid,
            &request.recorded,
            &protection,
            &request.agent_version,
            &at,
            &next_change,
            &comer.fleet_token,
        ],
    )?;
    let (keyid, payload, signature) = (&request.keyid, &request.payload, &request.signature);
    db.together(&[
        (KEY, &[keyid, id, &request.spki, &protection, &at, &version]),
        (ENROLLMENT, &[id, &at, keyid, payload, signature]),
        (STATUS, &[id, &at]),
    ])?;
    if let Some(person_id) = comer.person_id {
        begin_holding(db, (id, request.received_at), person_id)?;
    }
    event(
        db,
        &Step {
            device_id: id,
            to: lifecycle,
            kind: "enrolled",
            actor: if comer.fleet_token.is_some() { "fleet token" } else { "invitation" },
            detail: waits.unwrap_or_default(),
            at: request.received_at,
        },
    )?;
    let entry = Event::Enroll {
        device: id,
        key: keyid,
        statement_sha256: &hex(&request.statement_sha256),
        invitation: &request.token_id,
        lifecycle: lifecycle.as_str(),
    };
    log::record(db, entry.at(request.received_at)).map(drop)
}
