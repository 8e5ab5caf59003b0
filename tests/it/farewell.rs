//! An agent says farewell before it is removed: its key ends, the device stays
//! on the list, and a new token begins anew.

use agent::farewell::FarewellOutcome;
use jiff::SignedDuration;
use shared::api::{FarewellReceipt, Problem};
use shared::envelope::Envelope;
use shared::names::MEDIA_FAREWELL;
use shared::statement::{AgentClaim, Farewell, RunTime, Statement};
use tests::connection::{Connection, Reply};
use tests::hand_made::HandMade;
use tests::laptop::Laptop;
use tests::program;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;
use tests::visitor::{Visitor, text_of};

async fn send(connection: &mut Connection, envelope: &Envelope) -> Reply {
    let headers = [("content-type", MEDIA_FAREWELL)];
    connection.send("POST", "/v1/unenroll", &headers, envelope.to_json()).await
}

/// A farewell of `device`, signed by `signer`.
fn farewell(device: &HandMade, signer: &HandMade, now: jiff::Timestamp) -> Envelope {
    let farewell = Farewell {
        schema: "1.0".to_owned(),
        crit: Vec::new(),
        host: None,
        device: device.claim.clone(),
        agent: AgentClaim {
            version: "1.0.0".to_owned(),
            binary_sha256: None,
            key_protection: shared::keys::KeyProtection::SoftwareFile,
        },
        time: RunTime { started_at: now, finished_at: now },
    };
    let statement = Statement::farewell(device.certificate_sha256.clone(), farewell);
    signer.sign(statement.to_bytes().unwrap())
}

fn code(reply: &Reply) -> (u16, String) {
    let problem: Problem = reply.json();
    (reply.status, problem.code().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_leaves_and_the_mac_stays_on_the_list_and_falls_silent() {
    let server = TestServer::start().await;
    let recording = Recording::named(HEALTHY);
    let laptop = Laptop::enrolled(&server, "Sam Doe", &recording).await;
    laptop.report().await;
    let (id, url) = (laptop.device_id(), server.url().to_owned());
    let outcome = laptop.unenroll(false).await.unwrap();
    assert_eq!(outcome, FarewellOutcome::Left { device_id: id.clone(), url, lost: 0 });
    let left: Vec<_> = std::fs::read_dir(laptop.state_dir()).unwrap().collect();
    assert_eq!(left.len(), 1, "the lock alone: {left:?}");
    assert_eq!(laptop.unenroll(false).await.unwrap(), FarewellOutcome::NotEnrolled);

    let key = "SELECT k.status || ' ' || d.lifecycle FROM device_key k JOIN device d ON d.id = k.device_id";
    assert_eq!(server.look().rows(key), ["revoked revoked"]);
    let entry = "SELECT count(*) || '' FROM log_entry WHERE entry LIKE '%\"type\":\"farewell\"%'";
    assert_eq!(server.look().rows(entry), ["1"]);
    let told = "SELECT data FROM stream_event WHERE data LIKE '%removed%'";
    assert_eq!(server.look().rows(told), ["{\"kind\":\"removed\"}"]);
    let noted = "SELECT detail FROM audit WHERE action = 'agent_removed'";
    assert_eq!(server.look().rows(noted), ["The agent was removed by the Mac itself."]);
    let mut visitor = Visitor::signed_in(&server).await;
    let page = text_of(&visitor.page(&format!("/devices/{id}")).await);
    assert!(page.contains("The agent was removed by the Mac itself"), "{page}");
    assert!(page.contains("Agent removed on 20 Aug 2026"), "{page}");
    assert!(text_of(&visitor.page("/devices").await).contains("Agent removed on 20 Aug 2026"));
    let rows = visitor.devices("/devices.json").await;
    assert_eq!((rows.len(), &rows[0]["status"]), (1, &"revoked".into()));

    server.forward(SignedDuration::from_hours(8 * 24)).await;
    assert_eq!(server.look().rows("SELECT status FROM device"), ["stale"]);
    let mut visitor = Visitor::signed_in(&server).await;
    let overview = text_of(&visitor.page("/").await);
    assert!(overview.contains("0 of 1 Mac is compliant"), "never again: {overview}");

    let token = server.invite("Sam Doe").await;
    laptop.enroll(&token).await.unwrap();
    laptop.report().await;
    let active = "SELECT count(*) || '' FROM device WHERE lifecycle = 'active'";
    assert_eq!(server.look().rows(active), ["1"], "the new key reports at once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_farewell_counts_once_and_only_from_the_key_of_its_device() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    let now = server.clock.now();
    let mut devices = Vec::new();
    for (person, serial) in [("Sam Doe", "ZZHAND00001"), ("Kim Roe", "ZZHAND00002")] {
        let token = server.invite(person).await;
        devices.push(HandMade::enrolled(&mut connection, &token, serial, now).await);
    }
    let (mut other, own) = (devices.pop().unwrap(), devices.pop().unwrap());
    let stolen = send(&mut connection, &farewell(&own, &other, now)).await;
    assert_eq!(code(&stolen), (422, "subject-mismatch".to_owned()));
    let mut forged = farewell(&own, &own, now);
    forged.signature[9] ^= 1;
    assert_eq!(code(&send(&mut connection, &forged).await), (401, "bad-signature".to_owned()));
    let report = other.sign(other.statement(now).to_bytes().unwrap());
    let wrong = send(&mut connection, &report).await;
    assert_eq!(code(&wrong), (422, "unsupported-predicate".to_owned()));
    let as_report = connection.report(farewell(&own, &own, now).to_json()).await;
    assert_eq!(code(&as_report), (422, "unsupported-predicate".to_owned()));
    assert_eq!(server.look().number("SELECT count(*) FROM farewell"), 0);

    let said = farewell(&own, &own, now);
    let first = send(&mut connection, &said).await;
    assert_eq!(first.status, 200, "{}", first.text());
    let receipt: FarewellReceipt = first.json();
    assert_eq!((receipt.device_id.as_str(), receipt.removed_at), (own.claim.id.as_str(), now));
    server.forward(SignedDuration::from_mins(5)).await;
    let entries = server.look().number("SELECT size FROM log_head");
    for again in [said, farewell(&own, &own, server.clock.now())] {
        let reply = send(&mut connection, &again).await;
        assert_eq!(reply.json::<FarewellReceipt>(), receipt, "the first one counts");
    }
    assert_eq!(server.look().number("SELECT size FROM log_head"), entries);
    let late = connection.deliver(&own.sign(own.statement(now).to_bytes().unwrap())).await;
    assert_eq!(code(&late), (403, "key-revoked".to_owned()));
    assert_eq!(connection.deliver(&other.next(now)).await.status, 201, "the other one goes on");

    let mut visitor = Visitor::signed_in(&server).await;
    let revoke = format!("/devices/{}/life/revoke", other.claim.id);
    assert_eq!(visitor.post(&revoke, "reason=Lost").await.status, 303);
    server.round().await;
    let refused = send(&mut connection, &farewell(&other, &other, now)).await;
    assert_eq!(code(&refused), (403, "key-revoked".to_owned()), "as its reports are");
    assert_eq!(server.look().number("SELECT count(*) FROM farewell"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_keeps_key_and_state_while_the_collector_is_away_unless_forced() {
    let mut server = TestServer::start_with(|config| {
        config.public_url = Some("http://127.0.0.1:0".to_owned());
    })
    .await;
    let laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    let recording = laptop.folder().join("mac.json");
    std::fs::write(&recording, Recording::named(HEALTHY).text()).unwrap();
    let run = |more: &[&str]| {
        let (state, recording) = (laptop.state_dir().display(), recording.display());
        let mut arguments = vec![
            "unenroll".to_owned(),
            format!("--state-dir={state}"),
            format!("--recording={recording}"),
        ];
        arguments.extend(more.iter().map(|it| (*it).to_owned()));
        program::run("muster-agent", &arguments)
    };
    server.stop().await;
    let ending = tokio::task::block_in_place(|| run(&[]));
    assert_eq!(ending.exit, Some(69), "{ending:?}");
    assert!(ending.stderr.contains("erase them with `--force` and tell IT"), "{ending:?}");
    assert!(laptop.state_dir().join("identity.json").exists());
    let ending = tokio::task::block_in_place(|| run(&["--force"]));
    assert_eq!(ending.exit, Some(0), "{ending:?}");
    assert!(ending.stdout.contains("The collector was not told"), "{ending:?}");
    assert!(!laptop.state_dir().join("identity.json").exists());
    assert!(!laptop.state_dir().join("keys").exists());
    let ending = tokio::task::block_in_place(|| run(&[]));
    assert_eq!(ending.exit, Some(0), "{ending:?}");
    assert!(ending.stdout.contains("This computer is not enrolled"), "{ending:?}");
    assert_eq!(server.look().number("SELECT count(*) FROM farewell"), 0);
}
