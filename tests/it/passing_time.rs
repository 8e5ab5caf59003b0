//! What time alone changes, with no new report: grace, silence, dates.
//!
//! The collector's own work may come hours late. What it finds must have begun
//! at the instant at which it became true.

use jiff::{SignedDuration, Timestamp};
use tests::at;
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, MUTE, Recording};
use tests::test_server::TestServer;

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);
const MOMENT: SignedDuration = SignedDuration::from_millis(1);

/// Every status of the one device, with the instant at which it began.
fn statuses(server: &TestServer) -> Vec<(String, Timestamp)> {
    let rows = server.look().rows("SELECT status, from_ms FROM status_interval ORDER BY from_ms");
    intervals(
        &server.look().rows(
            "SELECT until_ms FROM status_interval WHERE until_ms IS NOT NULL ORDER BY from_ms",
        ),
        &rows,
    );
    rows.iter().map(String::as_str).map(begun).collect()
}

/// Every status of one rule on the one device.
fn findings(server: &TestServer, rule: &str) -> Vec<(String, Timestamp)> {
    let of_rule = format!("FROM finding WHERE rule = '{rule}'");
    let rows = server.look().rows(&format!("SELECT status, from_ms {of_rule} ORDER BY from_ms"));
    let ends = format!("SELECT until_ms {of_rule} AND until_ms IS NOT NULL ORDER BY from_ms");
    intervals(&server.look().rows(&ends), &rows);
    rows.iter().map(String::as_str).map(begun).collect()
}

/// Each interval but the last ends where the next one begins.
fn intervals(ends: &[String], rows: &[String]) {
    let begins: Vec<&str> = rows.iter().filter_map(|row| row.split('|').nth(1)).collect();
    assert_eq!(ends, &begins[1..], "no gap and no overlap");
}

fn begun(row: &str) -> (String, Timestamp) {
    let (status, from) = row.split_once('|').unwrap();
    (status.to_owned(), Timestamp::from_millisecond(from.parse().unwrap()).unwrap())
}

fn owned(rows: &[(&str, Timestamp)]) -> Vec<(String, Timestamp)> {
    rows.iter().map(|(status, from)| ((*status).to_owned(), *from)).collect()
}

#[tokio::test]
async fn grace_that_runs_out_changes_the_status_at_that_very_instant() {
    let server = TestServer::start().await;
    let enrolled = server.clock.now();
    let mut laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    laptop.report().await;
    // Past the grace of the first enrolment, the firewall has a day.
    let failed = enrolled + DAY * 4;
    server.set_clock(failed).await;
    laptop.becomes(&Recording::named(HEALTHY).with_firewall_off());
    assert_eq!(laptop.report().await.receipts[0].status, "at_risk");
    let due = failed + DAY;
    server.set_clock(due - MOMENT).await;
    assert_eq!(statuses(&server), owned(&[("compliant", enrolled), ("at_risk", failed)]));

    // The job comes five hours late; the interval begins on time.
    server.set_clock(due + HOUR * 5).await;
    let expected = [("compliant", enrolled), ("at_risk", failed), ("non_compliant", due)];
    assert_eq!(statuses(&server), owned(&expected));
    assert_eq!(findings(&server, "firewall"), owned(&[("pass", enrolled), ("fail", failed)]));

    // A report that comes before the job would have had the same effect.
    let receipt = laptop.report().await.receipts.remove(0);
    assert_eq!(receipt.status, "non_compliant");
    laptop.becomes(&Recording::named(HEALTHY));
    let mended = due + HOUR * 6;
    server.clock.set(mended);
    assert_eq!(laptop.report().await.receipts[0].status, "compliant");
    assert_eq!(statuses(&server).pop().unwrap(), ("compliant".to_owned(), mended));
}

#[tokio::test]
async fn grace_runs_out_on_time_also_while_the_collector_is_down() {
    let mut server = TestServer::start().await;
    let enrolled = server.clock.now();
    let recording = Recording::named(HEALTHY).with_filevault_off();
    let laptop = Laptop::enrolled(&server, "Sam Doe", &recording).await;
    laptop.report().await;
    server.stop().await;
    server.clock.set(enrolled + DAY * 5);
    server.resume().await;
    // FileVault has no grace, but a first enrolment has three days.
    let expected = [("at_risk", enrolled), ("non_compliant", enrolled + DAY * 3)];
    assert_eq!(statuses(&server), owned(&expected));
}

#[tokio::test]
async fn a_failure_after_the_first_days_has_only_the_grace_of_its_rule() {
    let server = TestServer::start().await;
    let mut laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    laptop.report().await;
    let off = server.clock.now() + DAY * 3;
    server.set_clock(off).await;
    laptop.becomes(&Recording::named(HEALTHY).with_filevault_off());
    assert_eq!(laptop.report().await.receipts[0].status, "non_compliant");
    assert_eq!(statuses(&server).pop().unwrap(), ("non_compliant".to_owned(), off));
}

#[tokio::test]
async fn switching_on_and_off_does_not_buy_new_grace() {
    let server = TestServer::start().await;
    let enrolled = server.clock.now();
    let (on, off) = (Recording::named(HEALTHY), Recording::named(HEALTHY).with_firewall_off());
    let mut laptop = Laptop::enrolled(&server, "Sam Doe", &on).await;
    laptop.report().await;
    let failed = enrolled + DAY * 4;
    for (after, recording) in [(0, &off), (20, &on), (23, &off)] {
        server.set_clock(failed + HOUR * after).await;
        laptop.becomes(recording);
        laptop.report().await;
    }
    server.set_clock(failed + DAY * 2).await;
    assert_eq!(statuses(&server).pop().unwrap(), ("non_compliant".to_owned(), failed + DAY));
}

#[tokio::test]
async fn seven_days_after_the_last_report_was_received_a_device_is_stale() {
    let server = TestServer::start().await;
    let mut laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    // The laptop's own clock is slow; only the time of receipt counts.
    let (clock, slow) = (server.clock.clone(), SignedDuration::from_mins(90));
    laptop.set_clock(agent::Clock::new(move || clock.now() - slow));
    let received = server.clock.now() + HOUR * 2;
    server.clock.set(received);
    assert_eq!(laptop.report().await.receipts.len(), 1);

    let silent = received + DAY * 7;
    server.set_clock(silent - MOMENT).await;
    assert_eq!(server.look().rows("SELECT status, was FROM device"), ["compliant|-"]);
    server.set_clock(silent + HOUR * 30).await;
    assert_eq!(server.look().rows("SELECT status, was FROM device"), ["stale|compliant"]);
    assert_eq!(statuses(&server).pop().unwrap(), ("stale".to_owned(), silent));
    assert_eq!(findings(&server, "reporting").pop().unwrap(), ("fail".to_owned(), silent));
    let reason = "SELECT reason FROM finding WHERE rule = 'reporting' AND until_ms IS NULL";
    assert_eq!(server.look().rows(reason), ["No report for 8 days."]);
}

#[tokio::test]
async fn a_mac_that_comes_back_is_judged_by_what_it_says_then() {
    let server = TestServer::start().await;
    let laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    laptop.report().await;
    server.forward(DAY * 9).await;
    let back = server.clock.now();
    let receipt = laptop.report().await.receipts.remove(0);
    assert_eq!(receipt.status, "compliant");
    assert_eq!(statuses(&server).pop().unwrap(), ("compliant".to_owned(), back));
    assert_eq!(server.look().rows("SELECT returned_ms IS NOT NULL, was FROM device"), ["1|-"]);
}

#[tokio::test]
async fn a_device_that_never_reports_falls_silent_from_its_enrolment_on() {
    let server = TestServer::start().await;
    let enrolled = server.clock.now();
    Laptop::enrolled(&server, "Sam Doe", &Recording::named(MUTE)).await;
    server.set_clock(enrolled + DAY * 12).await;
    let expected = [("unknown", enrolled), ("stale", enrolled + DAY * 7)];
    assert_eq!(statuses(&server), owned(&expected));
}

#[tokio::test]
async fn a_missed_fix_under_attack_fails_at_midnight_utc_and_grace_counts_from_there() {
    let start = at("2026-08-10T09:00:00Z");
    let server = TestServer::start_at(start, |_| {}).await;
    // 26.6.1 mended a hole under attack on 6 August.
    let recording = Recording::named(HEALTHY).with_macos("26.6", "25G72");
    let laptop = Laptop::enrolled(&server, "Sam Doe", &recording).await;
    assert_eq!(laptop.report().await.receipts[0].status, "compliant");
    server.set_clock(at("2026-08-12T23:59:59.999Z")).await;
    assert_eq!(statuses(&server), owned(&[("compliant", start)]));
    server.set_clock(at("2026-08-13T10:00:00Z")).await;
    let failed = at("2026-08-13T00:00:00Z");
    assert_eq!(findings(&server, "os-patch-level"), owned(&[("pass", start), ("fail", failed)]));
    server.set_clock(at("2026-08-16T10:00:00Z")).await;
    laptop.report().await;
    server.set_clock(at("2026-08-21T10:00:00Z")).await;
    let expected =
        [("compliant", start), ("at_risk", failed), ("non_compliant", at("2026-08-20T00:00:00Z"))];
    assert_eq!(statuses(&server), owned(&expected));
}

#[tokio::test]
async fn an_old_catalogue_proves_a_fail_and_never_a_pass() {
    let server = TestServer::start().await;
    let start = server.clock.now();
    // 26.6.2 mended 28 holes on 17 August; the catalogue ends on 22 August.
    let recording = Recording::named(HEALTHY).with_macos("26.6.1", "25G76");
    let laptop = Laptop::enrolled(&server, "Sam Doe", &recording).await;
    laptop.report().await;
    for day in (2..=30).step_by(4) {
        server.set_clock(start + DAY * day).await;
        laptop.report().await;
    }
    let old = at("2026-09-06T00:00:00Z");
    let exposed = at("2026-09-16T00:00:00Z");
    let expected = [("pass", start), ("unknown", old), ("fail", exposed)];
    assert_eq!(findings(&server, "os-patch-level"), owned(&expected));
    let expected = [("compliant", start), ("unknown", old), ("at_risk", exposed)];
    assert_eq!(statuses(&server), owned(&expected));
}
