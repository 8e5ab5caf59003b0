//! A colleague who was invited comes in: a page that says as whom, and a
//! button, because programs that look at mail open links too.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use super::sign_in::{say, welcome};
use crate::auth::account::Account;
use crate::auth::who::Origin;
use crate::auth::{Secret, session};
use crate::store::access::links::{LinkKind, Presented};

#[derive(Template)]
#[template(path = "welcome.html")]
struct WelcomePage {
    shell: Shell,
    token: String,
    account: Account,
}

fn presented(token: &str) -> Presented {
    let digest = Secret::presented(token).digest();
    Presented { digest, kind: LinkKind::Invitation, browser: None }
}

fn over(console: &Console, headers: &HeaderMap) -> Result<Response, PageError> {
    let first = "An invitation works once, within three days. Ask for a new one.";
    say(console, headers, "This invitation no longer works", first)
}

/// Says as whom somebody would come in.
pub(super) async fn page(
    State(console): State<Console>,
    Path(token): Path<String>,
    headers: HeaderMap,
    origin: Origin,
) -> Result<Response, PageError> {
    let link = presented(&token);
    let found = console.records(move |records| Ok(records.link(&link, origin.at)?)).await?;
    let Some(Some(account)) = found else { return over(&console, &headers) };
    let shell = Shell::plain(&console, &headers).titled("Welcome", Section::None);
    Ok(html(&WelcomePage { shell, token, account })?.into_response())
}

/// Uses the invitation up and begins a session.
pub(super) async fn enter(
    State(console): State<Console>,
    Path(token): Path<String>,
    headers: HeaderMap,
    origin: Origin,
) -> Result<Response, PageError> {
    let link = presented(&token);
    let (secret, new) = session::prepare("", "invitation", &origin)?;
    match console.records(move |records| Ok(records.enter(&link, &new)?)).await? {
        Some(_) => Ok(welcome(&console, &secret)),
        None => over(&console, &headers),
    }
}
