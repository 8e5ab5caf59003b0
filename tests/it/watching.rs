//! What those see who watch the collector itself: metrics and health, on a
//! listener of their own.

use std::collections::BTreeMap;

use server::config::Config;
use tests::connection::{Connection, Connector};
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;
use tests::visitor::Visitor;

async fn watched() -> (TestServer, Connection) {
    let listen = |config: &mut Config| config.metrics = Some(([127, 0, 0, 1], 0).into());
    let server = TestServer::start_with(listen).await;
    let address = server.running().metrics.expect("a listener");
    let clock = server.clock.clone();
    let clock = agent::Clock::new(move || clock.now());
    let connection = Connector::new(&format!("http://{address}"), "", clock).connect().await;
    (server, connection)
}

/// Every line of the answer as name with labels, and value; strictly as
/// `OpenMetrics` has it: a family is described once, before its lines.
fn parsed(text: &str) -> BTreeMap<String, f64> {
    let (mut values, mut family, mut described) = (BTreeMap::new(), String::new(), Vec::new());
    assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1);
    for line in text.lines().take_while(|line| *line != "# EOF") {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            family = rest.split(' ').next().unwrap().to_owned();
            assert!(!described.contains(&family), "{family} twice");
            described.push(family.clone());
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(name, family);
            assert!(["counter", "gauge", "histogram", "info"].contains(&kind), "{line}");
        } else {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with(&family), "{name} within {family}");
            assert!(
                values.insert(name.to_owned(), value.parse().unwrap()).is_none(),
                "{name} twice"
            );
        }
    }
    values
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_and_devices_are_counted() {
    let (server, mut watcher) = watched().await;
    let laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    laptop.report().await;
    let mut stranger = server.connector().connect().await;
    assert_eq!(stranger.report("{}").await.status, 400);
    let answer = watcher.send("GET", "/metrics", &[], "").await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    let text = answer.text();
    let values = parsed(&text);
    for (name, expected) in [
        ("muster_reports_total{result=\"new\"}", 1.0),
        ("muster_reports_total{result=\"refused\"}", 1.0),
        ("muster_reports_total{result=\"busy\"}", 0.0),
        ("muster_ingest_seconds_count", 2.0),
        ("muster_ingest_seconds_bucket{le=\"+Inf\"}", 2.0),
        ("muster_batch_reports_sum", 1.0),
        ("muster_commit_seconds_count", 1.0),
        ("muster_queue_depth", 0.0),
        ("muster_queue_limit", 4096.0),
        ("muster_database_up", 1.0),
        ("muster_lease_held", 1.0),
        ("muster_devices{standing=\"compliant\"}", 1.0),
        ("muster_devices{standing=\"non_compliant\"}", 0.0),
        ("muster_webhooks_pending", 0.0),
    ] {
        assert_eq!(values.get(name), Some(&expected), "{name} in\n{text}");
    }
    let size = server.look().number("SELECT size FROM log_head");
    assert!(text.contains(&format!("muster_log_size {size}\n")), "{text}");
    assert!(values["muster_wal_bytes"] > 0.0 && values["muster_disk_free_ratio"] > 0.0);
    assert!(text.contains("muster_build_info{version=\""), "{text}");
    assert!(!text.contains("Sam") && !text.contains(laptop.device_id().as_str()), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_says_what_is_wrong_and_stands_apart_from_the_console() {
    let (server, mut watcher) = watched().await;
    for path in ["/livez", "/startupz"] {
        let answer = watcher.send("GET", path, &[], "").await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok\n"), "{path}");
    }
    let answer = watcher.send("GET", "/readyz", &[], "").await;
    let expected = "started ok\ndatabase ok\nqueue ok\ndisk ok\n";
    assert_eq!((answer.status, answer.text().as_str()), (200, expected));
    // Each listener has its own addresses.
    assert_eq!(watcher.send("GET", "/devices", &[], "").await.status, 404);
    assert_eq!(watcher.send("POST", "/v1/attestations", &[], "").await.status, 404);
    let mut visitor = Visitor::signed_in(&server).await;
    for path in ["/metrics", "/livez", "/readyz", "/startupz"] {
        assert_eq!(visitor.ask(path).await.status, 404, "{path}");
    }
    assert_eq!(visitor.ask("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_cannot_be_written_is_not_ready() {
    let (server, mut watcher) = watched().await;
    let lock = rusqlite::Connection::open(server.database()).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = watcher.send("GET", "/readyz", &[], "").await;
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("database failed\n"), "{}", answer.text());
    assert_eq!(watcher.send("GET", "/livez", &[], "").await.status, 200);
    lock.execute_batch("ROLLBACK").unwrap();
    assert_eq!(watcher.send("GET", "/readyz", &[], "").await.status, 200);
}
