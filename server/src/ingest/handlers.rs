//! `POST /v1/attestations` and `/v1/attestations/batch`.

use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::api::{BatchLine, Problem, Receipt, ReceiptOutcome, problem};
use shared::json::BODY_LIMIT;
use shared::names::{HEADER_LOG_SIZE, MEDIA_REPORT, MEDIA_REPORTS};

use super::limits::Client;
use super::queue::{QueueError, Waiting};
use super::receipt::{Draft, epoch};
use super::system::System;
use crate::device_api::DeviceApi;
use crate::metrics::meters::Outcome;
use crate::problem::ProblemResponse;
use crate::store::reports::{Incoming, Kept};

/// Largest body of a batch, in bytes.
const BATCH_LIMIT: usize = 4 * 1024 * 1024;
/// A client that has not sent its body by then is slow or hostile.
const BODY_TIME: std::time::Duration = std::time::Duration::from_secs(30);
/// Most envelopes in a batch.
const BATCH_LINES: usize = 500;

/// Takes one report: 201 when it is new, 200 when it was here already.
pub async fn one(State(api): State<DeviceApi>, request: Request<Body>) -> Response {
    let began = Instant::now();
    let client = api.limits.client(&request);
    let answer = one_report(&api, &client, request).await;
    api.meters.report(outcome(&answer), began.elapsed());
    match answer {
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

/// What became of a report, for counting.
fn outcome(answer: &Result<Receipt, ProblemResponse>) -> Outcome {
    match answer {
        Ok(receipt) if receipt.outcome == ReceiptOutcome::New => Outcome::New,
        Ok(_) => Outcome::Duplicate,
        Err(problem) => Outcome::of_status(problem.status()),
    }
}

async fn one_report(
    api: &DeviceApi,
    client: &Client,
    request: Request<Body>,
) -> Result<Receipt, ProblemResponse> {
    let known = known_size(request.headers());
    let body = body(api, client, request, (MEDIA_REPORT, BODY_LIMIT)).await?;
    admit(api, client, &body, known).await?.receipt(api).await
}

/// The body of a request that is of the expected kind.
pub async fn body(
    api: &DeviceApi,
    client: &Client,
    request: Request<Body>,
    (media, limit): (&str, usize),
) -> Result<Bytes, ProblemResponse> {
    let body = match expect_media(request.headers(), media) {
        Ok(()) => read(request, limit).await,
        Err(problem) => Err(problem),
    };
    body.map_err(|problem| {
        client.refused(problem.status, api.clock.now());
        problem.into()
    })
}

/// Takes several reports, one envelope a line; each line gets its own answer.
pub async fn batch(State(api): State<DeviceApi>, request: Request<Body>) -> Response {
    let client = api.limits.client(&request);
    match lines(&api, &client, request).await {
        Ok(answer) => ([(header::CONTENT_TYPE, "application/jsonl")], answer).into_response(),
        Err(response) => response.into_response(),
    }
}

async fn lines(
    api: &DeviceApi,
    client: &Client,
    request: Request<Body>,
) -> Result<String, ProblemResponse> {
    let began = Instant::now();
    let known = known_size(request.headers());
    let body = body(api, client, request, (MEDIA_REPORTS, BATCH_LIMIT)).await?;
    let lines: Vec<&[u8]> =
        body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).collect();
    if lines.len() > BATCH_LINES {
        let detail = format!("The batch has {} lines; send at most {BATCH_LINES}.", lines.len());
        return Err(problem("too-large", detail).into());
    }
    // All are queued before the first answer is waited for, in their order: the
    // lines of a device build on each other, and one commit serves many.
    let mut waiting = Vec::with_capacity(lines.len());
    for line in lines {
        waiting.push(admit(api, client, line, known).await);
    }
    let (mut answer, mut reached) = (String::new(), None);
    for line in waiting {
        let receipt = match line {
            Ok(mut admitted) => {
                // The agent adopts one state of the log after the other, and
                // from an older one nothing is proven about the newer.
                admitted.draft.known = reached.or(admitted.draft.known);
                admitted.receipt(api).await
            }
            Err(response) => Err(response),
        };
        api.meters.report(outcome(&receipt), began.elapsed());
        reached = receipt.as_ref().ok().and_then(|it| it.log.size()).or(reached);
        let line = match receipt {
            Ok(receipt) => BatchLine::Kept(receipt),
            Err(response) => BatchLine::Refused(response.into_problem()),
        };
        answer.push_str(&serde_json::to_string(&line).unwrap_or_default());
        answer.push('\n');
    }
    Ok(answer)
}

/// The size at which the agent knows the log.
fn known_size(headers: &HeaderMap) -> Option<u64> {
    headers.get(HEADER_LOG_SIZE)?.to_str().ok()?.parse().ok()
}

/// A report that was verified and waits to be kept.
struct Admitted {
    draft: Draft,
    system: Option<System>,
    waiting: Waiting,
}

/// Verifies a report and queues it; a refusal counts against the client.
async fn admit(
    api: &DeviceApi,
    client: &Client,
    body: &[u8],
    known: Option<u64>,
) -> Result<Admitted, ProblemResponse> {
    let incoming = verify(api, client, body).inspect_err(|response| {
        client.refused(response.status(), api.clock.now());
    })?;
    queue(api, incoming, known).await
}

fn verify(api: &DeviceApi, client: &Client, body: &[u8]) -> Result<Incoming, ProblemResponse> {
    if body.len() > BODY_LIMIT {
        return Err(too_large(BODY_LIMIT).into());
    }
    let now = api.clock.now();
    if client.is_suspect(now) && !api.verifier.names_proven_key(body) {
        return Err(ProblemResponse::rate_limited(
            "Too many requests from this address were refused; send it again after the time in `Retry-After`.",
        ));
    }
    let incoming = api.verifier.verify(body, now)?;
    if !api.limits.takes(&incoming.keyid, now) {
        return Err(ProblemResponse::rate_limited(
            "This key sends more reports than any Mac has; send it again after the time in `Retry-After`.",
        ));
    }
    Ok(incoming)
}

async fn queue(
    api: &DeviceApi,
    mut incoming: Incoming,
    known: Option<u64>,
) -> Result<Admitted, ProblemResponse> {
    incoming.epoch = epoch(api, incoming.posture.freshness.checkpoint.as_ref()).await?;
    let carried = incoming.posture.freshness.checkpoint.as_ref().map(|it| it.size);
    let draft = Draft::of(&incoming, known.or(carried));
    let system = System::of(&incoming.posture);
    let waiting = api.queue.put(incoming).map_err(unkept)?;
    Ok(Admitted { draft, system, waiting })
}

fn unkept(error: QueueError) -> ProblemResponse {
    match error {
        error if error.passes() => ProblemResponse::unavailable(),
        error => ProblemResponse::internal(&error),
    }
}

impl Admitted {
    /// The receipt, when the report is durable.
    async fn receipt(self, api: &DeviceApi) -> Result<Receipt, ProblemResponse> {
        let (kept, seal) = self.waiting.answer().await.map_err(unkept)?;
        if kept == Kept::Conflict {
            api.refresh_keys().await;
        }
        if let (Kept::New { .. }, Some(installed)) =
            (&kept, self.system.as_ref().and_then(System::installed))
        {
            api.fetcher.notice(&installed).await;
        }
        self.draft.receipt(api, kept, seal).await
    }
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
