//! What is left of an answer before its names are replaced.
//!
//! Some answers hold far more than a check reads: lists of apps, of shares, of
//! accounts. Each of these is cut down to what the checks read.

use plist::{Dictionary, Value};

/// Cuts an answer down; nothing when it has another form than the known one.
type Cut = fn(&str) -> Option<String>;

/// What to keep of the answer of a program, told by the start of its command.
const ANSWERS: &[(&str, Cut)] = &[
    ("/usr/sbin/ioreg", platform_device),
    ("/usr/sbin/system_profiler", without_apps),
    ("/sbin/mount", own_volumes),
    ("/usr/bin/stat", console),
];

/// The keys to keep of a property list, told by a part of its path.
const FILES: &[(&str, &[&str])] = &[
    (
        "/com.apple.SoftwareUpdate.plist",
        &[
            "AutomaticCheckEnabled",
            "AutomaticDownload",
            "AutomaticallyInstallMacOSUpdates",
            "AutomaticallyInstallAppUpdates",
            "CriticalUpdateInstall",
            "ConfigDataInstall",
            "FirstOfferDateDictionary",
            "RecommendedUpdates",
        ],
    ),
    ("/com.apple.commerce.plist", &["AutoUpdate"]),
    // The user's own holds the folder of the pictures that are shown.
    ("/com.apple.screensaver.", &["idleTime", "askForPassword", "askForPasswordDelay"]),
    ("/Contents/Info.plist", &["CFBundleIdentifier", "CFBundleShortVersionString"]),
    (
        "/com.apple.loginwindow.plist",
        &[
            "autoLoginUser",
            "GuestEnabled",
            "SHOWFULLNAME",
            "RetriesUntilHint",
            "DisableFDEAutoLogin",
            "com.apple.login.mcx.DisableAutoLoginClient",
        ],
    ),
];

/// The answer of `command`, cut down; all of it when nothing is known to be
/// in it, or when it has another form than the one that is known.
pub(super) fn answer(command: &str, text: &str) -> String {
    let cut = ANSWERS.iter().find(|(start, _)| command.starts_with(start));
    cut.and_then(|(_, cut)| cut(text)).unwrap_or_else(|| text.to_owned())
}

/// The property list at `path`, cut down.
pub(super) fn file(path: &str, value: Value) -> Value {
    if path.ends_with("/SystemExtensions/db.plist") {
        return extensions(value);
    }
    match (FILES.iter().find(|(part, _)| path.contains(part)), value) {
        (Some((_, keys)), Value::Dictionary(all)) => Value::Dictionary(only(all, keys)),
        (_, value) => value,
    }
}

/// System extensions without the apps that brought them.
fn extensions(value: Value) -> Value {
    const KEYS: &[&str] = &["categories", "identifier", "state", "teamID"];
    let Value::Dictionary(all) = value else { return value };
    let mut kept = only(all, &["extensions"]);
    if let Some(Value::Array(entries)) = kept.get_mut("extensions") {
        for entry in entries {
            if let Value::Dictionary(keys) = entry {
                *keys = only(std::mem::take(keys), KEYS);
            }
        }
    }
    Value::Dictionary(kept)
}

fn only(all: Dictionary, keys: &[&str]) -> Dictionary {
    all.into_iter().filter(|(key, _)| keys.contains(&key.as_str())).collect()
}

fn platform_device(text: &str) -> Option<String> {
    const KEYS: &[&str] =
        &["IOObjectClass", "IOPlatformSerialNumber", "IOPlatformUUID", "manufacturer", "model"];
    let list = crate::property_list::parse(text.trim().as_bytes())?.into_array()?;
    let devices = list.into_iter().filter_map(Value::into_dictionary);
    let devices = devices.map(|device| Value::Dictionary(only(device, KEYS))).collect();
    xml(&Value::Array(devices))
}

/// The profile of the firewall names apps, that of the hardware the Mac.
fn without_apps(text: &str) -> Option<String> {
    let mut report: serde_json::Value = serde_json::from_str(text).ok()?;
    for (kind, list) in report.as_object_mut()? {
        let is_hardware = kind == "SPHardwareDataType";
        for entry in list.as_array_mut()? {
            let entry = entry.as_object_mut()?;
            entry.remove("spfirewall_applications");
            if is_hardware {
                entry.retain(|key, _| ["_name", "activation_lock_status"].contains(&key.as_str()));
            }
        }
    }
    Some(format!("{report:#}\n"))
}

/// Shares and disk images name servers, people and projects.
fn own_volumes(text: &str) -> Option<String> {
    let own = |line: &&str| line.contains(" on / ") || line.starts_with("devfs ");
    let own: Vec<&str> = text.lines().filter(own).collect();
    (!own.is_empty()).then(|| own.join("\n") + "\n")
}

/// The number of an account may come from a directory.
fn console(text: &str) -> Option<String> {
    let (name, uid) = text.trim().rsplit_once(' ')?;
    let uid: u32 = uid.parse().ok()?;
    let uid = if uid >= 501 { 501 } else { uid };
    Some(format!("{name} {uid}\n"))
}

/// A property list as text.
pub(super) fn xml(value: &Value) -> Option<String> {
    let mut bytes = Vec::new();
    value.to_writer_xml(&mut bytes).ok()?;
    String::from_utf8(bytes).ok().map(|text| text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_apps_shares_and_properties_are_cut() {
        let mount =
            "/dev/disk3s1s1 on / (apfs, sealed)\n//sam@nas/plans on /Volumes/plans (smbfs)\n";
        assert_eq!(answer("/sbin/mount", mount), "/dev/disk3s1s1 on / (apfs, sealed)\n");
        assert_eq!(answer("/usr/bin/stat -f x", "sam 1987654321\n"), "sam 501\n");
        assert_eq!(answer("/usr/bin/stat -f x", "root 0\n"), "root 0\n");
        let profile = "{\"SPFirewallDataType\": [{\"_name\": \"a\", \"spfirewall_applications\": {\"Secret.app\": \"x\"}}]}";
        let cut = answer("/usr/sbin/system_profiler -json SPFirewallDataType", profile);
        assert!(cut.contains("_name") && !cut.contains("Secret"), "{cut}");
        let hardware = "{\"SPHardwareDataType\": [{\"_name\": \"a\", \"provisioning_UDID\": \"00006000-1\", \"activation_lock_status\": \"x\"}]}";
        let cut = answer("/usr/sbin/system_profiler -json SPHardwareDataType", hardware);
        assert!(cut.contains("activation_lock_status") && !cut.contains("00006000"), "{cut}");
        let device = "<?xml version=\"1.0\"?>\n<plist version=\"1.0\"><array><dict><key>IOPlatformUUID</key><string>U</string><key>mlb-serial-number</key><data>QUJD</data></dict></array></plist>";
        let cut = answer("/usr/sbin/ioreg -ard1 -c IOPlatformExpertDevice", device);
        assert!(cut.contains("IOPlatformUUID") && !cut.contains("mlb"), "{cut}");
    }

    #[test]
    fn an_extension_is_kept_without_its_app() {
        let list = "<?xml version=\"1.0\"?>\n<plist version=\"1.0\"><dict><key>extensions</key><array><dict><key>state</key><string>activated_enabled</string><key>originPath</key><string>/Applications/Secret.app</string></dict></array></dict></plist>";
        let list = crate::property_list::parse(list.as_bytes()).unwrap();
        let cut = xml(&file("/Library/SystemExtensions/db.plist", list)).unwrap();
        assert!(cut.contains("activated_enabled") && !cut.contains("Secret"), "{cut}");
    }

    #[test]
    fn an_answer_of_another_form_is_kept_to_be_understood() {
        for command in ["/usr/sbin/ioreg x", "/usr/sbin/system_profiler x", "/usr/bin/stat x"] {
            assert_eq!(answer(command, "something new"), "something new");
        }
    }

    #[test]
    fn only_known_keys_of_a_preference_file_are_kept() {
        let file_of = |keys: &[&str]| {
            Value::Dictionary(
                keys.iter().map(|key| ((*key).to_owned(), Value::Boolean(true))).collect(),
            )
        };
        let path = "/Library/Preferences/com.apple.loginwindow.plist";
        let all = file_of(&["GuestEnabled", "lastUserName"]);
        assert_eq!(file(path, all.clone()), file_of(&["GuestEnabled"]));
        assert_eq!(file("/Library/Preferences/other.plist", all.clone()), all);
    }
}
