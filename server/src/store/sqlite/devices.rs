//! Devices and their life cycle in SQLite.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::books::SqliteBooks;
use super::reading::Asked;
use super::{StoreError, Writer, enroll, log, state};
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

/// Raises a counter that other processes watch, and returns its value.
pub(super) fn raise(db: &Connection, counter: &str) -> Result<i64, StoreError> {
    Ok(db
        .prepare_cached(
            "INSERT INTO counter (name, value) VALUES (?1, 1)
             ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
        )?
        .query_row([counter], |row| row.get(0))?)
}

/// Makes every cache read the keys of `device_id` again.
pub(super) fn touch_keys(db: &Connection, device_id: &str) -> Result<(), StoreError> {
    let version = raise(db, "keys")?;
    db.prepare_cached("UPDATE device_key SET version = ?2 WHERE device_id = ?1")?
        .execute(params![device_id, version])?;
    Ok(())
}

/// Writes an event into a device's history.
pub(super) fn event(db: &Connection, step: &Step<'_>) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO event (device_id, at_ms, number, kind, actor, detail)
         SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3, ?4, ?5 FROM event
         WHERE device_id = ?1 AND at_ms = ?2",
    )?
    .execute(params![
        step.device_id,
        step.at.as_millisecond(),
        step.kind,
        step.actor,
        step.detail
    ])?;
    Ok(())
}

/// Moves a device on in its life, within a transaction. The log is for the
/// caller.
pub(super) fn move_on(db: &Connection, step: &Step<'_>) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE device SET lifecycle = ?2, lifecycle_reason = ?3 WHERE id = ?1")?
        .execute(params![step.device_id, step.to.as_str(), step.detail])?;
    if step.to == Lifecycle::Revoked {
        db.prepare_cached("UPDATE device_key SET status = 'revoked' WHERE device_id = ?1")?
            .execute([step.device_id])?;
    }
    event(db, step)?;
    touch_keys(db, step.device_id)
}

impl Devices for Writer {
    fn enroll(&mut self, request: &NewDevice) -> Result<Admission, StoreError> {
        let transaction = self.begin()?;
        let admission = enroll::enroll(&transaction, request)?;
        transaction.commit()?;
        Ok(admission)
    }

    fn keep_certificate(&mut self, issued: &Issued, at: Timestamp) -> Result<(), StoreError> {
        let transaction = self.begin()?;
        transaction.execute(
            "INSERT INTO certificate (sha256, keyid, der, not_before_ms, not_after_ms)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
            params![
                shared::keys::sha256_hex(&issued.der),
                issued.keyid,
                issued.der,
                issued.not_before.as_millisecond(),
                issued.not_after.as_millisecond(),
            ],
        )?;
        // The chain of a new key begins with the digest of its certificate.
        transaction.execute(
            "UPDATE device SET digest = ?2 WHERE sequence = 0
             AND id = (SELECT device_id FROM device_key WHERE keyid = ?1)",
            params![issued.keyid, shared::keys::sha256(&issued.der)],
        )?;
        let device_id: String = transaction.query_row(
            "SELECT device_id FROM device_key WHERE keyid = ?1",
            [&issued.keyid],
            |row| row.get(0),
        )?;
        touch_keys(&transaction, &device_id)?;
        let event = Event::Certificate {
            device: &device_id,
            key: &issued.keyid,
            certificate_sha256: &shared::keys::sha256_hex(&issued.der),
        };
        log::record(&transaction, event.at(at))?;
        transaction.commit()?;
        Ok(())
    }

    fn set_lifecycle(
        &mut self,
        device_id: &str,
        to: Lifecycle,
        act: &Act,
    ) -> Result<Option<Lifecycle>, StoreError> {
        let transaction = self.begin()?;
        let moved = step(&transaction, device_id, (None, to), act)?;
        transaction.commit()?;
        Ok(moved.before())
    }

    fn move_on(&mut self, device_id: &str, life: LifeStep, act: &Act) -> Result<Moved, StoreError> {
        let transaction = self.begin()?;
        let moved = step(&transaction, device_id, (Some(life.from()), life.to()), act)?;
        transaction.commit()?;
        Ok(moved)
    }

    fn farewell(&mut self, leaving: &Leaving) -> Result<Farewelled, StoreError> {
        let transaction = self.begin()?;
        let farewelled = farewell(&transaction, leaving)?;
        transaction.commit()?;
        Ok(farewelled)
    }

    fn list(&self) -> Result<Vec<DeviceLine>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT device.id, person.name, model, serial, lifecycle, lifecycle_reason, status,
                    received_ms
             FROM device LEFT JOIN person ON person.id = person_id
             ORDER BY enrolled_ms DESC, device.id",
        )?;
        let lines = statement.query_map([], |row| {
            let word: String = row.get(4)?;
            Ok(DeviceLine {
                id: row.get(0)?,
                owner: row.get(1)?,
                model: row.get(2)?,
                serial: row.get(3)?,
                lifecycle: Lifecycle::from_word(&word).unwrap_or(Lifecycle::Suspended),
                lifecycle_reason: row.get(5)?,
                status: row.get(6)?,
                received_at: row.get::<_, Option<i64>>(7)?.map(from_ms),
            })
        })?;
        Ok(lines.collect::<Result<_, _>>()?)
    }
}

/// DER of the newest certificate of `keyid`.
pub(super) fn newest_certificate(
    db: &Connection,
    keyid: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(db
        .query_row(
            "SELECT der FROM certificate WHERE keyid = ?1 ORDER BY not_after_ms DESC LIMIT 1",
            [keyid],
            |row| row.get(0),
        )
        .optional()?)
}

/// Moves a device on from one of some places, or from any.
fn step(
    transaction: &Connection,
    device_id: &str,
    (from, to): (Option<&[Lifecycle]>, Lifecycle),
    act: &Act,
) -> Result<Moved, StoreError> {
    let (at, actor) = (act.at, act.actor.for_ever());
    let Some(place) = state::load_place(transaction, device_id)? else {
        return Ok(Moved::Missing);
    };
    let before = place.state.lifecycle;
    if from.is_some_and(|from| !from.contains(&before)) {
        return Ok(Moved::Refused { now: before });
    }
    let kind = match (before, to) {
        (Lifecycle::Pending, Lifecycle::Active) => "approved",
        (_, Lifecycle::Active) => "resumed",
        (_, other) => other.as_str(),
    };
    let words = Step { device_id, to, kind, actor: &act.actor.name, detail: &act.detail, at };
    move_on(transaction, &words)?;
    judge_each(&mut SqliteBooks(transaction), &[device_id], &|device, changes| {
        device.settle_status(at, changes);
        if device.next_change_at.is_none() && to == Lifecycle::Active {
            device.next_change_at = Some(at);
        }
    })?;
    let event = Event::Lifecycle { device: device_id, lifecycle: to.as_str(), actor };
    log::record(transaction, event.at(at))?;
    note(&mut Asked(transaction), act)?;
    Ok(Moved::Done { before })
}

/// Takes a farewell, and revokes the key.
fn farewell(transaction: &Connection, leaving: &Leaving) -> Result<Farewelled, StoreError> {
    let (device_id, at) = (leaving.device_id.as_str(), leaving.received_at);
    let Some(place) = state::load_place(transaction, device_id)? else {
        return Ok(Farewelled::NoDevice);
    };
    if let Some(at) = farewells::said(&mut Asked(transaction), leaving)? {
        return Ok(Farewelled::Done { at });
    }
    if place.state.lifecycle != Lifecycle::Active {
        return Ok(Farewelled::Refused(place.state.lifecycle));
    }
    farewells::keep(&mut Asked(transaction), leaving)?;
    let detail = farewells::REASON;
    let to = Lifecycle::Revoked;
    move_on(transaction, &Step { device_id, to, kind: "removed", actor: "agent", detail, at })?;
    judge_each(&mut SqliteBooks(transaction), &[device_id], &|device, changes| {
        changes.push(Change::Removed { at });
        device.settle_status(at, changes);
    })?;
    log::record(transaction, farewells::entry(leaving))?;
    let event = Event::Lifecycle { device: device_id, lifecycle: to.as_str(), actor: "agent" };
    log::record(transaction, event.at(at))?;
    note(&mut Asked(transaction), &farewells::act(leaving))?;
    Ok(Farewelled::Done { at })
}
