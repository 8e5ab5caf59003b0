//! A fleet of Macs of which nothing can be learnt: nothing is pass or fail,
//! wherever people or programs look.

use shared::policy::{Mode, Policy};
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, MUTE, Recording};
use tests::test_server::TestServer;
use tests::visitor::{Visitor, text_of};

/// Every rule that only a Mac can answer, in the order of their names.
fn rules(is_asked: fn(Mode) -> bool) -> Vec<String> {
    let policy = Policy::baseline();
    let rules = policy.rules.iter().filter(|rule| !rule.is_server_only() && is_asked(rule.mode));
    let mut rules: Vec<String> = rules.map(|rule| rule.id.clone()).collect();
    rules.sort();
    rules
}

fn required() -> Vec<String> {
    rules(|mode| mode == Mode::Required)
}

async fn mute_fleet() -> (TestServer, Vec<Laptop>) {
    let server = TestServer::start().await;
    let mut laptops = Vec::new();
    for person in ["Sam Doe", "Kim Roe", "Ada Poe"] {
        let laptop = Laptop::enrolled(&server, person, &Recording::named(MUTE)).await;
        assert_eq!(laptop.report().await.receipts[0].status, "unknown");
        laptops.push(laptop);
    }
    (server, laptops)
}

#[tokio::test]
async fn in_json_csv_and_the_database_every_reading_is_unknown() {
    let (server, _laptops) = mute_fleet().await;
    let mut visitor = Visitor::signed_in(&server).await;
    let devices = visitor.devices("/devices.json").await;
    assert_eq!(devices.len(), 3);
    for device in &devices {
        assert_eq!(device["status"], "unknown");
        assert_eq!(device["unknown"], serde_json::json!(required()));
        for none in ["failing", "failing_recommended"] {
            assert_eq!(device[none], serde_json::json!([]), "{none}");
        }
        for absent in ["model", "serial", "macos", "macos_releases_missed", "first_due"] {
            assert!(device[absent].is_null(), "{absent}: {}", device[absent]);
        }
    }

    let csv = String::from_utf8(visitor.file("/devices.csv").await).unwrap();
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let column = |name: &str| names.iter().position(|one| *one == name).unwrap();
    let rows: Vec<_> = lines.collect();
    assert_eq!(rows.len(), 3);
    for row in rows {
        assert_eq!(row[column("status")], "unknown");
        assert_eq!((row[column("failing")], row[column("failing_recommended")]), ("", ""));
        assert_eq!(row[column("unknown")], required().join(" "));
        assert_eq!(row[column("macos_releases_missed")], "");
    }

    // What the collector itself knows, that they report, is no reading.
    let findings = "SELECT DISTINCT rule, status FROM finding ORDER BY rule";
    let mut expected: Vec<String> = rules(|_| true)
        .iter()
        .map(|rule| format!("{rule}|unknown"))
        .chain(["reporting|pass".into()])
        .collect();
    expected.sort();
    assert_eq!(server.look().rows(findings), expected);
    assert_eq!(server.look().rows("SELECT DISTINCT status FROM status_interval"), ["unknown"]);
    for status in ["compliant", "at_risk", "non_compliant"] {
        let path = format!("/devices.json?status={status}");
        assert!(visitor.devices(&path).await.is_empty(), "{status}");
    }
}

#[tokio::test]
async fn the_overview_counts_nobody_as_compliant_or_failing() {
    let (server, _laptops) = mute_fleet().await;
    let mut visitor = Visitor::signed_in(&server).await;
    let text = text_of(&visitor.page("/").await);
    assert!(text.contains("0 of 3 Macs are compliant ; 3 are unknown ."), "{text}");
    for word in
        ["→ Compliant", "→ Failing", " fails ,", " fail ;", "due soon", "up to date", "newest"]
    {
        assert!(!text.contains(word), "`{word}` in {text}");
    }
    // What nobody knows must not read as if somebody knew.
    assert!(!text.contains("No Mac misses"), "{text}");
}

#[tokio::test]
async fn the_list_and_its_filters_know_only_unknown() {
    let (server, _laptops) = mute_fleet().await;
    let mut visitor = Visitor::signed_in(&server).await;
    let page = visitor.page("/devices").await;
    let text = text_of(&page);
    assert!(text.contains("Unknown 3 "), "{text}");
    for word in ["Compliant", "Failing 1", "Due soon", "Due in"] {
        assert!(!text.contains(word), "`{word}` in {text}");
    }
    for class in ["mark pass", "mark fail", "mark due"] {
        assert!(!page.contains(class), "{class}");
    }
    assert!(text.contains("No Mac in this view fails a rule."), "{text}");
}

#[tokio::test]
async fn the_page_of_a_mute_mac_shows_unknown_with_a_reason_for_each_rule() {
    let (server, laptops) = mute_fleet().await;
    let mut visitor = Visitor::signed_in(&server).await;
    let page = visitor.page(&format!("/devices/{}", laptops[0].device_id())).await;
    let text = text_of(&page);
    assert!(!page.contains("id=\"failing\""), "{text}");
    let judged = rules(|mode| mode != Mode::Info);
    assert!(
        text.contains(&format!("Unknown {} Neither a pass nor a failure", judged.len())),
        "{text}"
    );
    let reasons = [" is not there or did not start.", " is not there.", "the system did not tell."];
    let told = reasons.map(|reason| text.matches(reason).count()).iter().sum::<usize>();
    assert_eq!(told, rules(|_| true).len(), "{text}");
    let passing = text.split_once("Passing ").unwrap().1;
    assert!(passing.starts_with("1 The Mac reports The last report came within a day."), "{text}");
    assert!(text.contains("Model Not known macOS Not known Serial Not known"), "{text}");
}

#[tokio::test]
async fn a_mac_that_falls_mute_is_unknown_and_neither_keeps_its_pass_nor_fails() {
    let server = TestServer::start().await;
    let mut laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    assert_eq!(laptop.report().await.receipts[0].status, "compliant");
    server.set_clock(server.clock.now() + jiff::SignedDuration::from_hours(1)).await;
    laptop.becomes(&Recording::named(MUTE));
    assert_eq!(laptop.report().await.receipts[0].status, "unknown");
    let present =
        "SELECT DISTINCT status FROM finding WHERE until_ms IS NULL AND rule <> 'reporting'";
    assert_eq!(server.look().rows(present), ["unknown"]);

    // What happened to many rules at once is told once, also in its history.
    let mut visitor = Visitor::signed_in(&server).await;
    let page = visitor.page(&format!("/devices/{}", laptop.device_id())).await;
    let text = text_of(&page);
    let judged = rules(|mode| mode != Mode::Info).len();
    let timeline = text.split_once("Timeline").unwrap().1;
    let told = format!("{judged} rules unknown Automatic login, ");
    assert!(timeline.contains(&told), "{timeline}");
}
