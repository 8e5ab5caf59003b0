//! Rules of the baseline over settings of a Mac.

use jiff::SignedDuration;

use super::{baseline_on, now, reading};
use crate::policy::FindingStatus::{Fail, Pass, Unknown};

#[test]
fn a_lock_is_judged_by_what_is_proven_about_its_time() {
    let both = |minutes: i64| {
        format!(
            "{{\"minutes_to_lock_at_least\":{minutes},\"minutes_to_lock_at_most\":{minutes},\"never\":false,\"delay_seconds\":5}}"
        )
    };
    let rows = [
        (both(1), Pass, "An unused Mac is locked within 1 minute."),
        (both(15), Pass, "An unused Mac is locked within 15 minutes."),
        (both(16), Fail, "An unused Mac stays open for 16 minutes; at most 15 are allowed."),
        (
            r#"{"minutes_to_lock_at_most":11,"never":false}"#.to_owned(),
            Pass,
            "An unused Mac is locked within 11 minutes.",
        ),
        (
            r#"{"minutes_to_lock_at_least":60}"#.to_owned(),
            Fail,
            "An unused Mac stays open for 60 minutes; at most 15 are allowed.",
        ),
        (
            r#"{"never":true,"password_asked":true}"#.to_owned(),
            Fail,
            "The Mac never locks by itself: neither the screen saver starts nor the display sleeps.",
        ),
        (
            r#"{"never":true,"password_asked":false}"#.to_owned(),
            Fail,
            "The Mac asks for no password after the screen saver or after the display has slept.",
        ),
        (
            r#"{"minutes_to_lock_at_least":10,"saver_idle_seconds":1200}"#.to_owned(),
            Unknown,
            "Unknown: how long after the screen goes dark the Mac asks for a password could not \
             be read.",
        ),
        (
            r#"{"minutes_to_lock_at_least":10,"minutes_to_lock_at_most":20,"delay_seconds":0}"#
                .to_owned(),
            Unknown,
            "Unknown: when the screen saver starts or the display sleeps could not be read \
             completely.",
        ),
    ];
    for (seen, status, reason) in rows {
        let verdict = baseline_on(reading("screen_lock", &seen), now());
        assert_eq!((verdict.status, verdict.reason.as_str()), (status, reason), "{seen}");
        assert_eq!(verdict.grace, SignedDuration::from_hours(72));
    }
}

#[test]
fn automatic_updates_need_four_switches_and_one_that_is_off_fails() {
    let rows = [
        ("true", "true", "true", "true", "", Pass, "on"),
        ("true", "true", "true", "true", r#","enforced":true"#, Pass, "enforced"),
        ("false", "true", "true", "true", "", Fail, "no-check"),
        ("true", "false", "true", "true", "", Fail, "no-download"),
        ("true", "true", "false", "true", "", Fail, "no-security-responses"),
        ("true", "true", "true", "false", r#","install_macos":true"#, Fail, "no-system-data"),
    ];
    for (check, download, responses, data, more, status, code) in rows {
        let seen = format!(
            r#"{{"check":{check},"download":{download},"security_responses":{responses},"system_data":{data}{more}}}"#
        );
        let verdict = baseline_on(reading("automatic_updates", &seen), now());
        assert_eq!((verdict.status, verdict.code.as_str()), (status, code), "{seen}");
    }
    for (seen, status) in [
        (r#"{"check":true,"download":true,"enforced":false}"#, Unknown),
        (r#"{"check":true,"download":false}"#, Fail),
    ] {
        assert_eq!(baseline_on(reading("automatic_updates", seen), now()).status, status, "{seen}");
    }
}
