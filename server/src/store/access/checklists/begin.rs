//! Starting a checklist: its tasks are written down as the template has them.

use jiff::Timestamp;
use jiff::civil::Date;

use super::KeptTemplate;
use crate::audit::Act;
use crate::checklists::kind::due;
use crate::checklists::template::{Task, Template};
use crate::checklists::{ChecklistKind, defaults};
use crate::store::StoreError;
use crate::store::reading::{Fields, Reading, Value};
use crate::store::writing::Writing;

/// What a kind's built-in template is said to be written by.
const BUILT_IN: &str = "Muster";

/// Starts a checklist of this kind for a person, from the template in force;
/// its id. None when one of this kind is open already, or when the template
/// has no tasks, by which a company says that it wants none.
///
/// What caused it is for the caller to note, after everything else.
pub fn begin_for(
    db: &mut dyn Writing,
    kind: ChecklistKind,
    person_id: &str,
    day: Date,
    act: &Act,
) -> Result<Option<String>, StoreError> {
    // Whoever starts another one for this person at the same time waits here.
    const LOCK: &str = "UPDATE person SET version = version WHERE id = $1";
    const OPEN: &str =
        "SELECT 1 FROM checklist WHERE person_id = $1 AND kind = $2 AND state = 'open'";
    const BEGIN: &str = "INSERT INTO checklist (id, template_id, template_version, kind, title,
            person_id, day, state, started_ms, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, 1)";
    let person = Value::text(person_id);
    if db.change(LOCK, std::slice::from_ref(&person))? == 0 {
        return Ok(None);
    }
    let word = Value::text(kind.as_str());
    if db.asked().first(OPEN, &[person.clone(), word.clone()], |_| Ok(()))?.is_some() {
        return Ok(None);
    }
    keep_built_in(db, kind, act.at)?;
    let template = template_in_force(db.asked(), kind)?;
    let tasks = tasks_of(&template)?;
    if tasks.is_empty() {
        return Ok(None);
    }
    let id = uuid::Uuid::new_v4().to_string();
    let values = [
        Value::text(&id),
        word.clone(),
        Value::Number(template.version),
        word,
        Value::text(&template.title),
        person,
        Value::text(&day.to_string()),
        Value::time(act.at),
    ];
    db.change(BEGIN, &values)?;
    for (number, task) in (1..).zip(&tasks) {
        add(db, (&id, number), task, day)?;
    }
    let detail =
        format!("From version {} of the template; {} is {day}.", template.version, kind.day_name());
    super::changing::event(db, (&id, ""), ("started", &detail), act)?;
    Ok(Some(id))
}

fn add(
    db: &mut dyn Writing,
    (checklist, number): (&str, i64),
    task: &Task,
    day: Date,
) -> Result<(), StoreError> {
    const ADD: &str = "INSERT INTO checklist_task (checklist_id, task, number, source, owner, due,
            closes, state, closed_by, detail, fact)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', '', '', '[]')";
    // Texts and numbers: there is nothing that could fail.
    let source = serde_json::to_string(task).unwrap_or_default();
    let values = [
        Value::text(checklist),
        Value::text(&task.id),
        Value::Number(number),
        Value::text(&source),
        Value::text(task.owner.as_str()),
        Value::text(&due(day, task.due).to_string()),
        Value::text(task.closes.word()),
    ];
    db.change(ADD, &values).map(drop)
}

/// Writes the built-in template down as version 1 where there is none.
pub(super) fn keep_built_in(
    db: &mut dyn Writing,
    kind: ChecklistKind,
    at: Timestamp,
) -> Result<(), StoreError> {
    const KEEP: &str = "INSERT INTO checklist_template (id, version, kind, title, source,
            created_ms, author)
        VALUES ($1, 1, $2, $3, $4, $5, $6) ON CONFLICT (id, version) DO NOTHING";
    if stored(db.asked(), kind, None)?.is_some() {
        return Ok(());
    }
    let template = built_in(kind, at);
    let values = [
        Value::text(kind.as_str()),
        Value::text(kind.as_str()),
        Value::text(&template.title),
        Value::text(&template.source),
        Value::time(at),
        Value::text(&template.author),
    ];
    db.change(KEEP, &values).map(drop)
}

/// The template of a kind that is in force.
pub fn template_in_force(
    db: &mut dyn Reading,
    kind: ChecklistKind,
) -> Result<KeptTemplate, StoreError> {
    Ok(stored(db, kind, None)?.unwrap_or_else(|| built_in(kind, Timestamp::UNIX_EPOCH)))
}

/// The built-in template.
fn built_in(kind: ChecklistKind, at: Timestamp) -> KeptTemplate {
    let source = defaults::text(kind).to_owned();
    let title = Template::parse(&source, &|_| true).map(|template| template.title);
    KeptTemplate {
        kind,
        version: 1,
        title: title.unwrap_or_else(|_| kind.title().to_owned()),
        source,
        created: at,
        author: BUILT_IN.to_owned(),
    }
}

/// The version of a kind's template; the newest when none is named.
pub(super) fn stored(
    db: &mut dyn Reading,
    kind: ChecklistKind,
    version: Option<i64>,
) -> Result<Option<KeptTemplate>, StoreError> {
    const NEWEST: &str = "SELECT version, title, source, created_ms, author
        FROM checklist_template WHERE id = $1 ORDER BY version DESC LIMIT 1";
    const ONE: &str = "SELECT version, title, source, created_ms, author
        FROM checklist_template WHERE id = $1 AND version = $2";
    let read = |row: &dyn Fields| {
        Ok(KeptTemplate {
            kind,
            version: row.int(0)?,
            title: row.string(1)?,
            source: row.string(2)?,
            created: row.time(3)?,
            author: row.string(4)?,
        })
    };
    let id = Value::text(kind.as_str());
    match version {
        Some(version) => db.first(ONE, &[id, Value::Number(version)], read),
        None => db.first(NEWEST, &[id], read),
    }
}

/// The tasks of a template that was checked when it was written. Rules that
/// the policy has lost since are left in: their tasks stay open until a person
/// decides.
fn tasks_of(template: &KeptTemplate) -> Result<Vec<Task>, StoreError> {
    let read = Template::parse(&template.source, &|_| true);
    read.map(|template| template.tasks).map_err(|error| StoreError::Corrupt {
        what: "a template of checklists",
        why: error.to_string(),
    })
}
