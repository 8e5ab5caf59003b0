//! The console: pages rendered on the server for people who are signed in.
//!
//! Pages work without JavaScript; the one small script only adds keys and copy
//! buttons. Nothing is loaded from elsewhere, and no style or script stands in
//! a page, so that the content security policy can forbid both.

mod account;
mod accounts;
mod agent;
mod agent_releases;
mod api_docs;
mod assets;
mod audit;
mod checklists;
mod device;
mod devices;
mod errors;
mod expected;
mod join;
mod log;
mod mail_sign_in;
mod openid_sign_in;
mod os_releases;
mod overview;
mod own;
mod passkey_sign_in;
mod people;
mod problems;
mod routes;
mod security;
mod set_up;
mod shell;
mod sign_in;
mod statement;
mod times;
mod upload;
mod webhooks;
mod welcome;
mod words;

#[cfg(test)]
pub(crate) mod seed;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};

use self::errors::PageError;
use crate::app::App;
use crate::auth::guard::Access;
use crate::auth::{AuthError, CookieJar};
use crate::shown::days::PastDays;
use crate::store::StoreError;
use crate::store::access::Records;
use crate::store::views::Views;

/// What the console's handlers can reach.
#[derive(Clone)]
struct Console {
    app: App,
    views: Arc<dyn Views>,
    cookies: CookieJar,
    days: Arc<PastDays>,
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

    /// Reads or changes what is kept of people, on a thread that may block.
    async fn records<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Records) -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, PageError> {
        let records = Arc::clone(&self.app.records);
        Ok(tokio::task::spawn_blocking(move || work(&*records)).await??)
    }
}

/// Every page of the console.
pub fn router(app: App) -> Router {
    let console = Console {
        views: Arc::clone(&app.readers),
        cookies: CookieJar::for_url(&app.public_url),
        days: Arc::default(),
        app,
    };
    routes::guarded(&console, routes::routes())
        .fallback(routes::nowhere)
        .layer(from_fn_with_state(console.clone(), security::refuse_other_origins))
        .layer(from_fn_with_state(console.clone(), errors::explain))
        .layer(map_response(security::add_headers))
        .layer(axum::middleware::from_fn(security::name_request))
        .with_state(console)
}

/// Every route with who may use it.
pub fn access() -> Vec<(Method, &'static str, Access)> {
    let routes = routes::routes().into_iter();
    routes.map(|route| (route.method, route.path, route.access)).collect()
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
