//! Events are pulled with a cursor: each once, in order, also by who waits.

use serde_json::Value;
use tests::connection::Reply;
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;
use tests::visitor::Visitor;

fn lines(answer: &Reply) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn cursor(answer: &Reply) -> String {
    answer.header("muster-cursor").expect("a cursor").to_owned()
}

/// The rules that events tell of, with how they stand.
fn told(events: &[Value]) -> Vec<String> {
    let findings = events.iter().filter(|event| event["finding"].is_object());
    findings
        .map(|event| format!("{} {}", event["finding"]["rule"], event["finding"]["status"]))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_gives_what_came_after_it_and_nothing_twice() {
    let server = TestServer::start().await;
    let mut laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    let mut visitor = Visitor::signed_in(&server).await;
    laptop.report().await;
    let first = visitor.ask("/api/v1/events?kinds=findings").await;
    let all = lines(&first);
    assert!(all.len() > 10 && all.iter().all(|event| event["device"]["id"].is_string()));
    let mut paged = Vec::new();
    let mut at = "0.0".to_owned();
    loop {
        let path = format!("/api/v1/events?kinds=findings&limit=3&cursor={at}");
        let page = visitor.ask(&path).await;
        at = cursor(&page);
        let events = lines(&page);
        if events.is_empty() {
            break;
        }
        paged.extend(events);
    }
    assert_eq!(paged, all);
    assert_eq!(at, cursor(&first));
    // Pulling is no event itself.
    let latest = cursor(&visitor.ask("/api/v1/events?cursor=latest").await);
    let again = visitor.ask(&format!("/api/v1/events?cursor={latest}")).await;
    assert_eq!((lines(&again).len(), cursor(&again)), (0, latest.clone()));

    laptop.becomes(&Recording::named(HEALTHY).with_filevault_off());
    laptop.report().await;
    let after = lines(&visitor.ask(&format!("/api/v1/events?cursor={latest}")).await);
    assert_eq!(told(&after), ["\"disk-encryption\" \"fail\""]);
    let ocsf = lines(&visitor.ask(&format!("/api/v1/events?format=ocsf&cursor={latest}")).await);
    assert_eq!(ocsf.len(), after.len());
    assert!(ocsf.iter().all(|event| event["class_uid"] == 2003), "{ocsf:?}");
    let audit = lines(&visitor.ask("/api/v1/events?kinds=audit").await);
    assert!(audit.iter().any(|event| event["audit"]["action"] == "sign_in"), "{audit:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_is_told_when_it_happens() {
    let server = TestServer::start().await;
    let laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    let mut visitor = Visitor::signed_in(&server).await;
    let latest = cursor(&visitor.ask("/api/v1/events?cursor=latest").await);
    let path = format!("/api/v1/events?kinds=findings&wait=30&cursor={latest}");
    let (waited, _) = tokio::join!(visitor.ask(&path), laptop.report());
    assert!(!lines(&waited).is_empty());
}

#[tokio::test]
async fn what_is_no_cursor_is_refused_with_a_reason() {
    let server = TestServer::start().await;
    let mut visitor = Visitor::signed_in(&server).await;
    for query in ["cursor=7", "cursor=a.b", "format=ecs", "kinds=all", "wait=31", "limit=0"] {
        let answer = visitor.ask(&format!("/api/v1/events?{query}")).await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.text());
    }
    let mut stranger = server.connector().connect().await;
    assert_eq!(stranger.send("GET", "/api/v1/events", &[], "").await.status, 401);
}
