//! A report's life: signed, sent, kept, judged, and what is done about a
//! changed, a repeated and a contradicting one.

use agent::delivery::Stop;
use agent::report::ReportError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use shared::api::{Receipt, ReceiptOutcome};
use shared::keys::hex;
use shared::statement::ReportKind;
use tests::hand_made::HandMade;
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;

#[tokio::test]
async fn a_mac_that_enrols_and_reports_is_judged() {
    let server = TestServer::start().await;
    let recording = Recording::named(HEALTHY).with_filevault_off();
    let laptop = Laptop::enrolled(&server, "Sam Doe", &recording).await;
    let run = laptop.report().await;

    let made = run.made.unwrap();
    let [receipt] = run.receipts.as_slice() else { panic!("{:?}", run.receipts) };
    assert_eq!((made.sequence, made.kind), (1, ReportKind::Full));
    assert_eq!((receipt.sequence, &receipt.statement_sha256), (1, &made.sha256));
    assert_eq!((receipt.outcome, receipt.status.as_str()), (ReceiptOutcome::New, "at_risk"));
    assert_eq!(receipt.received_at, server.clock.now());
    assert_eq!(receipt.flags, ["recorded"]);
    assert_eq!(receipt.policy.sha256, shared::policy::Policy::baseline().sha256);
    assert!(run.stop.is_none() && laptop.waiting().is_empty());

    let database = server.look();
    let device = laptop.device_id();
    assert_eq!(
        database.rows("SELECT device_id, sequence, flags, hex(digest) FROM statement"),
        [format!("{device}|1|recorded|{}", made.sha256.to_uppercase())]
    );
    assert_eq!(
        database.rows(
            "SELECT rule, status, reason FROM finding WHERE until_ms IS NULL AND rule IN \
             ('disk-encryption', 'firewall', 'os-patch-level', 'password-policy', 'reporting') \
             ORDER BY 1"
        ),
        [
            "disk-encryption|fail|FileVault is off.",
            "firewall|pass|The firewall is on.",
            "os-patch-level|pass|macOS 26.6.2 is the newest release of its major version.",
            "password-policy|pass|New passwords must have at least 8 characters.",
            "reporting|pass|The last report came within a day.",
        ]
    );
    let owner =
        "SELECT name, email, serial IS NOT NULL FROM device JOIN person ON person.id = person_id";
    assert_eq!(database.rows(owner), ["Sam Doe|sam.doe@company.example|1"]);
}

#[tokio::test]
async fn each_report_is_fresh_by_the_nonce_of_the_answer_before() {
    let server = TestServer::start().await;
    let laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    server.forward(SignedDuration::from_mins(1)).await;
    laptop.report().await;
    server.forward(SignedDuration::from_hours(1)).await;
    let second = laptop.report().await;
    assert_eq!(second.made.unwrap().kind, ReportKind::Unchanged);
    assert_eq!(second.receipts[0].flags, ["recorded"]);
    assert_eq!(server.look().rows("SELECT kind FROM statement"), ["full", "unchanged"]);
}

/// One refused report a second is looked at from every address.
fn wait_a_second(server: &TestServer) {
    server.clock.set(server.clock.now() + SignedDuration::from_secs(1));
}

#[tokio::test]
async fn a_flipped_bit_is_refused_and_changes_nothing() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    let now = server.clock.now();
    let token = server.invite("Sam Doe").await;
    let mut device = HandMade::enrolled(&mut connection, &token, "ZZHAND00001", now).await;
    server.round().await;
    let before = server.look().dump();
    let good = device.next(now);

    let mut refusals = 0;
    for index in 0..good.payload.len() {
        let mut flipped = good.clone();
        flipped.payload[index] ^= 1 << (index % 8);
        wait_a_second(&server);
        let answer = connection.deliver(&flipped).await;
        assert_eq!((answer.status, answer.problem().code()), (401, "bad-signature"), "{index}");
        refusals += 1;
    }
    for bit in 0..good.signature.len() * 8 {
        let mut flipped = good.clone();
        flipped.signature[bit / 8] ^= 1 << (bit % 8);
        wait_a_second(&server);
        let answer = connection.deliver(&flipped).await;
        assert_eq!((answer.status, answer.problem().code()), (401, "bad-signature"), "{bit}");
        refusals += 1;
    }
    assert_eq!(server.look().dump(), before, "{refusals} refusals left the database alone");

    let answer = connection.deliver(&good).await;
    assert_eq!(answer.status, 201, "the report itself is accepted: {}", answer.text());
}

#[tokio::test]
async fn a_changed_character_anywhere_on_the_wire_is_refused_or_harmless() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    let now = server.clock.now();
    let token = server.invite("Sam Doe").await;
    let mut device = HandMade::enrolled(&mut connection, &token, "ZZHAND00001", now).await;
    server.round().await;
    let before = server.look().dump();
    let good = device.next(now).to_json();

    let known = ["malformed-envelope", "unsupported-payload-type", "unknown-key", "bad-signature"];
    for index in (0..good.len()).filter(|index| index % 3 == 0 || *index > good.len() - 200) {
        for bit in [0, 1, 5] {
            let mut bytes = good.clone().into_bytes();
            bytes[index] ^= 1 << bit;
            wait_a_second(&server);
            let answer = connection.report(bytes).await;
            let problem = answer.problem();
            assert!(
                matches!(answer.status, 400 | 401 | 415) && known.contains(&problem.code()),
                "byte {index}, bit {bit}: {}",
                answer.text()
            );
        }
    }
    assert_eq!(server.look().dump(), before);
    assert_eq!(connection.report(good).await.status, 201);
}

#[tokio::test]
async fn the_same_report_twice_is_one_report() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    let token = server.invite("Sam Doe").await;
    let now = server.clock.now();
    let mut device = HandMade::enrolled(&mut connection, &token, "ZZHAND00001", now).await;
    let report = device.next(now);
    let first = connection.deliver(&report).await;
    assert_eq!(first.status, 201, "{}", first.text());
    let first: Receipt = first.json();
    let after_first = server.look().dump();

    server.forward(SignedDuration::from_mins(5)).await;
    let again = connection.deliver(&report).await;
    assert_eq!(again.status, 200, "{}", again.text());
    let again: Receipt = again.json();
    assert_eq!(again.outcome, ReceiptOutcome::Duplicate);
    assert_eq!(again.statement_sha256, hex(&report.digest()));
    assert_eq!(
        (again.sequence, again.received_at, &again.status, &again.flags),
        (first.sequence, first.received_at, &first.status, &first.flags)
    );
    assert_eq!(server.look().dump(), after_first);

    // Another valid signature over the same bytes is the same statement too.
    let resigned = device.sign(report.payload.clone());
    assert_ne!(resigned.signature, report.signature);
    assert_eq!(connection.deliver(&resigned).await.status, 200);
    assert_eq!(server.look().number("SELECT count(*) FROM statement"), 1);
}

#[tokio::test]
async fn two_reports_with_one_sequence_are_both_kept_and_suspend_the_device() {
    let server = TestServer::start().await;
    let laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    // The whole state is copied, as by a backup or a migration.
    let copy = tempfile::tempdir().unwrap();
    copy_folder(laptop.state_dir(), &copy.path().join("state"));
    laptop.report().await;

    let twin = agent::Context {
        host: std::sync::Arc::new(Recording::named(HEALTHY).with_firewall_off().host()),
        state_dir: copy.path().join("state"),
        clock: agent::Clock::new({
            let clock = server.clock.clone();
            move || clock.now()
        }),
    };
    let run = agent::run_report(&twin).await.unwrap();
    let Some(Stop::Trouble(trouble)) = run.stop else { panic!("{:?}", run.stop) };
    assert_eq!(trouble.code, "sequence-conflict");
    assert_eq!(
        trouble.detail,
        "Another report has sequence 1; both are kept and the device is suspended, because two signers hold its key; tell IT."
    );
    let again = agent::run_report(&twin).await;
    assert!(matches!(again, Err(ReportError::Trouble(_))), "the twin stops: {again:?}");

    let database = server.look();
    assert_eq!(database.number("SELECT count(*) FROM statement"), 1);
    let kept = "SELECT sequence, length(payload) > 0, length(signature) > 0 FROM equivocation";
    assert_eq!(database.rows(kept), ["1|1|1"]);
    let both = "SELECT count(DISTINCT digest) FROM
                (SELECT digest FROM statement UNION ALL SELECT digest FROM equivocation)";
    assert_eq!(database.number(both), 2);
    assert_eq!(
        database.rows("SELECT lifecycle, lifecycle_reason FROM device"),
        ["suspended|Two different reports have sequence 1: two signers hold this key."]
    );
    assert_eq!(
        database.rows("SELECT kind FROM event ORDER BY at_ms, number"),
        ["enrolled", "conflict"]
    );

    let run = laptop.report().await;
    let Some(Stop::Trouble(trouble)) = run.stop else { panic!("{:?}", run.stop) };
    assert_eq!(trouble.code, "key-revoked");
    assert_eq!(laptop.waiting(), [2], "what the first one signed since is not lost");
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir(to).unwrap();
    std::fs::set_permissions(to, std::fs::Permissions::from_mode(0o700)).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[tokio::test]
async fn reports_signed_while_the_collector_was_away_arrive_in_order() {
    let mut server = TestServer::start().await;
    let mut laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    laptop.report().await;
    server.stop().await;

    for hour in 1..=5 {
        server.clock.set(server.clock.now() + SignedDuration::from_hours(1));
        // The third says something else, so the queue holds both kinds.
        let recording = Recording::named(HEALTHY);
        laptop.becomes(&if hour == 3 { recording.with_filevault_off() } else { recording });
        let run = laptop.report().await;
        assert!(matches!(run.stop, Some(Stop::Send(_))), "{:?}", run.stop);
        assert!(run.receipts.is_empty());
    }
    assert_eq!(laptop.waiting(), [2, 3, 4, 5, 6]);

    server.resume().await;
    server.clock.set(server.clock.now() + SignedDuration::from_hours(1));
    let run = laptop.report().await;
    let arrived: Vec<i64> = run.receipts.iter().map(|receipt| receipt.sequence).collect();
    assert_eq!(arrived, [2, 3, 4, 5, 6, 7]);
    assert!(run.stop.is_none() && run.aside.is_empty(), "{run:?}");
    assert!(laptop.waiting().is_empty());

    let database = server.look();
    let order = "SELECT sequence, kind FROM statement ORDER BY rowid";
    let kinds =
        ["1|full", "2|unchanged", "3|unchanged", "4|full", "5|full", "6|unchanged", "7|unchanged"];
    assert_eq!(database.rows(order), kinds);
    let broken = "SELECT count(*) FROM statement AS next LEFT JOIN statement AS before
        ON before.sequence = next.sequence - 1
        WHERE next.sequence > 1 AND next.previous IS NOT before.digest";
    assert_eq!(database.number(broken), 0, "each names the one before");
    let odd = "SELECT count(*) FROM statement WHERE flags LIKE '%chain%' OR flags LIKE '%old%'
        OR flags LIKE '%unmatched%'";
    assert_eq!(database.number(odd), 0);
}

#[tokio::test]
async fn late_reports_enter_history_and_never_the_present() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    let token = server.invite("Sam Doe").await;
    let now = server.clock.now();
    let mut device = HandMade::enrolled(&mut connection, &token, "ZZHAND00001", now).await;
    let reports = [device.next(now), device.next(now), device.next(now)];
    let flags = |reply: tests::connection::Reply| {
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json::<Receipt>().flags
    };
    assert_eq!(flags(connection.deliver(&reports[2]).await), ["chain-gap", "stale"]);
    let standing = "SELECT sequence, status, hex(digest) FROM device";
    let present = server.look().rows(standing);
    assert_eq!(flags(connection.deliver(&reports[0]).await), ["old"]);
    assert_eq!(flags(connection.deliver(&reports[1]).await), ["old", "stale"]);
    assert_eq!(server.look().rows(standing), present);
    assert_eq!(server.look().number("SELECT count(*) FROM statement"), 3);
}

#[tokio::test]
async fn an_updated_agent_is_known_from_its_first_report_on() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    let token = server.invite("Sam Doe").await;
    let now = server.clock.now();
    let mut device = HandMade::enrolled(&mut connection, &token, "ZZHAND00001", now).await;
    assert_eq!(connection.deliver(&device.next(now)).await.status, 201);
    // The readings are the same; only the program that read is another one.
    let mut statement = device.statement(now);
    statement.predicate.agent.version = "1.1.0".to_owned();
    let updated = device.sign(statement.to_bytes().unwrap());
    assert_eq!(connection.deliver(&updated).await.status, 201);
    assert_eq!(server.look().rows("SELECT agent_version FROM device"), ["1.1.0"]);
}

#[tokio::test]
async fn a_report_over_plain_base64_or_the_url_alphabet_is_the_same_statement() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    let token = server.invite("Sam Doe").await;
    let now = server.clock.now();
    let mut device = HandMade::enrolled(&mut connection, &token, "ZZHAND00001", now).await;
    let report = device.next(now);
    let urlsafe = |bytes: &[u8]| STANDARD.encode(bytes).replace('+', "-").replace('/', "_");
    let body = serde_json::json!({
        "payloadType": shared::names::PAYLOAD_TYPE,
        "payload": urlsafe(&report.payload),
        "signatures": [{"keyid": report.keyid, "sig": urlsafe(&report.signature)}],
        "something": "new",
    });
    assert_eq!(connection.report(body.to_string()).await.status, 201);
    assert_eq!(connection.deliver(&report).await.status, 200);
}
