//! The first administrator: a link that is printed once, and a form.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use super::sign_in::{say, welcome};
use crate::auth::account::{full_name, mail_address};
use crate::auth::role::Role;
use crate::auth::who::Origin;
use crate::auth::{Secret, session};
use crate::store::access::accounts::NewAccount;
use crate::store::access::links::{LinkKind, Presented};

#[derive(Template)]
#[template(path = "set_up.html")]
struct SetUpPage {
    shell: Shell,
    token: String,
    form: Person,
    name_error: &'static str,
    email_error: &'static str,
}

/// What the form asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
}

fn presented(token: &str) -> Presented {
    let digest = Secret::presented(token).digest();
    Presented { digest, kind: LinkKind::Setup, browser: None }
}

fn over(console: &Console, headers: &HeaderMap) -> Result<Response, PageError> {
    let first = "A set-up link works once, within one hour.";
    say(console, headers, "This link no longer works", first)
}

/// The form.
pub(super) async fn page(
    State(console): State<Console>,
    Path(token): Path<String>,
    headers: HeaderMap,
    origin: Origin,
) -> Result<Response, PageError> {
    let link = presented(&token);
    if console.records(move |records| Ok(records.link(&link, origin.at)?)).await?.is_none() {
        return over(&console, &headers);
    }
    form(&console, &headers, (token, Person::default()), ("", ""))
}

fn form(
    console: &Console,
    headers: &HeaderMap,
    (token, form): (String, Person),
    (name_error, email_error): (&'static str, &'static str),
) -> Result<Response, PageError> {
    let shell = Shell::plain(console, headers).titled("Set up", Section::None);
    let wrong = !name_error.is_empty() || !email_error.is_empty();
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = SetUpPage { shell, token, form, name_error, email_error };
    Ok((status, html(&page)?).into_response())
}

/// Makes the administrator and begins a session.
pub(super) async fn make(
    State(console): State<Console>,
    Path(token): Path<String>,
    headers: HeaderMap,
    origin: Origin,
    Form(person): Form<Person>,
) -> Result<Response, PageError> {
    let (name, email) = (full_name(&person.name), mail_address(&person.email));
    let (Some(name), Some(email)) = (&name, &email) else {
        let errors = (
            if name.is_none() { "Enter your name, at most 120 letters." } else { "" },
            if email.is_none() { "Enter an address such as sam@company.example." } else { "" },
        );
        return form(&console, &headers, (token, person), errors);
    };
    let new = NewAccount {
        id: uuid::Uuid::new_v4().to_string(),
        email: email.clone(),
        name: name.clone(),
        role: Role::Administrator,
        ends: None,
    };
    let link = presented(&token);
    let (secret, session) = session::prepare("", "setup", &origin)?;
    match console.records(move |records| Ok(records.set_up(&link, &new, &session)?)).await? {
        Some(_) => Ok(welcome(&console, &secret)),
        None => over(&console, &headers),
    }
}
