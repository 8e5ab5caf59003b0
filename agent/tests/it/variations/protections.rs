//! Protections, doors, accounts and management, each changed in turn.

use serde_json::json;

use super::{Mac, plist};

const CSRUTIL: &[&str] = &["/usr/bin/csrutil", "status"];
const SPCTL: &[&str] = &["/usr/sbin/spctl", "--status"];
const XPROTECT: [&[&str]; 2] =
    [&["/usr/bin/xprotect", "version"], &["/usr/bin/xprotect", "status"]];
const SSHD: &[&str] = &["/bin/launchctl", "print", "system/com.openssh.sshd"];
const SMBD: &[&str] = &["/bin/launchctl", "print", "system/com.apple.smbd"];
const MANAGEMENT: &str =
    "/Library/Application Support/Apple/Remote Desktop/RemoteManagement.launchd";
const LOGINWINDOW: &str = "/Library/Preferences/com.apple.loginwindow.plist";
const PASSWORD: &str = "/etc/kcpassword";

#[test]
fn each_protection_of_macos_is_told_apart() {
    const SIP: &str = "System Integrity Protection status: ";
    for (words, status) in [
        ("enabled.", "pass"),
        ("disabled.", "fail"),
        ("unknown (Custom Configuration).\n\n\tKext Signing: enabled", "fail"),
        ("enabled (Custom Configuration).", "fail"),
        ("unknown.", "unknown"),
    ] {
        let mac = Mac::healthy().says(CSRUTIL, &format!("{SIP}{words}\n"));
        mac.gives("system-integrity-protection", status);
    }
    Mac::healthy().hangs(CSRUTIL, "").gives("system-integrity-protection", "unknown");
    for (exit, words, status) in [
        (0, "assessments enabled\n", "pass"),
        (1, "assessments disabled\n", "fail"),
        (1, "assessments enabled\n", "unknown"),
        (0, "assessments\n", "unknown"),
    ] {
        Mac::healthy().with(SPCTL, Some(exit), words).gives("gatekeeper", status);
    }
    let mount = |line: &str| Mac::healthy().says(&["/sbin/mount"], line);
    mount("/dev/disk1s1 on / (apfs, local, journaled)\n").gives("sealed-system-volume", "fail");
    mount("/dev/disk1s1 on /x (apfs, sealed)\n").gives("sealed-system-volume", "unknown");
}

/// The recording was made on 2026-08-23.
#[test]
fn data_against_malware_are_judged_by_their_date() {
    const RULE: &str = "malware-protection";
    let installed = |date: &str| {
        let answer = format!("Version: 5346 Installed: {date} 08:53:39 +0000\n");
        Mac::healthy().says(XPROTECT[0], &answer)
    };
    installed("2026-08-18").gives(RULE, "pass");
    installed("2026-07-24").gives(RULE, "pass");
    installed("2026-07-23").gives(RULE, "fail");
    installed("2027-08-18").gives(RULE, "unknown");
    installed("someday").gives(RULE, "unknown");
    let off = "XProtect launch scans: disabled\nXProtect background scans: enabled\n";
    Mac::healthy().says(XPROTECT[1], off).gives(RULE, "fail");
    Mac::healthy().without(XPROTECT[1]).gives(RULE, "unknown");
    let older = Mac::healthy().without(XPROTECT[0]).without(XPROTECT[1]);
    older.version("14.8.9", "23J631").gives(RULE, "unknown");
}

#[test]
fn each_door_to_the_network_is_told_apart() {
    const RULE: &str = "remote-access";
    let on = |service: &str| format!("system/{service} = {{\n    state = not running\n}}\n");
    let ssh = || Mac::healthy().says(SSHD, &on("com.openssh.sshd"));
    ssh().gives(RULE, "fail");
    ssh().without(SMBD).gives(RULE, "fail");
    Mac::healthy().without(SSHD).gives(RULE, "unknown");
    Mac::healthy().hangs(SSHD, "").gives(RULE, "unknown");
    Mac::healthy().with(SSHD, Some(1), "").gives(RULE, "unknown");
    Mac::healthy().says(SSHD, "").gives(RULE, "unknown");
    // File sharing is reported and not judged.
    Mac::healthy().says(SMBD, &on("com.apple.smbd")).gives(RULE, "pass");
    Mac::healthy().without(SMBD).gives(RULE, "pass");
    let flag = json!({"path": MANAGEMENT, "present": true});
    Mac::healthy().file(MANAGEMENT, flag).gives(RULE, "fail");
}

#[test]
fn each_way_in_without_a_password_is_told_apart() {
    let settings = |keys: &str| {
        let text = plist(&format!("<dict>{keys}</dict>"));
        Mac::healthy().file(LOGINWINDOW, json!({"path": LOGINWINDOW, "text": text}))
    };
    let named = "<key>autoLoginUser</key><string>sam</string>";
    settings("").gives("auto-login", "pass");
    settings(named).gives("auto-login", "fail");
    let kept = json!({"path": PASSWORD, "present": true});
    settings("").file(PASSWORD, kept).gives("auto-login", "fail");
    settings("").gives("guest-account", "pass");
    settings("<key>GuestEnabled</key><integer>1</integer>").gives("guest-account", "fail");
    settings("<key>GuestEnabled</key><string>x</string>").gives("guest-account", "unknown");
    for entry in [
        json!({"path": LOGINWINDOW, "present": true}),
        json!({"path": LOGINWINDOW, "text": "bplist00"}),
    ] {
        let mac = Mac::healthy().file(LOGINWINDOW, entry);
        mac.gives("auto-login", "unknown");
        mac.gives("guest-account", "unknown");
    }
}

#[test]
fn each_fact_for_information_is_told_apart() {
    let admins = |names: &str| {
        let command = &["/usr/bin/dscl", ".", "-read", "/Groups/admin", "GroupMembership"];
        Mac::healthy().says(command, &format!("GroupMembership: {names}\n"))
    };
    admins("root itadmin sam").gives("local-admins", "pass");
    admins("root a b c").gives("local-admins", "fail");
    admins("").gives("local-admins", "unknown");
    let enrolled = |words: &str| {
        let command = &["/usr/bin/profiles", "status", "-type", "enrollment"];
        Mac::healthy().says(command, &format!("MDM enrollment: {words}\n"))
    };
    enrolled("Yes (User Approved)").gives("mdm-enrollment", "pass");
    enrolled("Yes").gives("mdm-enrollment", "fail");
    enrolled("No").gives("mdm-enrollment", "fail");
    enrolled("Perhaps").gives("mdm-enrollment", "unknown");
    Mac::healthy().gives("password-manager", "pass");
    Mac::healthy().gives("disk-space", "unknown");
    Mac::healthy().gives("endpoint-protection", "unknown");
    Mac::healthy().gives("vpn-client", "unknown");
    Mac::healthy().gives("activation-lock", "unknown");
}
