//! Asks a feed over HTTP: conditional requests, limits, a deadline.

use std::time::Duration;

use reqwest::header::{ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use reqwest::{Client, StatusCode, redirect};
use shared::token::is_loopback_http;

use super::source::{Source, is_allowed};
use crate::clock::Clock;
use crate::outgoing::{OutgoingError, innermost, tls};
use crate::store::os_releases::Tags;

/// Time to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for a whole exchange.
pub const WHOLE_TIMEOUT: Duration = Duration::from_mins(1);
/// Largest answer, in bytes; the public feed has half a million.
const ANSWER_LIMIT: usize = 16 * 1024 * 1024;
/// Most redirects that are followed.
const REDIRECTS: usize = 3;

/// What the address answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The same as the last time.
    NotModified,
    /// A body, not looked at yet.
    Body {
        /// The bytes.
        bytes: Vec<u8>,
        /// How to recognise them.
        tags: Tags,
    },
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The configured CA cannot be used, or no client can be made.
    #[error(transparent)]
    Outgoing(#[from] OutgoingError),
    /// No connection, or it broke.
    #[error("the address cannot be reached: {0}")]
    Unreachable(String),
    /// Nothing in time.
    #[error("the address did not answer in time")]
    Late,
    /// An error of HTTP.
    #[error("the address answered {0}; check it")]
    Status(StatusCode),
    /// Too large.
    #[error("the answer is larger than {ANSWER_LIMIT} bytes; check the address")]
    TooLarge,
}

/// Asks once; `tags` are those of the last answer that was taken.
pub async fn ask(source: &Source, tags: &Tags, clock: &Clock) -> Result<Answer, FeedError> {
    let client = client(source, clock)?;
    let mut request = client.get(&source.url);
    if let Some(etag) = &tags.etag {
        request = request.header(IF_NONE_MATCH, etag);
    } else if let Some(modified) = &tags.modified {
        request = request.header(IF_MODIFIED_SINCE, modified);
    }
    let mut response = request.send().await.map_err(|error| no_answer(&error))?;
    let status = response.status();
    if status == StatusCode::NOT_MODIFIED && *tags != Tags::default() {
        return Ok(Answer::NotModified);
    }
    if status != StatusCode::OK {
        return Err(FeedError::Status(status));
    }
    let tags = tags_of(response.headers());
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| no_answer(&error))? {
        if bytes.len() + chunk.len() > ANSWER_LIMIT {
            return Err(FeedError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Answer::Body { bytes, tags })
}

fn tags_of(headers: &HeaderMap) -> Tags {
    let text = |name| {
        let value = headers.get(name)?.to_str().ok()?;
        (value.len() <= 200).then(|| value.to_owned())
    };
    Tags { etag: text(ETAG), modified: text(LAST_MODIFIED) }
}

fn client(source: &Source, clock: &Clock) -> Result<Client, FeedError> {
    let is_local = is_loopback_http(&source.url);
    let builder = Client::builder()
        .tls_backend_preconfigured(tls(&source.url, source.ca.as_deref(), clock)?)
        .redirect(redirect::Policy::custom(follow))
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(WHOLE_TIMEOUT)
        .user_agent(concat!("muster-server/", env!("CARGO_PKG_VERSION")));
    // A proxy of the environment leads out of this machine.
    let builder = if is_local { builder.no_proxy() } else { builder };
    Ok(builder.build().map_err(|error| OutgoingError::Setup(error.to_string()))?)
}

/// Follows a few redirects, and none to where nobody would have asked.
fn follow(attempt: redirect::Attempt<'_>) -> redirect::Action {
    if attempt.previous().len() > REDIRECTS {
        return attempt.error("more redirects than are followed");
    }
    let from_here = attempt.previous().first().is_some_and(|url| is_loopback_http(url.as_str()));
    let to_here = is_loopback_http(attempt.url().as_str());
    if !is_allowed(attempt.url().as_str()) || (to_here && !from_here) {
        return attempt.error("a redirect to an address that is not https");
    }
    attempt.follow()
}

fn no_answer(error: &reqwest::Error) -> FeedError {
    if error.is_timeout() {
        return FeedError::Late;
    }
    FeedError::Unreachable(innermost(error))
}
