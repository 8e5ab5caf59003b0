//! Sends one message: to addresses that were judged, without redirects and
//! proxies, in little time, and reads only the beginning of the answer.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::redirect;

use super::message::{Message, Stamp};
use super::target::Targets;
use crate::clock::Clock;
use crate::outgoing;

/// Time for a whole exchange.
const PATIENCE: Duration = Duration::from_secs(10);
/// So much of an answer is read, in bytes.
const ANSWER: usize = 4096;

/// What came of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// HTTP status of the answer.
    pub status: Option<u16>,
    /// Why it was not taken, in one sentence.
    pub failure: Option<String>,
}

/// Connects to webhooks.
#[derive(Clone, Debug)]
pub struct Client {
    targets: Targets,
    /// Why there is none is told with every message.
    http: Result<reqwest::Client, Arc<str>>,
}

impl Client {
    /// A client that goes where `targets` allow.
    pub fn new(targets: &Targets, is_local: bool, clock: &Clock) -> Self {
        Self { targets: targets.clone(), http: http(targets, is_local, clock).map_err(Into::into) }
    }

    /// Where messages may go.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// Sends `message` once.
    pub(super) async fn send(&self, url: &str, message: &Message, stamp: &Stamp) -> Sent {
        let failed = |why: String| Sent { status: None, failure: Some(why) };
        // Once more: the configuration may be another than when it was made.
        let url = match self.targets.url(url) {
            Ok(url) => url,
            Err(error) => return failed(error.to_string()),
        };
        let http = match &self.http {
            Ok(http) => http,
            Err(why) => return failed(why.to_string()),
        };
        let request = http
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", &stamp.timestamp)
            .header("webhook-signature", &stamp.signature)
            .body(message.body.clone());
        match request.send().await {
            Ok(answer) => judge(answer).await,
            Err(error) if error.is_timeout() => {
                failed("The address did not answer in time.".into())
            }
            Err(error) => failed(format!("It could not be sent: {}.", outgoing::innermost(&error))),
        }
    }
}

fn http(targets: &Targets, is_local: bool, clock: &Clock) -> Result<reqwest::Client, String> {
    let scheme = if is_local { "http://127.0.0.1" } else { "https://" };
    let tls = outgoing::tls(scheme, None, clock).map_err(|error| error.to_string())?;
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::new(targets.clone()))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .timeout(PATIENCE)
        .user_agent(concat!("muster-server/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| error.to_string())
}

/// Takes 2xx for a yes. The beginning of the answer is read, so that its
/// sender sees its answer arrive; nothing of it is kept.
async fn judge(mut answer: reqwest::Response) -> Sent {
    let status = answer.status();
    let mut read = 0;
    while let Ok(Some(chunk)) = answer.chunk().await {
        read += chunk.len();
        if read >= ANSWER {
            break;
        }
    }
    let failure = match status.as_u16() {
        200..300 => None,
        300..400 => Some(format!("It answered {status}; redirects are not followed.")),
        _ => Some(format!("It answered {status}.")),
    };
    Sent { status: Some(status.as_u16()), failure }
}
