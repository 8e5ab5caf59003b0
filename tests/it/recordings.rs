//! The fifteen recordings through the whole product: agent, wire, collector,
//! database, console.

use std::collections::BTreeMap;

use serde_json::json;
use shared::policy::{Mode, Policy};
use tests::laptop::Laptop;
use tests::recording::{self, Recording};
use tests::test_server::TestServer;
use tests::visitor::{Visitor, text_of};

#[tokio::test]
async fn every_recording_is_judged_as_expected_by_the_collector() {
    let names = recording::names();
    assert_eq!(names.len(), 15);
    let policy = Policy::baseline();
    for name in names {
        let recording = Recording::named(&name);
        // A recording is judged at the time at which it was made.
        let server = TestServer::start_at(recording.recorded_at(), |_| {}).await;
        let laptop = Laptop::enrolled(&server, "Sam Doe", &recording).await;
        let run = laptop.report().await;
        assert!(run.stop.is_none() && run.aside.is_empty(), "{name}: {run:?}");

        // Rules that do not exist yet are not judged yet.
        let expected: BTreeMap<String, String> = recording::expected(&name)
            .into_iter()
            .filter(|(rule, _)| policy.rule(rule).is_some())
            .collect();
        assert!(expected.len() >= 4, "{name}: {expected:?}");
        let found = server.look().rows(
            "SELECT rule, status FROM finding WHERE until_ms IS NULL AND rule <> 'reporting'",
        );
        let found: BTreeMap<String, String> = found
            .iter()
            .filter_map(|row| row.split_once('|'))
            .map(|(rule, status)| (rule.to_owned(), status.to_owned()))
            .filter(|(rule, _)| expected.contains_key(rule))
            .collect();
        assert_eq!(found, expected, "{name}");

        let mut visitor = Visitor::signed_in(&server).await;
        let device = visitor.devices("/devices.json").await.remove(0);
        let with = |status: &str, mode: Mode| {
            let is_so = |rule: &str| policy.rule(rule).is_some_and(|rule| rule.mode == mode);
            let rules = expected.iter().filter(|(rule, it)| *it == status && is_so(rule));
            json!(rules.map(|(rule, _)| rule).collect::<Vec<_>>())
        };
        let required = Mode::Required;
        assert_eq!(sorted(&device["failing"]), with("fail", required), "{name}");
        assert_eq!(sorted(&device["unknown"]), with("unknown", required), "{name}");
        let recommended = sorted(&device["failing_recommended"]);
        assert_eq!(recommended, with("fail", Mode::Recommended), "{name}");
        assert_eq!(device["from_recording"], true, "{name}");
        let page = text_of(&visitor.page(&format!("/devices/{}", laptop.device_id())).await);
        assert!(page.contains("made from a recording"), "{name}: {page}");
        for rule in expected.keys().filter_map(|rule| policy.rule(rule)) {
            assert!(page.contains(&rule.title), "{name}: {}", rule.title);
        }
    }
}

fn sorted(rules: &serde_json::Value) -> serde_json::Value {
    let mut rules: Vec<String> = serde_json::from_value(rules.clone()).unwrap();
    rules.sort();
    json!(rules)
}
