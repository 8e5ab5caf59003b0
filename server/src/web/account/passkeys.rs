//! Adding, naming and removing one's own passkeys.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use super::{is_fresh, show};
use crate::audit::Object;
use crate::auth::account::full_name;
use crate::auth::passkey::{Holder, Made, PasskeyError};
use crate::auth::who::Who;
use crate::auth::{AuthError, Secret};
use crate::config::sign_in::MailLinks;
use crate::store::access::Records;
use crate::store::access::passkeys::{NewPasskey, PasskeyRow};
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::passkey_sign_in::{COOKIE, question, sentence};
use crate::web::shell::{Section, Shell, html};

/// Most passkeys of one account.
const MOST: usize = 20;

const STALE: &str = "You signed in more than 15 minutes ago. Sign out and in again; then passkeys can be added and removed.";
const OFF: &str = "Passkeys do not sign in here.";
const NO_NAME: &str =
    "A passkey needs a name of 1 to 120 letters, such as the device that keeps it.";
const TOO_LATE: &str = "The question to your device is too old or was answered already. Try again.";
const KNOWN: &str = "This passkey is known here already.";
const FULL: &str = "This account has 20 passkeys. Remove one that is no longer used first.";
const GONE: &str = "This account has no such passkey; it may have been removed already.";

/// A new passkey: its name, and the browser's answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct NewKey {
    name: String,
    answer: String,
}

/// Another name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Name {
    name: String,
}

#[derive(Template)]
#[template(path = "passkey_remove.html")]
struct RemovePage {
    shell: Shell,
    key: PasskeyRow,
    /// What becomes of somebody who removes the last way in; empty otherwise.
    last: &'static str,
    fresh: bool,
}

/// The kind of an attempt, which binds it to the account.
fn kind(who: &Who) -> String {
    format!("new passkey of {}", who.account.id)
}

/// What the browser is to ask the device for.
pub(in crate::web) async fn options(
    State(console): State<Console>,
    who: Who,
) -> Result<Response, PageError> {
    let Some(party) = console.app.ways.passkeys.clone() else {
        return Err(PageError::NotFound(OFF));
    };
    if !is_fresh(&who, console.app.clock.now()) {
        return Ok((StatusCode::FORBIDDEN, STALE).into_response());
    }
    let id = who.account.id.clone();
    let known = console.records(move |records| Ok(records.passkeys_of(&id)?)).await?;
    if known.len() >= MOST {
        return Ok((StatusCode::CONFLICT, FULL).into_response());
    }
    let known: Vec<String> = known.into_iter().map(|key| key.id).collect();
    let asked = party.ask_for_new(holder(&who)?, &known)?;
    question(&console, asked, kind(&who), &who.origin).await
}

fn holder(who: &Who) -> Result<Holder<'_>, PageError> {
    let account = Uuid::parse_str(&who.account.id)
        .map_err(|_| PageError::NotFound("This account's id is none that a passkey can carry."))?;
    Ok(Holder { account, email: &who.account.email, name: &who.account.name })
}

/// Keeps what the device made.
pub(in crate::web) async fn add(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    headers: HeaderMap,
    Form(form): Form<NewKey>,
) -> Result<Response, PageError> {
    let Some(party) = console.app.ways.passkeys.clone() else {
        return Err(PageError::NotFound(OFF));
    };
    if !is_fresh(&who, console.app.clock.now()) {
        return show(&console, shell, &who, STALE).await;
    }
    let Some(name) = full_name(&form.name) else {
        return show(&console, shell, &who, NO_NAME).await;
    };
    let secret = console.cookies.kept(COOKIE, &headers);
    let by = who.clone();
    let done = console
        .records(move |records| {
            keep(records, &by, secret, |state| party.made(state, &form.answer), &name)
        })
        .await?;
    match done {
        Ok(()) => Ok(Redirect::to("/account").into_response()),
        Err(why) => show(&console, shell, &who, &why).await,
    }
}

/// Adds a passkey; a sentence when that cannot be.
fn keep(
    records: &dyn Records,
    who: &Who,
    secret: Option<Secret>,
    made: impl FnOnce(&str) -> Result<Made, PasskeyError>,
    name: &str,
) -> Result<Result<(), String>, AuthError> {
    let asked = match secret {
        Some(secret) => records.take_attempt(&secret.digest(), &kind(who), who.origin.at)?,
        None => None,
    };
    let Some(state) = asked else { return Ok(Err(TOO_LATE.to_owned())) };
    let made = match made(&state) {
        Ok(made) => made,
        Err(error) => {
            tracing::info!(%error, "a new passkey was refused");
            return Ok(Err(sentence(&error)));
        }
    };
    let object = Object::new("passkey", &made.id).called(name);
    let new = NewPasskey {
        id: made.id,
        account: who.account.id.clone(),
        name: name.to_owned(),
        credential: made.credential,
    };
    let added = records.add_passkey(&new, &who.act("passkey_added", object))?;
    Ok(if added { Ok(()) } else { Err(KNOWN.to_owned()) })
}

/// Calls a passkey otherwise.
pub(in crate::web) async fn rename(
    State(console): State<Console>,
    Path(id): Path<String>,
    shell: Shell,
    who: Who,
    Form(form): Form<Name>,
) -> Result<Response, PageError> {
    let Some(name) = full_name(&form.name) else {
        return show(&console, shell, &who, NO_NAME).await;
    };
    let act = who.act("passkey_renamed", Object::new("passkey", &id).called(&name));
    let renamed = console
        .records(move |records| Ok(records.rename_passkey((&who.account.id, &id), &name, &act)?))
        .await?;
    gone_unless(renamed)
}

/// Asks once, with the consequence.
pub(in crate::web) async fn ask_removal(
    State(console): State<Console>,
    Path(id): Path<String>,
    shell: Shell,
    who: Who,
) -> Result<Response, PageError> {
    let fresh = is_fresh(&who, console.app.clock.now());
    let (keys, ways) = console
        .records(move |records| {
            Ok((records.passkeys_of(&who.account.id)?, records.ways(&who.account.id)?))
        })
        .await?;
    let Some(key) = keys.into_iter().find(|key| key.id == id) else {
        return Err(PageError::NotFound(GONE));
    };
    let by_mail = console.app.ways.mail.as_ref().is_some_and(|way| way.links != MailLinks::Off);
    let last = match (ways.passkeys + ways.identities, by_mail) {
        (2.., _) => "",
        (_, true) => "It is your only way in beside a link by mail.",
        (_, false) => {
            "It is your only way in. Without it you need an invitation by an administrator, or a link from the machine where the collector runs."
        }
    };
    let shell = shell.titled("Remove a passkey", Section::None);
    Ok(html(&RemovePage { shell, key, last, fresh })?.into_response())
}

/// Removes a passkey.
pub(in crate::web) async fn remove(
    State(console): State<Console>,
    Path(id): Path<String>,
    shell: Shell,
    who: Who,
) -> Result<Response, PageError> {
    if !is_fresh(&who, console.app.clock.now()) {
        return show(&console, shell, &who, STALE).await;
    }
    let removed = console
        .records(move |records| {
            let keys = records.passkeys_of(&who.account.id)?;
            let Some(key) = keys.into_iter().find(|key| key.id == id) else { return Ok(false) };
            let act = who.act("passkey_removed", Object::new("passkey", &id).called(key.name));
            Ok(records.remove_passkey(&who.account.id, &id, &act)?)
        })
        .await?;
    gone_unless(removed)
}

fn gone_unless(done: bool) -> Result<Response, PageError> {
    if done { Ok(Redirect::to("/account").into_response()) } else { Err(PageError::NotFound(GONE)) }
}
