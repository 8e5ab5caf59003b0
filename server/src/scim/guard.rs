//! Lets in whoever presents a token that may change people.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Refusal, Scim};
use crate::auth::guard::{self, Access};
use crate::auth::who::{Origin, Proof};

/// Answers a request that is allowed.
pub(super) async fn pass(
    scim: &Scim,
    access: Access,
    (request, next): (Request, Next),
) -> Response {
    match admitted(scim, access, request).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn admitted(scim: &Scim, access: Access, request: Request) -> Result<Request, Refusal> {
    let origin = Origin::at(&request, &scim.app);
    let at = origin.at;
    // A session is no use here: directories have tokens, and browsers have pages.
    let who = guard::by_token(&scim.app, request.headers(), origin).await?;
    if let Some(who) = &who
        && let Proof::Token { id, .. } = &who.proof
    {
        scim.pace.count(&format!("token {id}"), at).map_err(|_| {
            let detail = "Too many requests with this token; come again later.";
            Refusal::later(StatusCode::TOO_MANY_REQUESTS, detail)
        })?;
    }
    let admitted = guard::admit(&scim.app, access, who, request).await;
    admitted.map_err(|refusal| match refusal {
        guard::Refusal::SignIn => Refusal::new(
            StatusCode::UNAUTHORIZED,
            "Send a valid API token as `Authorization: Bearer muster_...`.",
        ),
        guard::Refusal::Forbidden(missing) => Refusal::new(
            StatusCode::FORBIDDEN,
            format!(
                "This token, or the role of its owner, does not include `{}`.",
                missing.as_str()
            ),
        ),
        guard::Refusal::Failed(error) => error.into(),
    })
}
