//! What a request is refused with, as RFC 7644 section 3.12 writes it.

use std::fmt::Display;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::MEDIA;
use crate::auth::AuthError;
use crate::problem::spread;
use crate::store::StoreError;

/// A request that is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// SCIM's word for the reason.
    pub(super) kind: Option<&'static str>,
    /// What is wrong and what would be right.
    pub(super) detail: String,
    retry_after: bool,
}

impl Refusal {
    /// A refusal without a word of SCIM.
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, kind: None, detail: detail.into(), retry_after: false }
    }

    /// A request that is wrong in itself.
    pub(super) fn wrong(kind: &'static str, detail: impl Into<String>) -> Self {
        Self { kind: Some(kind), ..Self::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// A value that cannot be kept.
    pub(super) fn value(detail: impl Into<String>) -> Self {
        Self::wrong("invalidValue", detail)
    }

    /// Somebody else is called so.
    pub(super) fn taken(detail: &str) -> Self {
        Self { kind: Some("uniqueness"), ..Self::new(StatusCode::CONFLICT, detail) }
    }

    /// There is no such person.
    pub(super) fn nobody() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is no user with this id.")
    }

    /// Come again later.
    pub(super) fn later(status: StatusCode, detail: &str) -> Self {
        Self { retry_after: true, ..Self::new(status, detail) }
    }

    /// The cause goes to the log, not to the caller.
    pub(super) fn internal(cause: &dyn Display) -> Self {
        tracing::error!(%cause, "a request of a directory failed");
        let detail = "The collector could not do this; its log says why.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        if error.passes() {
            let detail = "The collector cannot do this just now; come again.";
            return Self::later(StatusCode::SERVICE_UNAVAILABLE, detail);
        }
        Self::internal(&error)
    }
}

impl From<AuthError> for Refusal {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Store(error) => error.into(),
            other @ AuthError::NoRandomness => Self::internal(&other),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": self.status.as_str(),
            "detail": self.detail,
        });
        if let (Some(kind), Some(body)) = (self.kind, body.as_object_mut()) {
            body.insert("scimType".to_owned(), kind.into());
        }
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA));
        if self.status == StatusCode::UNAUTHORIZED {
            let realm = HeaderValue::from_static("Bearer realm=\"muster\"");
            headers.insert(header::WWW_AUTHENTICATE, realm);
        }
        if self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(u64::from(spread())));
        }
        response
    }
}
