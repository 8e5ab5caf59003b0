//! Devices and their life cycle in PostgreSQL.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::books::PostgresBooks;
use super::{Session, StoreError, Writer, enroll, log, state};
use crate::audit::Act;
use crate::clock::from_ms;
use crate::fleet::advance::Change;
use crate::fleet::life::LifeStep;
use crate::fleet::state::Lifecycle;
use crate::log::entry::Event;
use crate::store::access::audit::note;
use crate::store::access::farewells;
use crate::store::batch::judging::judge_each;
use crate::store::devices::{
    Admission, DeviceLine, Devices, Farewelled, Issued, Leaving, Moved, NewDevice,
};

/// One step in a device's life.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    /// Which device.
    pub(super) device_id: &'a str,
    /// To where.
    pub(super) to: Lifecycle,
    /// The word for its history.
    pub(super) kind: &'a str,
    /// Who did it.
    pub(super) actor: &'a str,
    /// Why, for people.
    pub(super) detail: &'a str,
    /// When.
    pub(super) at: Timestamp,
}

/// Raises a counter that other processes watch, and returns its value. Until
/// the transaction ends, nobody else can raise it.
pub(super) fn raise(db: &mut Session, counter: &str) -> Result<i64, StoreError> {
    const RAISE: &str = "INSERT INTO counter (name, value) VALUES ($1, 1)
        ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value";
    let row = db.row(RAISE, &[&counter])?;
    let missing = || StoreError::Corrupt { what: "a counter", why: "it has no value".to_owned() };
    Ok(row.ok_or_else(missing)?.try_get(0)?)
}

/// Makes every cache read the keys of `device_id` again.
pub(super) fn touch_keys(db: &mut Session, device_id: &str) -> Result<(), StoreError> {
    let version = raise(db, "keys")?;
    let touch = "UPDATE device_key SET version = $2 WHERE device_id = $1";
    db.execute(touch, &[&device_id, &version])?;
    Ok(())
}

/// Writes an event into a device's history.
pub(super) fn event(db: &mut Session, step: &Step<'_>) -> Result<(), StoreError> {
    const EVENT: &str = "INSERT INTO event (device_id, at_ms, number, kind, actor, detail)
        SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5 FROM event
        WHERE device_id = $1 AND at_ms = $2";
    let at = step.at.as_millisecond();
    db.execute(EVENT, &[&step.device_id, &at, &step.kind, &step.actor, &step.detail])?;
    Ok(())
}

/// Moves a device on in its life, within a transaction that has locked it. The
/// log is for the caller.
pub(super) fn move_on(db: &mut Session, step: &Step<'_>) -> Result<(), StoreError> {
    const SET: &str = "UPDATE device SET lifecycle = $2, lifecycle_reason = $3 WHERE id = $1";
    db.execute(SET, &[&step.device_id, &step.to.as_str(), &step.detail])?;
    if step.to == Lifecycle::Revoked {
        let revoke = "UPDATE device_key SET status = 'revoked' WHERE device_id = $1";
        db.execute(revoke, &[&step.device_id])?;
    }
    event(db, step)?;
    touch_keys(db, step.device_id)
}

impl Devices for Writer {
    fn enroll(&mut self, request: &NewDevice) -> Result<Admission, StoreError> {
        self.session().transaction(|db| enroll::enroll(db, request))
    }

    fn keep_certificate(&mut self, issued: &Issued, at: Timestamp) -> Result<(), StoreError> {
        // The chain of a new key begins with the digest of its certificate.
        const CHAIN: &str = "UPDATE device SET digest = $2 WHERE sequence = 0
            AND id = (SELECT device_id FROM device_key WHERE keyid = $1)";
        const KEEP: &str = "
            INSERT INTO certificate (sha256, keyid, der, not_before_ms, not_after_ms)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        let (name, digest) =
            (shared::keys::sha256_hex(&issued.der), shared::keys::sha256(&issued.der));
        self.session().transaction(|db| {
            db.execute(CHAIN, &[&issued.keyid, &digest.as_slice()])?;
            let (from, until) =
                (issued.not_before.as_millisecond(), issued.not_after.as_millisecond());
            db.execute(KEEP, &[&name, &issued.keyid, &issued.der, &from, &until])?;
            let owner = "SELECT device_id FROM device_key WHERE keyid = $1";
            let missing =
                || StoreError::Corrupt { what: "a key", why: "it has no device".to_owned() };
            let device: String =
                db.row(owner, &[&issued.keyid])?.ok_or_else(missing)?.try_get(0)?;
            touch_keys(db, &device)?;
            let event = Event::Certificate {
                device: &device,
                key: &issued.keyid,
                certificate_sha256: &name,
            };
            log::record(db, event.at(at)).map(drop)
        })
    }

    fn set_lifecycle(
        &mut self,
        device_id: &str,
        to: Lifecycle,
        act: &Act,
    ) -> Result<Option<Lifecycle>, StoreError> {
        let moved = self.session().transaction(|db| step(db, device_id, (None, to), act))?;
        Ok(moved.before())
    }

    fn move_on(&mut self, device_id: &str, life: LifeStep, act: &Act) -> Result<Moved, StoreError> {
        let places = (Some(life.from()), life.to());
        self.session().transaction(|db| step(db, device_id, places, act))
    }

    fn farewell(&mut self, leaving: &Leaving) -> Result<Farewelled, StoreError> {
        self.session().transaction(|db| farewell(db, leaving))
    }

    fn list(&self) -> Result<Vec<DeviceLine>, StoreError> {
        const LIST: &str = "
            SELECT device.id, person.name, model, serial, lifecycle, lifecycle_reason, status,
                   received_ms
            FROM device LEFT JOIN person ON person.id = person_id
            ORDER BY enrolled_ms DESC, device.id";
        self.ask(|db| db.query(LIST, &[])?.iter().map(line).collect())
    }
}

fn line(row: &Row) -> Result<DeviceLine, StoreError> {
    let word: &str = row.try_get(4)?;
    Ok(DeviceLine {
        id: row.try_get(0)?,
        owner: row.try_get(1)?,
        model: row.try_get(2)?,
        serial: row.try_get(3)?,
        lifecycle: Lifecycle::from_word(word).unwrap_or(Lifecycle::Suspended),
        lifecycle_reason: row.try_get(5)?,
        status: row.try_get(6)?,
        received_at: row.try_get::<_, Option<i64>>(7)?.map(from_ms),
    })
}

/// DER of the newest certificate of `keyid`.
pub(super) fn newest_certificate(
    db: &mut Session,
    keyid: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    const NEWEST: &str =
        "SELECT der FROM certificate WHERE keyid = $1 ORDER BY not_after_ms DESC LIMIT 1";
    Ok(db.row(NEWEST, &[&keyid])?.map(|row| row.try_get(0)).transpose()?)
}

/// Moves a device on from one of some places, or from any.
fn step(
    db: &mut Session,
    device_id: &str,
    (from, to): (Option<&[Lifecycle]>, Lifecycle),
    act: &Act,
) -> Result<Moved, StoreError> {
    let (at, actor) = (act.at, act.actor.for_ever());
    let Some(device) = state::places(db, &[device_id])?.pop() else { return Ok(Moved::Missing) };
    let before = device.state.lifecycle;
    if from.is_some_and(|from| !from.contains(&before)) {
        return Ok(Moved::Refused { now: before });
    }
    let kind = match (before, to) {
        (Lifecycle::Pending, Lifecycle::Active) => "approved",
        (_, Lifecycle::Active) => "resumed",
        (_, other) => other.as_str(),
    };
    move_on(db, &Step { device_id, to, kind, actor: &act.actor.name, detail: &act.detail, at })?;
    judge_each(&mut PostgresBooks(db), &[device_id], &|device, changes| {
        device.settle_status(at, changes);
        if device.next_change_at.is_none() && to == Lifecycle::Active {
            device.next_change_at = Some(at);
        }
    })?;
    let event = Event::Lifecycle { device: device_id, lifecycle: to.as_str(), actor };
    log::record(db, event.at(at))?;
    note(db, act)?;
    Ok(Moved::Done { before })
}

/// Takes a farewell, and revokes the key.
fn farewell(db: &mut Session, leaving: &Leaving) -> Result<Farewelled, StoreError> {
    let (device_id, at) = (leaving.device_id.as_str(), leaving.received_at);
    let Some(device) = state::places(db, &[device_id])?.pop() else {
        return Ok(Farewelled::NoDevice);
    };
    if let Some(at) = farewells::said(db, leaving)? {
        return Ok(Farewelled::Done { at });
    }
    if device.state.lifecycle != Lifecycle::Active {
        return Ok(Farewelled::Refused(device.state.lifecycle));
    }
    farewells::keep(db, leaving)?;
    let (to, detail) = (Lifecycle::Revoked, farewells::REASON);
    move_on(db, &Step { device_id, to, kind: "removed", actor: "agent", detail, at })?;
    judge_each(&mut PostgresBooks(db), &[device_id], &|device, changes| {
        changes.push(Change::Removed { at });
        device.settle_status(at, changes);
    })?;
    log::record(db, farewells::entry(leaving))?;
    let event = Event::Lifecycle { device: device_id, lifecycle: to.as_str(), actor: "agent" };
    log::record(db, event.at(at))?;
    note(db, &farewells::act(leaving))?;
    Ok(Farewelled::Done { at })
}
