//! Faults in reading protections, doors and which device it is.

use super::{Fail, Pass, Unknown, verdict};
use crate::checks::fixture::{Mac, observed, plist, unknown};
use crate::checks::{ALL, Check};
use crate::device;
use crate::host::Answer;
use shared::policy::FindingStatus;

/// The check called `id`.
fn check(id: &str) -> &'static Check {
    ALL.iter().find(|check| check.id == id).unwrap()
}

fn judged(mac: &Mac, rule: &str) -> FindingStatus {
    verdict(rule, mac).status
}

const SERVICES: [&str; 4] =
    ["com.openssh.sshd", "com.apple.screensharing", "com.apple.AEServer", "com.apple.smbd"];

/// A service that was never switched on is in no list of disabled ones, and
/// the words of that list have changed: launchd itself is asked.
#[test]
fn bug_09_a_service_that_was_never_touched_is_off() {
    let never_touched = SERVICES.iter().fold(Mac::new(), |mac, service| {
        let stderr = format!("Could not find service \"{service}\" in domain for system\n");
        let answer = Answer::Done { exit: 113, stdout: Vec::new(), stderr: stderr.into() };
        mac.answers(&format!("/bin/launchctl print system/{service}"), answer)
    });
    assert_eq!(judged(&never_touched, "remote-access"), Pass);
}

#[test]
fn bug_09_words_of_the_list_of_disabled_services_prove_nothing() {
    for words in [
        "\"com.openssh.sshd\" => true\n",
        "\"com.openssh.sshd\" => disabled\n",
        "\"com.openssh.sshd\" => enabled\n",
        "disabled services = {\n}\n",
    ] {
        let mac = SERVICES.iter().fold(Mac::new(), |mac, service| {
            mac.says(&format!("/bin/launchctl print system/{service}"), words)
                .says("/bin/launchctl print-disabled system", words)
        });
        assert_eq!(unknown(check("remote_access"), &mac), "not-understood", "{words}");
    }
}

/// The text for people says "Serial Number (system): X", so its fourth word is
/// the serial number of some versions alone. The registry names it.
#[test]
fn bug_10_the_serial_number_is_taken_by_name_and_not_by_place() {
    let registry = "/usr/sbin/ioreg -ard1 -c IOPlatformExpertDevice";
    let entry = "<key>IOPlatformSerialNumber</key><string>ZZDEV00001</string>";
    let answer =
        plist("").replace("<dict>\n</dict>", &format!("<array><dict>{entry}</dict></array>"));
    let serial = |mac: &Mac| device::read(mac).serial;
    assert_eq!(serial(&Mac::new().says(registry, &answer)).as_deref(), Some("ZZDEV00001"));
    let text = "Hardware:\n      Serial Number (system): ZZDEV00001\n";
    let profiler = "/usr/sbin/system_profiler SPHardwareDataType";
    assert_eq!(serial(&Mac::new().says(registry, text).says(profiler, text)), None);
}

/// What a profile enforces and what is so are two things.
#[test]
fn bug_11_a_secure_mac_without_profiles_passes_and_is_not_called_enforced() {
    let loginwindow = "/Library/Preferences/com.apple.loginwindow.plist";
    let unmanaged = Mac::new()
        .says("/usr/sbin/spctl --status", "assessments enabled\n")
        .holds_plist(loginwindow, &plist("<key>GuestEnabled</key><false/>"));
    for (rule, id) in [
        ("gatekeeper", "gatekeeper"),
        ("auto-login", "auto_login"),
        ("guest-account", "guest_account"),
    ] {
        assert_eq!(judged(&unmanaged, rule), Pass, "{rule}");
        assert!(observed(check(id), &unmanaged).contains("enforced=false"), "{id}");
    }
}

#[test]
fn bug_11_a_profile_alone_does_not_pass_what_is_off() {
    let off = Mac::new().ends("/usr/sbin/spctl --status", 1, "assessments disabled\n").holds_plist(
        "/Library/Managed Preferences/com.apple.systempolicy.control.plist",
        &plist("<key>EnableAssessment</key><true/>"),
    );
    assert_eq!(judged(&off, "gatekeeper"), Fail);
}

/// Its files are on every Mac, also where nothing scans.
#[test]
fn bug_14_that_xprotect_is_there_is_no_protection() {
    let bundle = "XProtect.bundle/Contents/Info.plist";
    let there = Mac::new()
        .holds_plist(&format!("/Library/Apple/System/Library/CoreServices/{bundle}"), &plist(""))
        .holds_plist(&format!("/var/protected/xprotect/{bundle}"), &plist(""));
    assert_eq!(judged(&there, "malware-protection"), Unknown);
    let off = there
        .says("/usr/bin/xprotect version", "Version: 5346 Installed: 2026-08-18 08:53:39 +0000\n")
        .says(
            "/usr/bin/xprotect status",
            "XProtect launch scans: disabled\nXProtect background scans: disabled\n",
        )
        .at("2026-08-23T09:00:00Z");
    assert_eq!(judged(&off, "malware-protection"), Fail);
}

/// A Mac that is a few versions behind for a day is well protected.
#[test]
fn bug_14_data_are_judged_by_age_and_not_by_being_the_newest() {
    let with = |version: &str, now: &str| {
        let mac = Mac::new()
            .says(
                "/usr/bin/xprotect version",
                &format!("Version: {version} Installed: 2026-08-18 08:53:39 +0000\n"),
            )
            .says(
                "/usr/bin/xprotect status",
                "XProtect launch scans: enabled\nXProtect background scans: enabled\n",
            );
        judged(&mac.at(now), "malware-protection")
    };
    assert_eq!(with("1", "2026-08-23T09:00:00Z"), Pass);
    assert_eq!(with("9999", "2026-09-23T09:00:00Z"), Fail);
}

/// The list below the answer says "enabled" for whatever is left on.
#[test]
fn bug_15_a_custom_configuration_is_not_enabled() {
    let custom = "System Integrity Protection status: unknown (Custom Configuration).\n\n\
        Configuration:\n\tKext Signing: enabled\n\tFilesystem Protections: disabled\n";
    let mac = Mac::new().says("/usr/bin/csrutil status", custom);
    assert_eq!(judged(&mac, "system-integrity-protection"), Fail);
}

/// Macs that are put together by hand answer with the same filler, by which
/// several would be one device, or with nothing, by which each report would be
/// a new one. Who a device is, its key says; see `tests/it/enrolment.rs`.
#[test]
fn bug_19_a_missing_serial_number_is_none_and_not_an_empty_one() {
    let registry = "/usr/sbin/ioreg -ard1 -c IOPlatformExpertDevice";
    for filler in ["", " ", "0", "System Serial#", "Not Available", "XXXXXXXXXXXX"] {
        let entry = format!("<key>IOPlatformSerialNumber</key><string>{filler}</string>");
        let answer =
            plist("").replace("<dict>\n</dict>", &format!("<array><dict>{entry}</dict></array>"));
        assert_eq!(device::read(&Mac::new().says(registry, &answer)).serial, None, "{filler:?}");
    }
    assert_eq!(device::read(&Mac::new()).serial, None);
}
