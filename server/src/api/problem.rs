//! Every error that leaves the API: RFC 9457 problem details with the id of
//! the request and, where something was typed wrong, the field.

use std::fmt::Display;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::names::{MEDIA_PROBLEM, PROBLEM_BASE};
use utoipa::ToSchema;

use crate::ingest::queue::QueueError;
use crate::log::notary::LogError;
use crate::problem::spread;
use crate::store::StoreError;

/// Every kind of problem: code, HTTP status, title.
pub(crate) const PROBLEMS: &[(&str, u16, &str)] = &[
    ("bad-parameter", 400, "A parameter is not valid"),
    ("bad-json", 400, "The body is not JSON"),
    ("not-signed-in", 401, "Who asks is not known"),
    ("not-allowed", 403, "Not allowed"),
    ("other-origin", 403, "The request came from another site"),
    ("not-found", 404, "There is nothing at this address"),
    ("method-not-allowed", 405, "The address does not take this method"),
    ("not-acceptable", 406, "The answer is JSON"),
    ("conflict", 409, "The object does not allow it now"),
    ("request-in-progress", 409, "The first request with this key is at work"),
    ("request-interrupted", 409, "The first request with this key was interrupted"),
    ("changed-meanwhile", 412, "The object was changed meanwhile"),
    ("too-large", 413, "The body is too large"),
    ("unsupported-media-type", 415, "The body must be JSON"),
    ("bad-field", 422, "A field is not valid"),
    ("key-reused", 422, "The idempotency key belongs to another request"),
    ("precondition-required", 428, "The version to be changed must be named"),
    ("rate-limited", 429, "Too many requests"),
    ("internal", 500, "The collector failed"),
    ("unavailable", 503, "The collector is busy"),
];

/// An error, as RFC 9457 writes it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// The kind of problem: the same address for ever. Programs decide by it.
    #[serde(rename = "type")]
    #[schema(example = "https://muster.example/problems/not-found")]
    kind: String,
    /// The same for every problem of this kind.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened here and what to do, in one sentence.
    detail: String,
    /// Names the request in the collector's log.
    request_id: String,
    /// What is wrong with which field or parameter; empty when none is at fault.
    errors: Vec<FieldError>,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// Name of the field, parameter or header.
    pub(crate) field: String,
    /// What would be right.
    pub(crate) detail: String,
}

/// A problem on its way out; the layer around every answer adds the id.
#[derive(Clone, Debug)]
pub(crate) struct ApiProblem {
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiProblem {
    /// The problem called `code`, with `detail` for this case.
    pub(crate) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), headers: Vec::new() }
    }

    /// A parameter that is not valid.
    pub(super) fn parameter(name: &str, detail: impl Into<String>) -> Self {
        Self::about("bad-parameter", name, detail)
    }

    /// A field of the body that is not valid.
    pub(super) fn field(name: &str, detail: impl Into<String>) -> Self {
        Self::about("bad-field", name, detail)
    }

    fn about(code: &'static str, name: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let error = FieldError { field: name.to_owned(), detail: detail.clone() };
        Self { errors: vec![error], ..Self::new(code, format!("`{name}`: {detail}")) }
    }

    /// Nothing is there.
    pub(crate) fn nothing(what: &str) -> Self {
        Self::new("not-found", what)
    }

    /// Who asks is not known.
    pub(crate) fn not_signed_in() -> Self {
        let detail = "Send a valid API token as `Authorization: Bearer muster_...`, or the cookie of a session.";
        Self::new("not-signed-in", detail).with(header::WWW_AUTHENTICATE, "Bearer realm=\"muster\"")
    }

    /// Come again later.
    pub(super) fn unavailable(cause: &dyn Display) -> Self {
        tracing::warn!(%cause, "a request has to come again");
        let detail =
            "The collector cannot do this just now; come again after the time in `Retry-After`.";
        Self::new("unavailable", detail).retry_after(spread().into())
    }

    /// The cause goes to the log, not to the caller.
    pub(super) fn internal(cause: &dyn Display) -> Self {
        tracing::error!(%cause, "a request failed");
        Self::new("internal", "The collector could not do this; its log says why.")
    }

    /// With a header.
    #[must_use]
    pub(super) fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }

    /// With the seconds after which to come again.
    #[must_use]
    pub(super) fn retry_after(self, seconds: u64) -> Self {
        self.with(header::RETRY_AFTER, &seconds.to_string())
    }

    /// The HTTP status.
    pub(super) fn status(&self) -> StatusCode {
        let (_, status, _) = self.kind();
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn kind(&self) -> (&'static str, u16, &'static str) {
        let known = PROBLEMS.iter().find(|(code, ..)| *code == self.code).copied();
        known.unwrap_or(("internal", 500, "The collector failed"))
    }

    /// The whole answer.
    pub(super) fn answer(self, request_id: &str) -> Response {
        let (code, status, title) = self.kind();
        let body = ProblemBody {
            kind: format!("{PROBLEM_BASE}{code}"),
            title,
            status,
            detail: self.detail.clone(),
            request_id: request_id.to_owned(),
            errors: self.errors.clone(),
        };
        let text = serde_json::to_string(&body).unwrap_or_default();
        let mut response = (self.status(), text).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_PROBLEM));
        headers.extend(self.headers);
        response
    }
}

impl IntoResponse for ApiProblem {
    /// Without a body: [`super::frame`] writes it, who knows the request.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for ApiProblem {
    fn from(error: StoreError) -> Self {
        if error.passes() { Self::unavailable(&error) } else { Self::internal(&error) }
    }
}

impl From<QueueError> for ApiProblem {
    fn from(error: QueueError) -> Self {
        if error.passes() { Self::unavailable(&error) } else { Self::internal(&error) }
    }
}

impl From<LogError> for ApiProblem {
    fn from(error: LogError) -> Self {
        if error.passes() { Self::unavailable(&error) } else { Self::internal(&error) }
    }
}

impl From<tokio::task::JoinError> for ApiProblem {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::internal(&error)
    }
}

impl From<crate::auth::AuthError> for ApiProblem {
    fn from(error: crate::auth::AuthError) -> Self {
        match error {
            crate::auth::AuthError::Store(error) => error.into(),
            other @ crate::auth::AuthError::NoRandomness => Self::internal(&other),
        }
    }
}
