//! The console: pages rendered on the server for people who are signed in.
//!
//! Pages work without JavaScript; the one small script only adds keys and copy
//! buttons. Nothing is loaded from elsewhere, and no style or script stands in
//! a page, so that the content security policy can forbid both.

mod assets;
mod device;
mod devices;
mod errors;
mod log;
mod os_releases;
mod overview;
mod problems;
mod security;
mod shell;
mod sign_in;
mod statement;
mod systems;
mod times;
mod words;

#[cfg(test)]
pub(crate) mod seed;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use self::errors::PageError;
use crate::app::App;
use crate::auth::CookieJar;
use crate::store::StoreError;
use crate::store::sessions::Sessions;
use crate::store::views::Views;

/// What the console's handlers can reach.
#[derive(Clone)]
struct Console {
    app: App,
    views: Arc<dyn Views>,
    sessions: Arc<dyn Sessions>,
    cookies: CookieJar,
    days: Arc<overview::PastDays>,
}

impl Console {
    /// Reads on a thread that may block.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Views) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, PageError> {
        let views = Arc::clone(&self.views);
        Ok(tokio::task::spawn_blocking(move || work(&*views)).await??)
    }
}

/// Every page of the console. Pages are refused without a session; the
/// sign-in page, static files and `/healthz` are not.
pub fn router(app: App, sessions: Arc<dyn Sessions>) -> Router {
    let console = Console {
        views: Arc::clone(&app.readers),
        cookies: CookieJar::for_url(&app.public_url),
        days: Arc::default(),
        sessions,
        app,
    };
    let pages = Router::new()
        .route("/", get(overview::page))
        .route("/os-releases", get(os_releases::page))
        .route("/devices", get(devices::page))
        .route("/devices.csv", get(devices::csv))
        .route("/devices.json", get(devices::json))
        .route("/devices/{id}", get(device::page))
        .route("/devices/{id}/key.pem", get(statement::key))
        .route("/devices/{id}/statements/{chain}/{sequence}", get(statement::page))
        .route("/devices/{id}/statements/{chain}/{sequence}/{part}", get(statement::part))
        .route("/log/checkpoint", get(log::checkpoint))
        .route("/log/key", get(log::key))
        .route("/log/entry/{position}", get(log::entry))
        .route("/log/proof/{position}", get(log::proof))
        .route("/log/tile/{*rest}", get(log::tile))
        .fallback(errors::not_found)
        .layer(from_fn_with_state(console.clone(), security::require_session));
    let open = Router::new()
        .route("/login", get(sign_in::page))
        .route("/login/{token}", get(sign_in::open_link))
        .route("/logout", post(sign_in::sign_out))
        .route("/static/{file}", get(assets::file))
        .route("/healthz", get(health));
    pages
        .merge(open)
        .layer(from_fn_with_state(console.clone(), security::refuse_other_origins))
        .layer(from_fn_with_state(console.clone(), errors::explain))
        .layer(map_response(security::add_headers))
        .with_state(console)
}

/// Whether the collector is up and its database answers.
async fn health(State(console): State<Console>) -> Response {
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    match console.read(|views| views.ping()).await {
        Ok(()) => (plain, "ok\n").into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, plain, "the database does not answer\n")
            .into_response(),
    }
}
