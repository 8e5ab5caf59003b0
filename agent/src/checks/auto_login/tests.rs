//! Automatic login, on and off, in every form its files can take.

use proptest::prelude::*;

use super::*;
use crate::checks::fixture::{Mac, evidence, observed, plist, unknown};
use crate::host::FileAnswer;

const PROFILE: &str = "/Library/Managed Preferences/com.apple.loginwindow.plist";
const NAMED: &str = "<key>autoLoginUser</key><string>jdoe</string>";

pub(super) fn full() -> Vec<Mac> {
    vec![with(""), with(NAMED)]
}

fn with(keys: &str) -> Mac {
    Mac::new().holds_plist(LOGINWINDOW, &plist(keys))
}

#[test]
fn an_absent_key_names_nobody_by_default() {
    let shown = "account_set=false enforced=false password_kept=false source=default";
    assert_eq!(observed(&CHECK, &with("<key>SHOWFULLNAME</key><true/>")), shown);
    assert_eq!(observed(&CHECK, &with("")), shown);
}

#[test]
fn an_absent_file_is_unknown() {
    assert_eq!(unknown(&CHECK, &Mac::new()), "missing");
    let kept = Mac::new().holds(PASSWORD, FileAnswer::Refused);
    assert_eq!(unknown(&CHECK, &kept), "missing");
    let forbidden =
        Mac::new().holds_plist(PROFILE, &plist(&format!("<key>{FORBIDS}</key><true/>")));
    assert_eq!(unknown(&CHECK, &forbidden), "missing");
}

#[test]
fn a_file_that_cannot_be_read_is_unknown() {
    let refused = Mac::new().holds(LOGINWINDOW, FileAnswer::Refused);
    assert_eq!(unknown(&CHECK, &refused), "permission-denied");
    let whole = plist(NAMED);
    for odd in ["", "not a plist", "bplist00", "{}", "[]", "<plist><array/></plist>", &whole[..80]]
    {
        let mac = Mac::new().holds_plist(LOGINWINDOW, odd);
        assert_eq!(unknown(&CHECK, &mac), "not-understood", "{odd}");
    }
    for odd in ["<integer>1</integer>", "<true/>", "<array/>"] {
        let mac = with(&format!("<key>autoLoginUser</key>{odd}"));
        assert_eq!(unknown(&CHECK, &mac), "not-understood", "{odd}");
    }
}

#[test]
fn an_account_and_a_kept_password_are_told_apart() {
    let shown = |mac: &Mac| observed(&CHECK, mac);
    assert_eq!(
        shown(&with(NAMED)),
        "account_set=true enforced=false password_kept=false source=setting"
    );
    assert_eq!(
        shown(&with(NAMED).holds(PASSWORD, FileAnswer::Refused)),
        "account_set=true enforced=false password_kept=true source=setting"
    );
    assert_eq!(
        shown(&with("").holds(PASSWORD, FileAnswer::Refused)),
        "account_set=false enforced=false password_kept=true source=default"
    );
    assert_eq!(
        shown(&with("<key>autoLoginUser</key><string> </string>")),
        "account_set=false enforced=false password_kept=false source=setting"
    );
}

#[test]
fn a_profile_is_told_apart_from_what_it_achieves() {
    let with_profile = |keys: &str| with(NAMED).holds_plist(PROFILE, &plist(keys));
    for (value, enforced) in
        [("<true/>", "enforced=true "), ("<false/>", "enforced=false "), ("<array/>", "")]
    {
        let mac = with_profile(&format!("<key>{FORBIDS}</key>{value}"));
        let shown = format!("account_set=true {enforced}password_kept=false source=setting");
        assert_eq!(observed(&CHECK, &mac), shown);
    }
}

#[test]
fn no_name_and_no_password_leaves_the_mac() {
    let mac = with(NAMED).holds(PASSWORD, FileAnswer::Bytes(b"secret".to_vec()));
    let reading = CHECK.run(&mac);
    assert_eq!(evidence(&reading), ["autoLoginUser: set", "(there, not read)", "(not there)"]);
    // A digest of a few known words and a name is as good as the name.
    assert!(reading.sources.iter().all(|source| source.sha256.is_none()));
    assert!(!serde_json::to_string(&reading).unwrap().contains("jdoe"));
}

proptest! {
    /// What is cut off must not read as a Mac on which nobody was named.
    #[test]
    fn a_cut_file_never_reads_as_off(end in any::<prop::sample::Index>()) {
        let whole = plist(NAMED);
        let cut = &whole[..end.index(whole.trim_end().len())];
        let reading = CHECK.run(&Mac::new().holds_plist(LOGINWINDOW, cut));
        prop_assert_ne!(reading.fields.get("account_set"), Some(&FieldValue::Flag(false)), "{}", cut);
    }

    #[test]
    fn only_an_absent_or_empty_name_is_off(name in "[a-z \t]{0,3}", is_there in any::<bool>()) {
        let keys = format!("<key>autoLoginUser</key><string>{name}</string>");
        let reading = CHECK.run(&with(if is_there { &keys } else { "" }));
        let is_off = reading.fields.get("account_set") == Some(&FieldValue::Flag(false));
        prop_assert_eq!(is_off, !is_there || name.trim().is_empty());
    }
}
