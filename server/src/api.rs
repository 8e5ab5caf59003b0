//! The API under `/api/v1`: everything that pages can do, for programs.
//!
//! Each operation stands once in [`routes`]: its guard, its checks and its
//! document come from the same lines. Pages and API read by the same code.

mod accounts;
mod again;
mod audit;
mod body;
mod call;
mod cursor;
mod device;
mod devices;
mod document;
mod events;
mod expected;
mod field;
pub(crate) mod frame;
mod history;
mod idempotency;
mod integrations;
mod invitations;
mod lifecycle;
mod log;
mod me;
mod operation;
mod os_releases;
mod overview;
pub(crate) mod pace;
mod parameter;
mod people;
pub(crate) mod problem;
mod reply;
mod routes;
mod rules;
mod sessions;
mod shape;
mod statements;
mod tokens;
mod webhooks;

#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::routing::any;
use serde_json::Value;

use self::frame::Framed;
use self::pace::Pace;
use crate::app::App;
use crate::shown::days::PastDays;

/// What the API's handlers can reach.
#[derive(Clone)]
pub(crate) struct Api {
    app: App,
    pace: Pace,
    days: Arc<PastDays>,
}

/// The `OpenAPI` document, made once.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document::document(&routes::operations()));

/// The `OpenAPI` document of this program.
pub fn openapi() -> &'static Value {
    &DOCUMENT
}

/// Every address under `/api/`.
pub fn router(app: App) -> Router {
    let pace = Pace::new(app.limits.api());
    let api = Api { app, pace, days: Arc::default() };
    let operations = routes::operations().into_iter();
    let router = operations.fold(Router::new(), |router, operation| {
        let route = operation.route();
        let framed = Arc::new(Framed::new(operation));
        let api = api.clone();
        let (method, path) = (route.method.clone(), route.path);
        let around = from_fn(move |request: Request, next: Next| {
            let (api, framed, method) = (api.clone(), Arc::clone(&framed), method.clone());
            async move {
                let meters = api.app.meters.clone();
                let response = frame::around(api, framed, (request, next)).await;
                meters.request(method.as_str(), path, response.status().as_u16());
                response
            }
        });
        router.route(route.path, route.handler.route_layer(around))
    });
    router
        .route("/api/{*rest}", any(frame::nothing_here))
        .method_not_allowed_fallback(frame::wrong_method)
        .layer(from_fn(frame::outermost))
        .with_state(api)
}
