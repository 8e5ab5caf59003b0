//! The end of a checklist: signed off, or given up.

use super::Changed;
use super::changing::{event, lock};
use crate::audit::Act;
use crate::log::entry::Event;
use crate::store::StoreError;
use crate::store::access::audit::note;
use crate::store::reading::Value;
use crate::store::writing::Transact;

/// Completes a checklist that still has the version that was signed.
pub(super) fn complete(
    db: &impl Transact,
    (id, version): (&str, i64),
    (record, sha256): (&str, &str),
    act: &Act,
) -> Result<Changed, StoreError> {
    const END: &str = "UPDATE checklist
        SET state = 'completed', ended_ms = $1, record = $2, version = version + 1
        WHERE id = $3 AND version = $4 AND state = 'open'";
    const OPEN: &str =
        "SELECT count(*) FROM checklist_task WHERE checklist_id = $1 AND state = 'open'";
    const PLACE: &str = "UPDATE checklist SET position = $1 WHERE id = $2";
    db.transact(|db| {
        // Read first: what is found open now was open when the record was
        // signed, or the version is another one by now.
        if db.asked().only(OPEN, &[Value::text(id)], |row| row.count(0))? > 0 {
            return Ok(Changed::Elsewhere);
        }
        let values =
            [Value::time(act.at), Value::text(record), Value::text(id), Value::Number(version)];
        if db.change(END, &values)? == 0 {
            return Ok(Changed::Elsewhere);
        }
        let detail = format!("The record {sha256} is signed and in the log.");
        event(db, (id, ""), ("completed", &detail), act)?;
        let entry = Event::ChecklistRecord { checklist: id, record_sha256: sha256 };
        let position = db.record(entry.at(act.at))?;
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        db.change(PLACE, &[Value::Number(position), Value::text(id)])?;
        note(db, act)?;
        Ok(Changed::Done)
    })
}

/// Gives a checklist up.
pub(super) fn cancel(
    db: &impl Transact,
    id: &str,
    reason: &str,
    act: &Act,
) -> Result<Changed, StoreError> {
    const END: &str = "UPDATE checklist SET state = 'cancelled', ended_ms = $1 WHERE id = $2";
    db.transact(|db| {
        if !lock(db, id)? {
            return Ok(Changed::Elsewhere);
        }
        db.change(END, &[Value::time(act.at), Value::text(id)])?;
        event(db, (id, ""), ("cancelled", reason), act)?;
        note(db, act)?;
        Ok(Changed::Done)
    })
}
