//! Signing in with a provider: to it, back from it, and what is said when it
//! did not work.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use crate::audit::Object;
use crate::auth::admission::{self, NotAdmitted};
use crate::auth::openid::attempt::{Attempt, KIND, VALID_FOR};
use crate::auth::openid::refusal::{Advice, Refusal};
use crate::auth::openid::{BeginError, Callback, SignedInThere};
use crate::auth::return_path::return_path;
use crate::auth::who::Origin;
use crate::auth::{Secret, session, slowing};
use crate::config::openid::OpenId;

/// The cookie that binds an attempt to a browser.
const COOKIE: &str = "openid";

/// Where somebody wants to be afterwards.
#[derive(Debug, Deserialize)]
pub(super) struct Start {
    #[serde(rename = "return")]
    return_to: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in_refused.html")]
struct RefusedPage {
    shell: Shell,
    what: String,
    do_this: String,
    again: String,
}

/// Sends somebody to a provider.
pub(super) async fn start(
    State(console): State<Console>,
    Path(name): Path<String>,
    Query(asked): Query<Start>,
    headers: HeaderMap,
    origin: Origin,
) -> Result<Response, PageError> {
    let Some(provider) = console.app.openid.named(&name) else { return Err(unknown()) };
    if !console.app.ways.may_begin(&origin, origin.at) {
        return Err(PageError::TooMany);
    }
    // Several windows of one browser may be on their way at the same time.
    let browser = match console.cookies.kept(COOKIE, &headers) {
        Some(known) => known,
        None => Secret::random()?,
    };
    let return_to = return_path(asked.return_to.as_deref()).to_owned();
    let begun = match console.app.openid.begin(&name, &browser, return_to, origin.at).await {
        Ok(begun) => begun,
        Err(BeginError::Unknown) => return Err(unknown()),
        Err(BeginError::Auth(error)) => return Err(error.into()),
        Err(BeginError::Refused(refusal)) => {
            // Nobody did anything wrong, and nobody is known.
            tracing::warn!(provider = name, %refusal, "a provider cannot be used");
            return refused(&console, &headers, provider, &refusal);
        }
    };
    let data = serde_json::to_string(&begun.attempt).unwrap_or_default();
    let (digest, times) = (begun.state.digest(), (origin.at, session::after(origin.at, VALID_FOR)));
    console.records(move |records| Ok(records.begin_attempt(&digest, KIND, &data, times)?)).await?;
    let cookie = [(header::SET_COOKIE, console.cookies.keep(COOKIE, &browser, VALID_FOR))];
    Ok((cookie, Redirect::to(&begun.url)).into_response())
}

/// Somebody comes back from a provider.
pub(super) async fn callback(
    State(console): State<Console>,
    Path(name): Path<String>,
    Query(callback): Query<Callback>,
    headers: HeaderMap,
    origin: Origin,
) -> Result<Response, PageError> {
    let Some(provider) = console.app.openid.named(&name).cloned() else { return Err(unknown()) };
    let address = origin.address.clone();
    let spent = move |records: &dyn crate::store::access::Records| {
        Ok(slowing::is_spent(records, &address, origin.at)?)
    };
    if console.records(spent).await? {
        return Err(PageError::TooMany);
    }
    let there = match attempt(&console, &name, &callback, &headers, &origin).await? {
        Ok(attempt) => console.app.openid.finish(attempt, callback, origin.at).await,
        Err(refusal) => Err(refusal),
    };
    match there {
        Ok(there) => admitted(&console, provider, there, (&headers, origin)).await,
        Err(refusal) => {
            let why = format!("{}: {refusal}", refusal.code());
            note(&console, &provider, why, origin).await?;
            refused(&console, &headers, &provider, &refusal)
        }
    }
}

/// The attempt that somebody comes back from; it is used up by that.
async fn attempt(
    console: &Console,
    name: &str,
    callback: &Callback,
    headers: &HeaderMap,
    origin: &Origin,
) -> Result<Result<Attempt, Refusal>, PageError> {
    let Some(state) = callback.state.as_deref() else {
        return Ok(Err(Refusal::CallbackIncomplete));
    };
    let (digest, now) = (Secret::presented(state).digest(), origin.at);
    let data =
        console.records(move |records| Ok(records.take_attempt(&digest, KIND, now)?)).await?;
    let attempt = data.and_then(|data| serde_json::from_str::<Attempt>(&data).ok());
    let Some(attempt) = attempt else { return Ok(Err(Refusal::AttemptUnknown)) };
    if !console.cookies.kept(COOKIE, headers).is_some_and(|browser| attempt.is_of(&browser)) {
        return Ok(Err(Refusal::OtherBrowser));
    }
    if attempt.provider != name {
        return Ok(Err(Refusal::OtherProvider));
    }
    Ok(Ok(attempt))
}

/// Begins a session for whom the provider knows, if they may come in.
async fn admitted(
    console: &Console,
    provider: OpenId,
    there: SignedInThere,
    (headers, origin): (&HeaderMap, Origin),
) -> Result<Response, PageError> {
    let SignedInThere { identity, return_to } = there;
    let (ours, from, who) = (provider.clone(), origin.clone(), identity.clone());
    let begun = console
        .records(move |records| {
            let account = match admission::admit(records, &ours, &identity, &from)? {
                Ok(account) => account,
                Err(refused) => return Ok(Err(refused)),
            };
            let way = format!("openid:{}", ours.name);
            Ok(session::begin(records, &account.id, &way, &from)?.ok_or(NotAdmitted::Ended))
        })
        .await?;
    match begun {
        Ok((secret, _)) => {
            let cookie = [(header::SET_COOKIE, console.cookies.begin(&secret))];
            Ok((cookie, Redirect::to(&return_to)).into_response())
        }
        Err(not) => {
            let whom = who.email.unwrap_or_else(|| format!("account {}", who.subject));
            note(console, &provider, format!("{}: {not} ({whom})", not.code()), origin).await?;
            not_admitted(console, headers, &provider)
        }
    }
}

/// Notes a refusal, and counts it against where it came from.
async fn note(
    console: &Console,
    provider: &OpenId,
    why: String,
    origin: Origin,
) -> Result<(), PageError> {
    tracing::warn!(provider = provider.name, "nobody was signed in: {why}");
    let object = Object::new("provider", &provider.name).called(&provider.title);
    let act = origin.act_of_nobody("sign_in_refused", object).with(why);
    console
        .records(move |records| {
            records.note(&act)?;
            Ok(slowing::failed(records, &origin.address, origin.at)?)
        })
        .await
}

fn unknown() -> PageError {
    PageError::NotFound("No provider has this name. Go to the sign-in page for those there are.")
}

fn refused(
    console: &Console,
    headers: &HeaderMap,
    provider: &OpenId,
    refusal: &Refusal,
) -> Result<Response, PageError> {
    let title = &provider.title;
    let (what, do_this) = match refusal.advice() {
        Advice::BeginAgain => (
            "This sign-in was begun in another browser or more than 10 minutes ago, or was finished before.".to_owned(),
            "Begin it again.".to_owned(),
        ),
        Advice::AskedProvider => (
            format!("{title} did not sign you in."),
            "Begin again. If you did not cancel it yourself, ask whoever looks after your account there.".to_owned(),
        ),
        Advice::Later => (
            format!("{title} cannot be reached from here at present."),
            "Try again in a minute, or sign in another way.".to_owned(),
        ),
        Advice::TellIt => (
            format!("What {title} said about you could not be verified, so nobody was signed in."),
            "Begin again. If the same happens, tell whoever looks after this console; the reason is in its audit log.".to_owned(),
        ),
        Advice::OtherAccount => (
            format!("Your account at {title} is not one of the company's."),
            "Sign out there, and begin again with your account of the company.".to_owned(),
        ),
        Advice::Stronger => (
            format!("You did not sign in to {title} in the way that is asked for here, such as with a second factor."),
            "Set that up there, and begin again.".to_owned(),
        ),
    };
    let status = match refusal.advice() {
        Advice::Later => StatusCode::BAD_GATEWAY,
        _ => StatusCode::FORBIDDEN,
    };
    page(console, headers, provider, (status, what, do_this))
}

/// The same for everybody, so that it does not tell which accounts there are.
fn not_admitted(
    console: &Console,
    headers: &HeaderMap,
    provider: &OpenId,
) -> Result<Response, PageError> {
    let what = format!("{} knows you, but nobody has let you into this console.", provider.title);
    let do_this = "Ask an administrator of this console to let you in.".to_owned();
    page(console, headers, provider, (StatusCode::FORBIDDEN, what, do_this))
}

fn page(
    console: &Console,
    headers: &HeaderMap,
    provider: &OpenId,
    (status, what, do_this): (StatusCode, String, String),
) -> Result<Response, PageError> {
    let shell = Shell::plain(console, headers).titled("Not signed in", Section::None);
    let again = format!("/sign-in/openid/{}", provider.name);
    let page = html(&RefusedPage { shell, what, do_this, again })?;
    Ok((status, page).into_response())
}

/// The keys that providers encrypt ID tokens to.
pub(super) async fn keys(State(console): State<Console>) -> Result<Response, PageError> {
    let keys = console.app.openid.public_keys().map(str::to_owned);
    let keys =
        keys.ok_or(PageError::NotFound("No provider of this console encrypts ID tokens."))?;
    let kind = [
        (header::CONTENT_TYPE, "application/jwk-set+json"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    Ok((kind, keys).into_response())
}
