//! What is signed when a checklist is completed: how each task was closed, and
//! what shows it. An in-toto statement about the template's text.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use shared::keys::sha256_hex;
use shared::names::STATEMENT_TYPE;
use shared::statement::{Digest, Statement, Subject};

use super::facts::Shown;
use super::kind::TaskState;
use crate::audit::Actor;
use crate::store::access::checklists::{KeptEvidence, KeptTask, WholeChecklist};

/// Predicate type of the record of a completed checklist.
pub const PREDICATE: &str = "https://muster.example/attestation/checklist/v1";
/// Name of the record's subject: the text of the template.
pub const SUBJECT: &str = "template.toml";

/// What the record says of the checklist.
#[derive(Debug, Serialize)]
pub struct Record<'a> {
    /// `1.0`.
    schema: &'static str,
    /// The checklist's random id.
    checklist: &'a str,
    kind: &'static str,
    title: &'a str,
    template_version: i64,
    /// The person's random id.
    person: &'a str,
    /// The first or last day.
    day: Date,
    started_at: Timestamp,
    completed_at: Timestamp,
    /// Id of the account of whoever signed it off, and the name.
    completed_by: By<'a>,
    tasks: Vec<Done<'a>>,
}

#[derive(Debug, Serialize)]
struct By<'a> {
    id: &'a str,
    name: &'a str,
}

#[derive(Debug, Serialize)]
struct Done<'a> {
    task: &'a str,
    title: &'a str,
    due: Date,
    closes: &'static str,
    state: &'static str,
    at: Option<Timestamp>,
    by: &'a str,
    says: &'a str,
    #[serde(skip_serializing_if = "<[Shown]>::is_empty")]
    shown: &'a [Shown],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<HandedIn<'a>>,
}

#[derive(Debug, Serialize)]
struct HandedIn<'a> {
    kind: &'a str,
    sha256: &'a str,
    at: Timestamp,
    by: &'a str,
}

/// The bytes to be signed for a checklist that `by` completes at `at`; none as
/// long as a task is open.
pub fn statement(
    whole: &WholeChecklist,
    template: &str,
    (by, at): (&Actor, Timestamp),
) -> Option<Vec<u8>> {
    if whole.tasks.iter().any(|task| task.state == TaskState::Open) {
        return None;
    }
    let list = &whole.checklist;
    let record = Record {
        schema: "1.0",
        checklist: &list.id,
        kind: list.kind.as_str(),
        title: &list.title,
        template_version: list.template_version,
        person: &list.person.0,
        day: list.day,
        started_at: list.started,
        completed_at: at,
        completed_by: By { id: &by.id, name: &by.name },
        tasks: whole.tasks.iter().map(|task| done(task, &whole.evidence)).collect(),
    };
    let digest = Digest { sha256: sha256_hex(template.as_bytes()) };
    let statement = Statement {
        kind: STATEMENT_TYPE.to_owned(),
        subject: vec![Subject { name: SUBJECT.to_owned(), uri: None, digest }],
        predicate_type: PREDICATE.to_owned(),
        predicate: record,
    };
    statement.to_bytes().ok()
}

fn done<'a>(task: &'a KeptTask, evidence: &'a [KeptEvidence]) -> Done<'a> {
    let own = evidence.iter().filter(|one| one.task == task.task.id);
    Done {
        task: &task.task.id,
        title: &task.task.title,
        due: task.due,
        closes: task.task.closes.word(),
        state: task.state.as_str(),
        at: task.closed,
        by: &task.closed_by,
        says: &task.detail,
        shown: &task.shown,
        evidence: own
            .map(|one| HandedIn {
                kind: &one.kind,
                sha256: &one.sha256,
                at: one.at,
                by: &one.author,
            })
            .collect(),
    }
}
