//! Who held which device, and when.
//!
//! `device.person_id` says who holds it now, for lists; the intervals say who
//! may see what: a new holder never sees what was before.

use jiff::Timestamp;

use super::audit::note;
use crate::audit::Act;
use crate::store::StoreError;
use crate::store::reading::{Fields, Reading, Value};
use crate::store::writing::{Transact, Writing};

/// A time in which a person held a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The device.
    pub device_id: String,
    /// Id of the person.
    pub person_id: String,
    /// Name of the person as it is now.
    pub name: String,
    /// Mail address of the person.
    pub email: String,
    /// Since when.
    pub from: Timestamp,
    /// Until when; none for the present holder.
    pub until: Option<Timestamp>,
}

/// What became of giving a device to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// It is so now.
    Done,
    /// There is no such device.
    NoDevice,
    /// There is no such person.
    NoPerson,
}

/// Keeps who holds what.
pub trait Holdings: Send + Sync {
    /// Everybody who held the device, the newest first.
    fn holders(&self, device_id: &str) -> Result<Vec<Holding>, StoreError>;
    /// Everything that the person held, the newest first.
    fn holdings(&self, person_id: &str) -> Result<Vec<Holding>, StoreError>;
    /// Since when the person with this mail address, in small letters, holds
    /// the device; none when somebody else does.
    fn held_since(&self, email: &str, device_id: &str) -> Result<Option<Timestamp>, StoreError>;
    /// Gives the device to a person, or to nobody, and notes the act.
    fn assign(&self, device_id: &str, person: Option<&str>, act: &Act) -> Result<Held, StoreError>;
}

/// Begins the first holding of a device that was just enrolled.
pub(in crate::store) fn begin_holding(
    db: &mut dyn Writing,
    (device_id, at): (&str, Timestamp),
    person_id: &str,
) -> Result<(), StoreError> {
    const BEGIN: &str = "INSERT INTO holding (device_id, from_ms, person_id) VALUES ($1, $2, $3)
        ON CONFLICT (device_id, from_ms) DO NOTHING";
    db.change(BEGIN, &[Value::text(device_id), Value::time(at), Value::text(person_id)])?;
    Ok(())
}

/// Says who holds a device from `at` on, within a transaction; the only way to
/// change a holder.
pub(in crate::store) fn hold(
    db: &mut dyn Writing,
    (device_id, at): (&str, Timestamp),
    person_id: Option<&str>,
) -> Result<Held, StoreError> {
    const NOW: &str = "SELECT person_id FROM device WHERE id = $1";
    const KNOWN: &str = "SELECT 1 FROM person WHERE id = $1";
    const SET: &str = "UPDATE device SET person_id = $1 WHERE id = $2";
    // Twice in a millisecond: the first of the two never was.
    const UNDO: &str = "DELETE FROM holding WHERE device_id = $1 AND from_ms >= $2";
    const END: &str = "UPDATE holding SET until_ms = $1 WHERE device_id = $2 AND until_ms IS NULL";
    let device = Value::text(device_id);
    let found =
        db.asked().first(NOW, std::slice::from_ref(&device), |row| row.string_or_null(0))?;
    let Some(now) = found else { return Ok(Held::NoDevice) };
    if now.as_deref() == person_id {
        return Ok(Held::Done);
    }
    if let Some(person_id) = person_id
        && db.asked().first(KNOWN, &[Value::text(person_id)], |_| Ok(()))?.is_none()
    {
        return Ok(Held::NoPerson);
    }
    db.change(SET, &[Value::text_or_null(person_id), device.clone()])?;
    db.change(UNDO, &[device.clone(), Value::time(at)])?;
    db.change(END, &[Value::time(at), device])?;
    if let Some(person_id) = person_id {
        begin_holding(db, (device_id, at), person_id)?;
    }
    Ok(Held::Done)
}

const COLUMNS: &str = "SELECT h.device_id, h.person_id, p.name, p.email, h.from_ms, h.until_ms
    FROM holding h JOIN person p ON p.id = h.person_id";

fn holding(row: &dyn Fields) -> Result<Holding, StoreError> {
    Ok(Holding {
        device_id: row.string(0)?,
        person_id: row.string(1)?,
        name: row.string(2)?,
        email: row.string(3)?,
        from: row.time(4)?,
        until: row.time_or_null(5)?,
    })
}

fn list(db: &mut dyn Reading, column: &str, id: &str) -> Result<Vec<Holding>, StoreError> {
    let sql = format!("{COLUMNS} WHERE {column} = $1 ORDER BY h.from_ms DESC");
    db.all(&sql, &[Value::text(id)], holding)
}

impl<T: Transact> Holdings for T {
    fn holders(&self, device_id: &str) -> Result<Vec<Holding>, StoreError> {
        self.lend(|db| list(db, "h.device_id", device_id))
    }

    fn holdings(&self, person_id: &str) -> Result<Vec<Holding>, StoreError> {
        self.lend(|db| list(db, "h.person_id", person_id))
    }

    fn held_since(&self, email: &str, device_id: &str) -> Result<Option<Timestamp>, StoreError> {
        const SINCE: &str = "SELECT h.from_ms FROM holding h JOIN person p ON p.id = h.person_id
            WHERE h.device_id = $1 AND h.until_ms IS NULL AND lower(p.email) = $2";
        let values = [Value::text(device_id), Value::text(email)];
        self.lend(|db| db.first(SINCE, &values, |row| row.time(0)))
    }

    fn assign(&self, device_id: &str, person: Option<&str>, act: &Act) -> Result<Held, StoreError> {
        self.transact(|db| {
            let held = hold(db, (device_id, act.at), person)?;
            if held == Held::Done {
                note(db, act)?;
            }
            Ok(held)
        })
    }
}
