//! The API's document as a page: made from the same text that programs read,
//! with nothing from elsewhere.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use serde_json::Value;

use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};

#[derive(Template)]
#[template(path = "api_docs.html")]
struct DocsPage {
    shell: Shell,
    about: String,
    groups: Vec<Group>,
    problem_base: &'static str,
    problems: &'static [(&'static str, u16, &'static str)],
    schemas: Vec<SchemaView>,
}

/// Operations about one thing.
struct Group {
    name: String,
    about: String,
    operations: Vec<OperationView>,
}

/// One operation.
struct OperationView {
    id: String,
    method: String,
    path: String,
    summary: String,
    about: String,
    permission: String,
    parameters: Vec<FieldView>,
    body: Option<Named>,
    /// Answers when all is well.
    answers: Vec<AnswerView>,
    /// Codes of what may go wrong.
    problems: String,
    curl: String,
}

/// A schema that has a name.
struct Named {
    name: String,
    example: String,
}

/// One status that an operation answers with.
struct AnswerView {
    status: String,
    schema: String,
}

/// A parameter, or a field of an object.
struct FieldView {
    name: String,
    kind: String,
    /// Where it stands: `path`, `query`, `header`; empty for a field.
    place: String,
    required: bool,
    about: String,
}

/// The fields of one object.
struct SchemaView {
    name: String,
    about: String,
    fields: Vec<FieldView>,
}

/// The page.
pub(super) async fn page(
    State(console): State<Console>,
    shell: Shell,
) -> Result<Html<String>, PageError> {
    let document = crate::api::openapi();
    html(&DocsPage {
        shell: shell.titled("API", Section::None),
        about: text(document, "/info/description"),
        groups: groups(document, &console.app.public_url),
        problem_base: shared::names::PROBLEM_BASE,
        problems: crate::api::problem::PROBLEMS,
        schemas: schemas(document),
    })
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn entries<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.pointer(pointer).and_then(Value::as_object).into_iter().flatten()
}

fn groups(document: &Value, public_url: &str) -> Vec<Group> {
    list(document, "/tags")
        .map(|tag| {
            let name = text(tag, "/name");
            let of_path = |(path, methods): (&String, &Value)| -> Vec<OperationView> {
                entries(methods, "")
                    .filter(|(_, one)| text(one, "/tags/0") == name)
                    .map(|(method, one)| operation(path, method, one, public_url))
                    .collect()
            };
            let operations = entries(document, "/paths").flat_map(of_path).collect();
            Group { about: text(tag, "/description"), name, operations }
        })
        .collect()
}

fn operation(path: &str, method: &str, one: &Value, public_url: &str) -> OperationView {
    let parameters = list(one, "/parameters").map(|parameter| FieldView {
        name: text(parameter, "/name"),
        kind: kind(parameter.get("schema").unwrap_or(&Value::Null)),
        place: text(parameter, "/in"),
        required: parameter.get("required") == Some(&Value::Bool(true)),
        about: text(parameter, "/description"),
    });
    let content = "/requestBody/content/application~1json";
    let body = one.pointer(content).map(|content| Named {
        name: name(content.get("schema").unwrap_or(&Value::Null)),
        example: content.get("example").map_or_else(String::new, pretty),
    });
    let fine = |status: &str| status.starts_with(['2', '3']);
    let answers = entries(one, "/responses").filter(|(status, _)| fine(status));
    let answers = answers.map(|(status, answer)| AnswerView {
        status: status.clone(),
        schema: entries(answer, "/content")
            .map(|(_, content)| name(content.get("schema").unwrap_or(&Value::Null)))
            .collect(),
    });
    let problems: Vec<&str> = entries(one, "/responses")
        .flat_map(|(_, answer)| list(answer, "/x-muster-problems"))
        .filter_map(Value::as_str)
        .collect();
    OperationView {
        id: text(one, "/operationId"),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(one, "/summary"),
        about: text(one, "/description"),
        permission: list(one, "/x-muster-permissions")
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" "),
        parameters: parameters.collect(),
        curl: curl(path, method, one, public_url),
        body,
        answers: answers.collect(),
        problems: problems.join(", "),
    }
}

/// The request as a command; what is in capitals has to be filled in.
fn curl(path: &str, method: &str, one: &Value, public_url: &str) -> String {
    let mut address = path.to_owned();
    for parameter in list(one, "/parameters").filter(|one| text(one, "/in") == "path") {
        let name = text(parameter, "/name");
        address = address.replace(&format!("{{{name}}}"), &name.to_uppercase());
    }
    let mut words = vec!["curl".to_owned()];
    if method != "get" {
        words.push(format!("-X {}", method.to_uppercase()));
    }
    words.push("-H \"Authorization: Bearer $MUSTER_TOKEN\"".to_owned());
    if list(one, "/parameters").any(|one| text(one, "/name") == "If-Match") {
        words.push("-H 'If-Match: ETAG'".to_owned());
    }
    if let Some(example) = one.pointer("/requestBody/content/application~1json/example") {
        words.push("-H 'Content-Type: application/json'".to_owned());
        words.push(format!("-d '{example}'"));
    }
    words.push(format!("{public_url}{address}"));
    words.join(" ")
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// The name of a schema, without those that only leave fields away.
fn name(schema: &Value) -> String {
    let reference = schema.get("$ref").or_else(|| schema.pointer("/anyOf/0/$ref"));
    let path = reference.and_then(Value::as_str).unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

/// What a value looks like, in few words.
fn kind(schema: &Value) -> String {
    let named = name(schema);
    if !named.is_empty() {
        return named;
    }
    let of_many = list(schema, "/oneOf").chain(list(schema, "/anyOf"));
    let many: Vec<String> = of_many.map(kind).collect();
    if !many.is_empty() {
        return many.join(" or ");
    }
    let words: Vec<&str> = list(schema, "/enum").filter_map(Value::as_str).collect();
    if !words.is_empty() {
        return words.join(" | ");
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => vec!["any"],
    };
    let mut text = types.join(" or ");
    if let Some(items) = schema.get("items") {
        text = text.replace("array", &format!("list of {}", kind(items)));
    }
    match schema.get("format").and_then(Value::as_str) {
        Some(format @ ("date-time" | "date")) => text.replace("string", format),
        _ => text,
    }
}

fn schemas(document: &Value) -> Vec<SchemaView> {
    entries(document, "/components/schemas")
        .filter(|(name, _)| !name.starts_with("Selected"))
        .map(|(name, schema)| {
            let required: Vec<&str> = list(schema, "/required").filter_map(Value::as_str).collect();
            let fields = entries(schema, "/properties").map(|(field, value)| FieldView {
                name: field.clone(),
                kind: kind(value),
                place: String::new(),
                required: required.contains(&field.as_str()),
                about: text(value, "/description"),
            });
            let mut about = text(schema, "/description");
            if schema.get("enum").is_some() {
                about = format!("{about} One of: {}.", kind(schema));
            }
            SchemaView { name: name.clone(), about, fields: fields.collect() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::kind;

    #[test]
    fn a_schema_is_told_in_few_words() {
        for (schema, words) in [
            (json!({ "type": "string" }), "string"),
            (json!({ "type": ["string", "null"], "format": "date-time" }), "date-time or null"),
            (json!({ "type": "array", "items": { "$ref": "#/a/b/Device" } }), "list of Device"),
            (json!({ "enum": ["a", "b"] }), "a | b"),
            (json!({ "oneOf": [{ "type": "null" }, { "$ref": "#/x/Y" }] }), "null or Y"),
            (json!({}), "any"),
        ] {
            assert_eq!(kind(&schema), words, "{schema}");
        }
    }
}
