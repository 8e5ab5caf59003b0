//! Answers on their way out: what a handler says, and what becomes of it by
//! the request's `fields` and `If-None-Match`.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value, json};
use shared::keys::sha256;

use super::parameter::Asked;
use super::problem::ApiProblem;

/// What a handler answers.
pub(super) type Answered = Result<Reply, ApiProblem>;

/// An answer without its last form; [`super::frame`] writes it.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    status: StatusCode,
    body: Option<Value>,
    /// Cursor of the page behind this one.
    next: Option<String>,
    /// Version of the object, for `If-Match`.
    version: Option<i64>,
    location: Option<String>,
    is_page: bool,
}

impl Reply {
    /// One object.
    pub(super) fn of(object: &impl Serialize) -> Result<Self, ApiProblem> {
        let body = serde_json::to_value(object).map_err(|error| ApiProblem::internal(&error))?;
        Ok(Self {
            status: StatusCode::OK,
            body: Some(body),
            next: None,
            version: None,
            location: None,
            is_page: false,
        })
    }

    /// A page of a list, and the cursor of the one behind it.
    pub(super) fn page(items: &[impl Serialize], next: Option<String>) -> Answered {
        let whole = Self::of(&json!({ "items": items, "next": next }))?;
        Ok(Self { next, is_page: true, ..whole })
    }

    /// Something new, and where it is.
    pub(super) fn made(object: &impl Serialize, location: String) -> Answered {
        let whole = Self::of(object)?;
        Ok(Self { status: StatusCode::CREATED, location: Some(location), ..whole })
    }

    /// It is done, and there is nothing to say.
    pub(super) fn done() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            body: None,
            next: None,
            version: None,
            location: None,
            is_page: false,
        }
    }

    /// With the version that `If-Match` must name.
    #[must_use]
    pub(super) fn version(self, version: i64) -> Self {
        Self { version: Some(version), ..self }
    }

    /// The whole answer to a request of `path`. `reads` adds an `ETag`, and
    /// makes it 304 when `known` holds it.
    pub(super) fn answer(
        mut self,
        path: &str,
        asked: &Asked,
        known: Option<&HeaderMap>,
    ) -> Response {
        if let (Some(fields), Some(body)) = (asked.fields(), &mut self.body) {
            select(body, &fields, self.is_page);
        }
        let text = self.body.as_ref().map(Value::to_string);
        let mut headers = HeaderMap::new();
        let mut put = |name: HeaderName, value: &str| {
            headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        };
        if let Some(location) = &self.location {
            put(header::LOCATION, location);
        }
        if let Some(next) = &self.next {
            put(header::LINK, &format!("<{}>; rel=\"next\"", asked.address(path, next)));
        }
        let tag = text.as_ref().map(|text| tag(self.version, text));
        if let Some(tag) = tag.as_ref().filter(|_| known.is_some() || self.version.is_some()) {
            put(header::ETAG, tag);
        }
        if let (Some(tag), Some(known)) = (&tag, known)
            && names(known, tag)
        {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        match text {
            Some(text) => {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                (self.status, headers, text).into_response()
            }
            None => (self.status, headers).into_response(),
        }
    }
}

impl IntoResponse for Reply {
    /// Without a body: [`super::frame`] writes it, who knows the request.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Leaves the wanted fields of an object, or of each object of a page.
fn select(body: &mut Value, fields: &[&str], is_page: bool) {
    let keep = |object: &mut Map<String, Value>| {
        object.retain(|name, _| fields.contains(&name.as_str()));
    };
    let items = body.get_mut("items").and_then(Value::as_array_mut).filter(|_| is_page);
    if let Some(items) = items {
        items.iter_mut().filter_map(Value::as_object_mut).for_each(keep);
    } else if let Some(object) = body.as_object_mut() {
        keep(object);
    }
}

/// `"version.digest"`, or the digest alone.
fn tag(version: Option<i64>, text: &str) -> String {
    let digest = URL_SAFE_NO_PAD.encode(sha256(text.as_bytes()).get(..12).unwrap_or_default());
    match version {
        Some(version) => format!("\"{version}.{digest}\""),
        None => format!("\"{digest}\""),
    }
}

/// Whether `If-None-Match` names the tag.
fn names(headers: &HeaderMap, tag: &str) -> bool {
    let lines = headers.get_all(header::IF_NONE_MATCH);
    let texts = lines.iter().filter_map(|value| value.to_str().ok());
    let mut named = texts.flat_map(|line| line.split(',')).map(str::trim);
    named.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

/// What `If-Match` looks like.
pub(super) const VERSION_PATTERN: &str = r#"^"[0-9]{1,18}\.[A-Za-z0-9_-]{1,32}"$"#;

/// The version that `If-Match` names; 428 without it, 400 when it is no
/// `ETag` of this API.
pub(super) fn wanted_version(headers: &HeaderMap) -> Result<i64, ApiProblem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        let detail =
            "Read the object, and send its `ETag` as `If-Match`, so that nobody's change is lost.";
        return Err(ApiProblem::new("precondition-required", detail));
    };
    let text = value.to_str().ok().and_then(|text| text.strip_prefix('"')?.strip_suffix('"'));
    let plain = |text: &str, longest: usize, fits: fn(&u8) -> bool| {
        (1..=longest).contains(&text.len()) && text.bytes().all(|byte| fits(&byte))
    };
    let version = text.and_then(|text| text.split_once('.')).filter(|(version, digest)| {
        plain(version, 18, u8::is_ascii_digit)
            && plain(digest, 32, |byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte))
    });
    version.and_then(|(version, _)| version.parse().ok()).ok_or_else(|| {
        ApiProblem::parameter("If-Match", "it must be the `ETag` of the object as it was read.")
    })
}

/// The object is not any more what the client has read.
pub(super) fn changed() -> ApiProblem {
    let detail = "`If-Match` does not name the object as it is now; read it again.";
    ApiProblem::new("changed-meanwhile", detail)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
    use serde_json::json;

    use super::{Asked, Reply, select, wanted_version};

    #[test]
    fn a_known_answer_is_not_sent_again() {
        let reply = Reply::of(&json!({ "id": "x" })).unwrap().version(7);
        let asked = Asked::default();
        let first = reply.clone().answer("/x", &asked, Some(&HeaderMap::new()));
        let tag = first.headers()[header::ETAG].clone();
        assert!(tag.to_str().unwrap().starts_with("\"7."), "{tag:?}");
        for (known, wanted) in [
            (tag.clone(), StatusCode::NOT_MODIFIED),
            (HeaderValue::from_static("*"), StatusCode::NOT_MODIFIED),
            (HeaderValue::from_static("\"8.x\", W/\"y\""), StatusCode::OK),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, known);
            let again = reply.clone().answer("/x", &asked, Some(&headers));
            assert_eq!(again.status(), wanted);
        }
        let mut headers = HeaderMap::new();
        assert_eq!(wanted_version(&headers).unwrap_err().status(), 428);
        headers.insert(header::IF_MATCH, tag);
        assert_eq!(wanted_version(&headers).unwrap(), 7);
        headers.insert(header::IF_MATCH, HeaderValue::from_static("\"x\""));
        assert_eq!(wanted_version(&headers).unwrap_err().status(), 400);
    }

    #[test]
    fn a_selection_leaves_the_page_itself_whole() {
        let mut page = json!({ "items": [{ "id": 1, "name": "a" }], "next": null });
        select(&mut page, &["id"], true);
        assert_eq!(page, json!({ "items": [{ "id": 1 }], "next": null }));
        let mut object = json!({ "items": [{ "id": 1 }], "id": 2 });
        select(&mut object, &["items"], false);
        assert_eq!(object, json!({ "items": [{ "id": 1 }] }));
    }
}
