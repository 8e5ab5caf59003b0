//! Keys that may not report: suspended, revoked, by this process or another;
//! and a collector that has no room just now.

use std::time::Duration;

use jiff::SignedDuration;
use server::audit::{Act, Object};
use server::fleet::state::Lifecycle;
use server::ingest::queue::QueueError;
use server::store::devices::Devices as _;
use server::store::place::Store;
use server::store::sqlite::{Writer, open_writer};
use shared::api::Receipt;
use tests::connection::Connection;
use tests::hand_made::HandMade;
use tests::test_server::TestServer;

async fn device(server: &TestServer, connection: &mut Connection) -> HandMade {
    let token = server.invite("Sam Doe").await;
    HandMade::enrolled(connection, &token, "ZZHAND00001", server.clock.now()).await
}

/// What an administrator's command does, in a process of its own.
fn step(server: &TestServer, device: &HandMade, to: Lifecycle) {
    let mut writer = Writer::new(open_writer(&server.database()).unwrap());
    let object = Object::new("device", &device.claim.id);
    let act = Act::of_command("device_changed", object, server.clock.now());
    let found = writer.set_lifecycle(&device.claim.id, to, &act);
    assert!(found.unwrap().is_some());
}

/// Longer than anything here takes, so that a fault ends the test.
const PATIENCE: Duration = Duration::from_secs(10);

/// The writer thread, kept from its work.
struct Held {
    release: std::sync::mpsc::Sender<()>,
    working: tokio::task::JoinHandle<Result<(), QueueError>>,
}

impl Held {
    async fn writer(server: &TestServer) -> Self {
        let (release, released) = std::sync::mpsc::channel::<()>();
        let (started, has_started) = tokio::sync::oneshot::channel();
        let queue = server.running().jobs.queue.clone();
        let working = tokio::spawn(async move {
            let work = move |_: &mut dyn Store| {
                let _ = started.send(());
                let _ = released.recv();
                Ok(())
            };
            queue.run(work).await
        });
        has_started.await.unwrap();
        Self { release, working }
    }

    async fn release(self) {
        self.release.send(()).unwrap();
        self.working.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn what_another_process_did_to_a_key_holds_from_the_next_round_on() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    let mut device = device(&server, &mut connection).await;
    let now = server.clock.now();
    assert_eq!(connection.deliver(&device.next(now)).await.status, 201);

    for (to, detail) in [
        (Lifecycle::Suspended, "The device is suspended; ask IT to look at it and resume it."),
        (
            Lifecycle::Revoked,
            "The key of this device was revoked; enrol it again with a new invitation.",
        ),
    ] {
        step(&server, &device, to);
        server.round().await;
        // What a revoked key tries is counted, in a table for nothing else.
        let dump = || {
            let mut tables = server.look().dump();
            tables.remove("refused_report");
            tables
        };
        let before = dump();
        let report = device.sign(device.statement(now).to_bytes().unwrap());
        let answer = connection.deliver(&report).await;
        assert_eq!((answer.status, answer.problem().code()), (403, "key-revoked"));
        assert_eq!(answer.problem().detail, detail);
        assert_eq!(dump(), before, "a refused report leaves nothing");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_key_does_not_wait_for_the_writer() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    let mut device = device(&server, &mut connection).await;
    step(&server, &device, Lifecycle::Suspended);
    server.round().await;
    // Who only floods the collector with refused reports costs no disk.
    let held = Held::writer(&server).await;
    let report = device.next(server.clock.now());
    let answer = tokio::time::timeout(PATIENCE, connection.deliver(&report)).await;
    assert_eq!(answer.expect("an answer without the writer").status, 403);
    held.release().await;
}

#[tokio::test]
async fn a_report_in_the_queue_is_held_against_the_database_and_not_the_cache() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    let mut device = device(&server, &mut connection).await;
    // No round in between by hand: whichever comes first, the answer is 403.
    step(&server, &device, Lifecycle::Suspended);
    let answer = connection.deliver(&device.next(server.clock.now())).await;
    assert_eq!((answer.status, answer.problem().code()), (403, "key-revoked"));
    assert_eq!(server.look().number("SELECT count(*) FROM statement"), 0);
}

#[tokio::test]
async fn a_resumed_device_reports_again_and_keeps_its_chain() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    let mut device = device(&server, &mut connection).await;
    let now = server.clock.now();
    assert_eq!(connection.deliver(&device.next(now)).await.status, 201);
    step(&server, &device, Lifecycle::Suspended);
    server.round().await;
    let waiting = device.next(now);
    assert_eq!(connection.deliver(&waiting).await.status, 403);
    step(&server, &device, Lifecycle::Active);
    server.round().await;
    assert_eq!(connection.deliver(&waiting).await.status, 201);
    let events = server.look().rows("SELECT kind FROM event ORDER BY at_ms, number");
    assert_eq!(events, ["enrolled", "suspended", "resumed"]);
    let flags = server.look().rows("SELECT flags FROM statement ORDER BY sequence");
    assert_eq!(flags, ["", "stale"], "no gap and no break");
}

#[tokio::test]
async fn a_key_that_signs_on_a_second_computer_is_suspended() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    let mut device = device(&server, &mut connection).await;
    let now = server.clock.now();
    device.claim.hardware_uuid = Some("E2E00000-0000-4000-8000-000000000001".to_owned());
    assert_eq!(connection.deliver(&device.next(now)).await.status, 201);
    device.claim.hardware_uuid = Some("E2E00000-0000-4000-8000-000000000002".to_owned());
    let answer = connection.deliver(&device.next(now)).await;
    assert_eq!(answer.status, 201, "evidence is kept: {}", answer.text());
    assert_eq!(answer.json::<Receipt>().flags, ["stale", "other-hardware"]);
    let answer = connection.deliver(&device.next(now)).await;
    assert_eq!((answer.status, answer.problem().code()), (403, "key-revoked"));
    let standing = "SELECT lifecycle, hardware_uuid, lifecycle_reason FROM device";
    let expected = "suspended|E2E00000-0000-4000-8000-000000000001|A report came from another computer than before: the key was copied.";
    assert_eq!(server.look().rows(standing), [expected]);
}

#[tokio::test]
async fn a_suspended_device_still_falls_silent() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    let mut device = device(&server, &mut connection).await;
    connection.deliver(&device.next(server.clock.now())).await;
    step(&server, &device, Lifecycle::Suspended);
    server.forward(SignedDuration::from_hours(24 * 8)).await;
    assert_eq!(server.look().rows("SELECT lifecycle, status FROM device"), ["suspended|stale"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_asks_to_come_again_and_loses_nothing() {
    let server = TestServer::start_with(|config| config.queue = 2).await;
    let mut connection = server.connector().connect().await;
    let mut device = device(&server, &mut connection).await;
    let now = server.clock.now();

    let held = Held::writer(&server).await;
    let (answers, mut answered) = tokio::sync::mpsc::unbounded_channel();
    let mut senders = tokio::task::JoinSet::new();
    for envelope in (0..12).map(|_| device.next(now)) {
        let (connector, answers) = (server.connector(), answers.clone());
        senders.spawn(async move {
            let mut connection = connector.connect().await;
            let answer = connection.deliver(&envelope).await;
            let _ = answers.send((envelope, answer));
        });
    }
    // With room for two, at least one is turned away while the writer is held.
    let first = tokio::time::timeout(PATIENCE, answered.recv()).await;
    let (turned_away, answer) = first.expect("somebody is turned away").unwrap();
    assert_eq!((answer.status, answer.problem().code()), (503, "unavailable"));
    let seconds: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((5..=60).contains(&seconds), "{seconds}");
    held.release().await;
    senders.join_all().await;
    drop(answers);

    let (mut accepted, mut refused) = (Vec::new(), vec![turned_away]);
    while let Some((envelope, answer)) = answered.recv().await {
        match answer.status {
            201 => accepted.push(envelope),
            503 => refused.push(envelope),
            other => panic!("{other}: {}", answer.text()),
        }
    }
    let kept = server.look().rows("SELECT hex(digest) FROM statement");
    assert_eq!(kept.len(), accepted.len(), "kept is what was acknowledged");
    for envelope in refused {
        assert_eq!(connection.deliver(&envelope).await.status, 201, "nothing of it was kept");
    }
    assert_eq!(server.look().number("SELECT count(*) FROM statement"), 12);
}
