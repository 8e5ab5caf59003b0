//! The one place that decides what a request may do.
//!
//! Every address of the console and of the API stands in a list of [`Route`]s,
//! and a route cannot be made without saying who may use it.

use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::routing::MethodRouter;
use jiff::Timestamp;

use super::permission::Permission;
use super::sight::Sight;
use super::token::ApiToken;
use super::who::{Origin, Proof, RequestId, Who};
use super::{AuthError, CookieJar, session};
use crate::app::App;
use crate::audit::Object;
use crate::store::StoreError;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Open,
    /// Whoever is signed in.
    SignedIn,
    /// Who has all of these permissions.
    Needs(&'static [Permission]),
    /// Who has the permission, and whoever holds the device called `{id}`.
    OwnDeviceOr(Permission),
}

/// What of a route's use is noted in the audit log, beside the changes, which
/// the store notes together with what they change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// Nothing.
    Nothing,
    /// A look at what `{id}` names.
    View(&'static str),
    /// A list that was taken away.
    Export(&'static str),
}

/// One address with one method.
pub struct Route<S> {
    /// The method.
    pub method: Method,
    /// The address, as the router writes it.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    /// What is noted.
    pub noted: Noted,
    /// What answers.
    pub handler: MethodRouter<S>,
}

/// Why a request is not answered.
#[derive(Debug)]
pub enum Refusal {
    /// Nobody is signed in.
    SignIn,
    /// This is not allowed.
    Forbidden(Permission),
    /// It could not be found out.
    Failed(AuthError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// The session that a request presents, and whose it is.
pub async fn by_session(
    app: &App,
    headers: &HeaderMap,
    origin: Origin,
) -> Result<Option<Who>, StoreError> {
    let jar = CookieJar::for_url(&app.public_url);
    let Some(secret) = jar.session(headers) else { return Ok(None) };
    let (records, now) = (app.records.clone(), origin.at);
    let work = move || records.session(&secret.digest(), now, session::IDLE);
    let Some((session, account)) = blocking(work).await? else { return Ok(None) };
    let proof = Proof::Session { id: session.id, begun: session.created, way: session.way };
    Ok(Some(Who { account, proof, origin }))
}

/// Whose token a request presents, if it is a valid one.
pub async fn by_token(
    app: &App,
    headers: &HeaderMap,
    origin: Origin,
) -> Result<Option<Who>, StoreError> {
    let text = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = text
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(|(_, token)| ApiToken::presented(token.trim()));
    let Some(token) = token else { return Ok(None) };
    let (records, now) = (app.records.clone(), origin.at);
    let found = blocking(move || records.present_token(&token, now)).await?;
    Ok(found.map(|(token, account)| {
        let proof = Proof::Token { id: token.id, scopes: token.scopes };
        Who { account, proof, origin }
    }))
}

/// Decides whether `who` may have `request` answered, which then carries it.
pub async fn admit(
    app: &App,
    access: Access,
    who: Option<Who>,
    request: Request,
) -> Result<Request, Refusal> {
    let (mut parts, body) = request.into_parts();
    let allowed = match (access, &who) {
        (Access::Open, _) | (Access::SignedIn, Some(_)) => Ok(()),
        (_, None) => Err(Refusal::SignIn),
        (Access::Needs(all), Some(who)) => match all.iter().find(|one| !who.may(**one)) {
            Some(missing) => Err(Refusal::Forbidden(*missing)),
            None => Ok(()),
        },
        (Access::OwnDeviceOr(permission), Some(who)) => {
            let sight = if who.may(permission) {
                Some(Sight::WHOLE)
            } else if who.may(Permission::Own) {
                held_since(app, who, &mut parts).await?.map(Sight::since)
            } else {
                None
            };
            match sight {
                Some(sight) => {
                    parts.extensions.insert(sight);
                    Ok(())
                }
                None => Err(Refusal::Forbidden(permission)),
            }
        }
    };
    allowed?;
    if let Some(who) = who {
        parts.extensions.insert(who);
    }
    Ok(Request::from_parts(parts, body))
}

async fn held_since(
    app: &App,
    who: &Who,
    parts: &mut Parts,
) -> Result<Option<Timestamp>, StoreError> {
    let Some(id) = named(parts).await else { return Ok(None) };
    let (records, email) = (app.records.clone(), who.account.email.clone());
    blocking(move || records.held_since(&email, &id)).await
}

/// What the address calls `{id}`.
pub async fn named(parts: &mut Parts) -> Option<String> {
    let params = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    params.iter().find(|(name, _)| *name == "id").map(|(_, value)| value.to_owned())
}

/// Notes what is to be noted; the answer may leave only after this.
pub async fn note(
    app: &App,
    noted: Noted,
    who: &Who,
    id: Option<String>,
) -> Result<(), StoreError> {
    let act = match noted {
        Noted::Nothing => return Ok(()),
        Noted::View(kind) => who.act("view", Object::new(kind, id.unwrap_or_default())),
        Noted::Export(kind) => who.act("export", Object::new(kind, id.unwrap_or_default())),
    };
    let records = app.records.clone();
    blocking(move || records.note(&act)).await.map(drop)
}

/// A new id for a request.
pub fn request_id() -> RequestId {
    RequestId(uuid::Uuid::new_v4().simple().to_string())
}

/// Runs what blocks where it may.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(StoreError::Unavailable(error.to_string())),
    }
}
