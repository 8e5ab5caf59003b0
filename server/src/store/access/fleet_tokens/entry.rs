//! Coming in with a fleet token, within the transaction of an enrolment.

use jiff::Timestamp;

use crate::audit::{Act, Object};
use crate::expected::State;
use crate::fleet::state::Lifecycle;
use crate::store::StoreError;
use crate::store::access::expected::one as expected_one;
use crate::store::devices::{Admission, NewDevice};
use crate::store::reading::{Dialect, Reading, Value};
use crate::store::views::expected::Expected;
use crate::store::writing::Writing;

/// What a fleet token makes of a request.
pub(in crate::store) enum Entry {
    /// No fleet token has this secret.
    NoToken,
    /// The answer stands already; nothing is to be written.
    Answer(Admission),
    /// Its key is taken in before, for the device called so.
    Again(String),
    /// The device comes in.
    Enters {
        /// Who holds it.
        person_id: Option<String>,
        /// Why it waits, if it does.
        waits: Option<String>,
        /// That a person was added, or given the Mac by its profile's word, to
        /// be noted last.
        noted: Option<Box<Act>>,
        /// An address in the Mac's profile that nobody has here.
        claim: Option<String>,
    },
}

struct Found {
    secret_sha256: Vec<u8>,
    quota: i64,
    used: i64,
    expires_at: Timestamp,
    is_revoked: bool,
}

/// One Mac more has asked.
const USE: &str = "UPDATE fleet_token SET used = used + 1 WHERE id = $1";

/// Uses a fleet token. On PostgreSQL its row is locked, and then what `alone`
/// locks: from there on enrolments wait for each other.
pub(in crate::store) fn enter(
    db: &mut dyn Writing,
    request: &NewDevice,
    alone: impl FnOnce(&mut dyn Writing) -> Result<(), StoreError>,
) -> Result<Entry, StoreError> {
    let Some(token) = find(db.asked(), &request.token_id)? else { return Ok(Entry::NoToken) };
    if token.secret_sha256 != request.secret_sha256 {
        return Ok(Entry::NoToken);
    }
    alone(db)?;
    if let Some((device, came_with)) = device_of_key(db.asked(), &request.keyid)? {
        let is_same = came_with.as_deref() == Some(request.token_id.as_str());
        return Ok(if is_same {
            Entry::Again(device)
        } else {
            Entry::Answer(Admission::TokenUsed)
        });
    }
    if token.is_revoked {
        return Ok(Entry::Answer(Admission::TokenRevoked));
    }
    if token.expires_at <= request.received_at {
        let expired_at = token.expires_at;
        return Ok(Entry::Answer(Admission::FleetTokenExpired { expired_at }));
    }
    if token.used >= token.quota {
        return Ok(Entry::Answer(Admission::TokenSpent { quota: token.quota }));
    }
    let serial = request.claim.serial.as_deref().map(|it| it.trim().to_ascii_uppercase());
    let expected = match &serial {
        Some(serial) => expected_one(db.asked(), serial)?,
        None => None,
    };
    let waits = why_wait(db.asked(), serial.as_deref(), expected.as_ref())?;
    let (mut person_id, mut noted) = owner(db, expected.as_ref(), request.received_at)?;
    let names_none = expected.as_ref().is_none_or(|it| it.facts.owner_email.is_empty());
    // The company's own list outranks what a Mac says.
    let mut claim = request.owner.clone().filter(|_| names_none && person_id.is_none());
    if let Some(address) = &claim
        && let Some(person) = claimed(db.asked(), address)?
    {
        (person_id, noted) = (Some(person), Some(assigned(request)));
        claim = None;
    }
    db.change(USE, &[Value::text(&request.token_id)])?;
    Ok(Entry::Enters { person_id, waits, noted: noted.map(Box::new), claim })
}

fn find(db: &mut dyn Reading, id: &str) -> Result<Option<Found>, StoreError> {
    const FIND: &str = "SELECT secret_sha256, quota, used, expires_ms, revoked_ms
        FROM fleet_token WHERE id = $1";
    const LOCK: &str = "SELECT secret_sha256, quota, used, expires_ms, revoked_ms
        FROM fleet_token WHERE id = $1 FOR UPDATE";
    // SQLite has one writer, whose transaction this is.
    let sql = match db.dialect() {
        Dialect::Sqlite => FIND,
        Dialect::Postgres => LOCK,
    };
    db.first(sql, &[Value::text(id)], |row| {
        Ok(Found {
            secret_sha256: row.blob(0)?.to_vec(),
            quota: row.int(1)?,
            used: row.int(2)?,
            expires_at: row.time(3)?,
            is_revoked: row.number(4)?.is_some(),
        })
    })
}

/// The device of a key, and the fleet token with which it came.
fn device_of_key(
    db: &mut dyn Reading,
    keyid: &str,
) -> Result<Option<(String, Option<String>)>, StoreError> {
    const FIND: &str = "SELECT d.id, d.fleet_token_id FROM device_key k
        JOIN device d ON d.id = k.device_id WHERE k.keyid = $1";
    db.first(FIND, &[Value::text(keyid)], |row| Ok((row.string(0)?, row.string_or_null(1)?)))
}

/// Why a person has to look before the device may report, if so.
fn why_wait(
    db: &mut dyn Reading,
    serial: Option<&str>,
    expected: Option<&Expected>,
) -> Result<Option<String>, StoreError> {
    const TAKEN: &str = "SELECT count(*) FROM device WHERE serial = $1
        AND lifecycle IN ('active', 'pending', 'suspended')";
    let Some(serial) = serial else {
        return Ok(Some("The Mac does not say its serial number.".to_owned()));
    };
    if db.only(TAKEN, &[Value::text(serial)], |row| row.count(0))? > 0 {
        return Ok(Some("Another enrolled device has the same serial number.".to_owned()));
    }
    Ok(match expected.map(|one| one.facts.state) {
        Some(State::InUse) => None,
        Some(state) => Some(format!(
            "The list of expected devices does not have it as in use: {}.",
            state.title().to_lowercase()
        )),
        None => Some("Its serial number is not on the list of expected devices.".to_owned()),
    })
}

/// Who has the Mac, as the list says: known by mail address, or added when the
/// list has a name as well.
fn owner(
    db: &mut dyn Writing,
    expected: Option<&Expected>,
    at: Timestamp,
) -> Result<(Option<String>, Option<Act>), StoreError> {
    const KNOWN: &str = "SELECT id FROM person WHERE lower(email) = $1 AND ended_ms IS NULL";
    const ANY: &str = "SELECT id FROM person WHERE lower(email) = $1";
    const ADD: &str = "INSERT INTO person (id, name, email, source, created_ms, changed_ms)
        VALUES ($1, $2, $3, 'csv', $4, $5) ON CONFLICT DO NOTHING";
    let Some(facts) = expected.map(|one| &one.facts).filter(|it| !it.owner_email.is_empty()) else {
        return Ok((None, None));
    };
    let email = Value::text(&facts.owner_email);
    let id = |row: &dyn crate::store::reading::Fields| row.string(0);
    if let Some(known) = db.asked().first(KNOWN, std::slice::from_ref(&email), id)? {
        return Ok((Some(known), None));
    }
    let has_left = db.asked().first(ANY, std::slice::from_ref(&email), id)?.is_some();
    if has_left || facts.owner_name.is_empty() {
        return Ok((None, None));
    }
    let new = uuid::Uuid::new_v4().to_string();
    let name = Value::text(&facts.owner_name);
    let values = [Value::text(&new), name, email.clone(), Value::time(at), Value::time(at)];
    db.change(ADD, &values)?;
    let person = db.asked().first(KNOWN, &[email], id)?;
    let object = Object::new("person", &new).called(&facts.owner_name);
    let act = Act::of_collector("person_added", object, at)
        .with("a Mac that the list gives to this person came with a fleet token");
    let added = person.as_deref() == Some(new.as_str());
    Ok((person, added.then_some(act)))
}

/// The person with the address that the Mac's profile names.
fn claimed(db: &mut dyn Reading, address: &str) -> Result<Option<String>, StoreError> {
    const KNOWN: &str = "SELECT id FROM person WHERE lower(email) = $1 AND ended_ms IS NULL";
    db.first(KNOWN, &[Value::text(&address.to_lowercase())], |row| row.string(0))
}

/// That the profile's word gave the Mac to somebody.
fn assigned(request: &NewDevice) -> Act {
    let object = Object::new("device", &request.device_id);
    Act::of_collector("device_assigned", object, request.received_at)
        .with("named by the Mac's profile")
}

/// Keeps an address of a profile beside the device, as a claim.
pub(in crate::store) fn keep_claim(
    db: &mut dyn Writing,
    device_id: &str,
    claim: Option<&str>,
) -> Result<(), StoreError> {
    const KEEP: &str = "UPDATE device SET owner_claim = $1 WHERE id = $2";
    let Some(claim) = claim else { return Ok(()) };
    db.change(KEEP, &[Value::text(claim), Value::text(device_id)]).map(drop)
}

/// The answer to a key that was taken in before.
pub(in crate::store) fn stands(
    word: &str,
    reason: String,
    admitted: impl FnOnce() -> Result<Admission, StoreError>,
) -> Result<Admission, StoreError> {
    match Lifecycle::from_word(word) {
        Some(Lifecycle::Active) => admitted(),
        Some(Lifecycle::Pending) => Ok(Admission::Waits { reason }),
        Some(other) => Ok(Admission::Refused(other)),
        None => Err(StoreError::Corrupt { what: "lifecycle", why: word.to_owned() }),
    }
}
