//! The rules that come with the product.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::{at, baseline_on, now, reading, readings, unknown};
use crate::os_releases::Catalogue;
use crate::policy::FindingStatus::{self, Fail, Pass, Unknown};
use crate::policy::{Derived, Policy, derive, derive_reporting, judge};
use crate::posture;
use crate::reading::{FieldValue, Fields, UnknownReason};

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

#[test]
fn filevault_is_told_in_every_state() {
    let rows = [
        (r#"{"state":"on"}"#, Pass, "on", 0, "FileVault is on."),
        (r#"{"state":"off"}"#, Fail, "off", 0, "FileVault is off."),
        (
            r#"{"state":"decrypting","percent":35}"#,
            Fail,
            "decrypting",
            0,
            "FileVault is being switched off, 35 % done.",
        ),
        (r#"{"state":"decrypting"}"#, Fail, "decrypting", 0, "FileVault is being switched off."),
        (
            r#"{"state":"encrypting","percent":60}"#,
            Fail,
            "encrypting",
            3,
            "FileVault is still encrypting the disk, 60 % done.",
        ),
        (
            r#"{"state":"encrypting","stalled":true}"#,
            Fail,
            "encrypting",
            3,
            "FileVault has stopped encrypting the disk; it usually waits for the power adapter.",
        ),
        (
            r#"{"state":"encrypting","stalled":false}"#,
            Fail,
            "encrypting",
            3,
            "FileVault is still encrypting the disk.",
        ),
        (
            r#"{"state":"deferred"}"#,
            Fail,
            "deferred",
            3,
            "FileVault is off until the user next logs in or out.",
        ),
        (
            r#"{"state":"restart_pending"}"#,
            Fail,
            "restart-pending",
            3,
            "FileVault waits for a restart of the Mac.",
        ),
    ];
    for (seen, status, code, grace, reason) in rows {
        let verdict = baseline_on(reading("filevault", seen), now());
        assert_eq!((verdict.status, verdict.code.as_str()), (status, code), "{seen}");
        assert_eq!((verdict.reason.as_str(), verdict.grace), (reason, days(grace)), "{seen}");
        assert_eq!(verdict.reading_at, Some(now()));
        assert_eq!(verdict.next_change_at, None);
    }
}

#[test]
fn password_lengths_are_judged_by_what_is_sure() {
    let rows = [
        (
            r#"{"min_length_at_least":8,"min_length":8,"rules_not_understood":0}"#,
            Pass,
            "New passwords must have at least 8 characters.",
        ),
        (
            r#"{"min_length_at_least":12,"rules_not_understood":1}"#,
            Pass,
            "New passwords must have at least 12 characters.",
        ),
        (
            r#"{"min_length_at_least":4,"min_length":4,"rules_not_understood":0}"#,
            Fail,
            "New passwords need only 4 characters; at least 8 are asked for.",
        ),
        (
            r#"{"min_length_at_least":0,"min_length":0,"rules_not_understood":0}"#,
            Fail,
            "New passwords may be empty or of any length; at least 8 characters are asked for.",
        ),
        (
            r#"{"min_length_at_least":4,"rules_not_understood":1}"#,
            Unknown,
            "Unknown: 1 password rule could not be understood, and the others ask for fewer than \
             8 characters.",
        ),
    ];
    for (seen, status, reason) in rows {
        let verdict = baseline_on(reading("password_policy", seen), now());
        assert_eq!((verdict.status, verdict.reason.as_str()), (status, reason), "{seen}");
        assert_eq!(verdict.grace, days(14));
    }
}

#[test]
fn a_firewall_is_on_or_blocks_all() {
    for (state, status) in [("on", Pass), ("block_all", Pass), ("off", Fail)] {
        let seen = format!("{{\"state\":\"{state}\"}}");
        let verdict = baseline_on(reading("firewall", &seen), now());
        assert_eq!((verdict.status, verdict.grace), (status, days(1)), "{state}");
    }
}

#[test]
fn a_patch_level_is_failed_only_by_proof_and_passed_only_by_a_fresh_catalogue() {
    let rows: [(&str, &str, FindingStatus, &str); 9] = [
        ("26.6.2", "2026-08-22", Pass, "macOS 26.6.2 is the newest release of its major version."),
        (
            "26.6.1",
            "2026-08-22",
            Pass,
            "macOS 26.6.1 misses 1 release; security fixes have been out for 5 days, and fewer \
             than 30 are allowed.",
        ),
        (
            "26.6",
            "2026-08-12",
            Pass,
            "macOS 26.6 misses 1 release; a hole that is being exploited has been fixed for 6 \
             days, and fewer than 7 are allowed.",
        ),
        (
            "26.5.2",
            "2026-08-22",
            Fail,
            "macOS 26.5.2 misses 3 releases; a hole that is being exploited has been fixed for \
             16 days.",
        ),
        (
            "26.5",
            "2026-07-30",
            Fail,
            "macOS 26.5 misses 3 releases; security fixes have been out for 31 days.",
        ),
        ("26.3", "2026-03-20", Pass, "macOS 26.3 misses 2 releases without security fixes."),
        (
            "13.7.8",
            "2026-08-22",
            Fail,
            "macOS 13.7.8 belongs to a major version that Apple no longer fixes.",
        ),
        (
            "26.6.2",
            "2026-09-06",
            Unknown,
            "Unknown: the catalogue of macOS releases is 15 days old, which is too old to say \
             that macOS 26.6.2 misses nothing.",
        ),
        (
            "26.5.2",
            "2026-11-22",
            Fail,
            "macOS 26.5.2 misses 3 releases; a hole that is being exploited has been fixed for \
             108 days.",
        ),
    ];
    for (version, day, status, reason) in rows {
        let seen = format!("{{\"version\":\"{version}\",\"extra\":\"\",\"beta\":false}}");
        let verdict = baseline_on(reading("os", &seen), at(&format!("{day}T10:00:00Z")));
        assert_eq!((verdict.status, verdict.reason.as_str()), (status, reason), "{version} {day}");
    }
}

#[test]
fn a_version_that_is_not_listed_is_unknown() {
    let verdict = baseline_on(reading("os", r#"{"version":"26.7"}"#), now());
    assert_eq!((verdict.status, verdict.code.as_str()), (Unknown, "not-listed"));
    let said = "Unknown: the catalogue of macOS releases does not list macOS 26.7.";
    assert_eq!(verdict.reason, said);
}

#[test]
fn the_patch_level_turns_at_midnight_in_utc() {
    let seen = r#"{"version":"26.6","extra":"","beta":false}"#;
    let verdict = baseline_on(reading("os", seen), at("2026-08-12T10:00:00Z"));
    assert_eq!(verdict.next_change_at, Some(at("2026-08-13T00:00:00Z")));
    let verdict = baseline_on(reading("os", seen), at("2026-08-13T00:00:00Z"));
    assert_eq!((verdict.status, verdict.code.as_str()), (Fail, "exploited"));
}

#[test]
fn a_beta_is_unknown_unless_it_is_proven_old() {
    let seen =
        |version: &str| format!("{{\"version\":\"{version}\",\"extra\":\"\",\"beta\":true}}");
    let verdict = baseline_on(reading("os", &seen("26.6.2")), now());
    assert_eq!((verdict.status, verdict.code.as_str()), (Unknown, "beta"));
    assert_eq!(baseline_on(reading("os", &seen("26.4")), now()).status, Fail);
}

#[test]
fn a_build_that_may_be_a_beta_does_not_pass() {
    let verdict = baseline_on(reading("os", r#"{"version":"26.6.2","extra":""}"#), now());
    assert_eq!(verdict.status, Unknown);
    assert_eq!(verdict.reason, "Unknown: the answer does not say `os.beta`.");
}

#[test]
fn an_installed_improvement_is_not_missed() {
    let seen = |extra| {
        format!(
            "{{\"version\":\"26.3.1\",\"build\":\"25D2128\",\"extra\":\"{extra}\",\"beta\":false}}"
        )
    };
    let day = at("2026-04-20T10:00:00Z");
    assert_eq!(baseline_on(reading("os", &seen("")), day).status, Fail, "34 days after (a)");
    assert_eq!(baseline_on(reading("os", &seen("(a)")), day).status, Pass, "27 days after 26.4");
}

#[test]
fn silence_is_judged_only_by_who_can_hear() {
    let policy = Policy::baseline();
    let judged = |derived: &Derived, now| {
        judge(&policy, &readings([]), derived, now).into_iter().find(|one| one.rule == "reporting")
    };
    assert_eq!(judged(&Derived::new(), now()), None);
    let received = at("2026-08-15T09:00:01Z");
    for (time, status, reason, next) in [
        (
            "2026-08-15T10:00:00Z",
            Pass,
            "The last report came within a day.",
            "2026-08-16T09:00:01Z",
        ),
        ("2026-08-22T09:00:00Z", Pass, "The last report came 6 days ago.", "2026-08-22T09:00:01Z"),
        ("2026-08-22T09:00:01Z", Fail, "No report for 7 days.", "2026-08-23T09:00:01Z"),
    ] {
        let mut derived = Derived::new();
        derive_reporting(&mut derived, received, at(time));
        let verdict = judged(&derived, at(time)).unwrap();
        assert_eq!((verdict.status, verdict.reason.as_str()), (status, reason), "{time}");
        assert_eq!(verdict.next_change_at, Some(at(next)));
    }
}

#[test]
fn a_mute_mac_is_unknown_in_every_rule_that_reads_a_check() {
    let policy = Policy::baseline();
    let mute = posture::CHECKS.iter().map(|check| unknown(check.id, "missing", "exec:/bin/tool x"));
    for readings in [readings(mute), readings([])] {
        let derived = derive(&readings, &Catalogue::embedded(), now());
        assert!(derived.facts().is_empty());
        let verdicts = judge(&policy, &readings, &derived, now());
        assert_eq!(verdicts.len(), policy.rules.iter().filter(|rule| rule.check.is_some()).count());
        for verdict in verdicts {
            assert_eq!(verdict.status, Unknown, "{}", verdict.rule);
            assert!(verdict.reason.starts_with("Unknown: "), "{}", verdict.reason);
            assert!(verdict.observed.is_empty());
        }
    }
}

fn any_value() -> impl Strategy<Value = FieldValue> {
    prop_oneof![
        any::<bool>().prop_map(FieldValue::Flag),
        any::<i64>().prop_map(FieldValue::Integer),
        prop::sample::select(vec!["on", "off", "26.6.2", "26.0", "(a)", "", "é"])
            .prop_map(|text| FieldValue::Text(text.into())),
    ]
}

proptest! {
    #[test]
    fn no_reading_is_too_strange_to_be_judged(
        check in 0..posture::CHECKS.len(),
        values in prop::collection::vec(prop::option::of(any_value()), 6),
    ) {
        let check = &posture::CHECKS[check];
        let names = check.fields.iter().map(|field| field.name.to_owned());
        let fields: Fields = names.zip(values).filter_map(|(name, value)| Some((name, value?))).collect();
        let mut one = reading(check.id, "{}");
        one.fields = fields;
        let verdict = baseline_on(one, now());
        prop_assert!(verdict.reason.ends_with('.'));
    }

    #[test]
    fn an_unknown_reading_is_an_unknown_verdict(
        check in 0..posture::CHECKS.len(),
        reason in 0..UnknownReason::ALL.len(),
    ) {
        let code = UnknownReason::ALL[reason].1;
        let check = posture::CHECKS[check].id;
        let verdict = baseline_on(unknown(check, code, "exec:/usr/bin/tool status"), now());
        prop_assert_eq!((verdict.status, verdict.code.as_str()), (Unknown, code));
    }
}
