//! Changing a checklist's tasks.

use shared::keys::sha256_hex;

use super::{Changed, NewEvidence, Started, TaskChange, begin_for};
use crate::audit::Act;
use crate::checklists::{ChecklistKind, TaskState};
use crate::store::StoreError;
use crate::store::access::audit::note;
use crate::store::reading::Value;
use crate::store::writing::{Transact, Writing};
use jiff::civil::Date;

/// Locks an open checklist for this transaction; false when it is not open.
pub(super) fn lock(db: &mut dyn Writing, id: &str) -> Result<bool, StoreError> {
    const LOCK: &str =
        "UPDATE checklist SET version = version + 1 WHERE id = $1 AND state = 'open'";
    Ok(db.change(LOCK, &[Value::text(id)])? == 1)
}

/// Writes down what happened, in a checklist that is locked or new.
pub(super) fn event(
    db: &mut dyn Writing,
    (checklist, task): (&str, &str),
    (kind, detail): (&str, &str),
    act: &Act,
) -> Result<(), StoreError> {
    const NEWEST: &str =
        "SELECT coalesce(max(number), 0) FROM checklist_event WHERE checklist_id = $1";
    const ADD: &str = "INSERT INTO checklist_event (checklist_id, number, at_ms, task, kind, actor,
            detail) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let newest = db.asked().only(NEWEST, &[Value::text(checklist)], |row| row.int(0))?;
    let values = [
        Value::text(checklist),
        Value::Number(newest + 1),
        Value::time(act.at),
        Value::text(task),
        Value::text(kind),
        Value::text(&act.actor.name),
        Value::text(detail),
    ];
    db.change(ADD, &values).map(drop)
}

/// Keeps what was handed in.
fn keep(
    db: &mut dyn Writing,
    (checklist, task): (&str, &str),
    new: &NewEvidence,
    act: &Act,
) -> Result<(), StoreError> {
    const KEEP: &str =
        "INSERT INTO checklist_evidence (checklist_id, task, id, kind, at_ms, author,
            name, media_type, text, bytes, sha256)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let digest = sha256_hex(new.bytes.as_deref().unwrap_or(new.text.as_bytes()));
    let values = [
        Value::text(checklist),
        Value::text(task),
        Value::text(&uuid::Uuid::new_v4().to_string()),
        Value::text(new.kind),
        Value::time(act.at),
        Value::text(&act.actor.name),
        Value::text(&new.name),
        Value::text(&new.media_type),
        Value::text(&new.text),
        Value::MaybeBytes(new.bytes.clone()),
        Value::text(&digest),
    ];
    db.change(KEEP, &values).map(drop)
}

/// Moves a task on; false when it is elsewhere by now, or has to wait.
fn move_on(db: &mut dyn Writing, change: &TaskChange, act: &Act) -> Result<bool, StoreError> {
    const OTHERS: &str = "SELECT count(*) FROM checklist_task
        WHERE checklist_id = $1 AND task <> $2 AND state = 'open'";
    const MOVE: &str = "UPDATE checklist_task
        SET state = $1, closed_ms = $2, closed_by = $3, detail = $4, fact = $5
        WHERE checklist_id = $6 AND task = $7 AND state = $8";
    let (checklist, task) = (Value::text(&change.checklist), Value::text(&change.task));
    if change.is_last && change.to == TaskState::Closed {
        let others = [checklist.clone(), task.clone()];
        if db.asked().only(OTHERS, &others, |row| row.count(0))? > 0 {
            return Ok(false);
        }
    }
    let is_open = change.to == TaskState::Open;
    // Texts, numbers and times: there is nothing that could fail.
    let fact = serde_json::to_string(&change.shown).unwrap_or_default();
    let values = [
        Value::text(change.to.as_str()),
        Value::time_or_null((!is_open).then_some(act.at)),
        Value::text(if is_open { "" } else { &act.actor.name }),
        Value::text(&change.detail),
        Value::text(&fact),
        checklist,
        task,
        Value::text(change.from.as_str()),
    ];
    Ok(db.change(MOVE, &values)? == 1)
}

/// Changes a task.
pub(super) fn change_task(
    db: &impl Transact,
    change: &TaskChange,
    act: &Act,
) -> Result<Changed, StoreError> {
    const KNOWN: &str =
        "SELECT 1 FROM checklist_task WHERE checklist_id = $1 AND task = $2 AND state = $3";
    let place = (change.checklist.as_str(), change.task.as_str());
    db.transact(|db| {
        if !lock(db, place.0)? {
            return Ok(Changed::Elsewhere);
        }
        let is_moved = if change.from == change.to {
            let values =
                [Value::text(place.0), Value::text(place.1), Value::text(change.from.as_str())];
            db.asked().first(KNOWN, &values, |_| Ok(()))?.is_some()
        } else {
            move_on(db, change, act)?
        };
        if !is_moved {
            return Ok(Changed::Elsewhere);
        }
        for new in &change.evidence {
            keep(db, place, new, act)?;
        }
        event(db, place, (change.event, &change.detail), act)?;
        note(db, act)?;
        Ok(Changed::Done)
    })
}

/// Gives a task to somebody else.
pub(super) fn give_task(
    db: &impl Transact,
    place: (&str, &str),
    (owner, name): (&str, &str),
    act: &Act,
) -> Result<Changed, StoreError> {
    const GIVE: &str = "UPDATE checklist_task SET owner = $1
        WHERE checklist_id = $2 AND task = $3 AND state = 'open'";
    db.transact(|db| {
        if !lock(db, place.0)? {
            return Ok(Changed::Elsewhere);
        }
        let values = [Value::text(owner), Value::text(place.0), Value::text(place.1)];
        if db.change(GIVE, &values)? == 0 {
            return Ok(Changed::Elsewhere);
        }
        event(db, place, ("given", &format!("To {name}.")), act)?;
        note(db, act)?;
        Ok(Changed::Done)
    })
}

/// Starts a checklist by hand.
pub(super) fn start(
    db: &impl Transact,
    kind: ChecklistKind,
    (person_id, day): (&str, Date),
    act: &Act,
) -> Result<Started, StoreError> {
    const KNOWN: &str = "SELECT 1 FROM person WHERE id = $1";
    db.transact(|db| {
        if db.asked().first(KNOWN, &[Value::text(person_id)], |_| Ok(()))?.is_none() {
            return Ok(Started::NoPerson);
        }
        let Some(id) = begin_for(db, kind, person_id, day, act)? else {
            return Ok(Started::Refused);
        };
        let mut act = act.clone();
        act.object.id.clone_from(&id);
        note(db, &act)?;
        Ok(Started::Done(id))
    })
}
