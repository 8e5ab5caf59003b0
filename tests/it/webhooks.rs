//! Events reach a receiver: signed, in order, each of them, whatever the
//! receiver does.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde_json::Value;
use server::siem::cursor::Cursor;
use server::store::stream::Kinds;
use server::store::webhooks::State;
use tests::laptop::Laptop;
use tests::postgres_server::PostgresServer;
use tests::receiver::{Manner, Received, Receiver};
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;
use tests::visitor::{Visitor, text_of};

/// A collector that may send to loopback, and a Mac.
async fn collector() -> (TestServer, Laptop) {
    let server = TestServer::start_with(|config| config.webhooks.allow_loopback = true).await;
    let laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    (server, laptop)
}

/// Makes a webhook on its page; its path and the secret that is shown.
async fn made(visitor: &mut Visitor, url: &str, kinds: &str) -> (String, String) {
    let form = format!(
        "name=SIEM&url={}&format=muster&kinds={kinds}",
        url.replace(':', "%3A").replace('/', "%2F")
    );
    let answer = visitor.post("/settings/webhooks", &form).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let page = answer.text();
    let list = visitor.page("/settings/webhooks").await;
    let path = list.split("href=\"/settings/webhooks/").nth(1).unwrap();
    let path = format!("/settings/webhooks/{}", path.split('"').next().unwrap());
    (path, secret_in(&page).expect("a secret"))
}

fn secret_in(page: &str) -> Option<String> {
    let rest = page.split("whsec_").nth(1)?;
    Some(format!("whsec_{}", rest.split('<').next()?).replace("&#43;", "+").replace("&#x2B;", "+"))
}

/// The signature of a message, by openssl.
#[expect(clippy::disallowed_methods, reason = "another implementation's opinion")]
fn by_openssl(folder: &Path, secret: &str, message: &Received) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let text = format!("{}.{}.", message.header("webhook-id"), message.header("webhook-timestamp"));
    let file = folder.join("message");
    std::fs::write(&file, [text.as_bytes(), &message.body].concat()).unwrap();
    let key = format!("hexkey:{}", shared::keys::hex(&key));
    let output = Command::new("/usr/bin/openssl")
        .args(["dgst", "-sha256", "-mac", "HMAC", "-macopt", &key, "-binary"])
        .arg(&file)
        .output()
        .expect("openssl");
    assert!(output.status.success());
    format!("v1,{}", STANDARD.encode(output.stdout))
}

async fn round(server: &TestServer) {
    server.running().app.courier.round().await.expect("a round");
}

/// The events of a message, as they are named.
fn ids(message: &Received) -> Vec<String> {
    let body: Value = serde_json::from_slice(&message.body).unwrap();
    let events = body["data"]["events"].as_array().unwrap();
    events.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

/// Every change of a finding so far, as it is named.
async fn told(server: &TestServer, from: Cursor) -> Vec<String> {
    let records = server.running().app.records.clone();
    let kinds = Kinds { findings: true, audit: false };
    let read = move || records.events((from, Cursor::END), kinds, 100_000).unwrap();
    let events = tokio::task::spawn_blocking(read).await.unwrap();
    events.iter().map(server::siem::event::Event::id).collect()
}

async fn state(server: &TestServer) -> (State, Cursor) {
    let records = server.running().app.records.clone();
    let all = tokio::task::spawn_blocking(move || records.webhooks().unwrap()).await.unwrap();
    (all[0].state, all[0].cursor)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_arrive_signed_and_in_order_on_sqlite() {
    let (server, laptop) = collector().await;
    arrive(&server, laptop).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_arrive_signed_and_in_order_on_postgresql() {
    let (mut server, laptop) = collector().await;
    server.move_to_postgres(&PostgresServer::shared().database()).await;
    arrive(&server, laptop).await;
}

async fn arrive(server: &TestServer, mut laptop: Laptop) {
    let receiver = Receiver::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut visitor = Visitor::signed_in(server).await;
    let (path, secret) = made(&mut visitor, &receiver.url, "findings").await;
    let (_, begin) = state(server).await;
    assert!(secret_in(&visitor.page(&path).await).is_none(), "it is shown once");
    laptop.report().await;
    round(server).await;
    let messages = receiver.until(1).await;
    let message = &messages[0];
    assert_eq!(message.line, "POST /hook HTTP/1.1");
    assert_eq!(message.header("webhook-timestamp"), server.clock.now().as_second().to_string());
    assert_eq!(message.header("webhook-signature"), by_openssl(folder.path(), &secret, message));
    assert_eq!(ids(message), told(server, begin).await);
    assert!(!String::from_utf8_lossy(&message.body).contains("Sam"), "no names in findings");

    // It fails: the same message again, no sooner than in five seconds.
    receiver.answers(Manner::Status("500 Internal Server Error"));
    let (_, second) = state(server).await;
    laptop.becomes(&Recording::named(HEALTHY).with_filevault_off());
    laptop.report().await;
    round(server).await;
    round(server).await;
    assert_eq!(receiver.received().len(), 2);
    server.clock.set(server.clock.now() + SignedDuration::from_secs(7));
    receiver.answers(Manner::Status("204 No Content"));
    round(server).await;
    let messages = receiver.until(3).await;
    assert_eq!(messages[1].header("webhook-id"), messages[2].header("webhook-id"));
    assert_eq!(ids(&messages[1]), ids(&messages[2]));
    assert_eq!(ids(&messages[2]), told(server, second).await);
    assert_ne!(messages[0].header("webhook-id"), messages[1].header("webhook-id"));

    // Two signatures after a rotation; both secrets check out.
    let answer = visitor.post(&format!("{path}/rotate"), "").await;
    let fresh = secret_in(&answer.text()).expect("a new secret");
    laptop.becomes(&Recording::named(HEALTHY));
    laptop.report().await;
    round(server).await;
    let messages = receiver.until(4).await;
    let signatures: Vec<&str> = messages[3].header("webhook-signature").split(' ').collect();
    let expected = [&fresh, &secret].map(|it| by_openssl(folder.path(), it, &messages[3]));
    assert_eq!(signatures, expected);
    let page = text_of(&visitor.page(&path).await);
    assert!(page.contains("It answered 500"), "{page}");
    assert!(page.contains("It answered 204"), "{page}");
    let again = visitor.post(&format!("{path}/deliveries/1/resend"), "").await;
    assert_eq!(again.status, 303, "{}", again.text());
    let messages = receiver.until(5).await;
    assert_eq!(messages[4].header("webhook-id"), messages[0].header("webhook-id"));
    assert_eq!(ids(&messages[4]), ids(&messages[0]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_is_not_followed_and_five_days_of_failure_are_the_end() {
    let (server, laptop) = collector().await;
    let (receiver, other) = (Receiver::start().await, Receiver::start().await);
    receiver.answers(Manner::Redirect(other.url.clone()));
    let mut visitor = Visitor::signed_in(&server).await;
    let (path, _) = made(&mut visitor, &receiver.url, "findings").await;
    laptop.report().await;
    let (_, begin) = state(&server).await;
    let end = server.clock.now() + SignedDuration::from_hours(24 * 7);
    while state(&server).await.0 == State::Active && server.clock.now() < end {
        round(&server).await;
        server.clock.set(server.clock.now() + SignedDuration::from_hours(25));
    }
    // The session has ended meanwhile.
    let mut visitor = Visitor::signed_in(&server).await;
    let page = text_of(&visitor.page(&path).await);
    assert!(page.contains("Disabled") && page.contains("redirects are not followed"), "{page}");
    assert!(other.received().is_empty(), "nobody was sent there");
    let audit = server
        .look()
        .rows("SELECT actor_kind, action FROM audit WHERE action = 'webhook_disabled'");
    assert_eq!(audit, ["collector|webhook_disabled"]);
    // It goes on where it was.
    receiver.answers(Manner::Status("200 OK"));
    let before = receiver.received().len();
    visitor.post(&format!("{path}/resume"), "").await;
    round(&server).await;
    let messages = receiver.until(before + 1).await;
    assert_eq!(ids(&messages[before])[0], told(&server, begin).await[0]);
    assert_eq!(state(&server).await.0, State::Active);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_was_on_its_way_when_the_collector_went_down_comes_again() {
    let (mut server, laptop) = collector().await;
    let receiver = Receiver::start().await;
    receiver.answers(Manner::Silence);
    let mut visitor = Visitor::signed_in(&server).await;
    made(&mut visitor, &receiver.url, "findings").await;
    let (_, begin) = state(&server).await;
    laptop.report().await;
    // The collector sends by itself; it ends while the receiver is silent.
    let first = receiver.until(1).await;
    drop(visitor);
    server.stop().await;
    receiver.answers(Manner::Status("202 Accepted"));
    server.resume().await;
    let again = receiver.until(2).await;
    assert_eq!(first[0].header("webhook-id"), again[1].header("webhook-id"));
    assert_eq!(ids(&first[0]), ids(&again[1]));
    assert_eq!(ids(&again[1]), told(&server, begin).await);
}

#[tokio::test]
async fn an_address_inside_of_the_network_is_refused_with_a_reason() {
    let server = TestServer::start().await;
    let mut visitor = Visitor::signed_in(&server).await;
    for (url, reason) in [
        ("https%3A%2F%2F169.254.169.254%2F", "169.254.169.254 is no public address"),
        ("https%3A%2F%2F%5B%3A%3A1%5D%2F", "::1 is no public address"),
        ("http%3A%2F%2F127.0.0.1%3A80%2F", "must begin with https"),
        ("siem", "is no address"),
    ] {
        let form = format!("name=SIEM&url={url}&format=muster&kinds=findings");
        let answer = visitor.post("/settings/webhooks", &form).await;
        assert_eq!(answer.status, 422, "{url}");
        let page = text_of(&answer.text());
        assert!(page.contains(reason), "{url}: {page}");
    }
    assert!(server.look().rows("SELECT id FROM webhook").is_empty());
}
