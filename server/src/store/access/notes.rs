//! What people write down about a device, for their colleagues.

use jiff::Timestamp;

use super::audit::note as note_act;
use crate::audit::Act;
use crate::store::StoreError;
use crate::store::reading::{Reading, Value};
use crate::store::writing::{Transact, Writing};

/// A note on a device's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Random id.
    pub id: String,
    /// When it was written.
    pub at: Timestamp,
    /// Id of the account that wrote it.
    pub author: String,
    /// Name of that account then.
    pub author_name: String,
    /// What it says.
    pub text: String,
}

/// Keeps notes.
pub trait Notes: Send + Sync {
    /// Notes on a device, the newest first.
    fn notes(&self, device_id: &str) -> Result<Vec<Note>, StoreError>;
    /// Writes one by the actor of the act; false when there is no such device.
    fn add_note(&self, device_id: &str, text: &str, act: &Act) -> Result<bool, StoreError>;
    /// Removes the note with this id; false when there is none.
    fn remove_note(&self, device_id: &str, id: &str, act: &Act) -> Result<bool, StoreError>;
}

/// Whether there is such a device.
pub(super) fn is_device(db: &mut dyn Reading, id: &str) -> Result<bool, StoreError> {
    let one = db.first("SELECT 1 FROM device WHERE id = $1", &[Value::text(id)], |_| Ok(()))?;
    Ok(one.is_some())
}

fn add(db: &mut dyn Writing, device_id: &str, text: &str, act: &Act) -> Result<bool, StoreError> {
    const ADD: &str = "INSERT INTO device_note (device_id, id, at_ms, author, author_name, text)
        VALUES ($1, $2, $3, $4, $5, $6)";
    if !is_device(db.asked(), device_id)? {
        return Ok(false);
    }
    let values = [
        Value::text(device_id),
        Value::text(&uuid::Uuid::new_v4().to_string()),
        Value::time(act.at),
        Value::text(&act.actor.id),
        Value::text(&act.actor.name),
        Value::text(text),
    ];
    db.change(ADD, &values)?;
    note_act(db, act)?;
    Ok(true)
}

impl<T: Transact> Notes for T {
    fn notes(&self, device_id: &str) -> Result<Vec<Note>, StoreError> {
        const ALL: &str = "SELECT id, at_ms, author, author_name, text FROM device_note
            WHERE device_id = $1 ORDER BY at_ms DESC, id";
        self.lend(|db| {
            db.all(ALL, &[Value::text(device_id)], |row| {
                Ok(Note {
                    id: row.string(0)?,
                    at: row.time(1)?,
                    author: row.string(2)?,
                    author_name: row.string(3)?,
                    text: row.string(4)?,
                })
            })
        })
    }

    fn add_note(&self, device_id: &str, text: &str, act: &Act) -> Result<bool, StoreError> {
        self.transact(|db| add(db, device_id, text, act))
    }

    fn remove_note(&self, device_id: &str, id: &str, act: &Act) -> Result<bool, StoreError> {
        const REMOVE: &str = "DELETE FROM device_note WHERE device_id = $1 AND id = $2";
        self.transact(|db| {
            let removed = db.change(REMOVE, &[Value::text(device_id), Value::text(id)])? > 0;
            if removed {
                note_act(db, act)?;
            }
            Ok(removed)
        })
    }
}
