//! Offers and deadlines, in every form that they have had.

use super::*;
use crate::checks::declared::FILE;
use crate::checks::fixture::{Mac, observed, plist};
use crate::checks::os::CHECK;
use crate::host::FileAnswer;

fn mac(version: &str) -> Mac {
    let keys = format!(
        "<key>ProductVersion</key><string>{version}</string>\
         <key>ProductBuildVersion</key><string>25F84</string>"
    );
    Mac::new()
        .holds_plist("/System/Library/CoreServices/SystemVersion.plist", &plist(&keys))
        .says("/usr/bin/sw_vers -productVersionExtra", "\n")
}

/// What is observed of updates that wait.
#[track_caller]
fn pending(mac: &Mac) -> String {
    let fields = observed(&CHECK, mac);
    let waits = |field: &&str| field.starts_with("deadline") || field.starts_with("offered");
    fields.split(' ').filter(waits).collect::<Vec<_>>().join(" ")
}

fn offers(entries: &[(&str, &str)], updates: &str) -> String {
    let entries: Vec<String> =
        entries.iter().map(|(identifier, date)| format!("<key>{identifier}</key>{date}")).collect();
    plist(&format!(
        "<key>FirstOfferDateDictionary</key><dict>{}</dict>\
         <key>RecommendedUpdates</key><array>{updates}</array>",
        entries.concat()
    ))
}

const OLD: (&str, &str) =
    ("MSU_UPDATE_25F71_patch_26.5_minor", "<date>2026-05-20T16:15:10Z</date>");
const MINOR: (&str, &str) =
    ("MSU_UPDATE_25G229_patch_26.7_minor", "<date>2026-09-15T01:36:31Z</date>");
const MAJOR: (&str, &str) =
    ("MSU_UPDATE_26A428_patch_27.0_major", "<date>2026-09-01T01:36:31Z</date>");

#[test]
fn the_oldest_offer_that_is_newer_and_no_upgrade_counts() {
    let offered = |version, entries: &[(&str, &str)]| {
        pending(&mac(version).holds_plist(LOCAL, &offers(entries, "")))
    };
    let seen = "offered_since=2026-09-15 offered_version=26.7";
    assert_eq!(offered("26.5.2", &[OLD, MINOR, MAJOR]), seen);
    assert_eq!(offered("26.7", &[OLD, MINOR, MAJOR]), "");
    assert_eq!(offered("26.5.2", &[MAJOR]), "");
    let first = ("MSU_UPDATE_25G83_patch_26.6.2_minor", "<string>2026-08-17T18:00:00Z</string>");
    assert_eq!(
        offered("26.5.2", &[MINOR, first]),
        "offered_since=2026-08-17 offered_version=26.6.2"
    );
    // 26.10 is newer than 26.9.
    let tenth = ("MSU_UPDATE_25K1_patch_26.10_minor", "<date>2026-10-01T00:00:00Z</date>");
    assert_eq!(offered("26.9", &[tenth]), "offered_since=2026-10-01 offered_version=26.10");
}

#[test]
fn a_version_that_is_a_number_is_compared_as_a_version() {
    let update = |version: &str| {
        format!(
            "<dict><key>Display Name</key><string>macOS Tahoe</string>\
             <key>Display Version</key>{version}<key>Identifier</key><string>x</string></dict>\
             <dict><key>Display Name</key><string>Safari</string>\
             <key>Display Version</key><string>26.8</string><key>Identifier</key><string>Safari27</string></dict>"
        )
    };
    let date = "<date>2026-09-15T01:36:31Z</date>";
    for (version, seen) in [
        ("<integer>27</integer>", ""),
        ("<real>26.7</real>", "offered_since=2026-09-15 offered_version=26.7"),
        ("<string>26.7</string>", "offered_since=2026-09-15 offered_version=26.7"),
        ("<integer>26</integer>", ""),
        ("<integer>-26</integer>", ""),
        ("<true/>", ""),
        ("<string>newest</string>", ""),
    ] {
        let file = offers(&[("x", date), ("Safari27", date)], &update(version));
        assert_eq!(pending(&mac("26.5.2").holds_plist(LOCAL, &file)), seen, "{version}");
    }
    // A Mac of the major before sees the number as an upgrade.
    let file = offers(&[("x", date)], &update("<integer>26</integer>"));
    assert_eq!(pending(&mac("15.7.9").holds_plist(LOCAL, &file)), "");
}

fn declarations(entries: &[(&str, &str, &str)]) -> String {
    let entries: Vec<String> = entries
        .iter()
        .enumerate()
        .map(|(number, (version, build, at))| {
            format!(
                "<key>org.example.{number}</key><dict>\
                 <key>TargetOSVersion</key><string>{version}</string>\
                 <key>TargetBuildVersion</key><string>{build}</string>\
                 <key>TargetLocalDateTime</key>{at}</dict>"
            )
        })
        .collect();
    plist(&format!(
        "<key>SUCorePersistedStatePolicyFields</key><dict><key>Declarations</key><dict>\
         {}<key>note</key><dict><key>Note</key><string>odd</string></dict></dict></dict>",
        entries.concat()
    ))
}

#[test]
fn the_declaration_that_falls_due_first_is_the_deadline() {
    let due = |version, entries: &[(&str, &str, &str)]| {
        pending(&mac(version).holds_plist(FILE, &declarations(entries)))
    };
    let (first, second) =
        ("<string>2026-10-01T12:00:00</string>", "<string>2026-11-01T12:00:00</string>");
    let seen = "deadline=2026-10-01T12:00:00 deadline_version=26.7";
    assert_eq!(due("26.5.2", &[("27.0", "26A428", second), ("26.7", "25G229", first)]), seen);
    assert_eq!(due("26.7", &[("26.7", "25F84", first)]), "");
    assert_eq!(due("26.7", &[("26.7", "25G230", first)]), seen);
    assert_eq!(due("27.0", &[("26.7", "25G229", first)]), "");
    assert_eq!(due("26.5.2", &[("26.7", "25G229", "<date>2026-10-01T12:00:00Z</date>")]), seen);
    for odd in [
        "<string>soon</string>",
        "<string>2026-13-01T12:00:00</string>",
        "<integer>1</integer>",
        "<string>2026-10-01</string>",
    ] {
        assert_eq!(due("26.5.2", &[("26.7", "25G229", odd)]), "", "{odd}");
    }
}

#[test]
fn absent_keys_mean_that_nothing_waits() {
    assert_eq!(pending(&mac("26.5.2").holds_plist(LOCAL, &plist(""))), "");
    assert_eq!(pending(&mac("26.5.2").holds_plist(FILE, &plist(""))), "");
}

/// The version itself is known whatever becomes of these files.
#[test]
fn absent_refused_and_broken_files_say_nothing() {
    assert_eq!(pending(&mac("26.5.2")), "");
    for path in [LOCAL, FILE] {
        assert_eq!(pending(&mac("26.5.2").holds(path, FileAnswer::Refused)), "");
        assert_eq!(pending(&mac("26.5.2").holds_plist(path, "bplist00")), "");
        let odd = plist(
            "<key>FirstOfferDateDictionary</key><array/>\
             <key>SUCorePersistedStatePolicyFields</key><string>x</string>",
        );
        assert_eq!(pending(&mac("26.5.2").holds_plist(path, &odd)), "");
    }
}

#[test]
fn a_date_that_nobody_can_write_says_nothing() {
    let seconds = std::time::Duration::from_secs(100_000_000_000);
    for at in [SystemTime::UNIX_EPOCH - seconds, SystemTime::UNIX_EPOCH + 4 * seconds] {
        let date = Value::Date(at.into());
        let offers = Dictionary::from_iter([(MINOR.0.to_owned(), date.clone())]);
        let offers = ("FirstOfferDateDictionary".to_owned(), Value::Dictionary(offers));
        assert_eq!(offer(&Dictionary::from_iter([offers]), "26.5.2"), None);
        assert_eq!(local_time(&date), None);
    }
}
