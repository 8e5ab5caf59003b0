//! Accepted exceptions: this rule need not pass on this device until then.
//!
//! A waiver changes no finding: what fails still fails, and is shown as waived
//! on top. It ends on its day, or earlier by a person.

use jiff::Timestamp;

use super::audit::note;
use super::notes::is_device;
use crate::audit::{Act, Object};
use crate::store::StoreError;
use crate::store::reading::{Fields, Value};
use crate::store::writing::{Transact, Writing};

/// An accepted exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// Random id.
    pub id: String,
    /// The device.
    pub device_id: String,
    /// The rule that need not pass.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// Name of who accepted it.
    pub approver_name: String,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub expires: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// An exception to be accepted by the actor of an act.
#[derive(Clone, Debug)]
pub struct NewWaiver {
    /// Random id.
    pub id: String,
    /// The device.
    pub device_id: String,
    /// The rule that need not pass.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// Until when.
    pub expires: Timestamp,
}

/// What became of accepting an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waived {
    /// It holds from now on.
    Done,
    /// There is no such device.
    NoDevice,
    /// One for this rule holds already.
    Already,
}

/// Keeps exceptions.
pub trait Waivers: Send + Sync {
    /// All exceptions of a device, the newest first.
    fn waivers(&self, device_id: &str) -> Result<Vec<Waiver>, StoreError>;
    /// Accepts one.
    fn waive(&self, new: &NewWaiver, act: &Act) -> Result<Waived, StoreError>;
    /// Ends one of a device before its day; false when none of this id holds.
    fn end_waiver(&self, device_id: &str, id: &str, act: &Act) -> Result<bool, StoreError>;
    /// Ends those whose day has come by `now`; how many.
    fn expire_waivers(&self, now: Timestamp) -> Result<u64, StoreError>;
}

const COLUMNS: &str = "SELECT id, device_id, rule, reason, approver_name, from_ms, expires_ms,
    ended_ms FROM waiver";

fn waiver(row: &dyn Fields) -> Result<Waiver, StoreError> {
    Ok(Waiver {
        id: row.string(0)?,
        device_id: row.string(1)?,
        rule: row.string(2)?,
        reason: row.string(3)?,
        approver_name: row.string(4)?,
        from: row.time(5)?,
        expires: row.time(6)?,
        ended: row.time_or_null(7)?,
    })
}

fn add(db: &mut dyn Writing, new: &NewWaiver, act: &Act) -> Result<Waived, StoreError> {
    // Of two who accept the same at once, one waits for the other here.
    const ALONE: &str = "UPDATE waiver SET rule = rule WHERE device_id = $1";
    const HOLDS: &str = "SELECT 1 FROM waiver WHERE device_id = $1 AND rule = $2
        AND ended_ms IS NULL";
    const ADD: &str = "INSERT INTO waiver (id, device_id, rule, reason, approver, approver_name,
            from_ms, expires_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    if !is_device(db.asked(), &new.device_id)? {
        return Ok(Waived::NoDevice);
    }
    let (device, rule) = (Value::text(&new.device_id), Value::text(&new.rule));
    db.change(ALONE, std::slice::from_ref(&device))?;
    if db.asked().first(HOLDS, &[device.clone(), rule.clone()], |_| Ok(()))?.is_some() {
        return Ok(Waived::Already);
    }
    let values = [
        Value::text(&new.id),
        device,
        rule,
        Value::text(&new.reason),
        Value::text(&act.actor.id),
        Value::text(&act.actor.name),
        Value::time(act.at),
        Value::time(new.expires),
    ];
    db.change(ADD, &values)?;
    note(db, act)?;
    Ok(Waived::Done)
}

const END: &str = "UPDATE waiver SET ended_ms = $1 WHERE id = $2 AND device_id = $3
    AND ended_ms IS NULL";

impl<T: Transact> Waivers for T {
    fn waivers(&self, device_id: &str) -> Result<Vec<Waiver>, StoreError> {
        let sql = format!("{COLUMNS} WHERE device_id = $1 ORDER BY from_ms DESC, id");
        self.lend(|db| db.all(&sql, &[Value::text(device_id)], waiver))
    }

    fn waive(&self, new: &NewWaiver, act: &Act) -> Result<Waived, StoreError> {
        self.transact(|db| add(db, new, act))
    }

    fn end_waiver(&self, device_id: &str, id: &str, act: &Act) -> Result<bool, StoreError> {
        let values = [Value::time(act.at), Value::text(id), Value::text(device_id)];
        self.transact(|db| {
            let ended = db.change(END, &values)? > 0;
            if ended {
                note(db, act)?;
            }
            Ok(ended)
        })
    }

    fn expire_waivers(&self, now: Timestamp) -> Result<u64, StoreError> {
        let due = format!("{COLUMNS} WHERE ended_ms IS NULL AND expires_ms <= $1");
        let due = self.lend(|db| db.all(&due, &[Value::time(now)], waiver))?;
        let mut ended = 0;
        for one in due {
            let object = Object::new("device", &one.device_id);
            let act = Act::of_collector("waiver_expired", object, now)
                .with(format!("{}, accepted by {}", one.rule, one.approver_name));
            // It ended on its day, however late this is.
            let values =
                [Value::time(one.expires), Value::text(&one.id), Value::text(&one.device_id)];
            ended += self.transact(|db| {
                let ended = db.change(END, &values)?;
                if ended > 0 {
                    note(db, &act)?;
                }
                Ok(ended)
            })?;
        }
        Ok(ended)
    }
}
