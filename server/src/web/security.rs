//! What holds for every answer: headers, the session, and where a change
//! may come from.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::errors::PageError;
use super::{Console, sign_in};
use crate::auth::comes_from_here;

/// Nothing may be loaded, run, framed or sent to but the console itself.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; \
    base-uri 'none'";

/// Adds the headers that every answer carries.
pub(super) async fn add_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Pages tell about people; only static files say otherwise.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Lets a request pass only with a session; shows how to sign in otherwise.
pub(super) async fn require_session(
    State(console): State<Console>,
    request: Request,
    next: Next,
) -> Response {
    match is_signed_in(&console, request.headers()).await {
        Ok(true) => next.run(request).await,
        Ok(false) => sign_in::invitation(&console, request.headers()),
        Err(error) => error.into_response(),
    }
}

async fn is_signed_in(
    console: &Console,
    headers: &axum::http::HeaderMap,
) -> Result<bool, PageError> {
    let Some(session) = console.cookies.session(headers) else { return Ok(false) };
    let (sessions, now) = (console.sessions.clone(), console.app.clock.now());
    let work = move || sessions.is_open(&session.digest(), now);
    Ok(tokio::task::spawn_blocking(work).await??)
}

/// Refuses a change that another site makes in the name of who is signed in.
pub(super) async fn refuse_other_origins(
    State(console): State<Console>,
    request: Request,
    next: Next,
) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads || comes_from_here(request.headers(), &console.app.public_url) {
        next.run(request).await
    } else {
        PageError::OtherOrigin.into_response()
    }
}
