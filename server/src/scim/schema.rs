//! What a directory may know of us before it begins.

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::resource::{DAYS, ENTERPRISE, USER};
use super::users::PAGE;
use super::{Answer, Refusal, Scim, listed};

const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
const TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

fn meta(scim: &Scim, kind: &str, path: &str) -> Value {
    json!({ "resourceType": kind, "location": format!("{}/scim/v2/{path}", scim.app.public_url) })
}

pub(super) async fn config(State(scim): State<Scim>) -> Answer {
    let no = json!({ "supported": false });
    Answer::of(json!({
        "schemas": [CONFIG],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": PAGE },
        "changePassword": no,
        "sort": no,
        "etag": no,
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "API token",
            "description": "A token of this collector with the scope people:write",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": meta(&scim, "ServiceProviderConfig", "ServiceProviderConfig"),
    }))
}

fn user_type(scim: &Scim) -> Value {
    json!({
        "schemas": [TYPE],
        "id": "User",
        "name": "User",
        "description": "A person of the company",
        "endpoint": "/Users",
        "schema": USER,
        "schemaExtensions": [
            { "schema": ENTERPRISE, "required": false },
            { "schema": DAYS, "required": false },
        ],
        "meta": meta(scim, "ResourceType", "ResourceTypes/User"),
    })
}

pub(super) async fn types(State(scim): State<Scim>) -> Answer {
    Answer::of(listed(&[user_type(&scim)], 1, 1))
}

pub(super) async fn one_type(
    State(scim): State<Scim>,
    Path(id): Path<String>,
) -> Result<Answer, Refusal> {
    if id != "User" {
        return Err(Refusal::new(axum::http::StatusCode::NOT_FOUND, "There is no such type."));
    }
    Ok(Answer::of(user_type(&scim)))
}

/// An attribute that can be read and written.
fn attribute(name: &str, kind: &str, about: &str) -> Value {
    json!({
        "name": name,
        "type": kind,
        "multiValued": false,
        "description": about,
        "required": false,
        "caseExact": false,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    })
}

/// The attribute with other properties.
fn with<const N: usize>(mut attribute: Value, others: [(&str, Value); N]) -> Value {
    if let Some(fields) = attribute.as_object_mut() {
        fields.extend(others.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    attribute
}

/// An attribute that cannot be taken away.
fn needed(attribute: Value) -> Value {
    with(attribute, [("required", true.into())])
}

fn emails() -> Value {
    let parts = json!([
        with(attribute("value", "string", "The address"), [("required", true.into())]),
        with(attribute("type", "string", "Always work"), [("canonicalValues", json!(["work"]))],),
        attribute("primary", "boolean", "Always true"),
    ]);
    let about = "The one mail address, for work; names the person";
    with(
        attribute("emails", "complex", about),
        [("multiValued", true.into()), ("required", true.into()), ("subAttributes", parts)],
    )
}

fn names() -> Value {
    let about = [
        ("formatted", "The full name, the same as displayName"),
        ("givenName", "Everything before the last word of the full name"),
        ("familyName", "The last word of the full name"),
    ];
    let given = |kind| ("mutability", Value::from(kind));
    let parts =
        about.map(|(name, about)| with(attribute(name, "string", about), [given("readOnly")]));
    // Written all the same by directories that have no `displayName`.
    let about = "The parts of displayName";
    with(attribute("name", "complex", about), [given("readOnly"), ("subAttributes", json!(parts))])
}

fn all(scim: &Scim) -> [Value; 3] {
    let user_name = with(
        attribute("userName", "string", "What the directory calls the person"),
        [("required", true.into()), ("uniqueness", "server".into())],
    );
    let schema = |id: &str, name: &str, about: &str, attributes: Value| {
        json!({
            "schemas": [SCHEMA],
            "id": id,
            "name": name,
            "description": about,
            "attributes": attributes,
            "meta": meta(scim, "Schema", &format!("Schemas/{id}")),
        })
    };
    let user = json!([
        user_name,
        needed(attribute("displayName", "string", "The full name")),
        names(),
        needed(attribute("active", "boolean", "Whether the person is with the company")),
        emails(),
    ]);
    let department = json!([attribute("department", "string", "The department")]);
    let days = json!([
        attribute("firstDay", "string", "First day at work, such as 2026-09-01"),
        attribute("lastDay", "string", "Last day at work, such as 2027-03-31"),
    ]);
    [
        schema(USER, "User", "A person of the company", user),
        schema(ENTERPRISE, "EnterpriseUser", "Where the person works", department),
        schema(DAYS, "Days", "When the person comes and goes", days),
    ]
}

pub(super) async fn schemas(State(scim): State<Scim>) -> Answer {
    let all = all(&scim);
    Answer::of(listed(&all, all.len() as u64, 1))
}

pub(super) async fn one_schema(
    State(scim): State<Scim>,
    Path(id): Path<String>,
) -> Result<Answer, Refusal> {
    let found = all(&scim).into_iter().find(|schema| schema.get("id") == Some(&json!(id)));
    found
        .map(Answer::of)
        .ok_or_else(|| Refusal::new(axum::http::StatusCode::NOT_FOUND, "There is no such schema."))
}
