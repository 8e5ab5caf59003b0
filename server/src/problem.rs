//! Every error that leaves the device API: RFC 9457 problem details.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use shared::api::{Problem, problem};
use shared::names::MEDIA_PROBLEM;

/// A problem as an answer.
#[derive(Debug)]
pub struct ProblemResponse {
    problem: Problem,
    retry_after_s: Option<u32>,
}

impl From<Problem> for ProblemResponse {
    fn from(problem: Problem) -> Self {
        Self { problem, retry_after_s: None }
    }
}

/// Seconds after which a client may come again: spread, so that a fleet does
/// not come back at one moment.
pub fn spread() -> u32 {
    let mut byte = [0];
    // Without random bytes everybody waits the shortest time.
    let _ = aws_lc_rs::rand::fill(&mut byte);
    5 + u32::from(byte[0]) * 55 / 255
}

impl ProblemResponse {
    /// 503: come again later.
    pub fn unavailable() -> Self {
        let detail = "The collector has more reports than it can write just now; send it again after the time in `Retry-After`.";
        Self { problem: problem("unavailable", detail), retry_after_s: Some(spread()) }
    }

    /// 429: too much of it.
    pub fn rate_limited(detail: &str) -> Self {
        Self { problem: problem("rate-limited", detail), retry_after_s: Some(spread()) }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.problem.status
    }

    /// The problem alone, for one line of a batch.
    pub fn into_problem(self) -> Problem {
        self.problem
    }

    /// 500: the cause goes to the log, not to the caller.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        let detail = "The collector could not do this just now; its log says why.";
        problem("internal", detail).into()
    }
}

impl IntoResponse for ProblemResponse {
    fn into_response(self) -> Response<Body> {
        let status =
            StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self.problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_PROBLEM));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
