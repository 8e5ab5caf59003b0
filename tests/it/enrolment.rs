//! Coming in: one invitation admits one key, once, in time, and nobody else.

use agent::enrollment::{EnrollError, EnrollOutcome};
use jiff::SignedDuration;
use server::audit::{Act, Object};
use server::fleet::state::Lifecycle;
use shared::api::{Enrolled, Pending};
use tests::connection::Reply;
use tests::hand_made::Stranger;
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, MUTE, Recording};
use tests::test_server::TestServer;

fn refusal(outcome: Result<EnrollOutcome, EnrollError>) -> (String, String) {
    match outcome {
        Err(EnrollError::Refused(problem)) => (problem.code().to_owned(), problem.detail),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_invitation_used_by_one_key_is_refused_to_another() {
    let server = TestServer::start().await;
    let token = server.invite("Sam Doe").await;
    let recording = Recording::named(HEALTHY);
    let first = Laptop::new(&recording, &server.clock);
    assert!(matches!(first.enroll(&token).await.unwrap(), EnrollOutcome::Enrolled { .. }));
    let before = server.look().dump();

    let second = Laptop::new(&recording.of_another_mac(2), &server.clock);
    assert_eq!(
        refusal(second.enroll(&token).await),
        (
            "token-used".to_owned(),
            "The invitation was used already by another key; ask IT for a new one, and tell them if it was not you.".to_owned()
        )
    );
    assert_eq!(server.look().dump(), before);
}

#[tokio::test]
async fn the_same_request_again_gives_the_same_device_and_certificate() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    let (token, now) = (server.invite("Sam Doe").await, server.clock.now());
    let stranger = Stranger::new("ZZHAND00001");
    let request = stranger.request(&token, now).to_string();
    let first = connection.enroll(request.clone()).await;
    assert_eq!(first.status, 201, "{}", first.text());
    let before = server.look().dump();

    // The answer was lost: the device asks again, even after three days.
    server.clock.set(now + SignedDuration::from_hours(80));
    let again = connection.enroll(request).await;
    assert_eq!(again.status, 201, "{}", again.text());
    let (first, again): (Enrolled, Enrolled) = (first.json(), again.json());
    assert_eq!((&again.device_id, &again.certificate), (&first.device_id, &first.certificate));
    assert_ne!(again.nonce, first.nonce);
    let after = server.look().dump();
    for table in ["device_key", "certificate", "invitation", "enrollment", "person"] {
        assert_eq!(after[table], before[table], "{table}");
    }
}

#[tokio::test]
async fn the_agent_asks_once_and_knows_a_token_that_it_has_used() {
    let server = TestServer::start().await;
    let token = server.invite("Sam Doe").await;
    let laptop = Laptop::new(&Recording::named(HEALTHY), &server.clock);
    let EnrollOutcome::Enrolled { device_id, url } = laptop.enroll(&token).await.unwrap() else {
        panic!("not enrolled")
    };
    assert_eq!(url, server.url());
    assert_eq!(laptop.enroll(&token).await.unwrap(), EnrollOutcome::Already { device_id, url });
}

#[tokio::test]
async fn an_expired_invitation_is_refused() {
    let server = TestServer::start().await;
    let (late, in_time) = (server.invite("Sam Doe").await, server.invite("Kim Roe").await);
    server.clock.set(server.clock.now() + SignedDuration::from_millis(72 * 3_600_000 - 1));
    let laptop = Laptop::new(&Recording::named(HEALTHY), &server.clock);
    assert!(matches!(laptop.enroll(&in_time).await.unwrap(), EnrollOutcome::Enrolled { .. }));

    server.clock.set(server.clock.now() + SignedDuration::from_millis(1));
    let laptop = Laptop::new(&Recording::named(HEALTHY).of_another_mac(2), &server.clock);
    assert_eq!(
        refusal(laptop.enroll(&late).await),
        (
            "token-expired".to_owned(),
            "The invitation expired on 23 August 2026 at 09:00 UTC; ask IT for a new one."
                .to_owned()
        )
    );
    assert_eq!(server.look().number("SELECT count(*) FROM device"), 1);
}

#[tokio::test]
async fn an_invitation_that_nobody_made_is_refused() {
    let server = TestServer::start().await;
    let mut token = server.invite("Sam Doe").await;
    token.secret[0] ^= 1;
    let laptop = Laptop::new(&Recording::named(HEALTHY), &server.clock);
    let (code, detail) = refusal(laptop.enroll(&token).await);
    assert_eq!(code, "token-unknown");
    assert_eq!(detail, "The invitation is not known here; copy it again or ask IT for a new one.");
}

#[tokio::test]
async fn an_invitation_for_another_serial_waits_until_a_person_approves() {
    let server = TestServer::start().await;
    let token = server.invite_for("Sam Doe", Some("ZZOTHER0001")).await;
    let laptop = Laptop::new(&Recording::named(HEALTHY), &server.clock);
    let pending = EnrollOutcome::Pending {
        reason: "The invitation is for a Mac with another serial number.".to_owned(),
    };
    assert_eq!(laptop.enroll(&token).await.unwrap(), pending);
    assert_eq!(laptop.enroll(&token).await.unwrap(), pending, "asking again changes nothing");
    assert!(laptop.try_report().await.is_err(), "a device that waits makes no report");
    let rows = server.look().rows("SELECT lifecycle, status FROM device");
    assert_eq!(rows, ["pending|unknown"]);
    let keyid = server.look().rows("SELECT keyid FROM device_key");

    set_lifecycle(&server, Lifecycle::Active).await;
    // The next report asks again by itself, with the same key.
    let run = laptop.report().await;
    assert_eq!(run.receipts.len(), 1, "{run:?}");
    assert_eq!(server.look().rows("SELECT keyid FROM device_key"), keyid);
    let events = server.look().rows("SELECT kind, actor FROM event ORDER BY at_ms, number");
    assert_eq!(events, ["enrolled|invitation", "approved|it"]);
}

async fn set_lifecycle(server: &TestServer, to: Lifecycle) {
    let device = server.look().rows("SELECT id FROM device").remove(0);
    let now = server.clock.now();
    let mut act = Act::of_command("device_approved", Object::new("device", &device), now);
    act.actor.name = "it".to_owned();
    let queue = &server.running().jobs.queue;
    let step = queue.run(move |writer| writer.set_lifecycle(&device, to, &act));
    step.await.unwrap();
    server.round().await;
}

#[tokio::test]
async fn a_device_that_is_refused_instead_of_approved_stays_out() {
    let server = TestServer::start().await;
    let token = server.invite_for("Sam Doe", Some("ZZOTHER0001")).await;
    let laptop = Laptop::new(&Recording::named(HEALTHY), &server.clock);
    laptop.enroll(&token).await.unwrap();
    set_lifecycle(&server, Lifecycle::Revoked).await;
    let (code, detail) = refusal(laptop.enroll(&token).await);
    assert_eq!(code, "key-revoked");
    assert_eq!(detail, "The key of this device was revoked; enrol it again with a new invitation.");
}

#[tokio::test]
async fn the_serial_decides_in_any_case_of_letters() {
    let server = TestServer::start().await;
    let serial = agent::device::read(&Recording::named(HEALTHY).host()).serial.unwrap();
    let token = server.invite_for("Sam Doe", Some(&serial.to_lowercase())).await;
    let laptop = Laptop::new(&Recording::named(HEALTHY), &server.clock);
    assert!(matches!(laptop.enroll(&token).await.unwrap(), EnrollOutcome::Enrolled { .. }));

    let token = server.invite_for("Kim Roe", Some("ZZOTHER0001")).await;
    let mute = Laptop::new(&Recording::named(MUTE), &server.clock);
    let outcome = mute.enroll(&token).await.unwrap();
    assert!(matches!(outcome, EnrollOutcome::Pending { .. }), "no serial fits no invitation");
}

#[tokio::test]
async fn a_second_mac_of_a_person_and_a_second_mac_with_one_serial_wait() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    let now = server.clock.now();
    let reason = |answer: &Reply| {
        assert_eq!(answer.status, 202, "{}", answer.text());
        answer.json::<Pending>().reason
    };
    let token = server.invite("Sam Doe").await;
    assert_eq!(Stranger::new("ZZHAND00001").ask(&mut connection, &token, now).await.status, 201);
    let token = server.invite("Sam Doe").await;
    let answer = Stranger::new("ZZHAND00002").ask(&mut connection, &token, now).await;
    assert_eq!(reason(&answer), "The person has another Mac already.");
    let token = server.invite("Kim Roe").await;
    let answer = Stranger::new("ZZHAND00001").ask(&mut connection, &token, now).await;
    assert_eq!(reason(&answer), "Another enrolled device has the same serial number.");
}

/// A tool elsewhere took Macs without a serial number for one device, or each
/// report of them for a new one.
#[tokio::test]
async fn bug_19_macs_without_a_serial_number_are_told_apart_by_their_keys() {
    let server = TestServer::start().await;
    let mut laptops = Vec::new();
    for person in ["Sam Doe", "Kim Roe"] {
        let laptop = Laptop::enrolled(&server, person, &Recording::named(MUTE)).await;
        for _ in 0..2 {
            assert_eq!(laptop.report().await.receipts.len(), 1, "{person}");
        }
        laptops.push(laptop.device_id());
    }
    assert_ne!(laptops[0], laptops[1]);
    assert_eq!(server.look().number("SELECT count(*) FROM device"), 2);
    assert_eq!(server.look().number("SELECT count(*) FROM device_key"), 2);
}

#[tokio::test]
async fn two_keys_that_use_one_invitation_at_one_moment_admit_one_device() {
    let server = TestServer::start().await;
    let (token, now) = (server.invite("Sam Doe").await, server.clock.now());
    let mut asked = tokio::task::JoinSet::new();
    for number in 0..16 {
        let (connector, token) = (server.connector(), token.clone());
        asked.spawn(async move {
            let mut connection = connector.connect().await;
            let stranger = Stranger::new(&format!("ZZHAND{number:05}"));
            stranger.ask(&mut connection, &token, now).await.status
        });
    }
    let mut statuses = asked.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201);
    assert!(statuses[1..].iter().all(|status| *status == 403), "{statuses:?}");
    assert_eq!(server.look().number("SELECT count(*) FROM device"), 1);
    assert_eq!(server.look().number("SELECT count(*) FROM device_key"), 1);
}

#[tokio::test]
async fn a_collector_with_another_certificate_is_not_trusted() {
    let server = TestServer::start().await;
    let mut token = server.invite("Sam Doe").await;
    if let Some(ca) = &mut token.ca_sha256 {
        ca[0] ^= 1;
    }
    let laptop = Laptop::new(&Recording::named(HEALTHY), &server.clock);
    let error = laptop.enroll(&token).await.unwrap_err().to_string();
    assert!(
        error.ends_with("its certificate is not from the CA that the enrolment names"),
        "{error}"
    );
    // The secret has not left the laptop: the invitation can still be used.
    assert_eq!(server.look().number("SELECT count(*) FROM invitation WHERE used_ms IS NULL"), 1);
}
