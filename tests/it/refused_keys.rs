//! A key that was revoked and still sends: its attempts are counted and shown,
//! and nobody else's are.

use jiff::SignedDuration;
use server::auth::role::Role;
use tests::hand_made::HandMade;
use tests::test_server::TestServer;
use tests::visitor::{Visitor, text_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempts_of_a_revoked_key_are_shown_and_written_once_a_minute() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    let (token, now) = (server.invite("Sam Doe").await, server.clock.now());
    let mut device = HandMade::enrolled(&mut connection, &token, "ZZHAND00001", now).await;
    assert_eq!(connection.deliver(&device.next(now)).await.status, 201);
    let page = format!("/devices/{}", device.claim.id);
    let mut visitor = Visitor::signed_in_as(&server, Role::Administrator).await;
    assert!(!visitor.page(&page).await.contains("revoked key tried"));
    let revoked = visitor.post(&format!("{page}/life/revoke"), "reason=Lost").await;
    assert_eq!(revoked.status, 303, "{}", revoked.text());
    server.round().await;
    let attempts = || server.look().rows("SELECT attempts || '' FROM refused_report");

    let mut forged = device.next(now);
    forged.signature[7] ^= 1;
    assert_ne!(connection.deliver(&forged).await.status, 201);
    server.round().await;
    assert_eq!(attempts(), Vec::<String>::new(), "only what the key has signed counts");
    assert_eq!(connection.deliver(&device.next(now)).await.status, 403);
    server.round().await;
    assert_eq!(attempts(), ["1"]);
    for _ in 0..2 {
        server.forward(SignedDuration::from_secs(20)).await;
        assert_eq!(connection.deliver(&device.next(now)).await.status, 403);
        server.round().await;
    }
    assert_eq!(attempts(), ["1"], "not more than one write a minute");
    server.forward(SignedDuration::from_secs(30)).await;
    assert_eq!(attempts(), ["3"]);
    server.forward(SignedDuration::from_hours(2)).await;
    let mut visitor = Visitor::signed_in_as(&server, Role::Administrator).await;
    let said = text_of(&visitor.page(&page).await);
    assert!(said.contains("Its revoked key tried to report 3 times, last 2 h ago"), "{said}");
}
