//! How the collector asks a provider: over TLS, without following redirects,
//! within a time and a size.

use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::{Client, redirect};
use shared::token::is_loopback_http;

use crate::clock::Clock;
use crate::config::openid::OpenId;
use crate::outgoing::{OutgoingError, innermost, tls};

/// Time to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for a whole exchange: a person is waiting.
const WHOLE_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest answer, in bytes; documents of large providers have some thousands.
const ANSWER_LIMIT: usize = 512 * 1024;

/// Why a provider did not answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    /// No connection, or it broke.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// An address that may not be asked.
    #[error("`{0}` is not https")]
    NotHttps(String),
    /// Nothing in time.
    #[error("it did not answer in time")]
    Late,
    /// Too large.
    #[error("its answer is larger than {ANSWER_LIMIT} bytes")]
    TooLarge,
}

/// Asks one provider.
#[derive(Clone, Debug)]
pub(super) struct Http {
    client: Client,
    is_local: bool,
}

impl Http {
    /// A client for this provider.
    pub(super) fn new(provider: &OpenId, clock: &Clock) -> Result<Self, OutgoingError> {
        let is_local = is_loopback_http(&provider.issuer);
        let builder = Client::builder()
            .tls_backend_preconfigured(tls(&provider.issuer, provider.ca.as_deref(), clock)?)
            // Whoever redirects these requests would get codes and secrets.
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(WHOLE_TIMEOUT)
            .user_agent(concat!("muster-server/", env!("CARGO_PKG_VERSION")));
        // A proxy of the environment leads out of this machine.
        let builder = if is_local { builder.no_proxy() } else { builder };
        let client = builder.build().map_err(|error| OutgoingError::Setup(error.to_string()))?;
        Ok(Self { client, is_local })
    }

    /// Whether an address that the provider names may be used: https, and
    /// plain http only when the provider itself is on this machine.
    pub(super) fn may_ask(&self, url: &str) -> bool {
        url.starts_with("https://") || (self.is_local && is_loopback_http(url))
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        // Whatever the provider names is asked here, its keys before anybody
        // could look at their address.
        let url = request.uri().to_string();
        if !self.may_ask(&url) {
            return Err(HttpError::NotHttps(url));
        }
        let request = request.try_into().map_err(|error| no_answer(&error))?;
        let mut answer = self.client.execute(request).await.map_err(|error| no_answer(&error))?;
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| no_answer(&error))? {
            if bytes.len() + chunk.len() > ANSWER_LIMIT {
                return Err(HttpError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        let mut response = HttpResponse::new(bytes);
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

fn no_answer(error: &reqwest::Error) -> HttpError {
    if error.is_timeout() { HttpError::Late } else { HttpError::Unreachable(innermost(error)) }
}
