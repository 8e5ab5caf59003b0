//! Asks a feed over HTTP: conditional requests, limits, a deadline.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use reqwest::{Client, StatusCode, redirect};
use rustls::ClientConfig;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use shared::token::is_loopback_http;

use super::source::{Source, is_allowed};
use crate::clock::Clock;
use crate::store::os_releases::Tags;
use crate::tls::TlsTime;

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
    /// The configured CA cannot be used.
    #[error("the CA file `{path}` cannot be used: {why}")]
    Ca {
        /// Which file.
        path: String,
        /// Why not.
        why: String,
    },
    /// No client can be made.
    #[error("no connection can be prepared: {0}")]
    Setup(String),
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
        .tls_backend_preconfigured(tls(source, clock)?)
        .redirect(redirect::Policy::custom(follow))
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(WHOLE_TIMEOUT)
        .user_agent(concat!("muster-server/", env!("CARGO_PKG_VERSION")));
    // A proxy of the environment leads out of this machine.
    let builder = if is_local { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| FeedError::Setup(error.to_string()))
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

/// TLS with this computer's authorities, and one of the company's own.
fn tls(source: &Source, clock: &Clock) -> Result<ClientConfig, FeedError> {
    let setup = |error: rustls::Error| FeedError::Setup(error.to_string());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_details(Arc::clone(&provider), Arc::new(TlsTime(clock.clone())))
            .with_safe_default_protocol_versions()
            .map_err(setup)?;
    let mut config = if is_loopback_http(&source.url) {
        // No certificate will be judged, and this machine may have no store.
        builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
    } else {
        let verifier =
            rustls_platform_verifier::Verifier::new_with_extra_roots(own_ca(source)?, provider)
                .map_err(setup)?;
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth()
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn own_ca(source: &Source) -> Result<Vec<CertificateDer<'static>>, FeedError> {
    let Some(path) = &source.ca else { return Ok(Vec::new()) };
    let wrong = |why: String| FeedError::Ca { path: path.display().to_string(), why };
    let list: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?.collect();
    match list {
        Ok(list) if list.is_empty() => Err(wrong("it holds no PEM certificate".to_owned())),
        Ok(list) => Ok(list),
        Err(error) => Err(wrong(error.to_string())),
    }
}

fn no_answer(error: &reqwest::Error) -> FeedError {
    if error.is_timeout() {
        return FeedError::Late;
    }
    // The innermost cause is the one that a person understands.
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    FeedError::Unreachable(cause.to_string())
}
