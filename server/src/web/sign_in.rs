//! Signing in with a link, and out again.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use super::words::SIGN_IN_COMMAND;
use crate::auth::{Secret, sign_in};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    shell: Shell,
    heading: &'static str,
    first: &'static str,
    command: &'static str,
}

/// How to sign in, for who has no session: an answer to any page's address.
pub(super) fn invitation(console: &Console, headers: &HeaderMap) -> Response {
    let first = "This console is for people who look after the fleet.";
    say(console, headers, "Sign in", first).unwrap_or_else(IntoResponse::into_response)
}

fn say(
    console: &Console,
    headers: &HeaderMap,
    heading: &'static str,
    first: &'static str,
) -> Result<Response, PageError> {
    let shell = Shell::plain(console, headers).titled("Sign in", Section::None);
    let page = html(&SignInPage { shell, heading, first, command: SIGN_IN_COMMAND })?;
    Ok((StatusCode::UNAUTHORIZED, page).into_response())
}

/// The page by itself.
pub(super) async fn page(State(console): State<Console>, headers: HeaderMap) -> Response {
    invitation(&console, &headers)
}

/// Uses up a link and begins a session.
pub(super) async fn open_link(
    State(console): State<Console>,
    Path(link): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let (sessions, now) = (console.sessions.clone(), console.app.clock.now());
    let link = Secret::presented(&link);
    let begun = tokio::task::spawn_blocking(move || sign_in(&*sessions, &link, now)).await??;
    match begun {
        Some(session) => {
            let cookie = [(header::SET_COOKIE, console.cookies.begin(&session))];
            Ok((cookie, Redirect::to("/")).into_response())
        }
        None => say(
            &console,
            &headers,
            "This link no longer works",
            "A sign-in link works once, within 15 minutes.",
        ),
    }
}

/// Ends the session.
pub(super) async fn sign_out(
    State(console): State<Console>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    if let Some(session) = console.cookies.session(&headers) {
        let sessions = console.sessions.clone();
        let ended = tokio::task::spawn_blocking(move || sessions.end(&session.digest())).await?;
        ended?;
    }
    let cookie = [(header::SET_COOKIE, console.cookies.end())];
    Ok((cookie, Redirect::to("/login")).into_response())
}
