//! One checklist: its tasks by due day, what shows that they are done, and
//! what happened.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::record::RecordView;
use super::view::{Group, Seen, groups};
use super::{NO_CHECKLIST, day_words, export, state_mark};
use crate::auth::permission::Permission;
use crate::auth::who::Who;
use crate::checklists::kind::day_of;
use crate::checklists::{ChecklistState, SHORTEST_REASON, TaskState};
use crate::store::access::checklists::{ChecklistEvent, WholeChecklist};
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::shell::{Section, Shell, html};
use crate::web::times::When;
use crate::web::words::Mark;

#[derive(Template)]
#[template(path = "checklist.html")]
struct OnePage {
    shell: Shell,
    id: String,
    title: String,
    person: String,
    email: String,
    kind_word: &'static str,
    kind: &'static str,
    mark: Mark,
    done: u64,
    total: u64,
    day_name: &'static str,
    day: String,
    started: When,
    ended: Option<When>,
    template_version: i64,
    version: i64,
    groups: Vec<Group>,
    events: Vec<EventView>,
    record: Option<RecordView>,
    may_change: bool,
    may_complete: bool,
    shortest_reason: usize,
    told: Told,
    checkpoint: String,
}

struct EventView {
    at: When,
    words: &'static str,
    kind: &'static str,
    task: String,
    actor: String,
    detail: String,
}

/// What is told beside the checklist: an error at a task or at the whole, with
/// what was typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// The task; empty for the whole.
    pub(super) task: String,
    /// Which of its forms.
    pub(super) form: &'static str,
    pub(super) error: String,
    pub(super) typed: String,
    pub(super) link: String,
}

impl Told {
    /// The error of one form.
    pub(super) fn at(&self, task: &str, form: &str) -> Option<&str> {
        let is_there = !self.error.is_empty() && self.task == task && self.form == form;
        is_there.then_some(self.error.as_str())
    }

    /// What was typed into one form.
    pub(super) fn typed(&self, task: &str, form: &str) -> &str {
        if self.at(task, form).is_some() { &self.typed } else { "" }
    }

    /// What was typed as an address.
    pub(super) fn link(&self, task: &str) -> &str {
        if self.at(task, "evidence").is_some() { &self.link } else { "" }
    }
}

impl EventView {
    fn of(event: &ChecklistEvent, whole: &WholeChecklist) -> Self {
        let task = whole.tasks.iter().find(|task| task.task.id == event.task);
        let (words, kind) = match event.kind.as_str() {
            "started" => ("Started", "none"),
            "closed" => ("Done", "pass"),
            "acknowledged" => ("Acknowledged", "pass"),
            "reopened" => ("Open again", "fail"),
            "overridden" => ("Overridden", "due"),
            "evidence" => ("Evidence added", "none"),
            "given" => ("Given to somebody", "none"),
            "completed" => ("Completed", "pass"),
            "cancelled" => ("Cancelled", "archived"),
            _ => ("Changed", "none"),
        };
        Self {
            at: When::exact(event.at),
            words,
            kind,
            task: task.map(|task| task.task.title.clone()).unwrap_or_default(),
            actor: event.actor.clone(),
            detail: event.detail.clone(),
        }
    }
}

/// The page of one checklist.
pub(in crate::web) async fn page(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    show(&console, (shell, &who), &id, Told::default()).await
}

/// The page, with what is told beside.
pub(super) async fn show(
    console: &Console,
    (shell, who): (Shell, &Who),
    id: &str,
    told: Told,
) -> Result<Response, PageError> {
    let id = id.to_owned();
    let found = console
        .records(move |records| {
            let Some(whole) = records.checklist(&id)? else { return Ok(None) };
            let person = whole.checklist.person.0.clone();
            let facts = records.facts_of(std::slice::from_ref(&person))?;
            let facts = facts.get(&person).cloned().unwrap_or_default();
            let devices: Vec<String> = facts.macs.iter().map(|mac| mac.device.clone()).collect();
            let refused = records.refused_of(&devices)?;
            let mut names = BTreeMap::new();
            for task in &whole.tasks {
                if let Some(account) = records.account(&task.owner)? {
                    names.insert(account.id, account.name);
                }
            }
            Ok(Some((whole, facts, refused, names)))
        })
        .await?;
    let (whole, facts, refused, names) = found.ok_or(NO_CHECKLIST)?;
    let now = console.app.clock.now();
    let seen = Seen {
        facts: &facts,
        refused: &refused,
        names: &names,
        account: &who.account.id,
        now,
        today: day_of(now),
    };
    let status =
        if told.error.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = page_of(&whole, (shell, told, super::checkpoint(console).await?), &seen)?;
    Ok((status, page).into_response())
}

fn page_of(
    whole: &WholeChecklist,
    (shell, told, checkpoint): (Shell, Told, String),
    seen: &Seen<'_>,
) -> Result<axum::response::Html<String>, PageError> {
    let list = &whole.checklist;
    let is_running = list.state == ChecklistState::Open;
    let open = whole.tasks.iter().filter(|task| task.state == TaskState::Open);
    let overdue = open.clone().filter(|task| is_running && task.due < seen.today).count() as u64;
    let (open, total) = (open.count() as u64, whole.tasks.len() as u64);
    let may_change = shell.may(Permission::ChangePeople);
    html(&OnePage {
        id: list.id.clone(),
        title: list.title.clone(),
        person: list.person.1.clone(),
        email: list.person.2.clone(),
        kind_word: list.kind.as_str(),
        kind: list.kind.title(),
        mark: state_mark(list.state, overdue, open),
        done: total - open,
        total,
        day_name: match list.kind {
            crate::checklists::ChecklistKind::Onboarding => "First day",
            crate::checklists::ChecklistKind::Offboarding => "Last day",
            crate::checklists::ChecklistKind::Yearly => "Begins",
        },
        day: day_words(list.day),
        started: When::exact(list.started),
        ended: list.ended.map(When::exact),
        template_version: list.template_version,
        version: list.version,
        groups: groups(whole, seen),
        events: whole.events.iter().map(|event| EventView::of(event, whole)).collect(),
        record: RecordView::of(whole),
        may_change: may_change && is_running,
        may_complete: may_change && is_running && open == 0,
        shortest_reason: SHORTEST_REASON,
        told,
        checkpoint,
        shell: shell.titled(format!("{}: {}", list.title, list.person.1), Section::Checklists),
    })
}

/// A file that was handed in.
pub(in crate::web) async fn evidence(
    State(console): State<Console>,
    Path((id, task, evidence)): Path<(String, String, String)>,
) -> Result<Response, PageError> {
    let found =
        console.records(move |records| Ok(records.evidence((&id, &task, &evidence))?)).await?;
    let (kept, bytes) = found.ok_or(PageError::NotFound("No evidence has this address."))?;
    let bytes = bytes.unwrap_or_else(|| kept.text.into_bytes());
    let name = if kept.name.is_empty() { "evidence.txt" } else { &kept.name };
    // What the browser said of the file is not believed; it is only kept.
    Ok(export::file(name, "application/octet-stream", bytes))
}
