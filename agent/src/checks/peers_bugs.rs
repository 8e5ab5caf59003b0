//! Faults that other tools have shipped, each as a test that it stays away.
//!
//! Each is judged by the baseline, as people would be shown it.
//!
//! Number 12, what feeds of releases get wrong, stays where releases are read,
//! in `shared::os_releases`: `bug_12_what_feeds_get_wrong_does_not_reach_people`,
//! `a_release_for_some_models_is_missed_by_nobody`,
//! `a_date_after_that_of_a_newer_version_is_not_believed`,
//! `a_page_or_a_notice_is_refused`,
//! `an_old_catalogue_does_not_make_a_major_look_quiet`. That macOS writes a
//! version as a number is a matter of the offers in `os`.

use shared::os_releases::Catalogue;
use shared::policy::{FindingStatus, Known, Policy, Readings, Verdict, derive, judge};

use super::ALL;
use super::fixture::{Mac, plist};
use crate::host::{Answer, FileAnswer, Host};

use FindingStatus::{Fail, Pass, Unknown};

mod protections;
mod reach;

const FDESETUP: &str = "/usr/bin/fdesetup status";
const DISKUTIL: &str = "/usr/sbin/diskutil info -plist /";
const MODEL: &str = "/usr/sbin/sysctl -n hw.model";
const FIREWALL: &str = "/usr/libexec/ApplicationFirewall/socketfilterfw --getglobalstate";
const LOGGING: &str = "/usr/libexec/ApplicationFirewall/socketfilterfw --getloggingmode";
const PWPOLICY: &str = "/usr/bin/pwpolicy -getaccountpolicies";
const CONSOLE: &str = "/usr/bin/stat -f %Su %u /dev/console";
const LOCK: &str =
    "/bin/launchctl asuser 501 /usr/bin/sudo -u sam -n /usr/sbin/sysadminctl -screenLock status";
const SYSTEM_VERSION: &str = "/System/Library/CoreServices/SystemVersion.plist";
const UPDATES: &str = "/Library/Preferences/com.apple.SoftwareUpdate.plist";
const BY_HOST: &str = "/Users/sam/Library/Preferences/ByHost/com.apple.screensaver.00000000-0000-4000-8000-00000000D001.plist";

/// What the baseline says of `mac`.
#[track_caller]
fn verdict(rule: &str, mac: &Mac) -> Verdict {
    let now = mac.now();
    let readings: Readings =
        ALL.iter().map(|check| (check.id.to_owned(), Known::from(check.run(mac)))).collect();
    let derived = derive(&readings, &Catalogue::embedded(), now);
    let verdicts = judge(&Policy::baseline(), &readings, &derived, now);
    verdicts.into_iter().find(|verdict| verdict.rule == rule).unwrap()
}

#[track_caller]
fn assert_finding(mac: &Mac, rule: &str, status: FindingStatus) {
    let verdict = verdict(rule, mac);
    assert_eq!(verdict.status, status, "{rule}: {}", verdict.reason);
}

fn system(version: &str, build: &str) -> String {
    plist(&format!(
        "<key>ProductVersion</key><string>{version}</string>\
         <key>ProductBuildVersion</key><string>{build}</string>"
    ))
}

/// A first line that says "On" was taken for the whole answer.
#[test]
fn bug_01_filevault_that_is_being_switched_off_does_not_pass() {
    for first in ["On", "Off"] {
        let answer =
            format!("FileVault is {first}.\nDecryption in progress: Percent completed = 35\n");
        assert_finding(&Mac::new().says(FDESETUP, &answer), "disk-encryption", Fail);
    }
    let restart = "FileVault is On, but needs to be restarted to finish.\n";
    assert_finding(&Mac::new().says(FDESETUP, restart), "disk-encryption", Fail);
}

/// Every disk of Apple silicon and T2 is encrypted, also without FileVault.
#[test]
fn bug_02_an_encrypted_disk_without_filevault_does_not_pass() {
    let keys = |filevault: &str| plist(&format!("<key>Encryption</key><true/>{filevault}"));
    let mac = |filevault| Mac::new().says(DISKUTIL, &keys(filevault)).says(MODEL, "Mac15,12\n");
    assert_finding(&mac("<key>FileVault</key><false/>"), "disk-encryption", Fail);
    assert_finding(&mac(""), "disk-encryption", Unknown);
}

/// The word "enabled" was looked for, and files that nothing goes by were read.
#[test]
fn bug_03_a_firewall_that_blocks_all_passes_and_old_files_do_not_count() {
    let blocks = "Firewall is blocking all non-essential incoming connections. (State = 2)\n";
    assert_finding(&Mac::new().says(FIREWALL, blocks), "firewall", Pass);
    for path in [
        "/Library/Preferences/com.apple.alf.plist",
        "/usr/libexec/ApplicationFirewall/com.apple.alf.plist",
    ] {
        let on = plist("<key>globalstate</key><integer>1</integer>");
        let mac = Mac::new()
            .holds_plist(SYSTEM_VERSION, &system("15.7.9", "24G830"))
            .holds_plist(path, &on);
        assert_finding(&mac, "firewall", Unknown);
    }
}

/// An option that newer tools do not know was taken for logging that is off.
#[test]
fn bug_04_a_firewall_that_cannot_tell_its_logging_passes() {
    let mac = Mac::new().says(FIREWALL, "Firewall is enabled. (State = 1)\n").ends(
        LOGGING,
        1,
        "usage: socketfilterfw [-h]\n",
    );
    assert_finding(&mac, "firewall", Pass);
}

fn rules(contents: &[&str]) -> String {
    let rules: Vec<String> = contents
        .iter()
        .map(|pattern| {
            format!(
                "<dict><key>policyContent</key>\
                 <string>policyAttributePassword matches '{pattern}'</string></dict>"
            )
        })
        .collect();
    let list = plist(&format!(
        "<key>policyCategoryPasswordContent</key><array>{}</array>",
        rules.concat()
    ));
    format!("Getting global account policies\n{list}")
}

/// Every Mac has a policy; that of a stock Mac asks for four characters.
#[test]
fn bug_05_a_policy_that_is_merely_there_does_not_pass() {
    for stock in [".{4,}+", "^$|.{4,}+"] {
        assert_finding(&Mac::new().says(PWPOLICY, &rules(&[stock])), "password-policy", Fail);
    }
}

/// One exact spelling with one number was looked for.
#[test]
fn bug_06_the_strictest_of_several_rules_counts_in_every_spelling() {
    for (patterns, status) in [
        (&[".{8,}"][..], Pass),
        (&[".{8,}+"], Pass),
        (&["^.{15,}$"], Pass),
        (&[".{4,}+", ".{8,}"], Pass),
        (&[".{8,}", ".{8,}+", "^$|.{4,}+"], Pass),
        (&["^$|.{8,}"], Fail),
        (&[".{7,}", ".{4,}+"], Fail),
    ] {
        assert_finding(&Mac::new().says(PWPOLICY, &rules(patterns)), "password-policy", status);
    }
}

/// A Mac whose user sits in front, on the power adapter alone.
fn idle_mac(display_minutes: i64, idle: Option<&str>) -> Mac {
    let registry = "<?xml version=\"1.0\"?>\n<plist version=\"1.0\"><array><dict>\
        <key>IOPlatformUUID</key><string>00000000-0000-4000-8000-00000000D001</string>\
        </dict></array></plist>";
    let mac = Mac::new()
        .says(CONSOLE, "sam 501\n")
        .says("/usr/sbin/ioreg -ard1 -c IOPlatformExpertDevice", registry)
        .says("/usr/bin/pmset -g custom", &format!("AC Power:\n displaysleep {display_minutes}\n"));
    match idle {
        Some(value) => mac.holds_plist(BY_HOST, &plist(&format!("<key>idleTime</key>{value}"))),
        None => mac,
    }
}

/// The answer was looked for on standard output, of root, and as a number.
#[test]
fn bug_07_the_delay_is_read_where_and_of_whom_it_is_told() {
    let said = |words: &str| {
        let line =
            format!("2026-08-23 09:00:00.615 sysadminctl[69267:2988066] screenLock {words}\n");
        idle_mac(10, None).says_on_stderr(LOCK, &line)
    };
    assert_finding(&said("delay is immediate"), "screen-lock", Pass);
    assert_finding(&said("delay is 300 seconds"), "screen-lock", Pass);
    assert_finding(&said("delay is 28800 seconds"), "screen-lock", Fail);
    assert_finding(&said("is off"), "screen-lock", Fail);
    let of_root = idle_mac(10, None).answers(
        "/usr/sbin/sysadminctl -screenLock status",
        Answer::Done {
            exit: 0,
            stdout: Vec::new(),
            stderr: b"sysadminctl[1:2] screenLock delay is immediate\n".to_vec(),
        },
    );
    assert_finding(&of_root, "screen-lock", Unknown);
}

/// No `idleTime` was a fail, and 0, which is never, was less than the limit.
#[test]
fn bug_08_an_absent_idle_time_is_the_default_and_zero_is_never() {
    let line = "sysadminctl[1:2] screenLock delay is immediate\n";
    let mac = |display, idle| idle_mac(display, idle).says_on_stderr(LOCK, line);
    assert_finding(&mac(10, None), "screen-lock", Pass);
    assert_finding(&mac(0, None), "screen-lock", Fail);
    assert_finding(&mac(0, Some("<integer>0</integer>")), "screen-lock", Fail);
    assert_finding(&mac(10, Some("<integer>0</integer>")), "screen-lock", Pass);
    assert_finding(&mac(0, Some("<integer>600</integer>")), "screen-lock", Pass);
    assert_eq!(verdict("screen-lock", &mac(0, Some("<integer>0</integer>"))).code, "never");
}

/// Only profiles were looked at, so that secure Macs without one failed.
#[test]
fn bug_11_what_is_so_and_what_is_enforced_are_two_things() {
    let mac = Mac::new()
        .says(FIREWALL, "Firewall is enabled. (State = 1)\n")
        .says(FDESETUP, "FileVault is On.\n")
        .holds_plist(SYSTEM_VERSION, &system("15.7.9", "24G830"))
        .holds_plist(UPDATES, &plist("<key>AutomaticDownload</key><true/>"));
    for rule in ["firewall", "disk-encryption", "automatic-updates"] {
        let verdict = verdict(rule, &mac);
        assert_eq!(verdict.status, Pass, "{}", verdict.reason);
        let enforced = verdict.observed.get("enforced");
        assert_eq!(enforced, Some(&shared::reading::FieldValue::Flag(false)), "{rule}");
    }
    // The reverse: a profile alone does not turn the firewall on.
    let demanded = Mac::new().says(FIREWALL, "Firewall is disabled. (State = 0)\n").holds_plist(
        "/Library/Managed Preferences/com.apple.security.firewall.plist",
        &plist("<key>EnableFirewall</key><true/>"),
    );
    assert_finding(&demanded, "firewall", Fail);
}

/// `26.3.1 (a)` was compared as a text with `26.3.1`, and came out older.
#[test]
fn bug_13_a_background_improvement_is_newer_than_what_it_improves() {
    let mac = |build, extra| {
        Mac::new()
            .at("2026-03-20T09:00:00Z")
            .holds_plist(SYSTEM_VERSION, &system("26.3.1", build))
            .says("/usr/bin/sw_vers -productVersionExtra", extra)
    };
    for build in ["25D2128", "25D771280a"] {
        // 26.3.2 was out, for one model and without fixes.
        let improved = verdict("os-patch-level", &mac(build, "(a)\n"));
        assert_eq!((improved.status, improved.code.as_str()), (Pass, "no-fixes-missed"));
    }
    // Without it, the same version misses a fix.
    assert_eq!(verdict("os-patch-level", &mac("25D2128", "\n")).code, "exposed-soon");
}

/// One tool takes an absent key for off, another for on.
#[test]
fn bug_20_an_absent_key_is_the_default_and_an_absent_file_is_unknown() {
    let mac = || Mac::new().holds_plist(SYSTEM_VERSION, &system("26.5.2", "25F84"));
    assert_finding(&mac(), "automatic-updates", Unknown);
    let refused = mac().holds(UPDATES, FileAnswer::Refused);
    assert_finding(&refused, "automatic-updates", Unknown);
    let stock = mac().holds_plist(UPDATES, &plist("<key>LastResultCode</key><integer>2</integer>"));
    let verdict = verdict("automatic-updates", &stock);
    assert_eq!(verdict.status, Pass, "{}", verdict.reason);
    // Whether macOS is installed by itself has no default that is known.
    assert!(!verdict.observed.contains_key("install_macos"));
    let off = mac().holds_plist(UPDATES, &plist("<key>AutomaticDownload</key><false/>"));
    assert_finding(&off, "automatic-updates", Fail);
}
