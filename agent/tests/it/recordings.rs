//! Every recording in `tests/recordings` gives exactly what is expected.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::policy::{Mode, Policy};

use crate::{checked, json as read, recording, recordings};

#[test]
fn every_recording_gives_its_expected_findings() {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(recordings()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(name) = name.strip_suffix(".expected.json") {
            assert_expected(name);
            names.insert(name.to_owned());
        }
    }
    assert!(names.len() >= 15, "{names:?}");
}

fn assert_expected(name: &str) {
    let expected = read(&recordings().join(format!("{name}.expected.json")));
    let (document, exit) = checked(&recording(name));
    let policy = Policy::baseline();
    let (mut fails, mut unknown) = (false, false);
    for finding in document["findings"].as_array().unwrap() {
        let (rule, status) = (finding["rule"].as_str().unwrap(), &finding["status"]);
        if let Some(wanted) = expected["findings"].get(rule) {
            assert_eq!(status, wanted, "{name}: {rule}: {}", finding["reason"]);
        }
        let reason = finding["reason"].as_str().unwrap();
        assert!(reason.ends_with('.') && reason.len() > 10, "{name}: {rule}: {reason}");
        if policy.rule(rule).unwrap().mode == Mode::Required {
            fails |= status == "fail";
            unknown |= status == "unknown";
        }
    }
    let wanted = if fails { 1 } else { 3 * i32::from(unknown) };
    assert_eq!(exit, wanted, "{name}");
    assert_every_known_rule_is_judged(name, &expected, &document);
}

fn assert_every_known_rule_is_judged(name: &str, expected: &Value, document: &Value) {
    let findings = document["findings"].as_array().unwrap();
    let judged: BTreeSet<&str> =
        findings.iter().map(|finding| finding["rule"].as_str().unwrap()).collect();
    for rule in expected["findings"].as_object().unwrap().keys() {
        // An expectation may be ahead of the rules.
        if Policy::baseline().rule(rule).is_some() {
            assert!(judged.contains(rule.as_str()), "{name}: {rule} is not judged");
        }
    }
    assert!(!judged.contains("reporting"), "{name}: only the collector judges reporting");
}

#[test]
fn the_document_holds_what_it_promises_and_nothing_else() {
    let (document, exit) = checked(&recording("m3-26.6.2-managed"));
    // Whether a map keeps its order is decided by the other crates of a build.
    let keys: BTreeSet<&str> = document.as_object().unwrap().keys().map(String::as_str).collect();
    let promised = ["device", "findings", "observed_at", "policy", "schema", "summary"];
    assert_eq!(keys, BTreeSet::from(promised));
    assert_eq!(document["schema"], "muster.check/v1");
    assert_eq!(
        document["device"],
        json!({"model": "Mac15,12", "serial": "ZZDEV00001", "os_version": "26.6.2", "os_build": "25G83"})
    );
    assert_eq!(document["observed_at"], "2026-08-23T09:00:00Z");
    assert_eq!(document["policy"], json!({"id": "baseline", "version": 1}));
    let findings = document["findings"].as_array().unwrap();
    assert_eq!(
        findings[0],
        json!({
            "rule": "disk-encryption", "status": "pass", "reason": "FileVault is on.",
            "observed": {
                "state": "on", "source": "fdesetup", "institutional_key": false,
                "recovery_key_file": false, "escrow_profile": false, "enforced": false
            }
        })
    );
    let count =
        |status: &str| findings.iter().filter(|finding| finding["status"] == status).count();
    assert_eq!(
        document["summary"],
        json!({
            "pass": count("pass"), "fail": count("fail"), "unknown": count("unknown"),
            "not_applicable": count("not_applicable")
        })
    );
    assert_eq!(exit, 0);
}

#[test]
fn what_is_not_known_of_the_device_is_null() {
    let (document, exit) = checked(&recording("mute"));
    assert_eq!(
        document["device"],
        json!({"model": null, "serial": null, "os_version": null, "os_build": null})
    );
    let findings = document["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["status"] == "unknown"));
    assert!(findings.iter().all(|finding| finding["observed"] == json!({})));
    assert_eq!(exit, 3);
}
