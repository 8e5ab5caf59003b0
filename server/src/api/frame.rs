//! What surrounds every operation: who asks, whether they may, how often, and
//! the last form of the answer.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::operation::Operation;
use super::parameter::Asked;
use super::problem::ApiProblem;
use super::reply::Reply;
use super::{Api, again};
use crate::auth::comes_from_here;
use crate::auth::guard::{self, Noted, Refusal, by_session, request_id};
use crate::auth::who::{Origin, Proof, RequestId, Who};

/// Headers of every answer: it is data, and nothing else.
const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// An operation with what is needed at each request.
pub(super) struct Framed {
    operation: Operation,
    fields: Vec<String>,
}

impl Framed {
    pub(super) fn new(operation: Operation) -> Self {
        let fields = operation.fields();
        Self { operation, fields }
    }
}

/// Around everything, also what is no operation: the request's id, the
/// headers, and the body of a problem.
pub(crate) async fn outermost(mut request: Request, next: Next) -> Response {
    let id = request_id();
    request.extensions_mut().insert(id.clone());
    let RequestId(id) = id;
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<ApiProblem>() {
        let mut explained = problem.answer(&id);
        let given = std::mem::take(response.headers_mut());
        // What a layer has put there stays, but not the form of an empty body.
        for (name, value) in given.iter().filter(|(name, _)| *name != header::CONTENT_LENGTH) {
            explained.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        response = explained;
    }
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.extend(
        HeaderValue::from_str(&id).ok().map(|id| (HeaderName::from_static("x-request-id"), id)),
    );
    response
}

/// Around one operation.
pub(super) async fn around(
    api: Api,
    framed: Arc<Framed>,
    (request, next): (Request, Next),
) -> Response {
    match admitted(&api, &framed, request).await {
        Ok((request, who)) => {
            let pace = match api.pace.count(&whom(&who), who.origin.at) {
                Ok(headers) => headers,
                Err(problem) => return problem.into_response(),
            };
            let answer = answer(&api, &framed, (request, next), who).await;
            let mut response = answer.unwrap_or_else(IntoResponse::into_response);
            response.headers_mut().extend(pace);
            response
        }
        Err(problem) => problem.into_response(),
    }
}

/// The request, if whoever sent it may do this.
async fn admitted(
    api: &Api,
    framed: &Framed,
    request: Request,
) -> Result<(Request, Who), ApiProblem> {
    let by_token = request.headers().contains_key(header::AUTHORIZATION);
    let origin = Origin::at(&request, &api.app);
    let who = if by_token {
        guard::by_token(&api.app, request.headers(), origin).await?
    } else {
        by_session(&api.app, request.headers(), origin).await?
    };
    let changes = !framed.operation.reads() && !by_token;
    if who.is_some() && changes && !comes_from_here(request.headers(), &api.app.public_url) {
        let detail =
            "A change by session must come from a page of this console; use a token elsewhere.";
        return Err(ApiProblem::new("other-origin", detail));
    }
    let known = who.clone().ok_or_else(ApiProblem::not_signed_in)?;
    let request = guard::admit(&api.app, framed.operation.access, who, request).await;
    Ok((request.map_err(|refusal| refused(refusal, &known))?, known))
}

fn refused(refusal: Refusal, who: &Who) -> ApiProblem {
    match refusal {
        Refusal::SignIn => ApiProblem::not_signed_in(),
        Refusal::Forbidden(missing) => {
            let what = match &who.proof {
                Proof::Session { .. } => "Your role",
                Proof::Token { .. } => "This token, or the role of its owner,",
            };
            let detail = format!("{what} does not include `{}`.", missing.as_str());
            ApiProblem::new("not-allowed", detail)
        }
        Refusal::Failed(error) => error.into(),
    }
}

/// Whose requests are counted together.
fn whom(who: &Who) -> String {
    match &who.proof {
        Proof::Session { id, .. } => format!("session {id}"),
        Proof::Token { id, .. } => format!("token {id}"),
    }
}

async fn answer(
    api: &Api,
    framed: &Framed,
    (request, next): (Request, Next),
    who: Who,
) -> Result<Response, ApiProblem> {
    let operation = &framed.operation;
    must_accept_json(request.headers())?;
    let asked = Asked::read(&pairs(request.uri())?, &operation.parameters, &framed.fields)?;
    let path = request.uri().path().to_owned();
    let known = operation.reads().then(|| request.headers().clone());
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(asked.clone());
    let id = if operation.noted == Noted::Nothing { None } else { guard::named(&mut parts).await };
    let mut request = Request::from_parts(parts, body);
    let once = if operation.method == axum::http::Method::POST {
        let (rest, once) = again::begin(api, request, &whom(&who)).await?;
        request = rest;
        once
    } else {
        None
    };
    let once = match once {
        Some(again::Begun::Answered(response)) => return Ok(*response),
        Some(again::Begun::First(once)) => Some(once),
        None => None,
    };
    let mut response = next.run(request).await;
    if let Some(reply) = response.extensions_mut().remove::<Reply>() {
        response = reply.answer(&path, &asked, known.as_ref());
    }
    if let Some(once) = once {
        response = again::finish(api, once, &whom(&who), response).await?;
    }
    let was_shown = response.status().is_success() || response.status().as_u16() == 304;
    if was_shown && operation.noted != Noted::Nothing {
        guard::note(&api.app, operation.noted, &who, id).await?;
    }
    Ok(response)
}

fn pairs(uri: &Uri) -> Result<Vec<(String, String)>, ApiProblem> {
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri);
    let pairs = pairs.map_err(|_| ApiProblem::new("bad-parameter", "The query cannot be read."))?;
    Ok(pairs.0)
}

/// Whether the client takes JSON.
fn must_accept_json(headers: &HeaderMap) -> Result<(), ApiProblem> {
    let accepts = |text: &str| {
        text.split(',').any(|one| {
            let mut parts = one.split(';').map(|part| part.trim().to_ascii_lowercase());
            let kind = parts.next().unwrap_or_default();
            let refused = parts.any(|part| {
                part.strip_prefix("q=")
                    .and_then(|q| q.parse::<f32>().ok())
                    .is_some_and(|q| q <= 0.0)
            });
            let fits = [
                "*/*",
                "application/*",
                "application/json",
                "application/x-ndjson",
                "application/problem+json",
            ];
            fits.contains(&kind.as_str()) && !refused
        })
    };
    let mut lines = headers.get_all(header::ACCEPT).iter().peekable();
    let takes = lines.peek().is_none() || lines.any(|line| line.to_str().is_ok_and(accepts));
    if takes {
        return Ok(());
    }
    Err(ApiProblem::new(
        "not-acceptable",
        "Answers are `application/json`; accept it, or leave `Accept` out.",
    ))
}

/// For an address that is none.
pub(super) async fn nothing_here() -> ApiProblem {
    ApiProblem::nothing("The API has no such address; see /api/v1/openapi.json.")
}

/// For a method that an address does not take.
pub(super) async fn wrong_method() -> ApiProblem {
    ApiProblem::new("method-not-allowed", "This address takes the methods that `Allow` names.")
}

/// A body that was looked at goes on to the handler.
pub(super) fn with_body(parts: axum::http::request::Parts, bytes: axum::body::Bytes) -> Request {
    Request::from_parts(parts, Body::from(bytes))
}
