//! What is refused, who is refused, and pages of many.

use serde_json::{Value, json};
use server::auth::role::Role;
use tests::caller::Caller;
use tests::test_server::TestServer;

use super::{Directory, on_both};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_token_that_may_change_people_is_let_in() {
    let server = TestServer::start().await;
    let routes = server::scim::access();
    assert!(routes.len() > 10);
    let mut it = Caller::signed_in(&server, Role::It).await;
    let reads = it.token(&["people:read", "fleet:write"]).await;
    let mut auditor = Caller::signed_in(&server, Role::Auditor).await;
    let read_only = auditor.token(&["people:read"]).await;
    let mut stranger = Caller::with_token(&server, "muster_nobody").await;
    let mut without = Caller::with_token(&server, &reads.secret).await;
    let mut auditor_s = Caller::with_token(&server, &read_only.secret).await;
    for (method, path, _) in routes {
        let path = path.replace("{id}", "nobody");
        let ask = async |caller: &mut Caller| {
            let body = (method.as_str() != "GET").then(|| json!({}));
            let answer = caller.send(method.as_str(), &path, &[], body.as_ref()).await;
            assert_eq!(answer.header("content-type"), Some("application/scim+json"), "{path}");
            answer.status
        };
        assert_eq!(ask(&mut stranger).await, 401, "{method} {path}");
        assert_eq!(ask(&mut it).await, 401, "a session is no token: {method} {path}");
        assert_eq!(ask(&mut without).await, 403, "{method} {path}");
        assert_eq!(ask(&mut auditor_s).await, 403, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_means_nothing_is_refused_with_its_reason() {
    let server = TestServer::start().await;
    let mut directory = Directory::of(&server).await;
    let made =
        directory.ask("POST", "/Users", Some(&json!({ "userName": "ada@company.example" }))).await;
    let path = format!("/Users/{}", made["id"].as_str().unwrap());
    let nothing = json!({});
    for (method, path, body, wanted) in [
        ("GET", "/Users?filter=nickName%20eq%20%22a%22", &nothing, (400, json!("invalidFilter"))),
        ("GET", "/Users?count=many", &nothing, (400, json!("invalidValue"))),
        ("GET", "/Users/nobody", &nothing, (404, Value::Null)),
        ("GET", "/Friends", &nothing, (404, Value::Null)),
        ("POST", "/Groups", &nothing, (405, Value::Null)),
        ("POST", "/Users", &nothing, (400, json!("invalidValue"))),
        ("POST", "/Users", &json!([]), (400, json!("invalidSyntax"))),
        ("POST", "/Users", &json!({ "userName": "kim" }), (400, json!("invalidValue"))),
        ("PUT", &path, &json!({ "displayName": "x" }), (400, json!("invalidValue"))),
        ("PATCH", &path, &json!({ "Operations": [] }), (400, json!("invalidSyntax"))),
        ("DELETE", "/Users/nobody", &nothing, (404, Value::Null)),
    ] {
        assert_eq!(directory.refused(method, path, body).await, wanted, "{method} {path}");
    }
    let groups = directory.ask("GET", "/Groups?filter=displayName%20eq%20%22a%22", None).await;
    assert_eq!(groups["totalResults"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_are_read_page_by_page_and_a_removed_one_comes_back() {
    for server in on_both().await {
        let mut directory = Directory::of(&server).await;
        let mut ids = Vec::new();
        for number in 0..5 {
            let user = json!({ "userName": format!("person{number}@company.example") });
            let made = directory.ask("POST", "/Users", Some(&user)).await;
            ids.push(made["id"].clone());
            server.forward(jiff::SignedDuration::from_secs(1)).await;
        }
        let mut seen = Vec::new();
        for start in [1, 3, 5, 7] {
            let path = format!("/Users?startIndex={start}&count=2&attributes=userName");
            let page = directory.ask("GET", &path, None).await;
            assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(5), &json!(start)));
            for user in page["Resources"].as_array().unwrap() {
                assert!(user.get("emails").is_none() && user.get("userName").is_some(), "{user}");
                seen.push(user["id"].clone());
            }
        }
        assert_eq!(seen, ids);
        let counted = directory.ask("GET", "/Users?count=0", None).await;
        assert_eq!((&counted["totalResults"], &counted["itemsPerPage"]), (&json!(5), &json!(0)));

        let path = format!("/Users/{}", ids[0].as_str().unwrap());
        assert_eq!(directory.send("DELETE", &path, None).await.status, 204);
        assert_eq!(directory.send("GET", &path, None).await.status, 404);
        let user = json!({ "userName": "person0@company.example", "displayName": "Zero" });
        let back = directory.ask("POST", "/Users", Some(&user)).await;
        assert_eq!((&back["id"], &back["active"]), (&ids[0], &json!(true)), "the same person");
    }
}
