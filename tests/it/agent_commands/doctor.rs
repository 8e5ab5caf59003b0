//! `muster-agent doctor`: each thing that can be amiss, and what to do.

use serde_json::Value;

use super::{Mac, beside, collector};

/// The line about a subject: standing, what is said, what to do.
fn line(mac: &Mac, about: &str) -> (String, String, String) {
    let ending = mac.run(&["doctor", "--json"]);
    assert_eq!(ending.stderr, "");
    let lines: Value = serde_json::from_str(&ending.stdout).unwrap();
    let lines = lines.as_array().unwrap();
    let line =
        lines.iter().find(|line| line["about"] == about).unwrap_or_else(|| panic!("{about}"));
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let needs = lines.iter().any(|line| line["standing"] == "attention");
    assert_eq!(ending.exit, Some(i32::from(needs)));
    (text("standing"), text("says"), text("todo"))
}

#[test]
fn without_an_enrolment_it_says_how_to_enrol() {
    let (standing, says, todo) = line(&Mac::new(), "enrolment");
    assert_eq!((standing.as_str(), says.as_str()), ("attention", "this Mac is not enrolled"));
    assert_eq!(todo, "run `sudo muster-agent enroll` with the token that IT sent");
    let page = Mac::new().run(&["doctor"]).stdout;
    assert!(page.contains("✗ attention  enrolment: this Mac is not enrolled\n"), "{page}");
    assert!(page.contains("✓ well       check os: read; "), "{page}");
    // A healthy Mac may lack what is read for information alone.
    assert!(page.contains("? unknown    check endpoint_protection: not read: "), "{page}");
    assert!(page.contains(" 1 needs attention, "), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_sees_the_collector_its_clock_and_what_waits() {
    let mut server = collector().await;
    let token = server.invite("Sam Doe").await.to_string();
    let url = server.url().to_owned();
    let mac = beside(move || {
        let mac = Mac::new();
        assert_eq!(mac.run(&["enroll", &token]).exit, Some(0));
        assert_eq!(line(&mac, "reports").1, "none was made yet");
        assert_eq!(mac.run(&["report"]).exit, Some(0));
        let (standing, says, _) = line(&mac, "enrolment");
        assert_eq!(standing, "well");
        assert_eq!(says, format!("enrolled 0 min ago with {url}"));
        assert_eq!(line(&mac, "reports").1, "the last one was confirmed 0 min ago");
        assert_eq!(line(&mac, "collector").1, "answers");
        assert_eq!(line(&mac, "clock").1, "agrees with the collector's");
        assert_eq!(line(&mac, "permissions").0, "well");
        mac
    })
    .await;
    server.stop().await;
    let url = server.url().to_owned();
    beside(move || {
        assert_eq!(mac.run(&["report"]).exit, Some(69));
        let (standing, says, todo) = line(&mac, "collector");
        assert_eq!(standing, "attention");
        assert_eq!(says, format!("cannot reach {url}: Connection refused (os error 111)"));
        assert!(todo.starts_with("check the network"), "{todo}");
        assert_eq!(line(&mac, "reports").1, "waiting for the collector: 1");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_collector_at_the_address_is_not_believed() {
    let server = collector().await;
    let other = collector().await;
    let token = server.invite("Sam Doe").await.to_string();
    let url = other.url().to_owned();
    beside(move || {
        let mac = Mac::new();
        assert_eq!(mac.run(&["enroll", &token]).exit, Some(0));
        let file = format!("{}/identity.json", mac.state());
        let mut identity: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        identity["url"] = url.into();
        std::fs::write(&file, identity.to_string()).unwrap();
        let (standing, says, todo) = line(&mac, "collector");
        assert_eq!(standing, "attention");
        assert!(says.contains("could not prove that it is your collector"), "{says}");
        assert!(todo.contains("do not go on before you know"), "{todo}");
    })
    .await;
}
