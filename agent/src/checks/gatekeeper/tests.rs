//! Every known answer of `spctl`, and many that are not.

use proptest::prelude::*;

use super::*;
use crate::checks::fixture::{Mac, mutated, observed, plist, unknown};
use crate::host::{Answer, FileAnswer};

const STATUS: &str = "/usr/sbin/spctl --status";
const PROFILE: &str = "/Library/Managed Preferences/com.apple.systempolicy.control.plist";

pub(super) fn full() -> Vec<Mac> {
    vec![
        Mac::new().says(STATUS, "assessments enabled\n"),
        Mac::new().ends(STATUS, 1, "assessments disabled\n"),
    ]
}

#[test]
fn every_known_answer() {
    for (exit, answer, is_on) in [
        (0, "assessments enabled\n", true),
        (0, "assessments enabled\r\n", true),
        // As printed up to macOS 14 when more is asked for.
        (0, "assessments enabled\ndeveloper id enabled\n", true),
        (1, "assessments disabled\n", false),
        (0, "assessments disabled\n", false),
    ] {
        let seen = observed(&CHECK, &Mac::new().ends(STATUS, exit, answer));
        assert_eq!(seen, format!("enabled={is_on} enforced=false"), "{exit} {answer}");
    }
}

#[test]
fn what_is_not_known_is_unknown() {
    for answer in [
        "",
        "assessments\n",
        "assessments enable\n",
        "Assessments enabled\n",
        "assessments enabled.\n",
        "no assessments enabled\n",
        "assessments enabled\nassessments disabled\n",
        "assessmentsenabled\n",
        "Bewertungen aktiviert\n",
        "globally disabled\n",
    ] {
        let mac = Mac::new().says(STATUS, answer);
        assert_eq!(unknown(&CHECK, &mac), "not-understood", "{answer:?}");
    }
    for (exit, answer) in [(1, "assessments enabled\n"), (137, "assessments disabled\n"), (3, "")] {
        assert_eq!(unknown(&CHECK, &Mac::new().ends(STATUS, exit, answer)), "exit-status");
    }
    assert_eq!(unknown(&CHECK, &Mac::new().answers(STATUS, Answer::TimedOut)), "timed-out");
}

#[test]
fn a_profile_is_told_apart_from_what_it_achieves() {
    let on = || Mac::new().says(STATUS, "assessments enabled\n");
    for (keys, enforced) in [
        ("<key>EnableAssessment</key><true/>", " enforced=true"),
        ("<key>EnableAssessment</key><integer>1</integer>", " enforced=true"),
        ("<key>EnableAssessment</key><false/>", " enforced=false"),
        ("<key>EnableAssessment</key><string>perhaps</string>", ""),
    ] {
        let mac = on().holds_plist(PROFILE, &plist(keys));
        assert_eq!(observed(&CHECK, &mac), format!("enabled=true{enforced}"), "{keys}");
    }
    let broken = on().holds(PROFILE, FileAnswer::Refused);
    assert_eq!(observed(&CHECK, &broken), "enabled=true");
    let overruled = Mac::new()
        .ends(STATUS, 1, "assessments disabled\n")
        .holds_plist(PROFILE, &plist("<key>EnableAssessment</key><true/>"));
    assert_eq!(observed(&CHECK, &overruled), "enabled=false enforced=true");
}

#[test]
fn an_absent_key_enforces_nothing() {
    let mac = Mac::new()
        .says(STATUS, "assessments enabled\n")
        .holds_plist(PROFILE, &plist("<key>AllowIdentifiedDevelopers</key><true/>"));
    assert_eq!(observed(&CHECK, &mac), "enabled=true enforced=false");
}

/// A profile that wants it on does not prove that it is.
#[test]
fn an_absent_tool_is_unknown_whatever_a_profile_says() {
    let mac = Mac::new().holds_plist(PROFILE, &plist("<key>EnableAssessment</key><true/>"));
    assert_eq!(unknown(&CHECK, &mac), "missing");
}

const KNOWN: &[&str] =
    &["assessments enabled\n", "assessments disabled\n", "developer id enabled\n"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn enabled_is_said_in_a_whole_line_and_never_denied(answer in mutated(KNOWN)) {
        let reading = CHECK.run(&Mac::new().says(STATUS, &answer));
        let is_on = reading.fields.get("enabled") == Some(&FieldValue::Flag(true));
        let mut said = answer.lines().map(str::trim).filter(|line| line.starts_with("assessments"));
        let should =
            said.clone().next().is_some() && said.all(|line| line == "assessments enabled");
        prop_assert_eq!(is_on, should, "{:?}", answer);
    }
}
