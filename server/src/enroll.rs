//! `POST /v1/enroll`: the secret of an invitation or a fleet token, and proof
//! of the new key.

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Deserialize;
use shared::api::{EnrollRequest, Enrolled, Pending, Problem, problem};
use shared::envelope::Envelope;
use shared::json::BODY_LIMIT;
use shared::keys::{KeyId, PublicKey, sha256, sha256_hex};
use shared::statement::{Enrollment, Statement};
use shared::token::token_id;

use crate::auth::account::mail_address;
use crate::ca::to_pem;
use crate::device_api::DeviceApi;
use crate::ingest::handlers::read;
use crate::ingest::queue::QueueError;
use crate::ingest::verify::{envelope_problem, refused, sentence, statement_problem};
use crate::policy_document::names;
use crate::problem::ProblemResponse;
use crate::store::devices::{Admission, NewDevice};

/// Takes a device in: 201 with its certificate, or 202 while it waits.
pub async fn enroll(State(api): State<DeviceApi>, request: Request<Body>) -> Response {
    let client = api.limits.client(&request);
    if client.is_suspect(api.clock.now()) {
        let detail = "Too many requests from this address were refused; try again after the time in `Retry-After`.";
        return ProblemResponse::rate_limited(detail).into_response();
    }
    match admit(&api, request).await {
        Ok(response) => response,
        Err(problem) => {
            client.refused(problem.status(), api.clock.now());
            problem.into_response()
        }
    }
}

async fn admit(api: &DeviceApi, request: Request<Body>) -> Result<Response, ProblemResponse> {
    let body = read(request, BODY_LIMIT).await?;
    let now = api.clock.now();
    let device = new_device(&body, now)?;
    if device.recorded && !api.verifier.accept_recorded {
        let detail = "The request was made from a recording; only real Macs are enrolled here.";
        return Err(problem("recorded-host", detail).into());
    }
    let (keyid, spki) = (device.keyid.clone(), device.spki.clone());
    let admission = api.queue.run(move |writer| writer.enroll(&device)).await.map_err(failed)?;
    match admission {
        Admission::Admitted { device_id, certificate } => {
            let certificate = match certificate {
                Some(certificate) => certificate,
                None => certify(api, &device_id, &keyid, &spki, now).await?,
            };
            api.refresh_keys().await;
            Ok((StatusCode::CREATED, axum::Json(enrolled(api, device_id, &certificate, now)))
                .into_response())
        }
        Admission::Waits { reason } => {
            let pending = Pending { status: "pending".to_owned(), reason };
            Ok((StatusCode::ACCEPTED, axum::Json(pending)).into_response())
        }
        other => Err(refusal(&other).into()),
    }
}

async fn certify(
    api: &DeviceApi,
    device_id: &str,
    keyid: &str,
    spki: &[u8],
    now: Timestamp,
) -> Result<Vec<u8>, ProblemResponse> {
    let issued = api
        .ca
        .issue_device(device_id, keyid, spki, now)
        .map_err(|error| ProblemResponse::internal(&error))?;
    let der = issued.der.clone();
    api.queue.run(move |writer| writer.keep_certificate(&issued, now)).await.map_err(failed)?;
    Ok(der)
}

fn enrolled(api: &DeviceApi, device_id: String, certificate: &[u8], now: Timestamp) -> Enrolled {
    let (policy, catalogue) = names(&api.rulebook.current());
    Enrolled {
        nonce: api.verifier.nonces.issue(&device_id, now),
        device_id,
        certificate: to_pem(certificate),
        ca: api.ca.pem().to_owned(),
        settings: api.settings,
        policy,
        catalogue: Some(catalogue),
        log_key: api.log.key().verifier_text(),
    }
}

fn failed(error: QueueError) -> ProblemResponse {
    match error {
        error if error.passes() => ProblemResponse::unavailable(),
        error => ProblemResponse::internal(&error),
    }
}

fn refusal(admission: &Admission) -> Problem {
    match admission {
        Admission::TokenExpired { expired_at } => problem(
            "token-expired",
            format!(
                "The invitation expired on {}; ask IT for a new one.",
                expired_at.strftime("%-d %B %Y at %H:%M UTC")
            ),
        ),
        Admission::TokenUsed => problem(
            "token-used",
            "The invitation was used already by another key; ask IT for a new one, and tell them if it was not you.",
        ),
        Admission::FleetTokenExpired { expired_at } => problem(
            "token-expired",
            format!(
                "The fleet token expired on {}; ask IT for a profile with a new one.",
                expired_at.strftime("%-d %B %Y at %H:%M UTC")
            ),
        ),
        Admission::TokenRevoked => problem(
            "token-revoked",
            "The token was revoked; ask IT for an invitation, or for a profile with a new token.",
        ),
        Admission::TokenSpent { quota } => problem(
            "token-spent",
            format!("The token has admitted all of its {quota} Macs; ask IT for a new one."),
        ),
        Admission::Refused(lifecycle) => refused(*lifecycle),
        _ => problem(
            "token-unknown",
            "The invitation is not known here; copy it again or ask IT for a new one.",
        ),
    }
}

/// The key must be read from the request before the request can be verified
/// with it; nothing else is.
#[derive(Deserialize)]
struct KeyOnly {
    predicate: KeyOnlyPredicate,
}

#[derive(Deserialize)]
struct KeyOnlyPredicate {
    spki: String,
}

fn new_device(body: &[u8], now: Timestamp) -> Result<NewDevice, Problem> {
    let malformed = |what: &str| problem("malformed-request", sentence(what));
    let request: EnrollRequest = serde_json::from_slice(body)
        .map_err(|error| malformed(&format!("the request is not valid: {error}")))?;
    let secret: [u8; 32] = URL_SAFE_NO_PAD
        .decode(&request.secret)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| malformed("`secret` must be 32 bytes in base64url without padding"))?;
    let envelope = Envelope::parse(request.envelope.to_string().as_bytes())
        .map_err(|error| envelope_problem(&error))?;
    let key = claimed_key(&envelope)?;
    let verified = envelope.verify(&key).map_err(|error| envelope_problem(&error))?;
    let statement = Statement::<Enrollment>::parse(verified.payload)
        .map_err(|error| statement_problem(&error))?;
    if statement.subject_sha256() != sha256_hex(key.spki()) || envelope.keyid != key.id() {
        return Err(problem(
            "subject-mismatch",
            "`subject` is not the digest of the public key in `spki`.",
        ));
    }
    let enrollment = statement.predicate;
    if enrollment.token_id != token_id(&secret) {
        return Err(malformed("`token_id` in the statement does not belong to `secret`"));
    }
    Ok(NewDevice {
        token_id: enrollment.token_id,
        secret_sha256: sha256(&secret),
        keyid: KeyId::of(key.spki()).0,
        spki: key.spki().to_vec(),
        recorded: enrollment.host.is_some(),
        owner: enrollment.owner.as_deref().and_then(mail_address),
        claim: enrollment.device,
        protection: enrollment.agent.key_protection,
        agent_version: enrollment.agent.version,
        received_at: now,
        device_id: uuid::Uuid::new_v4().to_string(),
        statement_sha256: envelope.digest(),
        payload: envelope.payload,
        signature: envelope.signature,
    })
}

fn claimed_key(envelope: &Envelope) -> Result<PublicKey, Problem> {
    let bad = |detail: &str| problem("malformed-statement", detail);
    let claimed: KeyOnly = serde_json::from_slice(&envelope.payload)
        .map_err(|_| bad("The statement must hold the public key as `predicate.spki`."))?;
    let spki = STANDARD
        .decode(&claimed.predicate.spki)
        .map_err(|_| bad("`spki` must be DER in standard base64."))?;
    PublicKey::from_spki(&spki)
        .map_err(|_| bad("`spki` must be a P-256 or Ed25519 SubjectPublicKeyInfo."))
}
