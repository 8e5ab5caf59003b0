//! The collector over HTTP.
//!
//! No redirects, no proxy from the environment, no cookies, no compression:
//! one server, three addresses. Every answer has a limit and a deadline.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, DATE, ETAG, HeaderMap, IF_NONE_MATCH, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};
use shared::api::{BatchLine, EnrollRequest, Enrolled, FarewellReceipt, Pending, Problem, Receipt};
use shared::names::{HEADER_LOG_SIZE, MEDIA_FAREWELL, MEDIA_REPORT, MEDIA_REPORTS};
use shared::token::is_loopback_http;

use crate::context::Clock;
use crate::delivery::{Courier, RulesAnswer, SendError};
use crate::identity::{Identity, Trust};

pub mod tls;

pub use tls::{ServerTrust, TlsError};

/// Time to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for a whole exchange.
const WHOLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest answer, in bytes; a receipt has less than six thousand, with the
/// proofs of a log of a thousand million entries.
const ANSWER_LIMIT: usize = 1024 * 1024;
/// Largest document with rules, in bytes: a policy and a catalogue in base64.
const RULES_LIMIT: usize = 6 * 1024 * 1024;
/// Longest wait that a collector may ask for, in seconds.
const RETRY_LIMIT_S: u32 = 24 * 3600;

/// A collector at its address.
#[derive(Clone, Debug)]
pub struct Collector {
    client: Client,
    url: String,
    clock: Clock,
}

/// The answer to an enrolment.
#[derive(Clone, Debug)]
pub enum EnrollAnswer {
    /// The device is enrolled.
    Enrolled(Box<Enrolled>),
    /// A person has to approve.
    Pending(Pending),
}

/// A body with what came before it.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Collector {
    /// Prepares to speak with the collector at `url`.
    pub fn new(url: &str, trust: &ServerTrust, clock: Clock) -> Result<Self, TlsError> {
        let loopback = is_loopback_http(url);
        if !loopback && !url.starts_with("https://") {
            return Err(TlsError::Address(url.to_owned()));
        }
        let client = Client::builder()
            .tls_backend_preconfigured(tls::config(trust, clock.clone())?)
            .https_only(!loopback)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(WHOLE_TIMEOUT)
            .user_agent(concat!("muster-agent/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, url: url.trim_end_matches('/').to_owned(), clock })
    }

    /// Prepares to speak with the collector that `identity` is enrolled with.
    pub fn of(identity: &Identity, clock: Clock) -> Result<Self, TlsError> {
        let trust = match identity.trust {
            Trust::Pinned => ServerTrust::Ca(identity.ca.clone()),
            Trust::Web => ServerTrust::Web,
        };
        Self::new(&identity.url, &trust, clock)
    }

    /// Asks to be enrolled.
    pub async fn enroll(&self, request: &EnrollRequest) -> Result<EnrollAnswer, SendError> {
        let body = serde_json::to_vec(request).map_err(|error| self.odd(error))?;
        let answer = self.post("/v1/enroll", "application/json", body, None).await?;
        match answer.status {
            StatusCode::CREATED => Ok(EnrollAnswer::Enrolled(Box::new(self.read(&answer.body)?))),
            StatusCode::ACCEPTED => Ok(EnrollAnswer::Pending(self.read(&answer.body)?)),
            _ => Err(self.refusal(&answer)),
        }
    }

    /// Says that this device's agent is being removed.
    pub async fn unenroll(&self, envelope: String) -> Result<FarewellReceipt, SendError> {
        let body = envelope.into_bytes();
        let answer = self.post("/v1/unenroll", MEDIA_FAREWELL, body, None).await?;
        match answer.status {
            StatusCode::OK => self.read(&answer.body),
            _ => Err(self.refusal(&answer)),
        }
    }

    /// Asks for what anybody may read, and gives the time that the collector
    /// wrote on its answer. Any answer shows that it is there.
    pub async fn date(&self) -> Result<Option<jiff::Timestamp>, SendError> {
        let request = self.client.get(format!("{}/v1/policy", self.url));
        let response = request.send().await.map_err(|error| self.no_answer(&error))?;
        let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        Ok(date.map(|date| date.timestamp()))
    }

    async fn post(
        &self,
        path: &str,
        media_type: &str,
        body: Vec<u8>,
        log_size: Option<u64>,
    ) -> Result<Answer, SendError> {
        let mut request = self.client.post(format!("{}{path}", self.url));
        if let Some(size) = log_size {
            request = request.header(HEADER_LOG_SIZE, size);
        }
        let sent = request.header(CONTENT_TYPE, media_type).body(body).send().await;
        let response = sent.map_err(|error| self.no_answer(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer { status, headers, body: self.body(response, ANSWER_LIMIT).await? })
    }

    async fn body(&self, mut response: Response, limit: usize) -> Result<Vec<u8>, SendError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.no_answer(&error))? {
            if body.len() + chunk.len() > limit {
                return Err(self.odd(format!("an answer of more than {limit} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn read<T: serde::de::DeserializeOwned>(&self, body: &[u8]) -> Result<T, SendError> {
        serde_json::from_slice(body).map_err(|error| self.odd(error))
    }

    fn odd(&self, reason: impl std::fmt::Display) -> SendError {
        SendError::Protocol { url: self.url.clone(), reason: reason.to_string() }
    }

    fn no_answer(&self, error: &reqwest::Error) -> SendError {
        let url = self.url.clone();
        if let Some(reason) = tls::distrust(error) {
            return SendError::Untrusted { url, reason };
        }
        if error.is_timeout() {
            return SendError::Unreachable { url, reason: "no answer in time".to_owned() };
        }
        // The innermost cause is the one that a person understands.
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        SendError::Unreachable { url, reason: cause.to_string() }
    }

    /// What an answer that is no success means for the whole request.
    fn refusal(&self, answer: &Answer) -> SendError {
        let problem: Option<Problem> = serde_json::from_slice(&answer.body).ok();
        let status = answer.status;
        let busy = matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
                | StatusCode::INTERNAL_SERVER_ERROR
        );
        if busy {
            let detail = problem.map_or_else(|| format!("HTTP {status}"), |it| it.detail);
            let retry_after_s = self.retry_after(&answer.headers);
            return SendError::Busy { retry_after_s, detail };
        }
        match problem {
            Some(problem) => SendError::Refused(problem),
            None => self.odd(format!("HTTP {status}")),
        }
    }

    fn retry_after(&self, headers: &HeaderMap) -> Option<u32> {
        let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        retry_after(text, self.clock.now())
    }
}

/// Reads `Retry-After`: seconds, or a date.
fn retry_after(text: &str, now: jiff::Timestamp) -> Option<u32> {
    let seconds = if let Ok(seconds) = text.parse::<i64>() {
        seconds
    } else {
        let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        date.duration_since(now).as_secs().max(0)
    };
    u32::try_from(seconds).ok().map(|it| it.min(RETRY_LIMIT_S))
}

impl Courier for Collector {
    async fn send(
        &self,
        envelopes: &[String],
        log_size: Option<u64>,
    ) -> Result<Vec<BatchLine>, SendError> {
        if let [envelope] = envelopes {
            let body = envelope.clone().into_bytes();
            let answer = self.post("/v1/attestations", MEDIA_REPORT, body, log_size).await?;
            if matches!(answer.status, StatusCode::CREATED | StatusCode::OK) {
                let receipt: Receipt = self.read(&answer.body)?;
                return Ok(vec![BatchLine::Kept(receipt)]);
            }
            return match self.refusal(&answer) {
                SendError::Refused(problem) => Ok(vec![BatchLine::Refused(problem)]),
                error => Err(error),
            };
        }
        let mut body = envelopes.join("\n");
        body.push('\n');
        let (path, body) = ("/v1/attestations/batch", body.into_bytes());
        let answer = self.post(path, MEDIA_REPORTS, body, log_size).await?;
        if !answer.status.is_success() {
            return Err(self.refusal(&answer));
        }
        let lines = answer.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| self.read(line)).collect()
    }

    async fn rules(&self, etag: Option<&str>) -> Result<RulesAnswer, SendError> {
        let mut request = self.client.get(format!("{}/v1/policy", self.url));
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let response = request.send().await.map_err(|error| self.no_answer(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        match status {
            StatusCode::NOT_MODIFIED => Ok(RulesAnswer::Same),
            StatusCode::OK => {
                let etag = headers.get(ETAG).and_then(|etag| etag.to_str().ok());
                let etag = etag.filter(|etag| etag.len() <= 200).map(str::to_owned);
                Ok(RulesAnswer::Document { body: self.body(response, RULES_LIMIT).await?, etag })
            }
            _ => {
                let body = self.body(response, ANSWER_LIMIT).await?;
                Err(self.refusal(&Answer { status, headers, body }))
            }
        }
    }
}

#[cfg(test)]
mod tests;
