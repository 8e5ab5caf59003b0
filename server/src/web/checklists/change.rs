//! What a person does about a task: confirms it, hands something in, overrides
//! it, opens it again, takes it over.

use axum::extract::{Form, Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use shared::keys::sha256_hex;

use super::one::{Told, show};
use super::{found, object};
use crate::auth::who::Who;
use crate::checklists::closing::EvidenceKind;
use crate::checklists::{SHORTEST_REASON, TaskState};
use crate::store::access::checklists::{
    Changed, KeptTask, NewEvidence, TaskChange, WholeChecklist,
};
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::shell::Shell;
use crate::web::upload::Upload;

/// Longest note, reason or address, in letters.
const LONGEST: usize = 2000;
/// What is said when somebody was faster.
pub(super) const MEANWHILE: &str =
    "Somebody, or a report, has changed this meanwhile. Look at how it is now, and decide again.";

/// What a form about a task says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct TaskForm {
    #[serde(default)]
    text: String,
}

/// A text that somebody typed, within its limits.
pub(super) fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.chars().count() < SHORTEST_REASON {
        return Err(format!("Say why, in at least {SHORTEST_REASON} letters."));
    }
    note(text)
}

fn note(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.chars().count() > LONGEST {
        return Err(format!("Write at most {LONGEST} letters."));
    }
    Ok(text.to_owned())
}

fn link(text: &str) -> Result<String, String> {
    let is_address = (text.starts_with("https://") || text.starts_with("http://"))
        && text.len() > "https://".len()
        && !text.chars().any(|letter| letter.is_control() || letter.is_whitespace());
    if !is_address {
        return Err("Enter an address such as https://training.example/certificate/17.".to_owned());
    }
    note(text)
}

/// The task with this id.
fn task<'a>(whole: &'a WholeChecklist, id: &str) -> Result<&'a KeptTask, PageError> {
    let found = whole.tasks.iter().find(|task| task.task.id == id);
    found.ok_or(PageError::NotFound("This checklist has no such task."))
}

/// Confirms, overrides or opens again, or takes over.
pub(in crate::web) async fn step(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path((id, task_id, step)): Path<(String, String, String)>,
    Form(form): Form<TaskForm>,
) -> Result<Response, PageError> {
    let whole = found(&console, &id).await?;
    let kept = task(&whole, &task_id)?;
    let back = Redirect::to(&format!("/checklists/{id}#task-{task_id}"));
    let told = |form_name: &'static str, error: String| Told {
        task: task_id.clone(),
        form: form_name,
        error,
        typed: form.text.clone(),
        link: String::new(),
    };
    let (form_name, read) = match step.as_str() {
        "confirm" if kept.task.closes.is_confirmed() => ("confirm", note(&form.text)),
        "override" => ("override", reason(&form.text)),
        "reopen" if !kept.task.closes.is_automatic() => ("reopen", reason(&form.text)),
        "take" => return take(&console, &who, (&whole, kept)).await,
        _ => return Err(PageError::NotFound("Nothing of this name can be done to this task.")),
    };
    let text = match read {
        Ok(text) => text,
        Err(error) => return show(&console, (shell, &who), &id, told(form_name, error)).await,
    };
    let (change, action) = change(&whole, kept, form_name, text);
    let detail = format!("{}: {}", kept.task.title, change.detail);
    let act = who.act(action, object(&whole.checklist)).with(detail);
    let changed = console.records(move |records| Ok(records.change_task(&change, &act)?)).await?;
    match changed {
        Changed::Done => Ok(back.into_response()),
        Changed::Elsewhere => {
            show(&console, (shell, &who), &id, told(form_name, MEANWHILE.to_owned())).await
        }
    }
}

fn change(
    whole: &WholeChecklist,
    kept: &KeptTask,
    form: &str,
    text: String,
) -> (TaskChange, &'static str) {
    let (from, to, event, action) = match form {
        "confirm" => (TaskState::Open, TaskState::Closed, "closed", "task_closed"),
        "reopen" => (TaskState::Closed, TaskState::Open, "reopened", "task_reopened"),
        _ => (TaskState::Open, TaskState::Overridden, "overridden", "task_overridden"),
    };
    let detail = if text.is_empty() { "Confirmed.".to_owned() } else { text };
    let change = TaskChange {
        checklist: whole.checklist.id.clone(),
        task: kept.task.id.clone(),
        from,
        to,
        event,
        detail,
        shown: Vec::new(),
        evidence: Vec::new(),
        is_last: kept.task.last,
    };
    (change, action)
}

/// Makes who asks the owner of a task; IT again, when it is theirs already.
async fn take(
    console: &Console,
    who: &Who,
    (whole, kept): (&WholeChecklist, &KeptTask),
) -> Result<Response, PageError> {
    let (id, task) = (whole.checklist.id.clone(), kept.task.id.clone());
    let (owner, name) = if kept.owner == who.account.id {
        ("it".to_owned(), "IT".to_owned())
    } else {
        (who.account.id.clone(), who.account.name.clone())
    };
    let detail = format!("{}: to {name}", kept.task.title);
    let act = who.act("task_given", object(&whole.checklist)).with(detail);
    let back = Redirect::to(&format!("/checklists/{id}#task-{task}"));
    // What is closed by now needs no other owner.
    console
        .records(move |records| Ok(records.give_task((&id, &task), (&owner, &name), &act)?))
        .await?;
    Ok(back.into_response())
}

/// Hands in a file, a note or a link, which closes a task that waits for it.
pub(in crate::web) async fn evidence(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path((id, task_id)): Path<(String, String)>,
    request: Request,
) -> Result<Response, PageError> {
    let upload = Upload::of(request).await?;
    let whole = found(&console, &id).await?;
    let kept = task(&whole, &task_id)?;
    let told = |error: String| Told {
        task: task_id.clone(),
        form: "evidence",
        error,
        typed: upload.text("text").to_owned(),
        link: upload.text("link").to_owned(),
    };
    let all = match handed_in(&upload) {
        Ok(all) => all,
        Err(error) => return show(&console, (shell, &who), &id, told(error)).await,
    };
    let is_closing = |one: &NewEvidence| {
        EvidenceKind::named(one.kind).is_some_and(|kind| kept.task.closes.is_closed_by(kind))
    };
    let closes = kept.state == TaskState::Open && all.iter().any(is_closing);
    let words: Vec<String> = all.iter().map(words).collect();
    let (event, action) =
        if closes { ("closed", "task_closed") } else { ("evidence", "evidence_added") };
    let change = TaskChange {
        checklist: id.clone(),
        task: task_id.clone(),
        from: kept.state,
        to: if closes { TaskState::Closed } else { kept.state },
        event,
        detail: words.join(" "),
        shown: Vec::new(),
        evidence: all,
        is_last: kept.task.last,
    };
    let detail = format!("{}: {}", kept.task.title, change.detail);
    let act = who.act(action, object(&whole.checklist)).with(detail);
    let changed = console.records(move |records| Ok(records.change_task(&change, &act)?)).await?;
    match changed {
        Changed::Done => {
            Ok(Redirect::to(&format!("/checklists/{id}#task-{task_id}")).into_response())
        }
        Changed::Elsewhere => show(&console, (shell, &who), &id, told(MEANWHILE.to_owned())).await,
    }
}

/// What the form holds, at least one.
fn handed_in(upload: &Upload) -> Result<Vec<NewEvidence>, String> {
    let mut all = Vec::new();
    let file = upload.part("file").and_then(|part| part.file.as_ref().map(|name| (part, name)));
    if let Some((part, name)) = file
        && !(name.is_empty() && part.bytes.is_empty())
    {
        if part.bytes.is_empty() {
            return Err(format!("The file “{name}” is empty; choose another."));
        }
        all.push(NewEvidence {
            kind: "file",
            name: name.chars().filter(|letter| !letter.is_control()).take(200).collect(),
            media_type: part.media_type.chars().take(100).collect(),
            text: String::new(),
            bytes: Some(part.bytes.clone()),
        });
    }
    let address = upload.text("link");
    if !address.is_empty() {
        let text = link(address)?;
        all.push(NewEvidence { kind: "link", text, ..NewEvidence::default() });
    }
    let text = note(upload.text("text"))?;
    if !text.is_empty() {
        all.push(NewEvidence { kind: "note", text, ..NewEvidence::default() });
    }
    if all.is_empty() {
        return Err("Choose a file, enter an address, or write a note.".to_owned());
    }
    Ok(all)
}

/// One sentence about something that is handed in.
fn words(one: &NewEvidence) -> String {
    match (one.kind, &one.bytes) {
        ("file", Some(bytes)) => {
            let digest = sha256_hex(bytes);
            format!("File {} (SHA-256 {}…).", one.name, digest.get(..12).unwrap_or(&digest))
        }
        ("link", _) => format!("Link {}", one.text),
        _ => format!("Note: {}", one.text),
    }
}

#[cfg(test)]
mod tests {
    use super::{link, note, reason};

    #[test]
    fn a_reason_says_something_and_a_link_leads_somewhere() {
        assert!(reason("n/a").unwrap_err().contains("at least 10"));
        assert_eq!(reason("  No AWS account is needed. ").unwrap(), "No AWS account is needed.");
        assert!(note(&"x".repeat(2001)).is_err());
        for odd in ["javascript:alert(1)", "https://", "training.example", "https://a b"] {
            assert!(link(odd).is_err(), "{odd}");
        }
        assert!(link("https://training.example/17").is_ok());
    }
}
