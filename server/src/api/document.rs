//! The `OpenAPI` document: everything that the list of operations says, for
//! programs.

use serde_json::{Map, Value, json};

use super::operation::Operation;
use super::parameter::{Form, Parameter};
use super::problem::{PROBLEMS, ProblemBody};
use super::shape::{Schemas, Shape};
use crate::auth::token::PATTERN;

/// What stands above all operations.
const ABOUT: &str = "Everything that the console's pages can do. Send an API token as \
    `Authorization: Bearer muster_...`, or the cookie of a session. A token may do what its \
    scopes say, and never more than its owner. Every error is a problem as of RFC 9457. Lists \
    are read with `limit` and `cursor`; `fields` selects parts of an answer.";

/// The whole document.
pub(super) fn document(operations: &[Operation]) -> Value {
    let mut schemas = Schemas::new();
    let problem = Shape::of::<ProblemBody>().reference(&mut schemas, false);
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations {
        let written = write(operation, &problem, &mut schemas);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(operation.method.as_str().to_ascii_lowercase(), written);
        }
    }
    let tags: Vec<Value> = super::routes::TAGS
        .iter()
        .map(|(name, about)| json!({ "name": name, "description": about }))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Muster", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "paths": paths,
        "components": { "schemas": schemas, "securitySchemes": security_schemes() },
    })
}

fn security_schemes() -> Value {
    json!({
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": format!("An API token. Programs that look for lost secrets find it by `{PATTERN}`."),
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-muster-session",
            "description": "The cookie of somebody who is signed in. Changes need the `Origin` of the console.",
        },
    })
}

fn write(operation: &Operation, problem: &Value, schemas: &mut Schemas) -> Value {
    let scopes = operation.scopes();
    let mut written = json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": description(operation),
        "parameters": parameters(operation),
        "responses": responses(operation, problem, schemas),
        "security": [{ "token": scopes }, { "session": scopes }],
        "x-muster-permissions": operation.scopes(),
    });
    if let (Some(body), Some(object)) = (&operation.body, written.as_object_mut()) {
        let mut content = json!({ "schema": body.reference(schemas, false) });
        if let (Some(example), Some(content)) = (operation.example, content.as_object_mut()) {
            content.insert("example".to_owned(), example());
        }
        let body = json!({ "required": true, "content": { "application/json": content } });
        object.insert("requestBody".to_owned(), body);
    }
    written
}

fn description(operation: &Operation) -> String {
    let scopes: Vec<String> =
        operation.scopes().into_iter().map(|scope| format!("`{scope}`")).collect();
    let who = match scopes.as_slice() {
        [] => "Needs a token or a session, and no scope.".to_owned(),
        scopes => format!("Needs {}.", scopes.join(" and ")),
    };
    [operation.about, &who]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let of_path = operation.path_parameters().map(|(name, about, schema)| {
        json!({ "name": name, "in": "path", "required": true, "description": about, "schema": schema })
    });
    let of_query = operation.parameters.iter().map(|one| query_parameter(one, operation));
    let of_headers = operation.header_parameters().into_iter().map(|(name, required, about)| {
        json!({
            "name": name, "in": "header", "required": required, "description": about,
            "schema": header_schema(name),
        })
    });
    of_path.chain(of_query).chain(of_headers).collect()
}

fn header_schema(name: &str) -> Value {
    match name {
        "Idempotency-Key" => json!({ "type": "string", "pattern": super::idempotency::PATTERN }),
        "If-Match" => json!({ "type": "string", "pattern": super::reply::VERSION_PATTERN }),
        _ => json!({ "type": "string" }),
    }
}

fn query_parameter(parameter: &Parameter, operation: &Operation) -> Value {
    let many = |items: Value| json!({ "type": "array", "items": items });
    let schema = match parameter.form {
        Form::Text(longest) => json!({ "type": "string", "minLength": 1, "maxLength": longest }),
        Form::Texts(longest) => {
            many(json!({ "type": "string", "minLength": 1, "maxLength": longest }))
        }
        Form::Word(words) => json!({ "type": "string", "enum": words() }),
        Form::AnyWord(words) => many(json!({ "type": "string", "enum": words() })),
        Form::Number(least, most) => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Form::Time => json!({ "type": "string", "format": "date-time" }),
        Form::Fields => json!({
            "type": "array", "minItems": 1, "items": { "type": "string", "enum": operation.fields() },
        }),
    };
    let mut written = json!({
        "name": parameter.name, "in": "query", "required": false,
        "description": parameter.about, "schema": schema,
    });
    if let (Form::Fields, Some(object)) = (parameter.form, written.as_object_mut()) {
        object.insert("style".to_owned(), json!("form"));
        object.insert("explode".to_owned(), json!(false));
    }
    written
}

fn responses(operation: &Operation, problem: &Value, schemas: &mut Schemas) -> Value {
    let mut responses = Map::new();
    let (status, about) = operation.success();
    let selectable = operation.is_selectable();
    let mut success = json!({ "description": about, "headers": headers(operation) });
    if let (Some(shape), Some(object)) = (&operation.answer, success.as_object_mut()) {
        let schema = shape.reference(schemas, selectable);
        object.insert("content".to_owned(), json!({ "application/json": { "schema": schema } }));
    }
    if let (true, Some(object)) = (operation.lines, success.as_object_mut()) {
        let lines = json!({ "application/x-ndjson": { "schema": { "type": "string" } } });
        object.insert("content".to_owned(), lines);
    }
    responses.insert(status.to_string(), success);
    if operation.reads() {
        let text = "What `If-None-Match` names is still the answer.";
        responses.insert("304".to_owned(), json!({ "description": text }));
    }
    for (status, codes) in operation.problems() {
        let titles: Vec<String> = codes
            .iter()
            .filter_map(|code| PROBLEMS.iter().find(|(known, ..)| known == code))
            .map(|(code, _, title)| format!("{title} (`{code}`)"))
            .collect();
        let response = json!({
            "description": format!("{}.", titles.join(", or ")),
            "content": { "application/problem+json": { "schema": problem } },
            "x-muster-problems": codes,
        });
        responses.insert(status.to_string(), response);
    }
    Value::Object(responses)
}

fn headers(operation: &Operation) -> Value {
    let text = |about: &str| json!({ "description": about, "schema": { "type": "string" } });
    let mut headers = json!({
        "RateLimit": text("What is left of the quota, and the seconds until one more request."),
        "RateLimit-Policy": text("The quota."),
        "X-Request-Id": text("Names the request in the audit log."),
    });
    let Some(object) = headers.as_object_mut() else { return headers };
    if operation.reads() {
        object.insert("ETag".to_owned(), text("Names this answer, for `If-None-Match`."));
    }
    if operation.answer.is_some_and(|shape| shape.is_list()) {
        object.insert("Link".to_owned(), text("`rel=\"next\"`: the page behind this one."));
    }
    headers
}
