//! A healthy Mac with one answer changed: what `check` then says.

use serde_json::{Value, json};

use crate::{checked, finding, json as read, recording};

const FDESETUP: &[&str] = &["/usr/bin/fdesetup", "status"];
const DISKUTIL: &[&str] = &["/usr/sbin/diskutil", "info", "-plist", "/"];
const PWPOLICY: &[&str] = &["/usr/bin/pwpolicy", "-getaccountpolicies"];
const FIREWALL: &[&str] = &["/usr/libexec/ApplicationFirewall/socketfilterfw", "--getglobalstate"];
const PROFILER: &[&str] = &["/usr/sbin/system_profiler", "-json", "SPFirewallDataType"];
const MODEL: &[&str] = &["/usr/sbin/sysctl", "-n", "hw.model"];
const EXTRA: &[&str] = &["/usr/bin/sw_vers", "-productVersionExtra"];
const SYSTEM_VERSION: &str = "/System/Library/CoreServices/SystemVersion.plist";

mod protections;

/// A healthy Mac, to be changed.
struct Mac(Value);

impl Mac {
    fn healthy() -> Self {
        Self(read(&recording("m3-26.6.2-managed")))
    }

    fn without(mut self, argv: &[&str]) -> Self {
        let commands = self.0["commands"].as_array_mut().unwrap();
        commands.retain(|command| command["argv"] != json!(argv));
        self
    }

    fn with(self, argv: &[&str], exit: Option<i32>, stdout: &str) -> Self {
        let mut mac = self.without(argv);
        let timed_out = exit.is_none();
        mac.0["commands"].as_array_mut().unwrap().push(json!({
            "argv": argv, "exit": exit, "stdout": stdout, "stderr": "", "timed_out": timed_out
        }));
        mac
    }

    fn says(self, argv: &[&str], stdout: &str) -> Self {
        self.with(argv, Some(0), stdout)
    }

    fn hangs(self, argv: &[&str], stdout: &str) -> Self {
        self.with(argv, None, stdout)
    }

    fn file(mut self, path: &str, entry: Value) -> Self {
        let files = self.0["files"].as_array_mut().unwrap();
        files.retain(|file| file["path"] != path);
        files.push(entry);
        self
    }

    fn version(self, version: &str, build: &str) -> Self {
        let text = plist(&format!(
            "<dict><key>ProductName</key><string>macOS</string>\
             <key>ProductVersion</key><string>{version}</string>\
             <key>ProductBuildVersion</key><string>{build}</string></dict>"
        ));
        self.file(SYSTEM_VERSION, json!({"path": SYSTEM_VERSION, "text": text}))
    }

    #[track_caller]
    fn gives(&self, rule: &str, status: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recording.json");
        std::fs::write(&path, self.0.to_string()).unwrap();
        let (document, _) = checked(&path);
        let finding = finding(&document, rule);
        assert_eq!(finding["status"], status, "{finding}");
    }
}

fn plist(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n{body}\n</plist>\n"
    )
}

fn rules(patterns: &[&str]) -> String {
    let rules: Vec<String> = patterns
        .iter()
        .map(|pattern| {
            format!("<dict><key>policyContent</key><string>policyAttributePassword matches '{pattern}'</string></dict>")
        })
        .collect();
    let rules = rules.concat();
    let list = plist(&format!(
        "<dict><key>policyCategoryPasswordContent</key><array>{rules}</array></dict>"
    ));
    format!("Getting global account policies\n{list}")
}

#[test]
fn each_answer_about_filevault_is_told_apart() {
    for (answer, status) in [
        ("FileVault is On.\r\n", "pass"),
        ("FileVault is On.   \n\n", "pass"),
        ("FileVault master keychain appears to be installed.\nFileVault is On.\n", "pass"),
        ("FileVault is Off.\n", "fail"),
        ("FileVault is On.\nEncryption in progress: Pending\n", "fail"),
        ("FileVault is On.\nEncryption in progress: Percent completed = 99.9\n", "fail"),
        ("FileVault is On.\nDecryption in progress: Percent completed = 1\n", "fail"),
        ("FileVault is Off.\nDeferred enablement appears to be active.\n", "fail"),
        ("FileVault is On, but needs to be restarted to finish.\n", "fail"),
        ("FileVault is Off, but will be enabled after the next restart.\n", "fail"),
        ("FileVault is On\n", "unknown"),
        ("FileVault is On.\nFileVault is Off.\n", "unknown"),
        ("Error: Unable to tell.\n", "unknown"),
        ("", "unknown"),
    ] {
        Mac::healthy().says(FDESETUP, answer).gives("disk-encryption", status);
    }
    Mac::healthy().hangs(FDESETUP, "FileVault is On.\n").gives("disk-encryption", "unknown");
    Mac::healthy()
        .with(FDESETUP, Some(137), "FileVault is On.\n")
        .gives("disk-encryption", "unknown");
    Mac::healthy().without(FDESETUP).gives("disk-encryption", "unknown");
}

#[test]
fn filevault_by_diskutil() {
    for (model, key, status) in [
        ("Mac15,12", "<key>FileVault</key><true/>", "pass"),
        ("VirtualMac2,1", "<key>FileVault</key><true/>", "pass"),
        ("MacBookPro16,1", "<key>FileVault</key><true/>", "unknown"),
        ("Odd1,1", "<key>FileVault</key><true/>", "unknown"),
        ("MacBookPro16,1", "<key>FileVault</key><false/>", "fail"),
        ("Mac15,12", "<key>Encryption</key><true/>", "unknown"),
    ] {
        let info = plist(&format!("<dict>{key}</dict>"));
        Mac::healthy()
            .with(FDESETUP, Some(99), "")
            .says(DISKUTIL, &info)
            .says(MODEL, &format!("{model}\n"))
            .gives("disk-encryption", status);
    }
}

#[test]
fn each_password_policy_is_told_apart() {
    for (answer, status) in [
        (rules(&[".{8,}"]), "pass"),
        (rules(&["^.{8,}$"]), "pass"),
        (rules(&[".{8,64}"]), "pass"),
        (rules(&[" .{ 8 , } "]), "pass"),
        (rules(&[".{4,}+", ".{12,}+"]), "pass"),
        (rules(&["^$|.{4,}+", ".{8,}"]), "pass"),
        (rules(&["(.*[0-9].*){1,}+", ".{4,}+"]), "fail"),
        (rules(&["^$|.{8,}+"]), "fail"),
        (rules(&[".{7,}"]), "fail"),
        (rules(&[]), "fail"),
        (rules(&["(.)\\1{9}"]), "unknown"),
        (rules(&["(.)\\1{9}", ".{8,}"]), "pass"),
        (format!("Getting global account policies\n{}", plist("<dict/>")), "fail"),
        ("No global account policies have been set.\n".to_owned(), "fail"),
        (String::new(), "unknown"),
        ("Getting global account policies\n".to_owned(), "unknown"),
        (rules(&[".{8,}"]).replace("</plist>", ""), "unknown"),
    ] {
        Mac::healthy().says(PWPOLICY, &answer).gives("password-policy", status);
    }
    Mac::healthy().with(PWPOLICY, Some(1), &rules(&[".{8,}"])).gives("password-policy", "unknown");
    Mac::healthy().hangs(PWPOLICY, "").gives("password-policy", "unknown");
}

#[test]
fn each_answer_about_the_firewall_is_told_apart() {
    for (answer, status) in [
        ("Firewall is enabled. (State = 1)\r\n", "pass"),
        ("Firewall is enabled. (State = 2)\n", "pass"),
        ("Firewall is blocking all non-essential incoming connections. (State = 2)\n", "pass"),
        ("Firewall is disabled. (State = 0)\n", "fail"),
        ("Firewall is enabled. (State = 3)\n", "unknown"),
        ("Firewall is enabled.\n", "unknown"),
        (
            "Firewall settings cannot be modified from command line on managed Mac computers\n",
            "unknown",
        ),
    ] {
        Mac::healthy().says(FIREWALL, answer).gives("firewall", status);
    }
    for (state, status) in [
        ("spfirewall_globalstate_block_all", "pass"),
        ("spfirewall_globalstate_limit_connections", "pass"),
        ("spfirewall_globalstate_allow_all", "fail"),
        ("spfirewall_globalstate_else", "unknown"),
    ] {
        let answer = json!({"SPFirewallDataType": [{"spfirewall_globalstate": state}]}).to_string();
        Mac::healthy().hangs(FIREWALL, "").says(PROFILER, &answer).gives("firewall", status);
    }
}

#[test]
fn each_version_is_held_against_the_catalogue() {
    for (version, build, status) in [
        ("26.6.2", "25G83", "pass"),
        ("12.7.6", "21H1320", "fail"),
        ("26.99", "25Z999", "unknown"),
        ("26.6.2", "25G5083a", "unknown"),
        ("16.0", "25A354", "unknown"),
        ("26", "25A354", "unknown"),
        ("26.6.2", "build", "unknown"),
    ] {
        Mac::healthy().version(version, build).gives("os-patch-level", status);
    }
    Mac::healthy().without(EXTRA).gives("os-patch-level", "pass");
    let refused = json!({"path": SYSTEM_VERSION, "present": true});
    Mac::healthy().file(SYSTEM_VERSION, refused).gives("os-patch-level", "unknown");
}

const LOCK: &[&str] = &[
    "/bin/launchctl",
    "asuser",
    "501",
    "/usr/bin/sudo",
    "-u",
    "sam",
    "-n",
    "/usr/sbin/sysadminctl",
    "-screenLock",
    "status",
];
const CONSOLE: &[&str] = &["/usr/bin/stat", "-f", "%Su %u", "/dev/console"];
const PMSET: &[&str] = &["/usr/bin/pmset", "-g", "custom"];
const SAVER: &str = "/Library/Managed Preferences/com.apple.screensaver.plist";

#[test]
fn each_way_to_lock_is_told_apart() {
    let locks = |words: &str| {
        let mut mac = Mac::healthy().without(LOCK);
        let stderr = format!("2026-08-23 09:00:00.615 sysadminctl[1:2] screenLock {words}\n");
        mac.0["commands"].as_array_mut().unwrap().push(json!({
            "argv": LOCK, "exit": 0, "stdout": "", "stderr": stderr, "timed_out": false
        }));
        mac
    };
    for (words, status) in [
        ("delay is immediate", "pass"),
        ("delay is 300 seconds", "pass"),
        ("delay is 301 seconds", "fail"),
        ("delay is 28800 seconds", "fail"),
        ("is off", "fail"),
        ("is on", "unknown"),
        ("delay ist sofort", "unknown"),
    ] {
        locks(words).gives("screen-lock", status);
    }
    let never = "AC Power:\n displaysleep 0\n";
    locks("delay is immediate").says(PMSET, never).gives("screen-lock", "fail");
    locks("delay is immediate").without(PMSET).gives("screen-lock", "unknown");
    Mac::healthy().hangs(LOCK, "").gives("screen-lock", "unknown");
    // Standard output is not where the tool answers.
    Mac::healthy().says(LOCK, "screenLock delay is immediate\n").gives("screen-lock", "unknown");
    let profile =
        |keys: &str| json!({"path": SAVER, "text": plist(&format!("<dict>{keys}</dict>"))});
    let whole = "<key>idleTime</key><integer>600</integer><key>askForPasswordDelay</key><integer>5</integer>";
    Mac::healthy().hangs(LOCK, "").file(SAVER, profile(whole)).gives("screen-lock", "pass");
    let nobody = || Mac::healthy().says(CONSOLE, "root 0\n");
    nobody().gives("screen-lock", "unknown");
    nobody().file(SAVER, profile(whole)).gives("screen-lock", "pass");
    nobody().file(SAVER, profile(&whole.replace("600", "1200"))).gives("screen-lock", "pass");
    nobody().file(SAVER, profile(&whole.replace(">5<", ">900<"))).gives("screen-lock", "fail");
    let not_asked = profile("<key>askForPassword</key><false/>");
    Mac::healthy().file(SAVER, not_asked).gives("screen-lock", "fail");
}

#[test]
fn each_place_of_update_settings_is_told_apart() {
    const RULE: &str = "automatic-updates";
    const SETTINGS: &str = "/Library/Preferences/com.apple.SoftwareUpdate.plist";
    const DECLARED: &str = "/var/db/softwareupdate/SoftwareUpdateDDMStatePersistence.plist";
    let settings =
        |keys: &str| json!({"path": SETTINGS, "text": plist(&format!("<dict>{keys}</dict>"))});
    let declared = |keys: &str| {
        let text = plist(&format!(
            "<dict><key>SUCorePersistedStatePolicyFields</key><dict>\
             <key>SUCoreDDMDeclarationGlobalSettings</key><dict>{keys}</dict></dict></dict>"
        ));
        json!({"path": DECLARED, "text": text})
    };
    let always = "<key>automaticallyDownload</key><integer>1</integer>\
                  <key>automaticallyInstallSystemAndSecurityUpdates</key><integer>1</integer>";
    let off = "<key>ConfigDataInstall</key><string>NO</string>";
    Mac::healthy().file(SETTINGS, settings("")).gives(RULE, "pass");
    Mac::healthy().file(SETTINGS, settings(off)).gives(RULE, "fail");
    Mac::healthy()
        .file(SETTINGS, settings(off))
        .file(DECLARED, declared(always))
        .gives(RULE, "pass");
    Mac::healthy()
        .file(SETTINGS, json!({"path": SETTINGS, "present": true}))
        .gives(RULE, "unknown");
    let newest = || Mac::healthy().version("27.0", "26A428");
    newest().gives(RULE, "unknown");
    newest().file(DECLARED, declared(always)).gives(RULE, "pass");
    newest().file(DECLARED, declared(&always.replacen('1', "0", 1))).gives(RULE, "fail");
    newest().file(DECLARED, declared(&always.replacen('1', "2", 1))).gives(RULE, "unknown");
}
