//! Where events are sent: the list, one webhook with its log, and what a
//! person does about them.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use super::times::When;
use crate::audit::Object;
use crate::auth::permission::Permission;
use crate::auth::who::Who;
use crate::siem::Format;
use crate::store::stream::Kinds;
use crate::store::webhooks::{Delivery, NewWebhook, State as Sending, Webhook};
use crate::webhooks::message::OVERLAP;

/// Most webhooks of a collector.
const MOST: usize = 20;
/// Longest name.
const NAME: usize = 100;

#[derive(Template)]
#[template(path = "webhooks.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<Row>,
    may_change: bool,
    form: NewForm,
    error: String,
}

struct Row {
    id: String,
    name: String,
    host: String,
    state: Shown,
    failing: Option<When>,
    tells: &'static str,
    format: &'static str,
}

/// A state as a mark: symbol, colour and word.
struct Shown {
    symbol: &'static str,
    class: &'static str,
    word: &'static str,
}

#[derive(Template)]
#[template(path = "webhook.html")]
struct OnePage {
    shell: Shell,
    row: Row,
    url: String,
    reason: String,
    cursor: String,
    created: When,
    is_active: bool,
    may_change: bool,
    /// Shown once, after it was made.
    secret: Option<String>,
    overlaps: Option<When>,
    deliveries: Vec<Line>,
}

struct Line {
    number: i64,
    at: When,
    mark: Shown,
    events: i64,
    detail: String,
    took: String,
    message: String,
}

/// What the form asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    format: String,
    #[serde(default)]
    kinds: String,
}

impl Row {
    fn of(webhook: &Webhook, now: jiff::Timestamp) -> Self {
        let host = webhook.url.split("//").nth(1).unwrap_or(&webhook.url);
        let host = host.split('/').next().unwrap_or(host).to_owned();
        Self {
            id: webhook.id.clone(),
            name: webhook.name.clone(),
            host,
            state: shown(webhook),
            failing: webhook.failing_since.map(|since| When::relative(since, now)),
            tells: match (webhook.kinds.findings, webhook.kinds.audit) {
                (true, true) => "Findings and audit log",
                (false, true) => "Audit log",
                _ => "Findings",
            },
            format: match webhook.format {
                Format::Muster => "Muster",
                Format::Ocsf => "OCSF",
            },
        }
    }
}

fn shown(webhook: &Webhook) -> Shown {
    let (symbol, class, word) = match webhook.state {
        Sending::Active if webhook.failing_since.is_some() => ("s-due", "due", "Failing"),
        Sending::Active => ("s-pass", "pass", "Active"),
        Sending::Paused => ("s-waiting", "waiting", "Paused"),
        Sending::Disabled => ("s-stopped", "stopped", "Disabled"),
    };
    Shown { symbol, class, word }
}

impl Line {
    fn of(delivery: Delivery, now: jiff::Timestamp) -> Self {
        let (symbol, class, word) = if delivery.is_delivered {
            ("s-pass", "pass", "Delivered")
        } else {
            ("s-fail", "fail", "Failed")
        };
        let answered = delivery.status.filter(|_| delivery.is_delivered);
        Self {
            number: delivery.number,
            at: When::relative(delivery.at, now),
            mark: Shown { symbol, class, word },
            events: delivery.events,
            detail: answered.map_or(delivery.detail, |status| format!("It answered {status}.")),
            took: format!("{} ms", delivery.took_ms),
            message: delivery.message,
        }
    }
}

fn object(webhook: &Webhook) -> Object {
    Object::new("webhook", &webhook.id).called(&webhook.name)
}

/// All webhooks.
pub(super) async fn list(
    State(console): State<Console>,
    shell: Shell,
) -> Result<Html<String>, PageError> {
    list_with(&console, shell, NewForm::default(), String::new()).await
}

async fn list_with(
    console: &Console,
    shell: Shell,
    form: NewForm,
    error: String,
) -> Result<Html<String>, PageError> {
    let all = console.records(|records| Ok(records.webhooks()?)).await?;
    let now = console.app.clock.now();
    let may_change = shell.may(Permission::ChangeIntegrations);
    html(&ListPage {
        rows: all.iter().map(|webhook| Row::of(webhook, now)).collect(),
        may_change,
        form,
        error,
        shell: shell.titled("Webhooks", Section::Webhooks),
    })
}

/// Makes one, and shows its secret.
pub(super) async fn make(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Form(form): Form<NewForm>,
) -> Result<Response, PageError> {
    let new = match read(&console, &form) {
        Ok(new) => new,
        Err(error) => {
            let page = list_with(&console, shell, form, error).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let named = Object::new("webhook", &new.id).called(&new.name);
    let host = new.url.split('/').nth(2).unwrap_or_default().to_owned();
    let act = who.act("webhook_added", named).with(format!("to {host}"));
    let id = new.id.clone();
    let made = console
        .records(move |records| {
            if records.webhooks()?.len() >= MOST {
                return Ok(false);
            }
            records.make_webhook(&new, &act)?;
            Ok(true)
        })
        .await?;
    if !made {
        let error = format!("There are {MOST} webhooks; remove one that is not needed.");
        let page = list_with(&console, shell, form, error).await?;
        return Ok((StatusCode::CONFLICT, page).into_response());
    }
    Ok(one(&console, shell, &id, true).await?.into_response())
}

fn read(console: &Console, form: &NewForm) -> Result<NewWebhook, String> {
    let name = form.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME || name.chars().any(char::is_control) {
        return Err(format!("Enter a name, at most {NAME} letters."));
    }
    let url = console.app.courier.client.targets().url(form.url.trim());
    let url = url.map_err(|error| {
        let text = error.to_string();
        let mut letters = text.chars();
        let first: String =
            letters.next().map(|it| it.to_uppercase().collect()).unwrap_or_default();
        format!("{first}{}.", letters.as_str())
    })?;
    let kinds = match form.kinds.as_str() {
        "audit" => Kinds { findings: false, audit: true },
        "both" => Kinds { findings: true, audit: true },
        _ => Kinds { findings: true, audit: false },
    };
    Ok(NewWebhook {
        id: uuid::Uuid::new_v4().to_string(),
        name,
        url: url.to_string(),
        format: Format::named(&form.format).unwrap_or_default(),
        kinds,
    })
}

/// One webhook with its log.
pub(super) async fn page(
    State(console): State<Console>,
    shell: Shell,
    Path(id): Path<String>,
) -> Result<Html<String>, PageError> {
    one(&console, shell, &id, false).await
}

async fn one(
    console: &Console,
    shell: Shell,
    id: &str,
    show_secret: bool,
) -> Result<Html<String>, PageError> {
    let (webhook, log) = found(console, id).await?;
    let now = console.app.clock.now();
    let secrets = &console.app.courier.secrets;
    let overlaps = webhook.generation > 1 && webhook.rotated_until > now;
    let may_change = shell.may(Permission::ChangeIntegrations);
    let page = OnePage {
        row: Row::of(&webhook, now),
        reason: webhook.reason.clone(),
        cursor: webhook.cursor.to_string(),
        created: When::exact(webhook.created),
        is_active: webhook.state == Sending::Active,
        may_change,
        secret: show_secret.then(|| secrets.secret(&webhook.id, webhook.generation).shown()),
        overlaps: overlaps.then(|| When::exact(webhook.rotated_until)),
        deliveries: log.into_iter().map(|line| Line::of(line, now)).collect(),
        url: webhook.url,
        shell: shell.titled(webhook.name, Section::Webhooks),
    };
    html(&page)
}

async fn found(console: &Console, id: &str) -> Result<(Webhook, Vec<Delivery>), PageError> {
    let id = id.to_owned();
    let found = console
        .records(move |records| Ok(records.webhook(&id)?.map(|it| (it, records.deliveries(&id)))));
    let (webhook, log) = found
        .await?
        .ok_or(PageError::NotFound("There is no such webhook. It may have been removed."))?;
    Ok((webhook, log?))
}

/// Pauses, resumes, rotates or removes.
pub(super) async fn step(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path((id, step)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let (webhook, _) = found(&console, &id).await?;
    let back = Redirect::to(&format!("/settings/webhooks/{id}"));
    let of = object(&webhook);
    let act = match step.as_str() {
        "pause" => who.act("webhook_paused", of),
        "resume" => who.act("webhook_resumed", of),
        "rotate" => who.act("webhook_rotated", of),
        "remove" => who.act("webhook_removed", of),
        _ => return Err(PageError::NotFound("Nothing of this name can be done to a webhook.")),
    };
    let (what, wanted) = (step.clone(), id.clone());
    console
        .records(move |records| {
            let until = act.at.checked_add(OVERLAP).unwrap_or(jiff::Timestamp::MAX);
            let done = match what.as_str() {
                "pause" => records.set_webhook_state(&wanted, Sending::Paused, &act),
                "resume" => records.set_webhook_state(&wanted, Sending::Active, &act),
                "rotate" => records.rotate_webhook(&wanted, until, &act),
                _ => records.remove_webhook(&wanted, &act),
            };
            Ok(done?)
        })
        .await?;
    match step.as_str() {
        "rotate" => Ok(one(&console, shell, &id, true).await?.into_response()),
        "remove" => Ok(Redirect::to("/settings/webhooks").into_response()),
        _ => Ok(back.into_response()),
    }
}

/// Sends a message of the log again.
pub(super) async fn resend(
    State(console): State<Console>,
    who: Who,
    Path((id, number)): Path<(String, i64)>,
) -> Result<Response, PageError> {
    let (webhook, _) = found(&console, &id).await?;
    let act = who.act("webhook_resent", object(&webhook)).with(format!("delivery {number}"));
    let courier = console.app.courier.clone();
    match courier.resend(&id, number, act).await? {
        Some(_) => Ok(Redirect::to(&format!("/settings/webhooks/{id}")).into_response()),
        None => Err(PageError::NotFound("The log of deliveries no longer has this one.")),
    }
}
