//! The list of operations and the document are one.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::Value;

use super::problem::PROBLEMS;
use super::routes::{TAGS, operations};
use crate::auth::guard::Access;

/// Method and path of everything in the document.
fn documented() -> BTreeSet<(String, String)> {
    let paths = super::openapi()["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(|method| (method.to_uppercase(), path.clone()))
    });
    all.collect()
}

#[test]
fn the_document_has_every_route_and_no_other() {
    let routes: BTreeSet<(String, String)> = operations()
        .iter()
        .map(super::operation::Operation::route)
        .map(|route| (route.method.to_string(), route.path.to_owned()))
        .collect();
    assert_eq!(routes.len(), operations().len(), "no route stands there twice");
    assert_eq!(documented(), routes);
}

#[test]
fn every_operation_is_named_and_says_who_may_and_what_may_go_wrong() {
    let mut names = BTreeSet::new();
    for operation in operations() {
        assert!(names.insert(operation.id), "{} is a name twice", operation.id);
        assert!(!operation.summary.is_empty(), "{}", operation.id);
        assert!(TAGS.iter().any(|(tag, _)| *tag == operation.tag), "{}", operation.tag);
        assert_ne!(operation.access, Access::Open, "{}", operation.id);
        let method = operation.method.as_str().to_lowercase();
        let written = &super::openapi()["paths"][operation.path][method];
        let about = written["description"].as_str().unwrap();
        assert!(about.contains("Needs"), "{about}");
        let responses = written["responses"].as_object().unwrap();
        for status in ["400", "401", "406", "429", "500", "503"] {
            assert!(responses.contains_key(status), "{}: {status}", operation.id);
        }
        let needs = !operation.scopes().is_empty();
        assert_eq!(responses.contains_key("403"), needs || !operation.reads(), "{}", operation.id);
        // Of a body that is not understood, or of a key that was used for another.
        let odd = operation.body.is_some() || operation.method == Method::POST;
        assert_eq!(odd, responses.contains_key("422"), "{}", operation.id);
    }
}

#[test]
fn every_problem_that_is_named_is_one() {
    let text = super::openapi().to_string();
    for (code, status, title) in PROBLEMS {
        assert!((400..600).contains(status) && !title.is_empty());
        let outside = ["method-not-allowed"];
        assert!(outside.contains(code) || text.contains(&format!("\"{code}\"")), "{code}");
    }
    let mut unknown = Vec::new();
    named(super::openapi(), &mut unknown);
    assert_eq!(unknown, Vec::<String>::new());
}

/// Codes in the document that are no problem.
fn named(value: &Value, unknown: &mut Vec<String>) {
    if let Some(codes) = value.get("x-muster-problems").and_then(Value::as_array) {
        let codes = codes.iter().filter_map(Value::as_str);
        let missing = codes.filter(|code| !PROBLEMS.iter().any(|(known, ..)| known == code));
        unknown.extend(missing.map(str::to_owned));
    }
    match value {
        Value::Object(map) => map.values().for_each(|one| named(one, unknown)),
        Value::Array(all) => all.iter().for_each(|one| named(one, unknown)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let text = super::openapi().to_string();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(super::openapi()["components"]["schemas"].get(name).is_some(), "{name}");
    }
}
