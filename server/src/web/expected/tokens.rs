//! Fleet tokens for MDM profiles: made, listed, revoked.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use crate::audit::Object;
use crate::auth::permission::Permission;
use crate::auth::who::Who;
use crate::fleet_token::{LONGEST_DAYS, MOST_MACS, Request, check, make};
use crate::store::access::fleet_tokens::FleetToken;
use crate::web::times::When;

#[derive(Template)]
#[template(path = "fleet_tokens.html")]
struct TokensPage {
    shell: Shell,
    rows: Vec<Row>,
    form: Typed,
    error: String,
    may_change: bool,
    longest: i64,
}

struct Row {
    id: String,
    name: String,
    kind: &'static str,
    state: &'static str,
    used: i64,
    quota: i64,
    created: When,
    ends: When,
    is_open: bool,
}

#[derive(Template)]
#[template(path = "fleet_token_made.html")]
struct MadePage {
    shell: Shell,
    name: String,
    token: String,
    preference: String,
    quota: i64,
    ends: When,
}

/// What the form asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::web) struct Typed {
    name: String,
    quota: String,
    days: String,
}

impl Row {
    fn of(token: FleetToken, now: Timestamp) -> Self {
        let (kind, state) = if token.revoked.is_some() {
            ("stopped", "Revoked")
        } else if token.expires <= now {
            ("archived", "Expired")
        } else if token.used >= token.quota {
            ("due", "Used up")
        } else {
            ("pass", "Open")
        };
        Self {
            is_open: token.is_open(now) || kind == "due",
            kind,
            state,
            used: token.used,
            quota: token.quota,
            created: When::relative(token.created, now),
            ends: When::relative(token.revoked.unwrap_or(token.expires), now),
            id: token.id,
            name: token.name,
        }
    }
}

/// All of them.
pub(in crate::web) async fn page(
    State(console): State<Console>,
    shell: Shell,
) -> Result<Html<String>, PageError> {
    show(&console, shell, Typed::default(), String::new()).await
}

async fn show(
    console: &Console,
    shell: Shell,
    form: Typed,
    error: String,
) -> Result<Html<String>, PageError> {
    let all = console.records(|records| Ok(records.fleet_tokens()?)).await?;
    let now = console.app.clock.now();
    html(&TokensPage {
        may_change: shell.may(Permission::ChangeFleet),
        shell: shell.titled("Fleet tokens", Section::Expected),
        rows: all.into_iter().map(|token| Row::of(token, now)).collect(),
        form,
        error,
        longest: LONGEST_DAYS,
    })
}

/// Makes one and shows it, this once.
pub(in crate::web) async fn add(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Form(typed): Form<Typed>,
) -> Result<Response, PageError> {
    let request = match read(&typed) {
        Ok(request) => request,
        Err(error) => {
            let page = show(&console, shell, typed, error).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let app = &console.app;
    let (new, token) = make(&request, &app.public_url, app.pinned_ca, app.clock.now());
    let object = Object::new("fleet_token", &new.id).called(&new.name);
    let act = who
        .act("fleet_token_made", object)
        .with(format!("for {} Macs, until {}", new.quota, new.expires));
    let page = MadePage {
        shell: shell.titled("A fleet token", Section::Expected),
        name: new.name.clone(),
        preference: crate::fleet_token::preference(&token),
        token: token.to_string(),
        quota: new.quota,
        ends: When::exact(new.expires),
    };
    console.records(move |records| Ok(records.make_fleet_token(&new, &act)?)).await?;
    Ok(html(&page)?.into_response())
}

fn read(typed: &Typed) -> Result<Request, String> {
    let number = |text: &str| text.trim().parse::<i64>().ok();
    let quota = number(&typed.quota)
        .ok_or_else(|| format!("Enter how many Macs may use it, from 1 to {MOST_MACS}."))?;
    let days = number(&typed.days)
        .ok_or_else(|| format!("Enter in how many days it ends, from 1 to {LONGEST_DAYS}."))?;
    let request = Request {
        name: typed.name.trim().to_owned(),
        quota,
        valid_for: SignedDuration::from_hours(24 * days.clamp(0, LONGEST_DAYS + 1)),
    };
    check(&request)?;
    Ok(request)
}

/// Ends one.
pub(in crate::web) async fn revoke(
    State(console): State<Console>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let done = console
        .records(move |records| {
            let Some(token) = records.fleet_token(&id)? else { return Ok(false) };
            let object = Object::new("fleet_token", &id).called(token.name);
            Ok(records.revoke_fleet_token(&id, &who.act("fleet_token_revoked", object))?)
        })
        .await?;
    if done {
        return Ok(Redirect::to("/expected/tokens").into_response());
    }
    Err(PageError::NotFound("There is no such token, or it was revoked before."))
}
