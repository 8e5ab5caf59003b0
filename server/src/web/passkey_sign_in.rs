//! Signing in with a passkey: what the browser is asked, and its answer.

use axum::Json;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde::Deserialize;

use super::Console;
use super::errors::PageError;
use super::sign_in::{refuse, welcome};
use crate::audit::Object;
use crate::auth::passkey::{Asked, PasskeyError, RelyingParty};
use crate::auth::session::{after, prepare};
use crate::auth::who::Origin;
use crate::auth::{AuthError, Secret, slowing};
use crate::store::access::Records;
use crate::store::access::passkeys::UsedPasskey;

/// How long a browser may take to answer.
pub(super) const ANSWER_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// The cookie that binds the answer to the browser.
pub(super) const COOKIE: &str = "passkey";
/// What kind of attempt it is.
const KIND: &str = "passkey";

const TOO_MANY: &str =
    "Too many attempts came from your network. Wait a while, or take another way.";
const TOO_LATE: &str =
    "The question to your passkey is too old or was answered already. Try again.";
const UNKNOWN: &str = "This passkey is not known here; it may have been removed. Take another way, and add one again on your account's page.";
const CLOSED: &str = "The account of this passkey admits nobody now. Ask an administrator.";

/// The answer of a browser.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    answer: String,
}

/// What came of an answer.
enum Entered {
    Yes(Secret),
    No(&'static str),
    Refused(PasskeyError),
}

fn party(console: &Console) -> Result<RelyingParty, PageError> {
    let party = console.app.ways.passkeys.clone();
    party.ok_or(PageError::NotFound("Passkeys do not sign in here."))
}

/// What the browser is to ask its passkeys.
pub(super) async fn options(
    State(console): State<Console>,
    origin: Origin,
) -> Result<Response, PageError> {
    let asked = party(&console)?.ask_for_any()?;
    if !console.app.ways.may_begin(&origin, origin.at) {
        return Ok((StatusCode::TOO_MANY_REQUESTS, TOO_MANY).into_response());
    }
    question(&console, asked, KIND.to_owned(), &origin).await
}

/// Keeps what was asked, and asks it.
pub(super) async fn question(
    console: &Console,
    asked: Asked,
    kind: String,
    origin: &Origin,
) -> Result<Response, PageError> {
    let secret = Secret::random()?;
    let (digest, now) = (secret.digest(), origin.at);
    let times = (now, after(now, ANSWER_WITHIN));
    let state = asked.state;
    let keep = move |records: &dyn Records| -> Result<(), AuthError> {
        Ok(records.begin_attempt(&digest, &kind, &state, times)?)
    };
    console.records(keep).await?;
    let cookie = console.cookies.keep(COOKIE, &secret, ANSWER_WITHIN);
    Ok(([(header::SET_COOKIE, cookie)], Json(asked.options)).into_response())
}

/// Judges the browser's answer.
pub(super) async fn enter(
    State(console): State<Console>,
    headers: HeaderMap,
    origin: Origin,
    Form(form): Form<Answer>,
) -> Result<Response, PageError> {
    let party = party(&console)?;
    let secret = console.cookies.kept(COOKIE, &headers);
    let entered = console
        .records(move |records| judge(records, &party, (secret, &form.answer), &origin))
        .await?;
    match entered {
        Entered::Yes(session) => Ok(welcome(&console, &session)),
        Entered::No(why) => refuse(&console, &headers, why),
        Entered::Refused(error) => refuse(&console, &headers, &sentence(&error)),
    }
}

fn judge(
    records: &dyn Records,
    party: &RelyingParty,
    (secret, answer): (Option<Secret>, &str),
    origin: &Origin,
) -> Result<Entered, AuthError> {
    let (address, now) = (&origin.address, origin.at);
    if slowing::is_spent(records, address, now)? {
        return Ok(Entered::No(TOO_MANY));
    }
    let no = |why| -> Result<Entered, AuthError> {
        slowing::failed(records, address, now)?;
        Ok(Entered::No(why))
    };
    let asked = match secret {
        Some(secret) => records.take_attempt(&secret.digest(), KIND, now)?,
        None => None,
    };
    let Some(state) = asked else { return no(TOO_LATE) };
    let claim = match party.claim(answer) {
        Ok(claim) => claim,
        Err(error) => return refused(records, None, error, origin),
    };
    let Some((account, before)) = records.passkey(&claim.id)? else { return no(UNKNOWN) };
    if account != claim.account.to_string() {
        return no(UNKNOWN);
    }
    let after = match party.prove(&claim, &state, &before) {
        Ok(after) => after,
        Err(error) => return refused(records, Some(&claim.id), error, origin),
    };
    let (secret, session) = prepare(&account, "passkey", origin)?;
    let used = UsedPasskey { id: &claim.id, before: &before, after: &after };
    match records.enter_with_passkey(used, &session)? {
        Some(_) => Ok(Entered::Yes(secret)),
        None => no(CLOSED),
    }
}

/// Counts a wrong answer, and notes it where it was about a known passkey.
fn refused(
    records: &dyn Records,
    id: Option<&str>,
    error: PasskeyError,
    origin: &Origin,
) -> Result<Entered, AuthError> {
    slowing::failed(records, &origin.address, origin.at)?;
    if let Some(id) = id {
        let act = origin.act_of_nobody("passkey_refused", Object::new("passkey", id));
        records.note(&act.with(error.to_string()))?;
    }
    tracing::info!(%error, "a passkey was refused");
    Ok(Entered::Refused(error))
}

/// A refusal for people.
pub(super) fn sentence(error: &PasskeyError) -> String {
    match error {
        PasskeyError::WentBack => "This passkey was used elsewhere since, so a copy of it may exist. It signs nobody in any more. Take another way, remove it on your account's page, and tell an administrator.".to_owned(),
        PasskeyError::NotKept => "This device keeps no passkey that can be found again. Use another device or another security key.".to_owned(),
        PasskeyError::NotUnderstood => "The browser's answer cannot be read. Try again, or use another browser.".to_owned(),
        PasskeyError::Refused(_) => "Your passkey's answer did not prove enough. Try again: the device has to ask for your finger, face or code.".to_owned(),
        PasskeyError::Kept(_) | PasskeyError::Setup(_) => "The passkey could not be looked at; the cause is in the collector's log.".to_owned(),
    }
}
