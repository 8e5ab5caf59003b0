//! What an employee sees of the own checklist: the own tasks, and the texts to
//! acknowledge.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::change::MEANWHILE;
use super::{NO_CHECKLIST, day_words, due_words, object};
use crate::auth::who::Who;
use crate::checklists::kind::day_of;
use crate::checklists::{ChecklistState, Closing, TaskState};
use crate::store::access::checklists::{
    Changed, KeptTask, NewEvidence, TaskChange, WholeChecklist,
};
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::shell::{Section, Shell, html};
use crate::web::times::When;
use crate::web::words::Mark;

#[derive(Template)]
#[template(path = "checklist_own.html")]
struct OwnPage {
    shell: Shell,
    id: String,
    title: String,
    mine: Vec<Own>,
    others: Vec<(String, Mark)>,
    error: String,
}

/// A task of the person.
struct Own {
    id: String,
    title: String,
    about: String,
    mark: Mark,
    due: String,
    closed: Option<When>,
    text: Option<(String, i64)>,
    may_acknowledge: bool,
}

/// The checklist, when it is about who asks.
async fn mine(console: &Console, who: &Who, id: &str) -> Result<WholeChecklist, PageError> {
    let whole = super::found(console, id).await?;
    let is_own = whole.checklist.person.2.eq_ignore_ascii_case(&who.account.email);
    // Whose it is otherwise is nothing to be told.
    if is_own { Ok(whole) } else { Err(NO_CHECKLIST) }
}

/// The page.
pub(in crate::web) async fn page(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let whole = mine(&console, &who, &id).await?;
    show(&console, shell, &whole, String::new())
}

fn show(
    console: &Console,
    shell: Shell,
    whole: &WholeChecklist,
    error: String,
) -> Result<Response, PageError> {
    let today = day_of(console.app.clock.now());
    let is_running = whole.checklist.state == ChecklistState::Open;
    let mark = |task: &KeptTask| {
        let is_late = task.owner == "person" && is_running && task.due < today;
        let (kind, words) = match task.state {
            TaskState::Open if is_late => ("fail", "Overdue"),
            TaskState::Open => ("waiting", "Open"),
            TaskState::Closed => ("pass", "Done"),
            TaskState::Overridden => ("due", "Left out"),
        };
        Mark { kind, words: words.to_owned() }
    };
    let own = |task: &KeptTask| Own {
        id: task.task.id.clone(),
        title: task.task.title.clone(),
        about: task.task.about.clone(),
        mark: mark(task),
        due: format!("{}, {}", day_words(task.due), due_words(task.due, today)),
        closed: task.closed.map(When::exact),
        text: match &task.task.closes {
            Closing::Acknowledgement { text, version } => Some((text.clone(), *version)),
            _ => None,
        },
        may_acknowledge: is_running
            && task.state == TaskState::Open
            && matches!(task.task.closes, Closing::Acknowledgement { .. }),
    };
    let (mine, others): (Vec<_>, Vec<_>) =
        whole.tasks.iter().partition(|task| task.owner == "person");
    let status = if error.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    let page = OwnPage {
        id: whole.checklist.id.clone(),
        title: whole.checklist.title.clone(),
        mine: mine.into_iter().map(own).collect(),
        others: others.into_iter().map(|it| (it.task.title.clone(), mark(it))).collect(),
        error,
        shell: shell.titled(whole.checklist.title.clone(), Section::Own),
    };
    Ok((status, html(&page)?).into_response())
}

/// Acknowledges a text, in the wording that the task has.
pub(in crate::web) async fn acknowledge(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path((id, task)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let whole = mine(&console, &who, &id).await?;
    let found = whole.tasks.iter().find(|kept| kept.task.id == task);
    let kept = found.ok_or(PageError::NotFound("This checklist has no such task."))?;
    let Closing::Acknowledgement { text, version } = &kept.task.closes else {
        return Err(PageError::NotFound("There is nothing to acknowledge in this task."));
    };
    let text = format!("Version {version}: {text}");
    let change = TaskChange {
        checklist: id.clone(),
        task: task.clone(),
        from: TaskState::Open,
        to: TaskState::Closed,
        event: "acknowledged",
        detail: format!("Version {version} of the text was acknowledged."),
        shown: Vec::new(),
        evidence: vec![NewEvidence { kind: "acknowledgement", text, ..NewEvidence::default() }],
        is_last: kept.task.last,
    };
    let detail = format!("{}: {}", kept.task.title, change.detail);
    let act = who.act("task_acknowledged", object(&whole.checklist)).with(detail);
    let changed = console.records(move |records| Ok(records.change_task(&change, &act)?)).await?;
    match changed {
        Changed::Done => {
            Ok(Redirect::to(&format!("/me/checklists/{id}#task-{task}")).into_response())
        }
        Changed::Elsewhere => {
            let whole = mine(&console, &who, &id).await?;
            show(&console, shell, &whole, MEANWHILE.to_owned())
        }
    }
}
