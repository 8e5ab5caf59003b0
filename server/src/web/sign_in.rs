//! Signing in with a link of the command line, and out again.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use super::words::SIGN_IN_COMMAND;
use crate::audit::{Actor, ActorKind, Object};
use crate::auth::openid::Providers;
use crate::auth::ways::Ways;
use crate::auth::who::Origin;
use crate::auth::{Secret, session};
use crate::config::openid::OpenId;
use crate::config::sign_in::MailLinks;
use crate::store::access::links::{LinkKind, Presented};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    shell: Shell,
    heading: &'static str,
    first: &'static str,
    /// What went wrong; empty when nothing did.
    problem: String,
    ways: Offered,
    command: &'static str,
}

/// The ways in that this collector offers.
struct Offered {
    passkeys: bool,
    /// What is said about links by mail, where there are any.
    mail: Option<&'static str>,
    /// Where providers are asked, and what they are called.
    providers: Vec<(String, String)>,
}

impl Offered {
    fn by(ways: &Ways, providers: &Providers) -> Self {
        let mail = ways.mail.as_ref().map(|way| match way.links {
            MailLinks::Recovery => {
                "For accounts that have no other way in. The link works once, in this browser, for 10 minutes."
            }
            MailLinks::Off | MailLinks::Everybody => {
                "The link works once, in this browser, for 10 minutes."
            }
        });
        let of = |one: &OpenId| (format!("/sign-in/openid/{}", one.name), one.title.clone());
        let providers = providers.settings().map(of).collect();
        Self { passkeys: ways.passkeys.is_some(), mail, providers }
    }
}

/// How to sign in, for who has no session: an answer to any page's address.
pub(super) fn invitation(console: &Console, headers: &HeaderMap) -> Response {
    let first =
        "This console is for people who look after the fleet, and for those whose Macs it knows.";
    say(console, headers, "Sign in", first).unwrap_or_else(IntoResponse::into_response)
}

/// The same with another beginning.
pub(super) fn say(
    console: &Console,
    headers: &HeaderMap,
    heading: &'static str,
    first: &'static str,
) -> Result<Response, PageError> {
    show(console, headers, (heading, first), "")
}

/// The same after something went wrong with a way in.
pub(super) fn refuse(
    console: &Console,
    headers: &HeaderMap,
    problem: &str,
) -> Result<Response, PageError> {
    show(console, headers, ("Sign in", ""), problem)
}

fn show(
    console: &Console,
    headers: &HeaderMap,
    (heading, first): (&'static str, &'static str),
    problem: &str,
) -> Result<Response, PageError> {
    let page = html(&SignInPage {
        shell: Shell::plain(console, headers).titled("Sign in", Section::None),
        heading,
        first,
        problem: problem.to_owned(),
        ways: Offered::by(&console.app.ways, &console.app.openid),
        command: SIGN_IN_COMMAND,
    })?;
    Ok((StatusCode::UNAUTHORIZED, page).into_response())
}

/// The page by itself.
pub(super) async fn page(State(console): State<Console>, headers: HeaderMap) -> Response {
    let mut page = invitation(&console, &headers);
    // Here it is what was asked for.
    if page.status() == StatusCode::UNAUTHORIZED {
        *page.status_mut() = StatusCode::OK;
    }
    page
}

/// Begins the console with a new session's cookie.
pub(super) fn welcome(console: &Console, secret: &Secret) -> Response {
    let cookie = [(header::SET_COOKIE, console.cookies.begin(secret))];
    (cookie, Redirect::to("/")).into_response()
}

/// Uses up a link and begins a session.
pub(super) async fn open_link(
    State(console): State<Console>,
    Path(link): Path<String>,
    headers: HeaderMap,
    origin: Origin,
) -> Result<Response, PageError> {
    let digest = Secret::presented(&link).digest();
    let link = Presented { digest, kind: LinkKind::Command, browser: None };
    let (secret, new) = session::prepare("", "link", &origin)?;
    match console.records(move |records| Ok(records.enter(&link, &new)?)).await? {
        Some(_) => Ok(welcome(&console, &secret)),
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
    origin: Origin,
) -> Result<Response, PageError> {
    if let Some(secret) = console.cookies.session(&headers) {
        console
            .records(move |records| {
                let found = records.session(&secret.digest(), origin.at, session::IDLE)?;
                let Some((session, account)) = found else { return Ok(()) };
                let mut act = origin.act_of_nobody("sign_out", Object::new("session", &session.id));
                act.actor =
                    Actor { kind: ActorKind::Account, id: account.id.clone(), name: account.name };
                records.end_session(&account.id, &session.id, &act)?;
                Ok(())
            })
            .await?;
    }
    // What the browser still shows of the console must go as well.
    let headers = [
        (header::SET_COOKIE.as_str(), console.cookies.end()),
        ("clear-site-data", "\"cache\", \"storage\"".to_owned()),
    ];
    Ok((headers, Redirect::to("/login")).into_response())
}
