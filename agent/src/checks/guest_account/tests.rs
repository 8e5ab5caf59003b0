//! The guest account in every form its settings can take.

use proptest::prelude::*;

use super::*;
use crate::checks::fixture::{Mac, observed, plist, unknown};
use crate::host::FileAnswer;

const PROFILE: &str = "/Library/Managed Preferences/com.apple.MCX.plist";

pub(super) fn full() -> Vec<Mac> {
    vec![
        with(""),
        with("<key>GuestEnabled</key><true/>"),
        with("").holds_plist(PROFILE, &plist("<key>DisableGuestAccount</key><true/>")),
    ]
}

fn with(keys: &str) -> Mac {
    Mac::new().holds_plist(LOGINWINDOW, &plist(keys))
}

#[test]
fn an_absent_key_is_off_by_default() {
    let shown = "enabled=false enforced=false source=default";
    assert_eq!(observed(&CHECK, &with("<key>SHOWFULLNAME</key><true/>")), shown);
}

#[test]
fn an_absent_file_is_unknown() {
    assert_eq!(unknown(&CHECK, &Mac::new()), "missing");
    let forbidden = plist("<key>DisableGuestAccount</key><true/>");
    assert_eq!(unknown(&CHECK, &Mac::new().holds_plist(PROFILE, &forbidden)), "missing");
}

#[test]
fn a_setting_is_read_in_every_form_it_has_had() {
    for (value, is_on) in [
        ("<true/>", true),
        ("<integer>1</integer>", true),
        ("<string>YES</string>", true),
        ("<false/>", false),
        ("<integer>0</integer>", false),
        ("<real>0</real>", false),
    ] {
        let mac = with(&format!("<key>GuestEnabled</key>{value}"));
        let shown = format!("enabled={is_on} enforced=false source=setting");
        assert_eq!(observed(&CHECK, &mac), shown, "{value}");
    }
}

#[test]
fn what_is_not_understood_is_unknown() {
    for value in ["<integer>2</integer>", "<string>peut-être</string>", "<array/>", "<date/>"] {
        let mac = with(&format!("<key>GuestEnabled</key>{value}"));
        assert_eq!(unknown(&CHECK, &mac), "not-understood", "{value}");
    }
    for odd in ["", "not a plist", "bplist00", "{}", "<plist><true/></plist>"] {
        let mac = Mac::new().holds_plist(LOGINWINDOW, odd);
        assert_eq!(unknown(&CHECK, &mac), "not-understood", "{odd}");
    }
    let refused = Mac::new().holds(LOGINWINDOW, FileAnswer::Refused);
    assert_eq!(unknown(&CHECK, &refused), "permission-denied");
}

#[test]
fn a_profile_comes_first_and_is_told_apart() {
    let on = |keys: &str| with("<key>GuestEnabled</key><true/>").holds_plist(PROFILE, &plist(keys));
    for (keys, shown) in [
        ("<key>DisableGuestAccount</key><true/>", "enabled=false enforced=true source=profile"),
        (
            "<key>DisableGuestAccount</key><true/><key>EnableGuestAccount</key><false/>",
            "enabled=false enforced=true source=profile",
        ),
        ("<key>EnableGuestAccount</key><true/>", "enabled=true enforced=false source=profile"),
        (
            "<key>DisableGuestAccount</key><true/><key>EnableGuestAccount</key><true/>",
            "enabled=true enforced=false source=setting",
        ),
        ("<key>dontAllowFDEDisable</key><true/>", "enabled=true enforced=false source=setting"),
        ("<key>DisableGuestAccount</key><array/>", "enabled=true source=setting"),
    ] {
        assert_eq!(observed(&CHECK, &on(keys)), shown, "{keys}");
    }
    let enabled = with("").holds_plist(PROFILE, &plist("<key>EnableGuestAccount</key><true/>"));
    assert_eq!(observed(&CHECK, &enabled), "enabled=true enforced=false source=profile");
    let refused = with("").holds(PROFILE, FileAnswer::Refused);
    assert_eq!(observed(&CHECK, &refused), "enabled=false source=default");
}

proptest! {
    /// What is cut off must not read as a Mac without guests.
    #[test]
    fn a_cut_file_never_reads_as_off(end in any::<prop::sample::Index>()) {
        let whole = plist("<key>GuestEnabled</key><true/>");
        let cut = &whole[..end.index(whole.trim_end().len())];
        let reading = CHECK.run(&Mac::new().holds_plist(LOGINWINDOW, cut));
        prop_assert_ne!(reading.fields.get("enabled"), Some(&FieldValue::Flag(false)), "{}", cut);
    }
}
