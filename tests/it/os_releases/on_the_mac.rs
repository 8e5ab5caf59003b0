//! What `muster-agent status` and `check` say of the rules that came.

use std::path::Path;

use serde_json::Value;
use tests::at;
use tests::laptop::Laptop;
use tests::program::{self, Ending};
use tests::recording::{self, HEALTHY, Recording};
use tests::test_server::TestServer;

/// A laptop that received rules on 25 August 2026, and their collector.
async fn laptop() -> (TestServer, Laptop) {
    let server = TestServer::start_at(at("2026-08-25T09:00:00Z"), |_| {}).await;
    let laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    (server, laptop)
}

fn run(arguments: &[&str], state: &Path) -> Ending {
    let state = ["--state-dir", state.to_str().unwrap()];
    program::run("muster-agent", &[arguments, &state].concat())
}

fn file(name: &str) -> String {
    recording::folder().join(format!("{name}.json")).to_str().unwrap().to_owned()
}

#[tokio::test]
async fn status_shows_the_policy_and_the_age_of_the_catalogue() {
    let (_server, laptop) = laptop().await;
    let shown = run(&["status"], laptop.state_dir());
    assert_eq!((shown.exit, shown.stderr.as_str()), (Some(0), ""));
    let policy = "\nPolicy:       baseline version 1, received 2026-08-25T09:00:00Z\n";
    assert!(shown.stdout.contains(policy), "{}", shown.stdout);
    let catalogue = "\nCatalogue:    macOS releases as of 2026-08-22, ";
    assert!(shown.stdout.contains(catalogue), "{}", shown.stdout);
    let json: Value =
        serde_json::from_str(&run(&["status", "--json"], laptop.state_dir()).stdout).unwrap();
    assert_eq!(json["rules"]["policy"]["id"], "baseline");
    assert_eq!(json["rules"]["catalogue"]["as_of"], "2026-08-22");
    assert_eq!(json["rules"]["received_at"], "2026-08-25T09:00:00Z");
}

#[tokio::test]
async fn check_judges_by_the_rules_that_came_and_says_so() {
    let (_server, laptop) = laptop().await;
    let recording = file(HEALTHY);
    let check = ["check", "--recording", &recording];
    let received = run(&check, laptop.state_dir());
    let line = "\nPolicy and catalogue of macOS releases (as of 2026-08-22) are from the collector, received 2026-08-25 09:00 UTC\n";
    assert!(received.stdout.contains(line), "{}", received.stdout);
    let json = run(&["check", "--json", "--recording", &recording], laptop.state_dir());
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["received"]["catalogue_as_of"], "2026-08-22");

    // A file that is named wins.
    let catalogue = laptop.folder().join("catalogue.json");
    std::fs::write(&catalogue, shared::os_releases::Catalogue::embedded().text()).unwrap();
    let named = ["check", "--recording", &recording, "--os-releases", catalogue.to_str().unwrap()];
    let mixed = run(&named, laptop.state_dir()).stdout;
    assert!(mixed.contains("\nThe policy is from the collector, received "), "{mixed}");
    assert!(mixed.contains("(as of 2026-08-22) is from the file that you named\n"), "{mixed}");

    // Without a state that may be read, the built-in ones judge.
    let nowhere = laptop.folder().join("none");
    for state in [&nowhere, &laptop.folder().join("catalogue.json")] {
        let built_in = run(&check, state);
        assert_eq!((built_in.exit, built_in.stderr.as_str()), (received.exit, ""));
        assert!(built_in.stdout.contains("are built into this program\n"), "{}", built_in.stdout);
    }
    std::fs::write(laptop.state_dir().join("rules.json"), "{").unwrap();
    assert!(run(&check, laptop.state_dir()).stdout.contains("are built into this program\n"));
}
