//! Moving a device on in its life: asked once, with the consequence.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::audit::Object;
use crate::auth::who::Who;
use crate::fleet::life::LifeStep;
use crate::shown::names::device_name;
use crate::store::devices::Moved;
use crate::store::views::{DeviceRow, Standing};
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::shell::{Section, Shell, html};

/// Longest reason.
const REASON: usize = 200;

/// Steps by their word in addresses, with the verb of the button and what
/// follows from the step.
const STEPS: &[(LifeStep, &str, &str, &str)] = &[
    (
        LifeStep::Approve,
        "approve",
        "Approve",
        "Its reports are accepted from now on. Approve it only when you know whose Mac it is.",
    ),
    (
        LifeStep::Suspend,
        "suspend",
        "Suspend",
        "Its reports are refused until somebody resumes it. It counts as not fine meanwhile.",
    ),
    (LifeStep::Resume, "resume", "Resume", "Its reports are accepted again."),
    (
        LifeStep::Revoke,
        "revoke",
        "Revoke the key of",
        "Its reports are refused for ever. The same Mac has to be enrolled anew to report again.",
    ),
    (
        LifeStep::Archive,
        "archive",
        "Archive",
        "It is no longer watched and not counted. What it proved stays. This cannot be taken back.",
    ),
];

/// A step that may be taken now.
pub(super) struct Choice {
    pub(super) word: &'static str,
    pub(super) title: &'static str,
}

/// Steps that may be taken with a device that stands so.
pub(super) fn choices(row: &DeviceRow) -> Vec<Choice> {
    use crate::fleet::state::Lifecycle;

    let now = match row.standing {
        Standing::Pending => Lifecycle::Pending,
        Standing::Suspended => Lifecycle::Suspended,
        Standing::Revoked => Lifecycle::Revoked,
        Standing::Archived => Lifecycle::Archived,
        _ => Lifecycle::Active,
    };
    let open = STEPS.iter().filter(|(step, ..)| step.from().contains(&now));
    open.map(|(step, word, verb, _)| Choice {
        word,
        title: if *step == LifeStep::Revoke { "Revoke key" } else { verb },
    })
    .collect()
}

#[derive(Template)]
#[template(path = "device_life.html")]
struct AskPage {
    shell: Shell,
    id: String,
    name: String,
    word: &'static str,
    verb: &'static str,
    consequence: &'static str,
    reason: String,
    error: String,
}

/// Why.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct ReasonForm {
    #[serde(default)]
    reason: String,
}

/// Asks, with the consequence.
pub(in crate::web) async fn ask(
    State(console): State<Console>,
    shell: Shell,
    Path((id, step)): Path<(String, String)>,
) -> Result<Html<String>, PageError> {
    ask_again(&console, shell, (id, &step), (String::new(), String::new())).await
}

async fn ask_again(
    console: &Console,
    shell: Shell,
    (id, step): (String, &str),
    (reason, error): (String, String),
) -> Result<Html<String>, PageError> {
    let step = STEPS.iter().find(|(_, word, ..)| *word == step);
    let (_, word, verb, consequence) =
        step.ok_or(PageError::NotFound("A device has no such step."))?;
    let device = id.clone();
    let row = console.read(move |views| views.device_row(&device)).await?;
    let row = row.ok_or(PageError::NotFound("No device has this address."))?;
    let name = device_name(&row, &console.app.rulebook.current().catalogue);
    let shell = shell.titled(format!("{verb} {name}"), Section::Devices);
    html(&AskPage { shell, id, name, word, verb, consequence, reason, error })
}

/// Takes the step.
pub(in crate::web) async fn step(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path((id, word)): Path<(String, String)>,
    Form(form): Form<ReasonForm>,
) -> Result<Response, PageError> {
    let known = STEPS.iter().find(|(_, one, ..)| *one == word);
    let Some((life, ..)) = known else {
        return Err(PageError::NotFound("A device has no such step."));
    };
    let life = *life;
    let reason = form.reason.trim().to_owned();
    if reason.chars().count() > REASON || reason.chars().any(char::is_control) {
        let error = "Give a reason of at most 200 characters.".to_owned();
        let page = ask_again(&console, shell, (id, &word), (form.reason, error)).await?;
        return Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let act = who.act(life.action(), Object::new("device", &id)).with(reason.clone());
    let device = id.clone();
    let moved = console.app.queue.run(move |writer| writer.move_on(&device, life, &act)).await?;
    match moved {
        Moved::Done { .. } => Ok(Redirect::to(&format!("/devices/{id}")).into_response()),
        Moved::Missing => Err(PageError::NotFound("No device has this address.")),
        Moved::Refused { now } => {
            let wanted: Vec<&str> = life.from().iter().map(|one| one.as_str()).collect();
            let error = format!(
                "The device is {} by now; this needs one that is {}.",
                now.as_str(),
                wanted.join(" or ")
            );
            let page = ask_again(&console, shell, (id, &word), (reason, error)).await?;
            Ok((axum::http::StatusCode::CONFLICT, page).into_response())
        }
    }
}
