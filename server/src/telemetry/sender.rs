//! The collector's own HTTP client, as the exporter wants it.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use reqwest::{Client, redirect};
use shared::token::is_loopback_http;
use tokio::runtime::Handle;

use crate::clock::Clock;
use crate::outgoing;

/// The longest answer that is read.
const ANSWER_LIMIT: usize = 64 * 1024;

/// Sends from the runtime, whatever thread asks: the exporter has its own.
pub(super) struct Sender {
    client: Client,
    runtime: Handle,
}

impl fmt::Debug for Sender {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Sender")
    }
}

impl Sender {
    pub(super) fn new(url: &str, patience: Duration, runtime: Handle) -> Result<Self, String> {
        let tls = outgoing::tls(url, None, &Clock::System).map_err(|error| error.to_string())?;
        let builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(redirect::Policy::none())
            .timeout(patience);
        // A proxy of the environment leads out of this machine.
        let builder = if is_loopback_http(url) { builder.no_proxy() } else { builder };
        let client = builder.build().map_err(|error| error.to_string())?;
        Ok(Self { client, runtime })
    }
}

impl HttpClient for Sender {
    fn send_bytes<'this, 'future>(
        &'this self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'future>>
    where
        'this: 'future,
        Self: 'future,
    {
        let client = self.client.clone();
        let sending = self.runtime.spawn(async move { send(&client, request).await });
        Box::pin(async move { sending.await? })
    }
}

async fn send(client: &Client, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let mut answer = client.execute(request.try_into()?).await?;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > ANSWER_LIMIT {
            return Err("the answer is too long".into());
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = Response::builder().status(answer.status());
    if let Some(headers) = response.headers_mut() {
        headers.extend(answer.headers().clone());
    }
    Ok(response.body(Bytes::from(body))?)
}
