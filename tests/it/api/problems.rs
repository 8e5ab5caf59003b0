//! Every kind of refusal, each as problem details with its code.

use serde_json::json;
use server::auth::role::Role;
use tests::caller::{Caller, code};
use tests::test_server::TestServer;

/// Requests that are wrong in one way: method, path, headers, body, and the
/// answer.
type Row<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str, (u16, &'a str));

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];

const ROWS: &[Row<'_>] = &[
    ("GET", "/api/v1/devices?limit=0", &[], "", (400, "bad-parameter")),
    ("GET", "/api/v1/devices?limit=501", &[], "", (400, "bad-parameter")),
    ("GET", "/api/v1/devices?limit=1&limit=2", &[], "", (400, "bad-parameter")),
    ("GET", "/api/v1/devices?status=fine", &[], "", (400, "bad-parameter")),
    ("GET", "/api/v1/devices?sort=secret", &[], "", (400, "bad-parameter")),
    ("GET", "/api/v1/devices?owner=some", &[], "", (400, "bad-parameter")),
    ("GET", "/api/v1/devices?cursor=x", &[], "", (400, "bad-parameter")),
    ("GET", "/api/v1/devices?cursor=bnVsbA", &[], "", (400, "bad-parameter")),
    ("GET", "/api/v1/devices?fields=", &[], "", (400, "bad-parameter")),
    ("GET", "/api/v1/devices?page=2", &[], "", (400, "bad-parameter")),
    ("GET", "/api/v1/me?x=1", &[], "", (400, "bad-parameter")),
    ("GET", "/api/v1/audit?from=yesterday", &[], "", (400, "bad-parameter")),
    ("GET", "/api/v1/audit?q=%00", &[], "", (200, "")),
    ("GET", "/api/v1/devices?q=%FF%00%25_", &[], "", (200, "")),
    ("GET", "/api/v1/devices/none", &[], "", (404, "not-found")),
    ("GET", "/api/v1/devices/%00", &[], "", (404, "not-found")),
    ("GET", "/api/v1/devices/none/history", &[], "", (404, "not-found")),
    ("GET", "/api/v1/devices/none/statements/0/1", &[], "", (404, "not-found")),
    ("GET", "/api/v1/devices/none/statements/0/99999999999999999999", &[], "", (404, "not-found")),
    ("GET", "/api/v1/log/entries/-1", &[], "", (404, "not-found")),
    ("GET", "/api/v1/log/entries/9223372036854775807", &[], "", (404, "not-found")),
    ("GET", "/api/v1/log/proofs/18446744073709551615", &[], "", (404, "not-found")),
    ("GET", "/api/v1/nothing", &[], "", (404, "not-found")),
    ("GET", "/api/v2/devices", &[], "", (404, "not-found")),
    ("PUT", "/api/v1/devices", &[], "", (405, "method-not-allowed")),
    ("DELETE", "/api/v1/me", &[], "", (405, "method-not-allowed")),
    ("GET", "/api/v1/me", &[("accept", "text/html")], "", (406, "not-acceptable")),
    ("GET", "/api/v1/me", &[("accept", "application/json;q=0")], "", (406, "not-acceptable")),
    ("GET", "/api/v1/me", &[("accept", "text/html, */*;q=0.1")], "", (200, "")),
    ("POST", "/api/v1/tokens", &[], "{}", (415, "unsupported-media-type")),
    (
        "POST",
        "/api/v1/tokens",
        &[("content-type", "text/plain")],
        "{}",
        (415, "unsupported-media-type"),
    ),
    ("POST", "/api/v1/tokens", JSON, "", (400, "bad-json")),
    ("POST", "/api/v1/tokens", JSON, "{\"name\":", (400, "bad-json")),
    ("POST", "/api/v1/tokens", JSON, "[]", (422, "bad-field")),
    ("POST", "/api/v1/tokens", JSON, "{}", (422, "bad-field")),
    ("POST", "/api/v1/tokens", JSON, r#"{"name":"x","scopes":[]}"#, (422, "bad-field")),
    ("POST", "/api/v1/tokens", JSON, r#"{"name":"x","scopes":["all"]}"#, (422, "bad-field")),
    ("POST", "/api/v1/tokens", JSON, r#"{"name":" ","scopes":["own"]}"#, (422, "bad-field")),
    (
        "POST",
        "/api/v1/tokens",
        JSON,
        r#"{"name":"x","scopes":["own"],"valid_days":366}"#,
        (422, "bad-field"),
    ),
    (
        "POST",
        "/api/v1/tokens",
        JSON,
        r#"{"name":"x","scopes":["own"],"admin":true}"#,
        (422, "bad-field"),
    ),
    (
        "POST",
        "/api/v1/accounts",
        JSON,
        r#"{"email":"x","name":"X","role":"it"}"#,
        (422, "bad-field"),
    ),
    (
        "POST",
        "/api/v1/accounts",
        JSON,
        r#"{"email":"a@b.example","name":"X","role":"root"}"#,
        (422, "bad-field"),
    ),
    ("POST", "/api/v1/invitations", JSON, r#"{"person":"X","email":"x"}"#, (422, "bad-field")),
    ("POST", "/api/v1/devices/none/lifecycle", JSON, r#"{"to":"wipe"}"#, (422, "bad-field")),
    ("POST", "/api/v1/devices/none/lifecycle", JSON, r#"{"to":"revoke"}"#, (404, "not-found")),
    ("PATCH", "/api/v1/accounts/none", JSON, "{}", (428, "precondition-required")),
    ("DELETE", "/api/v1/tokens/none", &[], "", (404, "not-found")),
    ("DELETE", "/api/v1/sessions/none", &[], "", (404, "not-found")),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_wrong_request_is_told_what_is_wrong() {
    for server in super::on_both().await {
        let mut caller = Caller::almighty(&server).await;
        for (method, path, headers, body, (status, wanted)) in ROWS {
            let answer = caller.raw(method, path, headers, (*body).to_owned()).await;
            assert_eq!(answer.status, *status, "{method} {path} {body}: {}", answer.text());
            if *status != 200 {
                assert_eq!(code(&answer).1, *wanted, "{method} {path} {body}");
            }
            for (name, value) in [
                ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
                ("strict-transport-security", "max-age=63072000; includeSubDomains"),
                ("x-content-type-options", "nosniff"),
                ("cache-control", "no-store"),
            ] {
                assert_eq!(answer.header(name), Some(value), "{method} {path}");
            }
            assert!(*status != 405 || answer.header("allow").is_some(), "{path}");
        }
        let large = json!({ "name": "x".repeat(70_000), "scopes": [] }).to_string();
        let answer = caller.raw("POST", "/api/v1/tokens", JSON, large).await;
        assert_eq!(code(&answer), (413, "too-large".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_too_often_is_told_when_to_come_again() {
    let server = TestServer::start().await;
    let mut caller = Caller::almighty(&server).await;
    let first = caller.send("GET", "/api/v1/me", &[], None).await;
    assert_eq!(first.header("ratelimit"), Some("\"requests\";r=599;t=1"));
    assert_eq!(first.header("ratelimit-policy"), Some("\"requests\";q=600;w=30"));
    for _ in 1..600 {
        assert_eq!(caller.send("GET", "/api/v1/log/key", &[], None).await.status, 200);
    }
    let answer = caller.send("GET", "/api/v1/me", &[], None).await;
    assert_eq!(code(&answer), (429, "rate-limited".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("1"));
    Caller::signed_in(&server, Role::It).await.get("/api/v1/me").await;
    server.clock.set(server.clock.now() + jiff::SignedDuration::from_millis(50));
    caller.get("/api/v1/me").await;
}
