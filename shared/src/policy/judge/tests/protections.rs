//! The rules on protections, doors, accounts and management.

use proptest::prelude::*;

use super::{at, baseline_on, now, reading, readings, unknown};
use crate::os_releases::Catalogue;
use crate::policy::FindingStatus::{self, Fail, Pass, Unknown};
use crate::policy::{Policy, Verdict, derive, judge};
use crate::reading::Reading;

/// What `rule` of `policy` says of one reading.
fn by(policy: &Policy, rule: &str, one: Reading) -> Verdict {
    let readings = readings([one]);
    let derived = derive(&readings, &Catalogue::embedded(), now());
    let verdicts = judge(policy, &readings, &derived, now());
    verdicts.into_iter().find(|verdict| verdict.rule == rule).unwrap()
}

#[track_caller]
fn assert_rows(rule: &str, check: &str, rows: &[(&str, FindingStatus, &str, &str)]) {
    for (seen, status, code, reason) in rows {
        let verdict = by(&Policy::baseline(), rule, reading(check, seen));
        let found = (verdict.status, verdict.code.as_str(), verdict.reason.as_str());
        assert_eq!(found, (*status, *code, *reason), "{rule}: {seen}");
    }
}

#[test]
fn integrity_protection_is_exactly_enabled() {
    assert_rows(
        "system-integrity-protection",
        "system_integrity",
        &[
            (r#"{"state":"enabled"}"#, Pass, "enabled", "System Integrity Protection is on."),
            (r#"{"state":"disabled"}"#, Fail, "disabled", "System Integrity Protection is off."),
            (
                r#"{"state":"custom"}"#,
                Fail,
                "custom",
                "Parts of System Integrity Protection are off.",
            ),
        ],
    );
}

#[test]
fn gatekeeper_is_on_by_itself_or_by_a_profile() {
    assert_rows(
        "gatekeeper",
        "gatekeeper",
        &[
            (r#"{"enabled":true,"enforced":false}"#, Pass, "on", "Gatekeeper is on."),
            (r#"{"enabled":true}"#, Pass, "on", "Gatekeeper is on."),
            (
                r#"{"enabled":true,"enforced":true}"#,
                Pass,
                "enforced",
                "Gatekeeper is on, and a profile keeps it on.",
            ),
            (r#"{"enabled":false,"enforced":true}"#, Fail, "off", "Gatekeeper is off."),
            (
                r#"{"enforced":true}"#,
                Unknown,
                "undecided",
                "Unknown: the answer does not say `gatekeeper.enabled`.",
            ),
        ],
    );
}

#[test]
fn automatic_login_leaves_no_trace() {
    let seen = |account: bool, password: bool| {
        format!(r#"{{"account_set":{account},"password_kept":{password},"enforced":false}}"#)
    };
    assert_rows(
        "auto-login",
        "auto_login",
        &[
            (&seen(false, false), Pass, "off", "Automatic login is off."),
            (&seen(true, true), Fail, "on", "Automatic login is on."),
            (
                &seen(true, false),
                Fail,
                "account-set",
                "An account is chosen for automatic login, though no password for it is kept.",
            ),
            (
                &seen(false, true),
                Fail,
                "password-kept",
                "A password for automatic login is still kept on the disk.",
            ),
        ],
    );
}

#[test]
fn guests_stay_out() {
    assert_rows(
        "guest-account",
        "guest_account",
        &[
            (
                r#"{"enabled":false,"enforced":true}"#,
                Pass,
                "enforced",
                "Guests cannot log in, and a profile keeps it so.",
            ),
            (r#"{"enabled":false}"#, Pass, "off", "Guests cannot log in."),
            (r#"{"enabled":true,"enforced":false}"#, Fail, "on", "Guests can log in."),
        ],
    );
}

/// All four doors closed but `open`, with file sharing on.
fn doors(open: &[&str], not_known: &[&str]) -> Reading {
    let mut one = reading("remote_access", r#"{"file_sharing":true}"#);
    for door in ["ssh", "screen_sharing", "remote_management", "remote_apple_events"] {
        if !not_known.contains(&door) {
            let is_on = crate::reading::FieldValue::Flag(open.contains(&door));
            one.fields.insert(door.to_owned(), is_on);
        }
    }
    one
}

fn allowing(doors: &str) -> Policy {
    let source = Policy::baseline().source().to_owned();
    assert!(source.contains("allowed = []"));
    Policy::parse(&source.replace("allowed = []", &format!("allowed = [{doors}]"))).unwrap()
}

#[test]
fn every_open_door_fails_unless_it_is_allowed() {
    let judged = |policy: &Policy, one| {
        let verdict = by(policy, "remote-access", one);
        (verdict.status, verdict.reason)
    };
    let none = Policy::baseline();
    let said = |status, reason: &str| (status, reason.to_owned());
    assert_eq!(judged(&none, doors(&[], &[])), said(Pass, "No service lets others in."));
    for (door, reason) in [
        ("ssh", "Remote login (SSH) is on."),
        ("screen_sharing", "Screen sharing is on."),
        ("remote_management", "Remote management is on."),
        ("remote_apple_events", "Remote Apple events are on."),
    ] {
        assert_eq!(judged(&none, doors(&[door], &[])), said(Fail, reason));
        let allowed = allowing(&format!("\"{door}\""));
        let reason = format!("No service lets others in, save those that are allowed: {door}.");
        assert_eq!(judged(&allowed, doors(&[door], &[])), said(Pass, &reason));
        // What is allowed need not be known either.
        assert_eq!(judged(&allowed, doors(&[], &[door])), said(Pass, &reason));
    }
}

#[test]
fn one_open_door_is_enough_whatever_is_not_known_of_the_others() {
    let judged = |open: &[&str], not_known: &[&str]| {
        by(&Policy::baseline(), "remote-access", doors(open, not_known)).status
    };
    assert_eq!(judged(&["ssh"], &["screen_sharing", "remote_management"]), Fail);
    assert_eq!(judged(&["remote_apple_events"], &["ssh"]), Fail);
    assert_eq!(judged(&[], &["ssh"]), Unknown);
    let verdict = by(&Policy::baseline(), "remote-access", doors(&[], &["screen_sharing"]));
    assert_eq!(
        verdict.reason,
        "Unknown: macOS does not say of every service whether it is on, and none is known to be."
    );
}

#[test]
fn data_against_malware_grow_old_without_a_new_report() {
    let seen = |date: &str| {
        format!(
            r#"{{"launch_scans":true,"background_scans":true,"data_version":"5346","data_installed_at":"{date}"}}"#
        )
    };
    for (installed, time, status, code, next) in [
        ("2026-08-18T08:53:39Z", "2026-08-18T09:00:00Z", Pass, "fresh", Some("2026-08-19")),
        ("2026-08-18T08:53:39Z", "2026-09-17T23:59:59Z", Pass, "fresh", Some("2026-09-18")),
        ("2026-08-18T23:59:59Z", "2026-09-18T00:00:00Z", Fail, "old", Some("2026-09-19")),
        ("2026-08-19T00:00:01Z", "2026-08-18T20:00:00Z", Pass, "fresh", Some("2026-08-19")),
        ("2027-08-18T08:53:39Z", "2026-08-18T09:00:00Z", Unknown, "date-unknown", None),
    ] {
        let verdict = baseline_on(reading("xprotect", &seen(installed)), at(time));
        assert_eq!((verdict.status, verdict.code.as_str()), (status, code), "{installed} {time}");
        let next = next.map(|day| at(&format!("{day}T00:00:00Z")));
        assert_eq!(verdict.next_change_at, next, "{installed} {time}");
    }
    let verdict = baseline_on(reading("xprotect", &seen("2026-07-22T08:00:00Z")), now());
    assert_eq!(verdict.reason, "The data of XProtect are 31 days old; at most 30 are allowed.");
}

#[test]
fn scans_and_their_data_are_judged_by_what_is_proven() {
    let date = r#""data_installed_at":"2026-08-18T08:53:39Z""#;
    let old = r#""data_installed_at":"2026-01-18T08:53:39Z""#;
    assert_rows(
        "malware-protection",
        "xprotect",
        &[
            (
                &format!(r#"{{"launch_scans":true,"background_scans":true,{date}}}"#),
                Pass,
                "fresh",
                "XProtect scans with data that are 4 days old.",
            ),
            (
                r#"{"launch_scans":false,"background_scans":false}"#,
                Fail,
                "off",
                "The scans of XProtect are off.",
            ),
            (
                &format!(r#"{{"launch_scans":false,"background_scans":true,{date}}}"#),
                Fail,
                "launch-off",
                "XProtect does not scan programs when they start.",
            ),
            (
                &format!(r#"{{"launch_scans":true,"background_scans":false,{date}}}"#),
                Fail,
                "background-off",
                "XProtect does not scan in the background.",
            ),
            (
                &format!("{{{old}}}"),
                Fail,
                "old",
                "The data of XProtect are 216 days old; at most 30 are allowed.",
            ),
            (
                &format!("{{{date}}}"),
                Unknown,
                "scans-unknown",
                "Unknown: XProtect does not say whether its scans are on.",
            ),
            (
                r#"{"launch_scans":true,"background_scans":true,"data_installed_at":"soon"}"#,
                Unknown,
                "date-unknown",
                "Unknown: XProtect gives no date of its data that can be right.",
            ),
        ],
    );
    let before = unknown("xprotect", "not-readable-here", "exec:/usr/bin/xprotect version");
    let verdict = by(&Policy::baseline(), "malware-protection", before);
    assert_eq!(verdict.status, Unknown);
    assert_eq!(verdict.reason, "Unknown: this version of macOS does not show it.");
}

#[test]
fn a_password_manager_is_accepted_by_its_whole_id() {
    assert_rows(
        "password-manager",
        "password_manager",
        &[
            (
                r#"{"count":2,"installed":"apple-passwords, bitwarden"}"#,
                Pass,
                "installed",
                "A password manager is installed: apple-passwords, bitwarden.",
            ),
            (
                r#"{"count":1,"installed":"apple-passwords"}"#,
                Fail,
                "not-accepted",
                "No accepted password manager was found, only: apple-passwords. One that lives in \
                 a browser alone cannot be seen.",
            ),
            (
                r#"{"count":0}"#,
                Fail,
                "none",
                "No password manager was found. One that lives in a browser alone cannot be seen.",
            ),
        ],
    );
    let accepting = |id: &str| {
        let source = Policy::baseline().source().replace("  \"1password\",\n", id);
        let policy = Policy::parse(&source).unwrap();
        let one = reading("password_manager", r#"{"count":1,"installed":"1password"}"#);
        by(&policy, "password-manager", one).status
    };
    assert_eq!(accepting("\"1password\","), Pass);
    for part in ["\"password\",", "\"1pass\",", "\"\",", "\",\",", "\"1Password\",", ""] {
        assert_eq!(accepting(part), Fail, "{part}");
    }
}

#[test]
fn facts_for_information_have_plain_conditions() {
    let rows = [
        ("mdm-enrollment", r#"{"state":"approved","automated":true}"#, Pass, "automated"),
        ("mdm-enrollment", r#"{"state":"approved","automated":false}"#, Pass, "approved"),
        ("mdm-enrollment", r#"{"state":"not_approved"}"#, Fail, "not-approved"),
        ("mdm-enrollment", r#"{"state":"none","automated":false}"#, Fail, "not-enrolled"),
        ("sealed-system-volume", r#"{"sealed":true,"read_only":true}"#, Pass, "sealed"),
        ("sealed-system-volume", r#"{"sealed":false,"read_only":true}"#, Fail, "not-sealed"),
        ("local-admins", r#"{"count":0}"#, Pass, "few"),
        ("local-admins", r#"{"count":2}"#, Pass, "few"),
        ("local-admins", r#"{"count":3}"#, Fail, "many"),
        ("activation-lock", r#"{"on":false,"source":"default"}"#, Pass, "off"),
        ("activation-lock", r#"{"on":true,"source":"find_my"}"#, Fail, "on"),
        ("disk-space", r#"{"total_gb":494,"available_gb":20}"#, Pass, "enough"),
        ("disk-space", r#"{"total_gb":494,"available_gb":19}"#, Fail, "little"),
    ];
    let policy = Policy::baseline();
    for (rule, seen, status, code) in rows {
        let check = policy.rule(rule).unwrap().check.clone().unwrap();
        let verdict = by(&policy, rule, reading(&check, seen));
        assert_eq!((verdict.status, verdict.code.as_str()), (status, code), "{rule} {seen}");
    }
    let seen = r#"{"total_gb":494,"available_gb":7}"#;
    let verdict = by(&policy, "disk-space", reading("disk_space", seen));
    assert_eq!(verdict.reason, "Only 7 of 494 GB are free; 20 are asked for.");
}

#[test]
fn extensions_are_judged_by_what_they_are_known_for() {
    let seen = |security: i64, inactive: i64, vpn: i64, unknown: i64| {
        format!(
            r#"{{"security_active":{security},"security_inactive":{inactive},"vpn_active":{vpn},"network_unknown":{unknown}}}"#
        )
    };
    let policy = Policy::baseline();
    for (rule, seen, status, code) in [
        ("endpoint-protection", seen(1, 0, 0, 0), Pass, "active"),
        ("endpoint-protection", seen(0, 1, 0, 0), Fail, "inactive"),
        ("endpoint-protection", seen(0, 0, 1, 1), Fail, "none"),
        ("vpn-client", seen(0, 0, 0, 0), Fail, "none"),
        ("vpn-client", seen(1, 0, 0, 1), Unknown, "not-known"),
    ] {
        let verdict = by(&policy, rule, reading("endpoint_protection", &seen));
        assert_eq!((verdict.status, verdict.code.as_str()), (status, code), "{rule} {seen}");
    }
    let named = r#"{"security_active":1,"security_inactive":0,"security_products":"Santa","vpn_active":1,"vpn_products":"Tailscale","network_unknown":1}"#;
    let said = |rule| by(&policy, rule, reading("endpoint_protection", named)).reason;
    assert_eq!(said("endpoint-protection"), "An endpoint security product is active: Santa.");
    assert_eq!(said("vpn-client"), "A VPN client is active: Tailscale.");
}

/// A source without a name that people know is not shown by its own.
#[test]
fn room_that_the_system_does_not_tell_is_unknown_in_plain_words() {
    let verdict =
        by(&Policy::baseline(), "disk-space", unknown("disk_space", "missing", "call:space"));
    assert_eq!(verdict.reason, "Unknown: the system did not tell.");
}

proptest! {
    /// Held against the rule in other words: every door that is not allowed
    /// must be closed, and one open is a failure.
    #[test]
    fn doors_are_judged_exactly(
        states in prop::array::uniform4(prop::option::of(any::<bool>())),
        allowed in prop::array::uniform4(any::<bool>()),
    ) {
        let names = ["ssh", "screen_sharing", "remote_management", "remote_apple_events"];
        let policy = allowing(&names.iter().zip(allowed).filter(|(_, is)| *is)
            .map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(","));
        let of = |wanted: Option<bool>| {
            let fit = names.iter().zip(states).filter(|(_, state)| *state == wanted);
            fit.map(|(name, _)| *name).collect::<Vec<_>>()
        };
        let verdict = by(&policy, "remote-access", doors(&of(Some(true)), &of(None)));
        let judged: Vec<Option<bool>> = states.iter().zip(allowed)
            .filter(|(_, is_allowed)| !is_allowed).map(|(state, _)| *state).collect();
        let should = if judged.contains(&Some(true)) { Fail }
            else if judged.contains(&None) { Unknown } else { Pass };
        prop_assert_eq!(verdict.status, should);
    }
}
