//! `POST /v1/unenroll`: an agent says that it is being removed.
//!
//! Anybody who administers the Mac can have it said, so it ends the key and
//! nothing else: the device stays on the list, falls silent and is counted.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::response::{IntoResponse, Response};
use shared::api::{FarewellReceipt, problem};
use shared::json::BODY_LIMIT;
use shared::names::MEDIA_FAREWELL;

use crate::device_api::DeviceApi;
use crate::fleet::state::Lifecycle;
use crate::ingest::handlers::body;
use crate::ingest::limits::Client;
use crate::ingest::verify::refused;
use crate::problem::ProblemResponse;
use crate::store::devices::{Farewelled, Leaving};

/// Takes a farewell: 200, also when the same key is asked about again.
pub async fn unenroll(State(api): State<DeviceApi>, request: Request<Body>) -> Response {
    let client = api.limits.client(&request);
    match take(&api, &client, request).await {
        Ok(receipt) => Json(receipt).into_response(),
        Err(response) => response.into_response(),
    }
}

async fn take(
    api: &DeviceApi,
    client: &Client,
    request: Request<Body>,
) -> Result<FarewellReceipt, ProblemResponse> {
    let body = body(api, client, request, (MEDIA_FAREWELL, BODY_LIMIT)).await?;
    let now = api.clock.now();
    let leaving = verify(api, client, &body).inspect_err(|response| {
        client.refused(response.status(), now);
    })?;
    let (device_id, keyid) = (leaving.device_id.clone(), leaving.keyid.clone());
    let farewelled = api.queue.run(move |writer| writer.farewell(&leaving)).await;
    match farewelled {
        Ok(Farewelled::Done { at: removed_at }) => {
            api.refresh_keys().await;
            tracing::info!(device = device_id, key = keyid, "an agent said that it was removed");
            Ok(FarewellReceipt { device_id, removed_at })
        }
        Ok(Farewelled::Refused(lifecycle)) => {
            if lifecycle == Lifecycle::Revoked {
                api.verifier.refusals.count(&device_id, now);
            }
            client.refused(refused(lifecycle).status, now);
            Err(refused(lifecycle).into())
        }
        Ok(Farewelled::NoDevice) => {
            Err(problem("unknown-key", "The device of this key is not here any more.").into())
        }
        Err(error) if error.passes() => Err(ProblemResponse::unavailable()),
        Err(error) => Err(ProblemResponse::internal(&error)),
    }
}

fn verify(api: &DeviceApi, client: &Client, body: &[u8]) -> Result<Leaving, ProblemResponse> {
    let now = api.clock.now();
    if client.is_suspect(now) && !api.verifier.names_proven_key(body) {
        return Err(ProblemResponse::rate_limited(
            "Too many requests from this address were refused; send it again after the time in `Retry-After`.",
        ));
    }
    let leaving = api.verifier.verify_farewell(body, now)?;
    if !api.limits.takes(&leaving.keyid, now) {
        return Err(ProblemResponse::rate_limited(
            "This key sends more than any Mac does; send it again after the time in `Retry-After`.",
        ));
    }
    Ok(leaving)
}
