//! Pages for what went wrong.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Console;
use super::shell::{Section, Shell, html};
use crate::auth::AuthError;
use crate::auth::passkey::PasskeyError;
use crate::auth::permission::Permission;
use crate::ingest::queue::QueueError;
use crate::store::StoreError;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    /// Nothing has this address.
    #[error("{0}")]
    NotFound(&'static str),
    /// The address holds something that cannot be understood.
    #[error("{0}")]
    BadAddress(String),
    /// Too much was asked for or failed from there.
    #[error("too many attempts came from your network; wait a while, or take another way")]
    TooMany,
    /// Another site asked for a change.
    #[error("the request did not come from this console; open the page again and retry")]
    OtherOrigin,
    /// The role does not allow it.
    #[error("this needs the permission to {}, which your role does not have; ask an administrator", .0.meaning())]
    Forbidden(Permission),
    /// The route asks for who is signed in, and nobody is.
    #[error("nobody is signed in")]
    SignedOut,
    /// The database failed.
    #[error("the database did not answer")]
    Store(#[from] StoreError),
    /// The writer did not take it.
    #[error("the database did not take the change")]
    Queue(#[from] QueueError),
    /// The log cannot be read or signed.
    #[error("the log did not answer")]
    Log(#[from] crate::log::notary::LogError),
    /// Nobody could be signed in or out.
    #[error("signing in did not work")]
    Auth(#[from] AuthError),
    /// Nothing can be asked of a passkey.
    #[error("passkeys did not work")]
    Passkey(#[from] PasskeyError),
    /// A template failed.
    #[error("the page could not be made")]
    Template(#[from] askama::Error),
    /// A thread ended early.
    #[error("the page could not be read")]
    Thread(#[from] tokio::task::JoinError),
}

/// What the page about a failure says.
#[derive(Clone, Debug)]
struct Failure {
    status: StatusCode,
    title: &'static str,
    message: String,
}

impl IntoResponse for PageError {
    /// Logs here and nowhere else; [`explain`] makes the page.
    fn into_response(self) -> Response {
        let (status, title) = match &self {
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "Nothing here"),
            Self::BadAddress(_) => (StatusCode::BAD_REQUEST, "This address does not work"),
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, "Too many attempts"),
            Self::OtherOrigin => (StatusCode::FORBIDDEN, "Refused"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "Not allowed"),
            Self::Auth(AuthError::Store(error)) if error.passes() => {
                (StatusCode::SERVICE_UNAVAILABLE, "Too busy")
            }
            Self::Store(error) if error.passes() => (StatusCode::SERVICE_UNAVAILABLE, "Too busy"),
            Self::Queue(error) if error.passes() => (StatusCode::SERVICE_UNAVAILABLE, "Too busy"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "The page could not be made"),
        };
        let message = if status.is_server_error() {
            let causes = causes(&self);
            tracing::error!(%causes, "a page failed");
            "The cause is in the collector's log. Reports are received independently of this page."
                .to_owned()
        } else {
            sentence(&self.to_string())
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(Failure { status, title, message });
        response
    }
}

/// A message as people read it: with a capital and a stop.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first: String = letters.next().map(|it| it.to_uppercase().collect()).unwrap_or_default();
    let stop = if message.ends_with(['.', '?']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    shell: Shell,
    message: String,
}

/// Puts the page to a failure.
pub(super) async fn explain(
    State(console): State<Console>,
    request: Request,
    next: Next,
) -> Response {
    let shell = Shell::plain(&console, request.headers());
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Failure>() {
        Some(Failure { status, title, message }) => {
            let page = ErrorPage { shell: shell.titled(title, Section::None), message };
            html(&page)
                .map_or_else(|_| status.into_response(), |page| (status, page).into_response())
        }
        None => response,
    }
}

/// The answer for an address that is none.
pub(super) fn not_found() -> PageError {
    PageError::NotFound("No page has this address. The link may be old, or mistyped.")
}
