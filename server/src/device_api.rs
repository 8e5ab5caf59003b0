//! What devices call: enrolment, reports, policy. Nothing here can make a
//! device do anything: the answers are receipts, policy and settings.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use shared::api::Settings;

use crate::app::Rulebook;
use crate::ca::Ca;
use crate::clock::Clock;
use crate::ingest::limits::Limits;
use crate::ingest::queue::Queue;
use crate::ingest::verify::Verifier;
use crate::log::notary::Log;
use crate::metrics::meters::Meters;
use crate::os_releases::fetcher::Fetcher;
use crate::policy_document::{self, PolicyDocuments};
use crate::{enroll, farewell, ingest};

/// Everything that the device API needs, cheap to clone.
#[derive(Clone)]
pub struct DeviceApi {
    /// The one clock.
    pub clock: Clock,
    /// Keys and nonces.
    pub verifier: Verifier,
    /// The way to the writer.
    pub queue: Queue,
    /// What the fleet is judged by now.
    pub rulebook: Rulebook,
    /// The signed rules for agents.
    pub documents: PolicyDocuments,
    /// Keeps the catalogue new.
    pub fetcher: Fetcher,
    /// Issues device certificates.
    pub ca: Arc<Ca>,
    /// Signs the log and proves what it holds.
    pub log: Log,
    /// How agents are to behave.
    pub settings: Settings,
    /// What one key and one address may ask for.
    pub limits: Limits,
    /// Counts what becomes of reports.
    pub meters: Meters,
}

impl DeviceApi {
    /// Notices keys that changed, off the async workers.
    pub async fn refresh_keys(&self) {
        let keys = self.verifier.keys.clone();
        let refreshed = tokio::task::spawn_blocking(move || keys.refresh()).await;
        match refreshed {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "device keys could not be read"),
            Err(error) => tracing::error!(%error, "device keys could not be read"),
        }
    }
}

/// The device API's addresses.
pub fn router(api: DeviceApi) -> Router {
    Router::new()
        .route("/v1/enroll", post(enroll::enroll))
        .route("/v1/attestations", post(ingest::handlers::one))
        .route("/v1/attestations/batch", post(ingest::handlers::batch))
        .route("/v1/unenroll", post(farewell::unenroll))
        .route("/v1/policy", get(policy_document::get))
        .route("/v1/{*rest}", axum::routing::any(nothing_here))
        .method_not_allowed_fallback(wrong_method)
        .with_state(api)
}

async fn nothing_here() -> crate::problem::ProblemResponse {
    shared::api::problem("not-found", "There is nothing at this address of the device API.").into()
}

async fn wrong_method() -> crate::problem::ProblemResponse {
    shared::api::problem(
        "method-not-allowed",
        "This address takes another method; see the API's documentation.",
    )
    .into()
}
