//! One client must not take the collector away from the others.

use std::num::NonZeroUsize;

use jiff::SignedDuration;
use server::config::Config;
use server::ingest::limits::address::TrustedProxies;
use shared::api::BatchLine;
use shared::envelope::Envelope;
use shared::names::MEDIA_REPORT;
use tests::connection::{Connection, Reply};
use tests::hand_made::HandMade;
use tests::test_server::TestServer;

async fn device(server: &TestServer, serial: &str) -> HandMade {
    let mut connection = server.connector().connect().await;
    let token = server.invite(serial).await;
    HandMade::enrolled(&mut connection, &token, serial, server.clock.now()).await
}

/// What names the device's key, but is not signed by it.
fn forged(device: &HandMade, server: &TestServer) -> Envelope {
    let mut envelope = device.sign(device.statement(server.clock.now()).to_bytes().unwrap());
    envelope.payload.push(b' ');
    envelope
}

fn assert_limited(reply: &Reply) {
    assert_eq!((reply.status, reply.problem().code()), (429, "rate-limited"), "{}", reply.text());
    let wait: u32 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((5..=60).contains(&wait), "{wait}");
}

/// Sends forged reports until they are answered unread; says how many were not.
async fn exhaust(connection: &mut Connection, forged: &Envelope) -> usize {
    for sent in 0..100 {
        let reply = connection.deliver(forged).await;
        if reply.status != 401 {
            assert_limited(&reply);
            return sent;
        }
        assert_eq!(reply.problem().code(), "bad-signature");
    }
    panic!("a hundred forged reports were looked at");
}

#[tokio::test]
async fn forgers_are_answered_unread_and_proven_macs_behind_the_same_address_go_on() {
    let server = TestServer::start().await;
    let mut proven = device(&server, "ZZGOOD1").await;
    let mut silent = device(&server, "ZZGOOD2").await;
    let victim = device(&server, "ZZVICTIM").await;
    let mut connection = server.connector().connect().await;
    let now = server.clock.now();
    assert_eq!(connection.deliver(&proven.next(now)).await.status, 201);

    assert_eq!(exhaust(&mut connection, &forged(&victim, &server)).await, 60);
    assert_limited(&connection.report("{}").await);
    let token = server.invite("late").await;
    let stranger = tests::hand_made::Stranger::new("ZZLATE");
    assert_limited(&stranger.ask(&mut connection, &token, now).await);
    assert_eq!(
        connection.deliver(&proven.next(now)).await.status,
        201,
        "an office has one address"
    );
    let first = silent.next(now);
    assert_limited(&connection.deliver(&first).await);

    // A forger who knows the name of a proven key gets one look at it.
    let theft = forged(&proven, &server);
    assert_eq!(connection.deliver(&theft).await.problem().code(), "bad-signature");
    assert_limited(&connection.deliver(&theft).await);

    server.clock.set(now + SignedDuration::from_secs(3));
    assert_eq!(connection.deliver(&first).await.status, 201, "nothing is lost, it comes later");
    assert_eq!(connection.deliver(&proven.next(now)).await.status, 201);
}

#[tokio::test]
async fn a_key_delivers_a_whole_spool_and_then_one_report_a_second() {
    let server = TestServer::start().await;
    let mut device = device(&server, "ZZSPOOL").await;
    let mut connection = server.connector().connect().await;
    let now = server.clock.now();
    // The same report again costs as much to verify. It is kept before: of two
    // copies in one transaction the second is asked to come again.
    let report = device.next(now);
    assert_eq!(connection.deliver(&report).await.status, 201);
    let line = report.to_json() + "\n";
    let mut kept = 1;
    for _ in 0..6 {
        let answer = connection.batch(line.repeat(450)).await;
        assert_eq!(answer.status, 200);
        for line in answer.text().lines() {
            match serde_json::from_str(line).unwrap() {
                BatchLine::Kept(_) => kept += 1,
                BatchLine::Refused(problem) => assert_eq!(problem.code(), "rate-limited"),
            }
        }
    }
    assert_eq!(kept, 2500);
    let next = device.next(now);
    assert_limited(&connection.deliver(&next).await);
    server.clock.set(now + SignedDuration::from_secs(1));
    assert_eq!(connection.deliver(&next).await.status, 201);
    assert_limited(&connection.deliver(&next).await);
}

#[tokio::test]
async fn one_address_holds_so_many_connections_and_no_more() {
    let few = |config: &mut Config| config.limits.connections = NonZeroUsize::new(3).unwrap();
    let server = TestServer::start_with(few).await;
    let connector = server.connector();
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut connection = connector.connect().await;
        assert_eq!(connection.report("{}").await.status, 400);
        open.push(connection);
    }
    assert!(connector.try_connect().await.is_err(), "the fourth is closed at once");
    drop(open.pop());
    // The collector notices the end of a connection when it gets to it.
    let again = async {
        while connector.try_connect().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), again).await.unwrap();
    assert_eq!(open.pop().unwrap().report("{}").await.status, 400, "the others stay");
}

#[tokio::test]
async fn behind_a_balancer_the_address_is_the_clients_own() {
    let behind = |config: &mut Config| {
        config.limits.proxies = TrustedProxies::new(vec!["127.0.0.0/8".parse().unwrap()]);
        config.limits.connections = NonZeroUsize::MIN;
    };
    let server = TestServer::start_with(behind).await;
    let mut first = server.connector().connect().await;
    let mut second = server.connector().connect().await;
    let mut refused = async |forwarded: &str| {
        let headers = [("content-type", MEDIA_REPORT), ("x-forwarded-for", forwarded)];
        let connection = if forwarded.starts_with("6.6.6.6") { &mut second } else { &mut first };
        connection.send("POST", "/v1/attestations", &headers, "{}").await.status
    };
    for _ in 0..60 {
        assert_eq!(refused("192.0.2.7").await, 400);
    }
    assert_eq!(refused("192.0.2.7").await, 429);
    assert_eq!(refused("6.6.6.6, 192.0.2.7").await, 429, "what a client invents does not help it");
    assert_eq!(refused("192.0.2.8").await, 400);
    assert_eq!(refused("192.0.2.7, 192.0.2.9").await, 400);
}

#[tokio::test]
async fn without_a_trusted_proxy_nobody_chooses_their_address() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    for number in 0..61 {
        let address = format!("192.0.2.{number}");
        let headers = [("content-type", MEDIA_REPORT), ("x-forwarded-for", address.as_str())];
        let reply = connection.send("POST", "/v1/attestations", &headers, "{}").await;
        assert_eq!(reply.status, if number < 60 { 400 } else { 429 }, "{number}");
    }
}
