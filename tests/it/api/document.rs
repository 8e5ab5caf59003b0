//! The document: as it is in the tree, as programs get it, and as people read
//! it.

use serde_json::Value;
use server::auth::role::Role;
use tests::caller::Caller;
use tests::test_server::TestServer;

const IN_TREE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../server/openapi.json");

#[test]
fn the_document_in_the_tree_is_that_of_the_program() {
    let mut now = serde_json::to_string_pretty(server::api::openapi()).unwrap();
    now.push('\n');
    if std::env::var_os("MUSTER_RENEW").is_some() {
        std::fs::write(IN_TREE, &now).unwrap();
    }
    let kept = std::fs::read_to_string(IN_TREE).unwrap_or_default();
    assert!(
        kept == now,
        "the API has changed; look at what `MUSTER_RENEW=1 cargo test -p tests --test it the_document_in_the_tree` does to server/openapi.json, and keep it when that is meant"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_get_the_document_and_people_a_page_of_it() {
    let server = TestServer::start().await;
    let mut caller = Caller::signed_in(&server, Role::Viewer).await;
    let document: Value = caller.get("/api/v1/openapi.json").await;
    assert_eq!(&document, server::api::openapi());
    let page = caller.send("GET", "/api/docs", &[], None).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let text = page.text();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let line = format!("<code class=\"method\">{} {path}</code>", method.to_uppercase());
            assert!(text.contains(&line), "{line}");
            assert!(text.contains(operation["summary"].as_str().unwrap()));
        }
    }
    assert!(
        !text.contains("<script src=\"http") && !text.contains("style="),
        "nothing from elsewhere"
    );
    assert!(page.body.len() < 150_000, "{} bytes", page.body.len());
}
