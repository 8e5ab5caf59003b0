//! The rules that agents are given: signed, verified, kept, never going back.

use std::sync::Arc;

use agent::identity::Identity;
use agent::rules::Received;
use agent::state::StateFolder;
use rusqlite::Connection;
use serde_json::Value;
use shared::api::PolicyDocument;
use shared::keys::sha256_hex;
use shared::os_releases::Catalogue;
use shared::statement::{Posture, ReportKind, Statement};

use super::HOUR;
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;

async fn laptop_of(server: &TestServer) -> Laptop {
    Laptop::enrolled(server, "Sam Doe", &Recording::named(HEALTHY)).await
}

/// What the laptop has received.
fn received(laptop: &Laptop) -> Received {
    let folder = StateFolder::at(laptop.state_dir());
    let identity = Identity::load(&folder).unwrap().unwrap();
    Received::load(&folder, &identity).unwrap().unwrap()
}

fn last_report(laptop: &Laptop) -> Posture {
    Statement::<Posture>::parse(&laptop.last_signed().payload).unwrap().predicate
}

/// Puts the built-in entries in force as the knowledge of another day.
async fn import(server: &TestServer, as_of: &str) {
    let catalogue = Arc::new(Catalogue::embedded().redated(as_of.parse().unwrap()).unwrap());
    let now = server.clock.now();
    let queue = &server.running().jobs.queue;
    let put = queue.run(move |writer| writer.set_catalogue(&catalogue, "test.json", now));
    put.await.unwrap();
    server.round().await;
}

async fn document(server: &TestServer, tag: Option<&str>) -> tests::connection::Reply {
    let headers: Vec<(&str, &str)> = tag.map(|tag| ("if-none-match", tag)).into_iter().collect();
    server.connector().connect().await.send("GET", "/v1/policy", &headers, "").await
}

#[tokio::test]
async fn an_agent_receives_the_rules_and_names_them_in_its_reports() {
    let server = TestServer::start().await;
    let laptop = laptop_of(&server).await;
    let rules = server.running().app.rulebook.current();
    let held = received(&laptop);
    assert_eq!(held.policy().unwrap().sha256, rules.policy.sha256);
    assert_eq!(held.catalogue().unwrap().sha256(), rules.catalogue.sha256());
    laptop.report().await;
    assert_eq!(last_report(&laptop).policy.unwrap().sha256, rules.policy.sha256);
    server.clock.set(server.clock.now() + HOUR);
    laptop.report().await;
    assert_eq!(last_report(&laptop).kind, ReportKind::Unchanged);
}

#[tokio::test]
async fn another_catalogue_reaches_the_agent_after_its_report_and_asks_for_a_full_one() {
    let server = TestServer::start().await;
    let laptop = laptop_of(&server).await;
    laptop.report().await;
    import(&server, "2026-08-24").await;
    let receipt = laptop.report().await.receipts.remove(0);
    assert_eq!(last_report(&laptop).kind, ReportKind::Unchanged, "nothing is known of it yet");
    assert_eq!(receipt.catalogue.unwrap().as_of.to_string(), "2026-08-24");
    assert_eq!(received(&laptop).rules.catalogue.as_of.to_string(), "2026-08-24");
    laptop.report().await;
    assert_eq!(last_report(&laptop).kind, ReportKind::Full);
    laptop.report().await;
    assert_eq!(last_report(&laptop).kind, ReportKind::Unchanged);
}

#[tokio::test]
async fn who_has_the_rules_is_answered_in_one_line() {
    let mut server = TestServer::start().await;
    let first = document(&server, None).await;
    assert_eq!((first.status, first.header("content-type")), (200, Some("application/json")));
    let tag = first.header("etag").unwrap().to_owned();
    assert!(tag.starts_with('"') && tag.len() == 66, "a strong tag: {tag}");
    assert_eq!(tag.trim_matches('"'), sha256_hex(&first.body));
    for known in [tag.clone(), format!("\"x\", {tag}"), format!("W/{tag}"), "*".to_owned()] {
        let again = document(&server, Some(&known)).await;
        assert_eq!((again.status, again.header("etag")), (304, Some(tag.as_str())), "{known}");
        assert!(again.body.is_empty());
    }
    assert_eq!(document(&server, Some("\"x\"")).await.status, 200);
    // A restart gives the very same bytes.
    server.stop().await;
    server.clock.set(server.clock.now() + HOUR);
    server.resume().await;
    assert_eq!(document(&server, None).await.body, first.body);
    import(&server, "2026-08-24").await;
    assert_eq!(document(&server, Some(&tag)).await.status, 200);
}

/// The newest signed document in the database, and one that takes its place.
async fn replace(
    server: &mut TestServer,
    change: impl FnOnce(&Connection, PolicyDocument) -> String,
) {
    server.stop().await;
    let database = Connection::open(server.database()).unwrap();
    let newest = "SELECT document FROM issued_policy ORDER BY issued_ms DESC LIMIT 1";
    let text: String = database.query_row(newest, [], |row| row.get(0)).unwrap();
    let other = change(&database, serde_json::from_str(&text).unwrap());
    let replace = "UPDATE issued_policy SET document = ?1
        WHERE issued_ms = (SELECT max(issued_ms) FROM issued_policy)";
    database.execute(replace, [other]).unwrap();
    drop(database);
    server.resume().await;
}

/// A collector whose newest catalogue the laptop does not have yet, and the
/// rules that it has.
async fn about_to_receive() -> (TestServer, Laptop, Received) {
    let server = TestServer::start().await;
    let laptop = laptop_of(&server).await;
    laptop.report().await;
    import(&server, "2026-08-24").await;
    laptop.report().await;
    let held = received(&laptop);
    assert_eq!(held.rules.catalogue.as_of.to_string(), "2026-08-24");
    import(&server, "2026-08-25").await;
    (server, laptop, held)
}

/// The laptop reports as if nothing were wrong, and keeps what it had.
async fn is_refused(server: &TestServer, laptop: &Laptop, held: &Received) {
    let summary = laptop.report().await;
    assert!(summary.stop.is_none());
    assert_eq!(summary.receipts.len(), 1, "the report arrives all the same");
    assert_eq!(received(laptop), *held);
    assert_eq!(document(server, None).await.status, 200);
}

#[tokio::test]
async fn a_tampered_document_is_refused_by_the_agent() {
    let (mut server, laptop, held) = about_to_receive().await;
    replace(&mut server, |_, mut document| {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        let payload = document.envelope["payload"].as_str().unwrap();
        let text = String::from_utf8(STANDARD.decode(payload).unwrap()).unwrap();
        let easier = text.replacen("baseline", "basement", 1);
        assert_ne!(easier, text);
        document.envelope["payload"] = Value::String(STANDARD.encode(easier));
        serde_json::to_string(&document).unwrap()
    })
    .await;
    is_refused(&server, &laptop, &held).await;
}

#[tokio::test]
async fn a_document_of_a_key_that_the_ca_does_not_know_is_refused_by_the_agent() {
    // Another collector signs the same rules with a key and a CA of its own.
    let other = TestServer::start().await;
    import(&other, "2026-08-25").await;
    let foreign = document(&other, None).await.text();
    let (mut server, laptop, held) = about_to_receive().await;
    replace(&mut server, |_, _| foreign).await;
    is_refused(&server, &laptop, &held).await;
}

#[tokio::test]
async fn a_document_that_goes_back_is_refused_by_the_agent() {
    let (mut server, laptop, held) = about_to_receive().await;
    replace(&mut server, |database, _| {
        let first = "SELECT document FROM issued_policy ORDER BY issued_ms LIMIT 1";
        database.query_row(first, [], |row| row.get(0)).unwrap()
    })
    .await;
    is_refused(&server, &laptop, &held).await;
}

#[tokio::test]
async fn a_collector_that_has_no_rules_does_not_keep_a_mac_from_enrolling() {
    let mut server = TestServer::start().await;
    replace(&mut server, |_, _| "no document".to_owned()).await;
    let laptop = laptop_of(&server).await;
    assert_eq!(laptop.report().await.receipts.len(), 1);
    assert_eq!(last_report(&laptop).policy, None, "it received none");
}
