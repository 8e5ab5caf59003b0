//! Signing in with a link by mail.
//!
//! The answer to a request is the same for every address and does not wait
//! for the database: whether an account has it is found out afterwards. A link
//! is used by a button and not by opening it, because mail servers open links.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use super::sign_in::{refuse, welcome};
use crate::auth::account::mail_address;
use crate::auth::mail_link::{Request, VALID_FOR, letter};
use crate::auth::session::prepare;
use crate::auth::ways::MailWay;
use crate::auth::who::Origin;
use crate::auth::{AuthError, Secret, slowing};
use crate::store::access::Records;
use crate::store::access::links::{LinkKind, Presented};

/// The cookie of the browser that asked.
const COOKIE: &str = "mail";

const OFF: &str = "Links by mail do not sign in here.";
const NO_ADDRESS: &str = "This is no mail address. Write it as in name@company.example.";
const TOO_MANY: &str =
    "Too many links were asked for from your network. Wait an hour, or take another way.";
const OVER: &str = "This link no longer works. A link by mail works once, within 10 minutes, in the browser that asked for it. Ask for another one.";

/// What the form asks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Address {
    email: String,
}

#[derive(Template)]
#[template(path = "mail_sent.html")]
struct SentPage {
    shell: Shell,
    minutes: i64,
}

#[derive(Template)]
#[template(path = "mail_link.html")]
struct LinkPage {
    shell: Shell,
    token: String,
    /// Whether this browser has asked for a link.
    asked: bool,
}

fn way(console: &Console) -> Result<MailWay, PageError> {
    console.app.ways.mail.clone().ok_or(PageError::NotFound(OFF))
}

/// Takes a request for a link.
pub(super) async fn ask(
    State(console): State<Console>,
    headers: HeaderMap,
    origin: Origin,
    Form(form): Form<Address>,
) -> Result<Response, PageError> {
    let way = way(&console)?;
    let Some(email) = mail_address(&form.email) else {
        return refuse(&console, &headers, NO_ADDRESS);
    };
    let (address, now) = (origin.address.clone(), origin.at);
    let may = move |records: &dyn Records| Ok(slowing::asks(records, &address, now)?);
    if !console.records(may).await? {
        let mut page = refuse(&console, &headers, TOO_MANY)?;
        *page.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        return Ok(page);
    }
    let browser = Secret::random()?;
    let request = Request {
        email,
        browser: browser.digest(),
        origin,
        links: way.links,
        public_url: console.app.public_url.to_string(),
    };
    // From here on nothing depends on whose address it is.
    tokio::spawn(send(console.clone(), way, request));
    let cookie = [(header::SET_COOKIE, console.cookies.keep(COOKIE, &browser, VALID_FOR))];
    Ok((cookie, Redirect::to("/login/mail")).into_response())
}

/// Sends the letter, if there is to be one.
async fn send(console: Console, way: MailWay, request: Request) {
    let records = Arc::clone(&console.app.records);
    let made = tokio::task::spawn_blocking(move || letter(&*records, &request)).await;
    let sent = match made {
        Ok(Ok(Some(letter))) => way.mailer.send(letter).await.map_err(|error| error.to_string()),
        Ok(Ok(None)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = sent {
        tracing::error!(error, "a sign-in link was not sent");
    }
}

/// What to do now.
pub(super) async fn sent(
    State(console): State<Console>,
    headers: HeaderMap,
) -> Result<Html<String>, PageError> {
    way(&console)?;
    let shell = Shell::plain(&console, &headers).titled("Look into your mailbox", Section::None);
    html(&SentPage { shell, minutes: VALID_FOR.as_mins() })
}

/// Shows the button; the link is not looked at.
pub(super) async fn page(
    State(console): State<Console>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Html<String>, PageError> {
    way(&console)?;
    let asked = console.cookies.kept(COOKIE, &headers).is_some();
    let shell = Shell::plain(&console, &headers).titled("Sign in", Section::None);
    html(&LinkPage { shell, token, asked })
}

/// Uses the link up and begins a session.
pub(super) async fn enter(
    State(console): State<Console>,
    Path(token): Path<String>,
    headers: HeaderMap,
    origin: Origin,
) -> Result<Response, PageError> {
    way(&console)?;
    let browser = console.cookies.kept(COOKIE, &headers);
    let token = Secret::presented(&token);
    match console.records(move |records| admit(records, &token, browser, &origin)).await? {
        Some(session) => Ok(welcome(&console, &session)),
        None => refuse(&console, &headers, OVER),
    }
}

fn admit(
    records: &dyn Records,
    token: &Secret,
    browser: Option<Secret>,
    origin: &Origin,
) -> Result<Option<Secret>, AuthError> {
    if slowing::is_spent(records, &origin.address, origin.at)? {
        return Ok(None);
    }
    let browser = browser.map(|browser| browser.digest());
    let link = Presented { digest: token.digest(), kind: LinkKind::Mail, browser };
    let (secret, session) = prepare("", "mail", origin)?;
    if records.enter(&link, &session)?.is_some() {
        return Ok(Some(secret));
    }
    slowing::failed(records, &origin.address, origin.at)?;
    Ok(None)
}
