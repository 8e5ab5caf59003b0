//! What holds for every policy.

use jiff::SignedDuration;

use super::super::judge_in;
use super::{at, firewall_policy, judge, now, reading, readings, text, unknown};
use crate::policy::FindingStatus::{Fail, NotApplicable, Pass, Unknown};
use crate::policy::{Derived, Known, Policy, Readings, Verdict};
use crate::reading::{Outcome, UnknownReason};

fn one(policy: &Policy, readings: &Readings) -> Verdict {
    judge(policy, readings, &Derived::new(), now()).remove(0)
}

fn on(policy: &Policy, seen: &str) -> Verdict {
    one(policy, &readings([reading("firewall", seen)]))
}

#[test]
fn with_pass_alone_what_is_not_true_fails() {
    let policy = firewall_policy("pass = 'firewall.stealth'");
    let said = |seen| {
        let verdict = on(&policy, seen);
        (verdict.status, verdict.code, verdict.reason)
    };
    let expected = |status, code: &str, reason: &str| (status, code.to_owned(), reason.to_owned());
    assert_eq!(said(r#"{"stealth":true}"#), expected(Pass, "pass", "Meets this rule."));
    assert_eq!(said(r#"{"stealth":false}"#), expected(Fail, "fail", "Does not meet this rule."));
    let open = "Unknown: the answer does not say `firewall.stealth`.";
    assert_eq!(said("{}"), expected(Unknown, "undecided", open));
}

#[test]
fn with_fail_as_well_what_is_neither_is_unknown_and_fail_comes_first() {
    let policy = firewall_policy("pass = 'firewall.stealth'\nfail = 'firewall.block_all'");
    assert_eq!(on(&policy, r#"{"stealth":true,"block_all":true}"#).status, Fail);
    assert_eq!(on(&policy, r#"{"stealth":true,"block_all":false}"#).status, Pass);
    assert_eq!(on(&policy, r#"{"stealth":true}"#).status, Pass);
    let open = on(&policy, r#"{"stealth":false,"block_all":false}"#);
    assert_eq!(open.reason, "Unknown: the answer does not decide this rule.");
    assert_eq!(on(&policy, r#"{"block_all":true}"#).status, Fail);
}

#[test]
fn an_unknown_reading_gives_its_own_reason() {
    let policy = firewall_policy(
        "pass = 'firewall.stealth'\n[[rule.reason]]\ncode = \"mine\"\nstatus = \"unknown\"\n\
         says = \"Never said of a reading that failed.\"",
    );
    let tool = "exec:/usr/libexec/ApplicationFirewall/socketfilterfw --getglobalstate";
    let rows = [
        ("timed-out", tool, "Unknown: `socketfilterfw --getglobalstate` did not answer in time."),
        (
            "not-understood",
            "exec:/usr/bin/fdesetup status",
            "Unknown: the answer of `fdesetup status` has a form that is not known.",
        ),
        (
            "permission-denied",
            "file:/Library/Preferences/com.apple.loginwindow.plist",
            "Unknown: macOS did not allow the agent to read \
             `/Library/Preferences/com.apple.loginwindow.plist`.",
        ),
        ("missing", "exec:/bin/x", "Unknown: `x` is not there or did not start."),
        (
            "from-the-future",
            tool,
            "Unknown: the agent could not read `socketfilterfw --getglobalstate`.",
        ),
    ];
    for (code, method, reason) in rows {
        let verdict = one(&policy, &readings([unknown("firewall", code, method)]));
        assert_eq!((verdict.status, verdict.code.as_str()), (Unknown, code));
        assert_eq!(verdict.reason, reason);
    }
    let mut silent = unknown("firewall", "timed-out", tool);
    silent.sources.clear();
    let verdict = one(&policy, &readings([silent]));
    assert_eq!(verdict.reason, "Unknown: the source did not answer in time (`firewall`).");
    let verdict = one(&policy, &readings([]));
    assert_eq!(
        verdict.reason,
        "Unknown: the Mac has not yet reported the application firewall built into macOS."
    );
}

#[test]
fn every_reason_becomes_a_sentence() {
    for (_, code, _) in UnknownReason::ALL {
        let policy = firewall_policy("pass = 'firewall.stealth'");
        let reason = one(&policy, &readings([unknown("firewall", code, "exec:/bin/x y")])).reason;
        assert!(reason.starts_with("Unknown: ") && reason.ends_with('.'), "{reason}");
        assert!(!reason.contains("the source"), "{reason}");
    }
}

#[test]
fn what_does_not_exist_here_is_not_judged() {
    let mut absent = reading("firewall", "{}");
    absent.outcome = Outcome::NotApplicable;
    let policy = firewall_policy("pass = '!has(firewall.stealth)'");
    let verdict = one(&policy, &readings([absent]));
    assert_eq!(verdict.status, NotApplicable);
    assert_eq!(verdict.reason, "Does not apply to this device.");
}

#[test]
fn a_reason_is_skipped_when_it_cannot_say_its_value() {
    let policy = firewall_policy(
        "pass = 'firewall.state == \"on\"'\n\
         [[rule.reason]]\ncode = \"first\"\nstatus = \"pass\"\nsays = \"Stealth: {firewall.stealth}.\"\n\
         [[rule.reason]]\ncode = \"second\"\nwhen = 'firewall.state == \"on\"'\nsays = \"On.\"\ngrace = \"2h\"",
    );
    assert_eq!(on(&policy, r#"{"state":"on","stealth":true}"#).reason, "Stealth: yes.");
    let verdict = on(&policy, r#"{"state":"on"}"#);
    assert_eq!((verdict.code.as_str(), verdict.grace), ("second", SignedDuration::from_hours(2)));
    let verdict = on(&policy, r#"{"state":"off"}"#);
    assert_eq!((verdict.code.as_str(), verdict.grace), ("fail", SignedDuration::from_hours(168)));
}

/// Nobody is logged in, and something was observed at `time`.
fn logged_out_since(time: &str) -> Readings {
    let latest = unknown("firewall", "no-console-user", "exec:/usr/bin/stat");
    let seen = reading("firewall", r#"{"state":"on"}"#).fields;
    let known = Known { latest, observed: Some((seen, at(time))) };
    Readings::from([("firewall".to_owned(), known)])
}

const STAYS: &str = "pass = 'firewall.state == \"on\"'\nreading_valid_for = \"3d\"\n\
                     [[rule.reason]]\ncode = \"on\"\nstatus = \"pass\"\nsays = \"The firewall is on.\"";

#[test]
fn an_older_reading_stands_in_while_nobody_is_logged_in() {
    let policy = firewall_policy(STAYS);
    let verdict = one(&policy, &logged_out_since("2026-08-21T18:30:00Z"));
    assert_eq!(verdict.status, Pass);
    assert_eq!(verdict.reason, "The firewall is on, as observed 14 h ago.");
    assert_eq!(verdict.observed.get("state"), Some(&text("on")));
    assert_eq!(verdict.reading_at, Some(at("2026-08-21T18:30:00Z")));
    assert_eq!(verdict.next_change_at, Some(at("2026-08-24T18:30:00Z")));
}

#[test]
fn an_older_reading_stands_in_no_longer_than_it_may() {
    let policy = firewall_policy(STAYS);
    let verdict = one(&policy, &logged_out_since("2026-08-19T09:00:00Z"));
    assert_eq!((verdict.status, verdict.next_change_at), (Unknown, None));
    assert_eq!(
        verdict.reason,
        "Unknown: nobody was logged in, so it could not be read; the last reading is 3 days old."
    );
    assert_eq!(one(&policy, &logged_out_since("2026-08-19T09:00:01Z")).status, Pass);
}

#[test]
fn an_older_reading_stands_in_for_no_other_reason_and_no_other_rule() {
    let mut known = logged_out_since("2026-08-21T18:30:00Z");
    assert_eq!(one(&firewall_policy("pass = 'firewall.state == \"on\"'"), &known).status, Unknown);
    known.get_mut("firewall").unwrap().latest.reason = Some("timed-out".into());
    assert_eq!(one(&firewall_policy(STAYS), &known).status, Unknown);
}

#[test]
fn an_override_holds_for_its_group_alone() {
    let policy = firewall_policy(
        "pass = 'firewall.state in params.fine'\nparams = { fine = [\"on\"] }\n\
         [[override]]\ngroup = \"lab\"\nrule = \"r\"\nparams = { fine = [\"on\", \"off\"] }\n\
         [[override]]\ngroup = \"museum\"\nrule = \"r\"\nmode = \"off\"",
    );
    let known = readings([reading("firewall", r#"{"state":"off"}"#)]);
    let in_groups = |groups: &[&str]| judge_in(&policy, groups, &known, &Derived::new(), now());
    assert_eq!(in_groups(&[])[0].status, Fail);
    assert_eq!(in_groups(&["lab"])[0].status, Pass);
    assert_eq!(in_groups(&["lab", "museum"]), []);
}

#[test]
fn a_change_that_is_due_is_not_announced_again() {
    let policy = firewall_policy("pass = 'derived.patch_missed == 0'");
    let mut derived = Derived::new();
    let fact = crate::reading::FieldValue::Integer(0);
    derived.set("patch_missed", fact, Some(now()));
    let known = readings([reading("firewall", "{}")]);
    let verdict = judge(&policy, &known, &derived, now()).remove(0);
    assert_eq!((verdict.status, verdict.next_change_at), (Pass, None));
}
