//! Bodies of requests: JSON of one exact form, or a problem that names the
//! field.

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::problem::ApiProblem;

/// Most bytes of a body.
pub(super) const MOST: usize = 64 * 1024;

/// A body of a known form.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Self::Rejection> {
        let (parts, body) = request.into_parts();
        must_be_json(&parts.headers)?;
        read(&bytes(body).await?).map(Self)
    }
}

/// Everything that a body holds, if it is not too much.
pub(super) async fn bytes(body: axum::body::Body) -> Result<Bytes, ApiProblem> {
    to_bytes(body, MOST).await.map_err(|_| {
        ApiProblem::new("too-large", format!("A body may have {MOST} bytes; send less."))
    })
}

/// Whether the request says that its body is JSON.
fn must_be_json(headers: &HeaderMap) -> Result<(), ApiProblem> {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut parts = said.unwrap_or_default().split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts.all(|part| part.to_ascii_lowercase().replace('"', "") == "charset=utf-8");
    if is_json && is_utf8 {
        return Ok(());
    }
    Err(ApiProblem::new(
        "unsupported-media-type",
        "Send the body with `Content-Type: application/json`.",
    ))
}

/// Reads a body strictly: no field too many, none twice, none of another type.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiProblem> {
    let error = match serde_json::from_slice(bytes) {
        Ok(body) => return Ok(body),
        Err(error) => error,
    };
    if error.classify() != Category::Data {
        return Err(ApiProblem::new("bad-json", format!("The body cannot be read: {error}.")));
    }
    let words = plain(&error);
    match field(bytes, &words, &|map| serde_json::from_value::<T>(Value::Object(map)).is_err()) {
        Some(field) => Err(ApiProblem::field(&field, format!("{words}."))),
        None => Err(ApiProblem::new("bad-field", format!("The body does not fit: {words}."))),
    }
}

/// What serde says, without the place in the text.
fn plain(error: &serde_json::Error) -> String {
    let words = error.to_string();
    words.split(" at line ").next().unwrap_or(&words).to_owned()
}

/// The field that is at fault: the one that is named, or else the one without
/// which something else is said.
fn field(bytes: &[u8], words: &str, fails: &dyn Fn(Map<String, Value>) -> bool) -> Option<String> {
    for kind in ["unknown field `", "missing field `", "duplicate field `"] {
        if let Some(rest) = words.strip_prefix(kind) {
            let name = rest.split('`').next().unwrap_or_default();
            return Some(name.chars().take(60).collect());
        }
    }
    let Ok(Value::Object(map)) = serde_json::from_slice(bytes) else { return None };
    // Nothing else is wrong with a body in which one value is at fault: with
    // null instead, or without the field, it is read, or its absence is told.
    let without = |name: &String| {
        let mut rest = map.clone();
        rest.remove(name);
        rest
    };
    let optional = map.keys().find(|name| !fails(without(name)));
    optional.or_else(|| map.keys().find(|name| is_at_fault(&map, name, fails))).cloned()
}

/// Whether no other value than this one can be at fault: some value of every
/// plain kind in its place makes the body fit.
fn is_at_fault(
    map: &Map<String, Value>,
    name: &str,
    fails: &dyn Fn(Map<String, Value>) -> bool,
) -> bool {
    let kinds = [
        Value::from(""),
        Value::from(1),
        Value::from(true),
        Value::Array(Vec::new()),
        Value::Object(Map::new()),
    ];
    kinds.into_iter().any(|value| {
        let mut other = map.clone();
        other.insert(name.to_owned(), value);
        !fails(other)
    })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};
    use serde::Deserialize;

    use super::{must_be_json, read};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Form {
        name: String,
        days: Option<i64>,
        scopes: Vec<String>,
    }

    #[test]
    fn the_field_at_fault_is_named() {
        for (body, wanted) in [
            (r#"{"name":"x","scopes":[]}"#, "ok"),
            (r#"{"name":"x","scopes":[],"days":null}"#, "ok"),
            (r#"{"name":"x","scopes":[],"more":1}"#, "field: \"more\""),
            (r#"{"scopes":[]}"#, "field: \"name\""),
            (r#"{"name":"x","name":"y","scopes":[]}"#, "field: \"name\""),
            (r#"{"name":1,"scopes":[]}"#, "field: \"name\""),
            (r#"{"name":"x","scopes":"all"}"#, "field: \"scopes\""),
            (r#"{"name":"x","scopes":[],"days":"9"}"#, "field: \"days\""),
            (r#"{"name":"x","scopes":[],"days":1.5}"#, "field: \"days\""),
            ("[]", "bad-field"),
            ("\"x\"", "bad-field"),
            ("{", "bad-json"),
            ("", "bad-json"),
            (r#"{"name":"x","scopes":[]}{}"#, "bad-json"),
            ("{\"name\":\"\u{1}\"}", "bad-json"),
        ] {
            let said = match read::<Form>(body.as_bytes()) {
                Ok(_) => "ok".to_owned(),
                Err(problem) => format!("{problem:?}"),
            };
            assert!(said.contains(wanted), "{body}: {said}");
        }
    }

    #[test]
    fn only_json_is_read() {
        let says = |value: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
            }
            must_be_json(&headers).is_ok()
        };
        assert!(
            says(Some("application/json")) && says(Some("Application/JSON; charset=\"UTF-8\""))
        );
        for odd in [None, Some(""), Some("text/json"), Some("application/json; charset=latin1")] {
            assert!(!says(odd), "{odd:?}");
        }
    }
}
