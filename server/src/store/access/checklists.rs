//! Checklists of those who join, stay and leave, as both databases keep them.
//!
//! What changes a checklist locks its row first, so that two people, or a
//! person and the collector, never decide on what the other has just changed.

mod begin;
mod changing;
mod completing;
mod facts;
mod lists;
mod reading;
mod templates;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

pub use self::begin::{begin_for, template_in_force};
use crate::audit::Act;
use crate::checklists::facts::Shown;
use crate::checklists::{ChecklistKind, ChecklistState, Facts, Task, TaskState};
use crate::store::StoreError;

/// What events and tasks call the collector itself.
pub const COLLECTOR: &str = "the collector";

/// Id, name and mail address of a person.
pub type PersonName = (String, String, String);
/// Something that was handed in, with the bytes of a file.
pub type HandedIn = (KeptEvidence, Option<Vec<u8>>);

/// A template as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptTemplate {
    /// What it is for.
    pub kind: ChecklistKind,
    /// Counted from 1; raised by each change.
    pub version: i64,
    /// What checklists of it are called.
    pub title: String,
    /// TOML.
    pub source: String,
    /// Since when it is in force.
    pub created: Timestamp,
    /// Who wrote it.
    pub author: String,
}

/// A checklist of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checklist {
    /// Random id.
    pub id: String,
    /// Version of the template that it was started from.
    pub template_version: i64,
    /// What it is for.
    pub kind: ChecklistKind,
    /// What it is called.
    pub title: String,
    /// Id, name and mail address of the person.
    pub person: PersonName,
    /// The first or last day.
    pub day: Date,
    /// Where it is.
    pub state: ChecklistState,
    /// When it was started.
    pub started: Timestamp,
    /// When it was completed or cancelled.
    pub ended: Option<Timestamp>,
    /// Position of its signed record in the log.
    pub position: Option<i64>,
    /// Raised by every change.
    pub version: i64,
}

/// A task of a checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptTask {
    /// The task as the template had it.
    pub task: Task,
    /// `it`, `person`, or the id of an account.
    pub owner: String,
    /// Until when.
    pub due: Date,
    /// Where it is.
    pub state: TaskState,
    /// Since when it is closed.
    pub closed: Option<Timestamp>,
    /// Who closed it.
    pub closed_by: String,
    /// What closed it, or why it is open again.
    pub detail: String,
    /// What was true when the collector closed it.
    pub shown: Vec<Shown>,
}

/// Something that happened to a checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChecklistEvent {
    /// When.
    pub at: Timestamp,
    /// To which task; empty for the whole.
    pub task: String,
    /// What: `started`, `closed`, `reopened`, `overridden`, `evidence`, ...
    pub kind: String,
    /// Who did it.
    pub actor: String,
    /// More, in one sentence.
    pub detail: String,
}

/// Something that was handed in, without a file's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEvidence {
    /// For which task.
    pub task: String,
    /// Random id.
    pub id: String,
    /// `file`, `note`, `link` or `acknowledgement`.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub author: String,
    /// Name of a file.
    pub name: String,
    /// Media type of a file.
    pub media_type: String,
    /// The note, the address, or what was acknowledged.
    pub text: String,
    /// SHA-256 of the bytes or the text.
    pub sha256: String,
}

/// Everything of one checklist but the bytes of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeChecklist {
    /// The checklist.
    pub checklist: Checklist,
    /// Its tasks, in order.
    pub tasks: Vec<KeptTask>,
    /// What happened, the oldest first.
    pub events: Vec<ChecklistEvent>,
    /// What was handed in, the oldest first.
    pub evidence: Vec<KeptEvidence>,
    /// The signed record, once it is completed.
    pub record: Option<String>,
}

/// Something that is handed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewEvidence {
    /// `file`, `note`, `link` or `acknowledgement`.
    pub kind: &'static str,
    /// Name of a file.
    pub name: String,
    /// Media type of a file.
    pub media_type: String,
    /// The note, the address, or what is acknowledged.
    pub text: String,
    /// A file's bytes.
    pub bytes: Option<Vec<u8>>,
}

/// A change of one task; nothing happens when the task is elsewhere by then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskChange {
    /// The checklist.
    pub checklist: String,
    /// The task's id.
    pub task: String,
    /// Where it is.
    pub from: TaskState,
    /// Where it is afterwards.
    pub to: TaskState,
    /// The kind of the event.
    pub event: &'static str,
    /// More, in one sentence.
    pub detail: String,
    /// What shows it.
    pub shown: Vec<Shown>,
    /// What is handed in with it.
    pub evidence: Vec<NewEvidence>,
    /// Whether it may close only when no other task is open.
    pub is_last: bool,
}

/// What a revoked key still sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedReports {
    /// The device.
    pub device: String,
    /// How often.
    pub attempts: i64,
    /// When it began.
    pub first: Timestamp,
    /// The newest.
    pub last: Timestamp,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is so now.
    Done,
    /// It was something else by then.
    Elsewhere,
}

/// What became of starting a checklist by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    /// It has this id.
    Done(String),
    /// One of this kind is open already, or the template has no tasks.
    Refused,
    /// There is no such person.
    NoPerson,
}

/// An open checklist with what the collector may do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenWork {
    /// The checklist.
    pub checklist: String,
    /// Whose it is.
    pub person: String,
    /// Name of the person.
    pub person_name: String,
    /// When it was started.
    pub started: Timestamp,
    /// Tasks that are open, whatever closes them.
    pub open: usize,
    /// Tasks that the collector closes.
    pub tasks: Vec<(Task, TaskState)>,
}

/// What of the checklists is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListAsk {
    /// This kind alone.
    pub kind: Option<ChecklistKind>,
    /// This state alone.
    pub state: Option<ChecklistState>,
    /// Only with an open task of one of these owners.
    pub owners: Option<Vec<String>>,
    /// Only with an open task that was due before today.
    pub only_overdue: bool,
    /// Names and mail addresses hold this text.
    pub text: Option<String>,
    /// After this day and id.
    pub after: Option<(Date, String)>,
    /// Most rows.
    pub limit: u32,
}

/// A checklist in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedChecklist {
    /// The checklist.
    pub checklist: Checklist,
    /// All of its tasks.
    pub tasks: u64,
    /// Those that are open.
    pub open: u64,
    /// Those that were due before today.
    pub overdue: u64,
    /// When the next one is due.
    pub next_due: Option<Date>,
}

/// A task of some checklist, for lists of tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedTask {
    /// The checklist.
    pub checklist: String,
    /// Its kind.
    pub kind: ChecklistKind,
    /// Name of the person.
    pub person: String,
    /// The task's title.
    pub title: String,
    /// `it`, `person`, or the id of an account.
    pub owner: String,
    /// Until when.
    pub due: Date,
    /// What happened last, and when: kind, time, detail; none for what is open.
    pub happened: Option<(String, Timestamp, String)>,
}

/// Keeps checklists.
pub trait Checklists: Send + Sync {
    /// The template of a kind that is in force; the built-in one when nobody
    /// wrote another.
    fn checklist_template(&self, kind: ChecklistKind) -> Result<KeptTemplate, StoreError>;
    /// One version of a template.
    fn template_version(
        &self,
        kind: ChecklistKind,
        version: i64,
    ) -> Result<Option<KeptTemplate>, StoreError>;
    /// Puts a text in force as the version after `before`; its number, or none
    /// when somebody else was faster.
    fn put_template(
        &self,
        kind: ChecklistKind,
        text: (&str, &str),
        before: i64,
        act: &Act,
    ) -> Result<Option<i64>, StoreError>;
    /// Starts a checklist by hand.
    fn start_checklist(
        &self,
        kind: ChecklistKind,
        person_id: &str,
        day: Date,
        act: &Act,
    ) -> Result<Started, StoreError>;
    /// Every open checklist that has a task which the collector closes.
    fn open_work(&self) -> Result<Vec<OpenWork>, StoreError>;
    /// What is known of the Macs of these people.
    fn facts_of(&self, people: &[String]) -> Result<BTreeMap<String, Facts>, StoreError>;
    /// What the revoked keys of these devices still sent.
    fn refused_of(&self, devices: &[String]) -> Result<Vec<RefusedReports>, StoreError>;
    /// People whose first day (or last day, for offboarding) lies between the
    /// two: id, name, mail address and that day.
    fn people_between(
        &self,
        kind: ChecklistKind,
        window: (Date, Date),
    ) -> Result<Vec<(PersonName, Date)>, StoreError>;
    /// Changes a task, and notes the act.
    fn change_task(&self, change: &TaskChange, act: &Act) -> Result<Changed, StoreError>;
    /// Gives a task to somebody else, and notes the act.
    fn give_task(
        &self,
        place: (&str, &str),
        to: (&str, &str),
        act: &Act,
    ) -> Result<Changed, StoreError>;
    /// Completes a checklist that stands as it was when its record was signed.
    /// `sha256` is the digest of the record's statement.
    fn complete_checklist(
        &self,
        place: (&str, i64),
        record: (&str, &str),
        act: &Act,
    ) -> Result<Changed, StoreError>;
    /// Gives a checklist up.
    fn cancel_checklist(&self, id: &str, reason: &str, act: &Act) -> Result<Changed, StoreError>;
    /// One checklist.
    fn checklist(&self, id: &str) -> Result<Option<WholeChecklist>, StoreError>;
    /// Those of one person, the newest first.
    fn checklists_of(&self, person_id: &str) -> Result<Vec<Checklist>, StoreError>;
    /// Something that was handed in, with the bytes of a file.
    fn evidence(&self, place: (&str, &str, &str)) -> Result<Option<HandedIn>, StoreError>;
    /// Checklists that were asked for, by day; one more than the limit when
    /// there are more.
    fn checklists(&self, ask: &ListAsk, today: Date) -> Result<Vec<ListedChecklist>, StoreError>;
    /// How many there are of each kind in each state.
    fn checklist_counts(&self) -> Result<Vec<(ChecklistKind, ChecklistState, u64)>, StoreError>;
    /// Tasks of open checklists that were due before `today`, the oldest first,
    /// and how many there are of them.
    fn overdue_tasks(&self, today: Date, limit: u32) -> Result<(Vec<ListedTask>, u64), StoreError>;
    /// What the collector closed and opened again since then, the newest
    /// first, and how often it did.
    fn closed_since(
        &self,
        since: Timestamp,
        limit: u32,
    ) -> Result<(Vec<ListedTask>, u64), StoreError>;
    /// Checklists of a kind whose day lies between the two, with their tasks.
    fn checklists_between(
        &self,
        kind: ChecklistKind,
        window: (Date, Date),
    ) -> Result<Vec<(Checklist, Vec<KeptTask>)>, StoreError>;
}
