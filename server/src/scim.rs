//! SCIM 2.0 under `/scim/v2`: how a directory tells who comes and who goes
//! (RFC 7643 and 7644).
//!
//! Only what directories ask is here: users, found by what names them. Their
//! known habits are taken as they are; a request that means nothing is refused
//! with a reason, and never half done. Reading is not noted in the audit log:
//! directories read what they wrote, again and again.

mod filter;
mod guard;
mod patch;
mod refusal;
mod resource;
mod schema;
mod users;
mod wanted;

use axum::Router;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, delete, get, patch as patched, post, put};
use serde_json::{Value, json};

use self::refusal::Refusal;
use crate::api::frame;
use crate::api::pace::Pace;
use crate::app::App;
use crate::auth::guard::{Access, Noted, Route};
use crate::auth::permission::Permission::ChangePeople;
use crate::store::StoreError;
use crate::store::access::Records;

/// Media type of every body.
const MEDIA: &str = "application/scim+json";
/// Most bytes of a body.
const MOST: usize = 256 * 1024;
/// A directory's program.
const ACCESS: Access = Access::Needs(&[ChangePeople]);

/// What handlers can reach.
#[derive(Clone)]
struct Scim {
    app: App,
    pace: Pace,
}

impl Scim {
    /// Reads or changes people, on a thread that may block.
    async fn records<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Records) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let records = std::sync::Arc::clone(&self.app.records);
        let done = tokio::task::spawn_blocking(move || work(&*records)).await;
        Ok(done.map_err(|error| Refusal::internal(&error))??)
    }
}

/// An answer with a body.
struct Answer {
    status: StatusCode,
    body: Value,
}

impl Answer {
    fn of(body: Value) -> Self {
        Self { status: StatusCode::OK, body }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let location = self.body.pointer("/meta/location").and_then(Value::as_str);
        let location = location.and_then(|at| HeaderValue::from_str(at).ok());
        let mut response = (self.status, self.body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA));
        headers.extend(location.map(|location| (header::LOCATION, location)));
        response
    }
}

fn route(method: Method, path: &'static str, handler: MethodRouter<Scim>) -> Route<Scim> {
    Route { method, path, access: ACCESS, noted: Noted::Nothing, handler }
}

/// Every address, with who may use it.
fn routes() -> Vec<Route<Scim>> {
    const USERS: &str = "/scim/v2/Users";
    const USER: &str = "/scim/v2/Users/{id}";
    let read = |path, handler| route(Method::GET, path, handler);
    vec![
        read("/scim/v2/ServiceProviderConfig", get(schema::config)),
        read("/scim/v2/ResourceTypes", get(schema::types)),
        read("/scim/v2/ResourceTypes/{id}", get(schema::one_type)),
        read("/scim/v2/Schemas", get(schema::schemas)),
        read("/scim/v2/Schemas/{id}", get(schema::one_schema)),
        read("/scim/v2/Groups", get(groups)),
        read(USERS, get(users::list)),
        route(Method::POST, "/scim/v2/Users/.search", post(users::search)),
        route(Method::POST, "/scim/v2/.search", post(users::search)),
        route(Method::POST, USERS, post(users::create)),
        read(USER, get(users::one)),
        route(Method::PUT, USER, put(users::replace)),
        route(Method::PATCH, USER, patched(users::change)),
        route(Method::DELETE, USER, delete(users::remove)),
    ]
}

/// Every address with who may use it.
pub fn access() -> Vec<(Method, &'static str, Access)> {
    routes().into_iter().map(|route| (route.method, route.path, route.access)).collect()
}

/// Every address under `/scim/v2`.
pub fn router(app: App) -> Router {
    let scim = Scim { pace: Pace::new(app.limits.api()), app };
    routes()
        .into_iter()
        .fold(Router::new(), |router, route| {
            let Route { method, path, access, handler, .. } = route;
            let scim = scim.clone();
            let around = from_fn(move |request, next: Next| {
                let (scim, method) = (scim.clone(), method.clone());
                async move {
                    let meters = scim.app.meters.clone();
                    let response = guard::pass(&scim, access, (request, next)).await;
                    meters.request(method.as_str(), path, response.status().as_u16());
                    response
                }
            });
            router.route(path, handler.route_layer(around))
        })
        .route("/scim/v2", any(nothing_here))
        .route("/scim/v2/{*rest}", any(nothing_here))
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(frame::outermost))
        .with_state(scim)
}

/// People are in no groups here; directories that ask get none.
async fn groups() -> Answer {
    Answer::of(listed(&[], 0, 1))
}

/// A part of a list, as SCIM writes it.
fn listed(resources: &[Value], total: u64, start: u64) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}

async fn nothing_here() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "There is nothing at this address; people are at /Users.")
}

async fn wrong_method() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "This address does not take this method.")
}
