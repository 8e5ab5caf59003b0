//! Every known answer of `xprotect`, and many that are not.

use proptest::prelude::*;

use super::*;
use crate::checks::fixture::{Mac, mutated, observed, plist, unknown};
use crate::host::Answer;

const VERSION: &str = "/usr/bin/xprotect version";
const STATUS: &str = "/usr/bin/xprotect status";
const DATA: &str = "Version: 5360 Installed: 2026-09-18 21:53:58 +0000\n";
const ON: &str = "XProtect launch scans: enabled\nXProtect background scans: enabled\n";

fn with(version: &str, status: &str) -> Mac {
    Mac::new().says(VERSION, version).says(STATUS, status)
}

fn on_macos(version: &str) -> Mac {
    Mac::new().holds_plist(
        "/System/Library/CoreServices/SystemVersion.plist",
        &plist(&format!("<key>ProductVersion</key><string>{version}</string>")),
    )
}

pub(super) fn full() -> Vec<Mac> {
    vec![with(DATA, ON)]
}

#[test]
fn every_known_answer() {
    let off = "XProtect launch scans: disabled\nXProtect background scans: disabled\n";
    let half = "XProtect launch scans: enabled\r\nXProtect background scans: disabled\r\n";
    for (status, scans) in
        [(ON, ("true", "true")), (off, ("false", "false")), (half, ("false", "true"))]
    {
        assert_eq!(
            observed(&CHECK, &with(DATA, status)),
            format!(
                "background_scans={} data_installed_at=2026-09-18T21:53:58Z data_version=5360 \
                 launch_scans={}",
                scans.0, scans.1
            )
        );
    }
    let elsewhere = with("Version: 5346 Installed: 2026-08-18 01:00:00 +0200\n", "odd");
    assert_eq!(
        observed(&CHECK, &elsewhere),
        "data_installed_at=2026-08-17T23:00:00Z data_version=5346"
    );
}

#[test]
fn what_one_half_does_not_say_leaves_the_other() {
    let scans = "background_scans=true launch_scans=true";
    for answer in [
        "",
        "Version:\n",
        "Version: Installed: 2026-09-18 21:53:58 +0000\n",
        "Version: none Installed: 2026-09-18 21:53:58 +0000\n",
        "Version: 5360\nVersion: 5361\n",
        "XProtect 5360\n",
    ] {
        assert_eq!(observed(&CHECK, &with(answer, ON)), scans, "{answer}");
    }
    for date in [
        "",
        "yesterday",
        "2026-09-18",
        "2026-09-18 21:53:58",
        "2026-13-18 21:53:58 +0000",
        "18.09.2026 21:53:58 +0000",
        "2026-09-18 21:53:58 +0000 (old)",
        "2026-09-18 21:53:58 UTC",
        "2026-09-1 21:53:58 +0000",
    ] {
        let answer = format!("Version: 5360 Installed: {date}\n");
        let shown = "background_scans=true data_version=5360 launch_scans=true";
        assert_eq!(observed(&CHECK, &with(&answer, ON)), shown, "{answer}");
    }
    let failed = with(DATA, ON).ends(VERSION, 1, DATA);
    assert_eq!(observed(&CHECK, &failed), scans);
    for status in ["", "XProtect launch scans: on\n", "XProtect-Scans: aktiviert\n"] {
        let seen = observed(&CHECK, &with(DATA, status));
        assert_eq!(seen, "data_installed_at=2026-09-18T21:53:58Z data_version=5360", "{status}");
    }
    let undecided = "XProtect launch scans: enabled\nXProtect launch scans: disabled\n\
        XProtect background scans: enabled\n";
    assert_eq!(observed(&CHECK, &with("", undecided)), "background_scans=true");
}

#[test]
fn what_is_not_known_is_unknown() {
    assert_eq!(unknown(&CHECK, &with("usage: xprotect\n", "usage: xprotect\n")), "not-understood");
    let failed = Mac::new().ends(VERSION, 64, "").ends(STATUS, 64, "");
    assert_eq!(unknown(&CHECK, &failed), "exit-status");
    let hangs = Mac::new().answers(VERSION, Answer::TimedOut).answers(STATUS, Answer::TimedOut);
    assert_eq!(unknown(&CHECK, &hangs), "timed-out");
}

/// It cannot be read there, which is something else than a missing program.
#[test]
fn before_macos_15_it_cannot_be_read() {
    for version in ["12.7.6", "13.7.8", "14.8.9"] {
        assert_eq!(unknown(&CHECK, &on_macos(version)), "not-readable-here", "{version}");
    }
    for version in ["15.0", "26.6.2", "27.0", "1.2.3", ""] {
        assert_eq!(unknown(&CHECK, &on_macos(version)), "missing", "{version}");
    }
    assert_eq!(unknown(&CHECK, &Mac::new()), "missing");
}

const KNOWN: &[&str] = &[ON, DATA, "XProtect launch scans: disabled\n"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_scan_is_on_only_where_a_whole_line_says_so(answer in mutated(KNOWN)) {
        let scans = Scans::parse(&answer);
        for (seen, name) in [
            (scans.launch, "XProtect launch scans"),
            (scans.background, "XProtect background scans"),
        ] {
            let said: Vec<&str> = answer
                .lines()
                .map(str::trim)
                .filter_map(|line| line.split_once(':').filter(|(start, _)| *start == name))
                .map(|(_, value)| value.trim())
                .collect();
            let should = !said.is_empty() && said.iter().all(|value| *value == "enabled");
            // Lines that differ in spaces alone are two answers as well.
            prop_assert!(seen != Some(true) || should, "{:?}", answer);
        }
    }

    #[test]
    fn a_date_is_that_of_the_answer_or_none(answer in mutated(KNOWN)) {
        if let Some(Data { installed_at: Some(at), .. }) = Data::parse(&answer) {
            prop_assert_eq!(at.to_string(), "2026-09-18T21:53:58Z");
        }
    }
}
