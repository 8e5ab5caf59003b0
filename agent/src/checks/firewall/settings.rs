//! The firewall in files: its settings of old, and what a profile enforces.

use super::{Firewall, State, Tool};
use crate::checks::inquiry::Inquiry;
use crate::checks::managed::Managed;
use crate::checks::os;
use crate::property_list;

const SETTINGS: &str = "/Library/Preferences/com.apple.alf.plist";
/// The last version on which the file is what the firewall goes by.
const LAST: u32 = 14;
const DOMAIN: &str = "com.apple.security.firewall";

/// The state in the file, where that still counts.
pub(super) fn ask(inquiry: &mut Inquiry<'_>) -> Option<Firewall> {
    if os::major(inquiry).ok()? > LAST {
        return None;
    }
    let settings = property_list::dictionary(&inquiry.read(SETTINGS).ok()?)?;
    let number = property_list::whole(settings.get("globalstate")?)?;
    let state = match number {
        0 => State::Off,
        1 => State::On,
        2 => State::BlockAll,
        _ => return None,
    };
    inquiry.matched(&format!("globalstate {number}"));
    let stealth = settings.get("stealthenabled").and_then(property_list::flag);
    let block_all = Some(state == State::BlockAll);
    Some(Firewall { state, stealth, block_all, source: Tool::AlfPlist })
}

/// Whether a profile turns the firewall on; without one nothing does.
pub(super) fn ask_enforced(inquiry: &mut Inquiry<'_>) -> Option<bool> {
    let profile = Managed::read(inquiry, DOMAIN, None).ok()?;
    match profile.get("EnableFirewall") {
        Some(_) => profile.flag("EnableFirewall"),
        None => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::super::CHECK;
    use super::*;
    use crate::checks::fixture::{Mac, observed, plist, unknown};
    use crate::host::FileAnswer;

    const STATE: &str = "/usr/libexec/ApplicationFirewall/socketfilterfw --getglobalstate";
    const PROFILE: &str = "/Library/Managed Preferences/com.apple.security.firewall.plist";

    fn mac(version: &str, keys: &str) -> Mac {
        let version = format!("<key>ProductVersion</key><string>{version}</string>");
        Mac::new()
            .holds_plist("/System/Library/CoreServices/SystemVersion.plist", &plist(&version))
            .holds_plist(SETTINGS, &plist(keys))
    }

    #[test]
    fn up_to_14_the_file_tells_what_no_tool_told() {
        for (state, fields) in [
            (
                0,
                "answers_agree=true block_all=false enforced=false source=alf_plist state=off stealth=true",
            ),
            (
                1,
                "answers_agree=true block_all=false enforced=false source=alf_plist state=on stealth=true",
            ),
            (
                2,
                "answers_agree=true block_all=true enforced=false source=alf_plist state=block_all stealth=true",
            ),
        ] {
            let keys = format!(
                "<key>globalstate</key><integer>{state}</integer>\
                 <key>stealthenabled</key><integer>1</integer>"
            );
            for version in ["12.7.6", "13.7.8", "14.8.9"] {
                assert_eq!(observed(&CHECK, &mac(version, &keys)), fields);
            }
        }
        for keys in
            ["", "<key>globalstate</key><integer>3</integer>", "<key>globalstate</key><true/>"]
        {
            assert_eq!(unknown(&CHECK, &mac("14.8.9", keys)), "missing", "{keys}");
        }
        let on = "<key>globalstate</key><integer>1</integer>";
        let told = mac("14.8.9", on).says(STATE, "Firewall is disabled. (State = 0)\n");
        assert!(observed(&CHECK, &told).contains("source=socketfilterfw state=off"));
    }

    #[test]
    fn an_absent_file_and_an_absent_key_of_settings_are_unknown() {
        let version = plist("<key>ProductVersion</key><string>14.8.9</string>");
        let without_file =
            Mac::new().holds_plist("/System/Library/CoreServices/SystemVersion.plist", &version);
        assert_eq!(unknown(&CHECK, &without_file), "missing");
        let stealth = "<key>stealthenabled</key><integer>1</integer>";
        assert_eq!(unknown(&CHECK, &mac("14.8.9", stealth)), "missing");
    }

    #[test]
    fn an_absent_profile_and_an_absent_key_enforce_nothing() {
        let off = || Mac::new().says(STATE, "Firewall is disabled. (State = 0)\n");
        assert!(observed(&CHECK, &off()).contains("enforced=false"));
        let other = plist("<key>AllowSigned</key><true/>");
        assert!(observed(&CHECK, &off().holds_plist(PROFILE, &other)).contains("enforced=false"));
    }

    #[test]
    fn from_15_on_the_file_is_a_leftover() {
        let on = "<key>globalstate</key><integer>1</integer>";
        for version in ["15.0", "15.7.9", "26.6.2", "27.0"] {
            assert_eq!(unknown(&CHECK, &mac(version, on)), "missing", "{version}");
        }
        let without_version = Mac::new().holds_plist(SETTINGS, &plist(on));
        assert_eq!(unknown(&CHECK, &without_version), "missing");
    }

    #[test]
    fn what_a_profile_enforces_stands_beside_what_is() {
        let on = || Mac::new().says(STATE, "Firewall is disabled. (State = 0)\n");
        assert_eq!(observed(&CHECK, &on()), "enforced=false source=socketfilterfw state=off");
        for (keys, shown) in [
            ("<key>EnableFirewall</key><true/>", "enforced=true "),
            ("<key>EnableFirewall</key><false/>", "enforced=false "),
            ("<key>EnableStealthMode</key><true/>", "enforced=false "),
            ("<key>EnableFirewall</key><string>maybe</string>", ""),
        ] {
            let mac = on().holds_plist(PROFILE, &plist(keys));
            assert_eq!(observed(&CHECK, &mac), format!("{shown}source=socketfilterfw state=off"));
        }
        let refused = on().holds(PROFILE, FileAnswer::Refused);
        assert_eq!(observed(&CHECK, &refused), "source=socketfilterfw state=off");
    }

    #[test]
    fn answers_that_contradict_each_other_are_marked() {
        let mac = |state: &str, blocking: &str| {
            Mac::new()
                .says(STATE, state)
                .says("/usr/libexec/ApplicationFirewall/socketfilterfw --getblockall", blocking)
        };
        let on = "Firewall is enabled. (State = 1)\n";
        let blocks = "Firewall has block all state set to enabled.\n";
        assert!(observed(&CHECK, &mac(on, blocks)).contains("answers_agree=false"));
        assert!(
            observed(&CHECK, &mac("Firewall is enabled. (State = 2)\n", blocks))
                .contains("answers_agree=true")
        );
        assert!(!observed(&CHECK, &mac(on, "usage:")).contains("answers_agree"));
    }
}
