//! One checklist, read from its rows.

use jiff::civil::Date;

use super::{
    Checklist, ChecklistEvent, HandedIn, KeptEvidence, KeptTask, OpenWork, WholeChecklist,
};
use crate::checklists::{ChecklistKind, ChecklistState, Closing, Task, TaskState};
use crate::store::StoreError;
use crate::store::reading::{Fields, Reading, Value};

/// The columns of a checklist `c` of the person `p`.
pub(super) const COLUMNS: &str = "c.id, c.template_version, c.kind, c.title, p.id, p.name, p.email,
    c.day, c.state, c.started_ms, c.ended_ms, c.position, c.version";
/// The number of [`COLUMNS`].
pub(super) const WIDTH: usize = 13;

/// The columns of a task `t`.
pub(super) const TASK: &str =
    "t.source, t.owner, t.due, t.state, t.closed_ms, t.closed_by, t.detail, t.fact";

const EVIDENCE: &str =
    "task, id, kind, at_ms, author, name, media_type, text, sha256 FROM checklist_evidence";

/// A word or a text that the schema does not know.
pub(super) fn corrupt(what: &'static str, found: &str) -> StoreError {
    StoreError::Corrupt { what, why: format!("`{found}` is none") }
}

pub(super) fn kind(row: &dyn Fields, at: usize) -> Result<ChecklistKind, StoreError> {
    let word = row.word(at)?;
    ChecklistKind::named(word).ok_or_else(|| corrupt("a kind of checklists", word))
}

pub(super) fn state(row: &dyn Fields, at: usize) -> Result<ChecklistState, StoreError> {
    let word = row.word(at)?;
    ChecklistState::named(word).ok_or_else(|| corrupt("a checklist's state", word))
}

pub(super) fn day(row: &dyn Fields, at: usize) -> Result<Date, StoreError> {
    let text = row.word(at)?;
    text.parse().map_err(|_| corrupt("a day", text))
}

/// The checklist in the first columns.
pub(super) fn checklist(row: &dyn Fields) -> Result<Checklist, StoreError> {
    Ok(Checklist {
        id: row.string(0)?,
        template_version: row.int(1)?,
        kind: kind(row, 2)?,
        title: row.string(3)?,
        person: (row.string(4)?, row.string(5)?, row.string(6)?),
        day: day(row, 7)?,
        state: state(row, 8)?,
        started: row.time(9)?,
        ended: row.time_or_null(10)?,
        position: row.number(11)?,
        version: row.int(12)?,
    })
}

fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Corrupt { what: "a task", why: error.to_string() })
}

/// The task in the columns from `at` on.
pub(super) fn task(row: &dyn Fields, at: usize) -> Result<KeptTask, StoreError> {
    let state = row.word(at + 3)?;
    Ok(KeptTask {
        task: json(row.word(at)?)?,
        owner: row.string(at + 1)?,
        due: day(row, at + 2)?,
        state: TaskState::named(state).ok_or_else(|| corrupt("a task's state", state))?,
        closed: row.time_or_null(at + 4)?,
        closed_by: row.string(at + 5)?,
        detail: row.string(at + 6)?,
        shown: json(row.word(at + 7)?)?,
    })
}

/// One checklist with everything but the bytes of files.
pub(super) fn whole(db: &mut dyn Reading, id: &str) -> Result<Option<WholeChecklist>, StoreError> {
    const EVENTS: &str = "SELECT at_ms, task, kind, actor, detail FROM checklist_event
        WHERE checklist_id = $1 ORDER BY number";
    let id = Value::text(id);
    let sql = format!(
        "SELECT {COLUMNS}, c.record FROM checklist c JOIN person p ON p.id = c.person_id
         WHERE c.id = $1"
    );
    let found = db.first(&sql, std::slice::from_ref(&id), |row| {
        Ok((checklist(row)?, row.string_or_null(WIDTH)?))
    })?;
    let Some((checklist, record)) = found else { return Ok(None) };
    let sql =
        format!("SELECT {TASK} FROM checklist_task t WHERE t.checklist_id = $1 ORDER BY t.number");
    let tasks = db.all(&sql, std::slice::from_ref(&id), |row| task(row, 0))?;
    let events = db.all(EVENTS, std::slice::from_ref(&id), |row| {
        Ok(ChecklistEvent {
            at: row.time(0)?,
            task: row.string(1)?,
            kind: row.string(2)?,
            actor: row.string(3)?,
            detail: row.string(4)?,
        })
    })?;
    let sql = format!("SELECT {EVIDENCE} WHERE checklist_id = $1 ORDER BY at_ms, id");
    let evidence = db.all(&sql, &[id], kept)?;
    Ok(Some(WholeChecklist { checklist, tasks, events, evidence, record }))
}

fn kept(row: &dyn Fields) -> Result<KeptEvidence, StoreError> {
    Ok(KeptEvidence {
        task: row.string(0)?,
        id: row.string(1)?,
        kind: row.string(2)?,
        at: row.time(3)?,
        author: row.string(4)?,
        name: row.string(5)?,
        media_type: row.string(6)?,
        text: row.string(7)?,
        sha256: row.string(8)?,
    })
}

/// Something that was handed in, with its bytes.
pub(super) fn evidence(
    db: &mut dyn Reading,
    (checklist, task, id): (&str, &str, &str),
) -> Result<Option<HandedIn>, StoreError> {
    const ONE: &str = "SELECT task, id, kind, at_ms, author, name, media_type, text, sha256, bytes
        FROM checklist_evidence WHERE checklist_id = $1 AND task = $2 AND id = $3";
    let values = [Value::text(checklist), Value::text(task), Value::text(id)];
    db.first(ONE, &values, |row| Ok((kept(row)?, row.bytes(9)?.map(<[u8]>::to_vec))))
}

/// Open checklists with a task that the collector closes.
pub(super) fn open_work(db: &mut dyn Reading) -> Result<Vec<OpenWork>, StoreError> {
    const TASKS: &str =
        "SELECT c.id, c.person_id, p.name, c.started_ms, t.state, t.closes, t.source
        FROM checklist c JOIN person p ON p.id = c.person_id
        JOIN checklist_task t ON t.checklist_id = c.id
        WHERE c.state = 'open' ORDER BY c.id, t.number";
    let mut all: Vec<OpenWork> = Vec::new();
    db.each(TASKS, &[], &mut |row| {
        let id = row.word(0)?;
        if all.last().is_none_or(|work| work.checklist != id) {
            all.push(OpenWork {
                checklist: id.to_owned(),
                person: row.string(1)?,
                person_name: row.string(2)?,
                started: row.time(3)?,
                open: 0,
                tasks: Vec::new(),
            });
        }
        let Some(work) = all.last_mut() else { return Ok(()) };
        let state = row.word(4)?;
        let state = TaskState::named(state).ok_or_else(|| corrupt("a task's state", state))?;
        work.open += usize::from(state == TaskState::Open);
        if Closing::AUTOMATIC.contains(&row.word(5)?) && state != TaskState::Overridden {
            work.tasks.push((json::<Task>(row.word(6)?)?, state));
        }
        Ok(())
    })?;
    all.retain(|work| !work.tasks.is_empty());
    Ok(all)
}
