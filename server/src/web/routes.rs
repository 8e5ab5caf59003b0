//! The console's router: every route of the list behind its guard.

mod checklists;
mod expected;
mod list;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};

pub(super) use self::list::routes;
use super::errors::PageError;
use super::{Console, sign_in};
use crate::auth::guard::{self, Access, Noted, Refusal, Route};
use crate::auth::who::Origin;

/// The routes, each behind its guard.
pub(super) fn guarded(console: &Console, routes: Vec<Route<Console>>) -> Router<Console> {
    routes.into_iter().fold(Router::new(), |router, route| {
        let Route { path, access, noted, handler, .. } = route;
        let console = console.clone();
        let guard = from_fn(move |request: Request, next: Next| {
            let console = console.clone();
            async move {
                let response = pass(&console, access, noted, (request, next)).await;
                count_sign_in(&console, path, &response);
                response
            }
        });
        router.route(path, handler.route_layer(guard))
    })
}

/// Counts who came in, and who was refused, by the way they took.
fn count_sign_in(console: &Console, path: &str, response: &Response) {
    let way = match path {
        "/login/{token}" => "link",
        "/login/passkey" => "passkey",
        "/login/mail/{token}" => "mail",
        "/setup/{token}" => "setup",
        "/welcome/{token}" => "invitation",
        "/sign-in/openid/{name}/callback" => "openid",
        _ => return,
    };
    let status = response.status();
    // Every way ends with the cookie of a session.
    if status.is_redirection() && response.headers().contains_key(header::SET_COOKIE) {
        console.app.meters.sign_in(way, true);
    } else if status.is_client_error() {
        console.app.meters.sign_in(way, false);
    }
}

/// Answers a request that is allowed, and notes it before the answer leaves.
async fn pass(
    console: &Console,
    access: Access,
    noted: Noted,
    (request, next): (Request, Next),
) -> Response {
    match answer(console, access, noted, (request, next)).await {
        Ok(response) => response,
        Err((Refusal::SignIn, headers)) => sign_in::invitation(console, &headers),
        Err((Refusal::Forbidden(missing), _)) => PageError::Forbidden(missing).into_response(),
        Err((Refusal::Failed(error), _)) => PageError::from(error).into_response(),
    }
}

async fn answer(
    console: &Console,
    access: Access,
    noted: Noted,
    (request, next): (Request, Next),
) -> Result<Response, (Refusal, axum::http::HeaderMap)> {
    let app = &console.app;
    let headers = request.headers().clone();
    let failed = |error: crate::store::StoreError| (Refusal::from(error), headers.clone());
    // Files and health are asked for often, and by nobody in particular.
    let who = if access == Access::Open {
        None
    } else {
        let origin = Origin::at(&request, app);
        guard::by_session(app, &headers, origin).await.map_err(failed)?
    };
    let request = guard::admit(app, access, who.clone(), request)
        .await
        .map_err(|refusal| (refusal, headers.clone()))?;
    let (mut parts, body) = request.into_parts();
    let id = if noted == Noted::Nothing { None } else { guard::named(&mut parts).await };
    let response = next.run(Request::from_parts(parts, body)).await;
    if let Some(who) = who.filter(|_| response.status().is_success()) {
        guard::note(app, noted, &who, id).await.map_err(failed)?;
    }
    Ok(response)
}

/// For an address that is none: how to sign in, for who has not.
pub(super) async fn nowhere(State(console): State<Console>, request: Request) -> Response {
    let origin = Origin::at(&request, &console.app);
    let headers = request.headers().clone();
    match guard::by_session(&console.app, &headers, origin).await {
        Ok(Some(_)) => super::errors::not_found().into_response(),
        Ok(None) => sign_in::invitation(&console, &headers),
        Err(error) => PageError::from(error).into_response(),
    }
}
