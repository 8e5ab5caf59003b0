//! A request that is sent again: it is done once, and answered the same.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;

use super::idempotency::{self, Kept, Once};
use super::problem::ApiProblem;
use super::{Api, body, frame};
use crate::auth::guard::blocking;
use crate::store::access::repeats::Earlier;

/// How long an answer is kept.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);
/// A request that is at work for longer was interrupted.
const AT_WORK: SignedDuration = SignedDuration::from_mins(1);

/// What to do with a request that has a key.
pub(super) enum Begun {
    /// Do it, and keep the answer.
    First(Once),
    /// It was done; this is the answer.
    Answered(Box<Response>),
}

/// Looks for the request among those that were done.
pub(super) async fn begin(
    api: &Api,
    request: Request,
    whom: &str,
) -> Result<(Request, Option<Begun>), ApiProblem> {
    let Some(key) = idempotency::key(request.headers())? else { return Ok((request, None)) };
    let (parts, rest) = request.into_parts();
    let bytes = body::bytes(rest).await?;
    let credential = [header::AUTHORIZATION, header::COOKIE]
        .iter()
        .find_map(|name| parts.headers.get(name))
        .map(HeaderValue::as_bytes)
        .unwrap_or_default();
    let address = parts.uri.to_string();
    let once =
        Once::new(key, credential, &[parts.method.as_str().as_bytes(), address.as_bytes(), &bytes]);
    let (records, now) = (api.app.records.clone(), api.app.clock.now());
    let (actor, key, digest) = (whom.to_owned(), once.key.clone(), once.request);
    let forget = now.checked_sub(KEPT_FOR).unwrap_or(now);
    let earlier =
        blocking(move || records.begin_request((&actor, &key), &digest, (now, forget))).await?;
    let begun = match earlier {
        Earlier::None => Begun::First(once),
        Earlier::Another => {
            let detail = "This key was sent with another request; take a new one for each.";
            return Err(ApiProblem::new("key-reused", detail));
        }
        Earlier::AtWork { since } if now.duration_since(since) < AT_WORK => {
            let detail =
                "The first request with this key is not answered yet; come again for its answer.";
            return Err(ApiProblem::new("request-in-progress", detail).retry_after(1));
        }
        Earlier::AtWork { .. } => {
            let detail = "The collector stopped during the first request with this key. Look whether it took effect, then take a new key.";
            return Err(ApiProblem::new("request-interrupted", detail));
        }
        Earlier::Answered(sealed) => {
            let Some(kept) = once.open(&sealed) else {
                let detail =
                    "The answer of the first request with this key is another's; take a new key.";
                return Err(ApiProblem::new("key-reused", detail));
            };
            Begun::Answered(Box::new(answer(kept)))
        }
    };
    Ok((frame::with_body(parts, bytes), Some(begun)))
}

fn answer(kept: Kept) -> Response {
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let mut response = (status, kept.body).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    for (name, value) in kept.headers {
        let pair = HeaderName::try_from(name).ok().zip(HeaderValue::try_from(value).ok());
        headers.extend(pair);
    }
    headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
}

/// Keeps the answer of a request that was done. A refused one changed nothing,
/// so its key is free again.
pub(super) async fn finish(
    api: &Api,
    once: Once,
    whom: &str,
    response: Response,
) -> Result<Response, ApiProblem> {
    let records = api.app.records.clone();
    let (actor, key) = (whom.to_owned(), once.key.clone());
    if !response.status().is_success() {
        blocking(move || records.forget_request((&actor, &key))).await?;
        return Ok(response);
    }
    let (parts, rest) = response.into_parts();
    let bytes = to_bytes(rest, usize::MAX).await.map_err(|error| ApiProblem::internal(&error))?;
    let kept_header = |(name, value): (&HeaderName, &HeaderValue)| {
        let kept = [header::CONTENT_TYPE, header::ETAG, header::LOCATION].contains(name);
        kept.then(|| Some((name.to_string(), value.to_str().ok()?.to_owned()))).flatten()
    };
    let kept = Kept {
        status: parts.status.as_u16(),
        headers: parts.headers.iter().filter_map(kept_header).collect(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    };
    let sealed = once.seal(&kept).unwrap_or_default();
    let status = i64::from(kept.status);
    // It is done, whatever becomes of its record: then the key says that it
    // was interrupted, and nothing is done twice.
    let written = blocking(move || records.finish_request((&actor, &key), status, &sealed)).await;
    if let Err(error) = written {
        tracing::warn!(%error, "an answer could not be kept for a repeated request");
    }
    Ok(Response::from_parts(parts, axum::body::Body::from(bytes)))
}
