//! `POST /v1/attestations` and `/v1/attestations/batch`.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use shared::api::{BatchLine, Problem, Receipt, ReceiptOutcome, problem};
use shared::json::BODY_LIMIT;
use shared::log::{Checkpoint, LogReceipt};
use shared::names::{HEADER_LOG_SIZE, MEDIA_REPORT, MEDIA_REPORTS};
use shared::policy::DeviceStatus;

use super::queue::QueueError;
use super::system::System;
use super::verify::refused;
use crate::device_api::DeviceApi;
use crate::log::notary::{Log, LogError, Seal};
use crate::policy_document::names;
use crate::problem::ProblemResponse;
use crate::store::reports::{Epoch, Incoming, Kept};

/// Largest body of a batch, in bytes.
const BATCH_LIMIT: usize = 4 * 1024 * 1024;
/// A client that has not sent its body by then is slow or hostile.
const BODY_TIME: std::time::Duration = std::time::Duration::from_secs(30);
/// Most envelopes in a batch.
const BATCH_LINES: usize = 500;

/// Takes one report: 201 when it is new, 200 when it was here already.
pub async fn one(State(api): State<DeviceApi>, request: Request<Body>) -> Response {
    if let Err(problem) = expect_media(request.headers(), MEDIA_REPORT) {
        return ProblemResponse::from(problem).into_response();
    }
    let known = known_size(request.headers());
    let body = match read(request, BODY_LIMIT).await {
        Ok(body) => body,
        Err(problem) => return ProblemResponse::from(problem).into_response(),
    };
    match take(&api, &body, known).await {
        Ok(receipt) => {
            let status = match receipt.outcome {
                ReceiptOutcome::New => StatusCode::CREATED,
                ReceiptOutcome::Duplicate => StatusCode::OK,
            };
            (status, axum::Json(receipt)).into_response()
        }
        Err(response) => response.into_response(),
    }
}

/// Takes several reports, one envelope a line; each line gets its own answer.
pub async fn batch(State(api): State<DeviceApi>, request: Request<Body>) -> Response {
    if let Err(problem) = expect_media(request.headers(), MEDIA_REPORTS) {
        return ProblemResponse::from(problem).into_response();
    }
    let known = known_size(request.headers());
    let body = match read(request, BATCH_LIMIT).await {
        Ok(body) => body,
        Err(problem) => return ProblemResponse::from(problem).into_response(),
    };
    let lines: Vec<&[u8]> =
        body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).collect();
    if lines.len() > BATCH_LINES {
        let detail = format!("The batch has {} lines; send at most {BATCH_LINES}.", lines.len());
        return ProblemResponse::from(problem("too-large", detail)).into_response();
    }
    let mut answer = String::new();
    // One after the other: the lines of a device build on each other.
    for line in lines {
        let line = match take(&api, line, known).await {
            Ok(receipt) => BatchLine::Kept(receipt),
            Err(response) => BatchLine::Refused(response.into_problem()),
        };
        answer.push_str(&serde_json::to_string(&line).unwrap_or_default());
        answer.push('\n');
    }
    ([(header::CONTENT_TYPE, "application/jsonl")], answer).into_response()
}

/// The size at which the agent knows the log.
fn known_size(headers: &HeaderMap) -> Option<u64> {
    headers.get(HEADER_LOG_SIZE)?.to_str().ok()?.parse().ok()
}

async fn take(
    api: &DeviceApi,
    body: &[u8],
    known: Option<u64>,
) -> Result<Receipt, ProblemResponse> {
    if body.len() > BODY_LIMIT {
        return Err(too_large(BODY_LIMIT).into());
    }
    let now = api.clock.now();
    let mut incoming = api.verifier.verify(body, now)?;
    incoming.epoch = epoch(api, incoming.posture.freshness.checkpoint.as_ref()).await?;
    let carried = incoming.posture.freshness.checkpoint.as_ref().map(|it| it.size);
    let draft = Draft::of(&incoming, known.or(carried));
    let system = System::of(&incoming.posture);
    let (kept, seal) = api.queue.keep(incoming).await.map_err(|error| match error {
        QueueError::Full | QueueError::Stopped => ProblemResponse::unavailable(),
        error => ProblemResponse::internal(&error),
    })?;
    if kept == Kept::Conflict {
        api.refresh_keys().await;
    }
    if let (Kept::New { .. }, Some(installed)) =
        (&kept, system.as_ref().and_then(System::installed))
    {
        api.fetcher.notice(&installed).await;
    }
    draft.receipt(api, kept, seal, now).await
}

/// What the checkpoint that a report carries is worth.
async fn epoch(api: &DeviceApi, checkpoint: Option<&Checkpoint>) -> Result<Epoch, ProblemResponse> {
    let Some(checkpoint) = checkpoint else { return Ok(Epoch::None) };
    let holds = match api.log.quick_holds(checkpoint) {
        Some(holds) => holds,
        None => {
            let checkpoint = checkpoint.clone();
            blocking(api, move |log| log.holds(&checkpoint)).await?
        }
    };
    Ok(if holds { Epoch::Known } else { Epoch::Contradicts })
}

/// Lets the log ask the database, off the async workers.
async fn blocking<T: Send + 'static>(
    api: &DeviceApi,
    work: impl FnOnce(&Log) -> Result<T, LogError> + Send + 'static,
) -> Result<T, ProblemResponse> {
    let log = api.log.clone();
    let done = tokio::task::spawn_blocking(move || work(&log)).await;
    let done = done.map_err(|_| ProblemResponse::unavailable())?;
    done.map_err(|error| ProblemResponse::internal(&error))
}

/// What a receipt says of the report itself.
struct Draft {
    device_id: String,
    digest: [u8; 32],
    sequence: i64,
    /// The size at which the agent knows the log.
    known: Option<u64>,
}

impl Draft {
    fn of(incoming: &Incoming, known: Option<u64>) -> Self {
        Self {
            device_id: incoming.device_id.clone(),
            digest: incoming.digest,
            sequence: incoming.posture.sequence,
            known,
        }
    }

    async fn receipt(
        self,
        api: &DeviceApi,
        kept: Kept,
        seal: Option<Arc<Seal>>,
        now: Timestamp,
    ) -> Result<Receipt, ProblemResponse> {
        let (outcome, status, failing, received_at, flags, place) = match kept {
            Kept::New { status, failing, flags, index, entry } => {
                let flags = flags.iter().map(|flag| flag.as_str().to_owned()).collect();
                (ReceiptOutcome::New, status, failing, now, flags, (Some(index), entry))
            }
            Kept::Duplicate { status, failing, received_at, flags, index } => {
                let place = (index, String::new());
                (ReceiptOutcome::Duplicate, status, failing, received_at, flags, place)
            }
            Kept::Conflict => return Err(conflict(self.sequence).into()),
            Kept::Refused(lifecycle) => return Err(refused(lifecycle).into()),
            Kept::NoDevice => {
                return Err(problem(
                    "unknown-key",
                    "The device of this key is not known any more.",
                )
                .into());
            }
        };
        let log = self.proof(api, place, seal).await?;
        let (policy, catalogue) = names(&api.rulebook.current());
        Ok(Receipt {
            statement_sha256: shared::keys::hex(&self.digest),
            sequence: self.sequence,
            received_at,
            outcome,
            status: word(status, failing),
            flags,
            policy,
            catalogue: Some(catalogue),
            nonce: api.verifier.nonces.issue(&self.device_id, now),
            settings: api.settings,
            log: Some(log),
        })
    }

    /// From memory for what was just appended; from the database for what was
    /// there already or is known from long ago.
    async fn proof(
        &self,
        api: &DeviceApi,
        (index, entry): (Option<u64>, String),
        seal: Option<Arc<Seal>>,
    ) -> Result<LogReceipt, ProblemResponse> {
        // Its first copy is in the same batch: the next try finds it.
        let index = index.ok_or_else(ProblemResponse::unavailable)?;
        if let Some(seal) = seal.as_deref().filter(|_| !entry.is_empty())
            && let Some(receipt) = api.log.quick_receipt((index, entry), seal, self.known)
        {
            return Ok(receipt);
        }
        let known = self.known;
        let receipt = blocking(api, move |log| {
            let seal = match seal {
                Some(seal) => seal,
                None => Arc::new(log.refresh()?),
            };
            log.receipt(index, &seal, known)
        });
        receipt.await?.ok_or_else(|| ProblemResponse::internal(&"the log lacks an entry"))
    }
}

/// An agent reports more often while a required rule fails, also within grace.
fn word(status: DeviceStatus, failing: bool) -> String {
    let status =
        if failing && status == DeviceStatus::Unknown { DeviceStatus::AtRisk } else { status };
    status.as_str().to_owned()
}

fn conflict(sequence: i64) -> Problem {
    problem(
        "sequence-conflict",
        format!(
            "Another report has sequence {sequence}; both are kept and the device is suspended, because two signers hold its key; tell IT."
        ),
    )
}

fn expect_media(headers: &HeaderMap, expected: &str) -> Result<(), Problem> {
    let found = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = found.and_then(|found| found.split(';').next()).map(str::trim);
    if essence.is_some_and(|essence| essence.eq_ignore_ascii_case(expected)) {
        return Ok(());
    }
    Err(problem("unsupported-media-type", format!("Send the body as `{expected}`.")))
}

/// The body, up to `limit`; more is not even read.
pub async fn read(request: Request<Body>, limit: usize) -> Result<Bytes, Problem> {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let body = axum::body::to_bytes(request.into_body(), limit);
    let Ok(read) = tokio::time::timeout(BODY_TIME, body).await else {
        return Err(problem("timed-out", "The body did not arrive in time; send it again."));
    };
    read.map_err(|error| {
        use std::error::Error as _;
        let limited =
            error.source().is_some_and(|cause| cause.to_string().contains("length limit"));
        if limited {
            too_large(limit)
        } else {
            problem("malformed-request", "The body ended before it was complete; send it again.")
        }
    })
}

fn too_large(limit: usize) -> Problem {
    problem("too-large", format!("The body is larger than {limit} bytes."))
}
