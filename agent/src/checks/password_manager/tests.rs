//! Password managers that are there, and programs that only sound so.

use proptest::prelude::*;

use super::*;
use crate::checks::fixture::{Mac, observed, plist, unknown};
use crate::host::FileAnswer;

const CONSOLE: &str = "/usr/bin/stat -f %Su %u /dev/console";

fn info(identifier: &str) -> String {
    plist(&format!("<key>CFBundleIdentifier</key><string>{identifier}</string>"))
}

fn with_app(mac: Mac, bundle: &str, identifier: &str) -> Mac {
    mac.holds_plist(&format!("{bundle}/Contents/Info.plist"), &info(identifier))
}

/// Sam is in front, and Safari is installed.
fn sams() -> Mac {
    with_app(Mac::new().says(CONSOLE, "sam 501\n"), "/Applications/Safari.app", "com.apple.Safari")
}

pub(super) fn full() -> Vec<Mac> {
    let mac = with_app(sams(), "/Applications/Bitwarden.app", "com.bitwarden.desktop");
    let mac = with_app(mac, "/System/Applications/Passwords.app", "com.apple.Passwords");
    let mac = with_app(mac, "/Applications/Setapp/Strongbox.app", "com.markmcguill.strongbox.mac");
    vec![with_app(mac, "/Users/sam/Applications/KeePassXC.app", "org.keepassxc.keepassxc")]
}

#[test]
fn every_folder_is_looked_into() {
    let all = "count=4 installed=apple-passwords, bitwarden, keepassxc, strongbox";
    assert_eq!(observed(&CHECK, &full()[0]), all);
}

#[test]
fn known_managers_are_found_by_name_and_maker() {
    for (bundle, identifier, id) in [
        ("1Password.app", "com.1password.1password", "1password"),
        ("1Password 7.app", "com.agilebits.onepassword7", "1password"),
        ("Bitwarden.app", "com.bitwarden.desktop", "bitwarden"),
        ("Dashlane.app", "com.dashlane.dashlanephonefinal", "dashlane"),
        ("Enpass.app", "in.sinew.Enpass-Desktop", "enpass"),
        ("KeePassXC.app", "org.keepassxc.keepassxc", "keepassxc"),
        ("Keeper Password Manager.app", "com.keepersecurity.passwordmanager", "keeper"),
        ("LastPass.app", "com.lastpass.LastPass", "lastpass"),
        ("NordPass.app", "com.nordsec.nordpass", "nordpass"),
        ("Proton Pass.app", "me.proton.pass.electron", "proton-pass"),
        ("Strongbox.app", "com.markmcguill.strongbox", "strongbox"),
    ] {
        let mac = with_app(sams(), &format!("/Applications/{bundle}"), identifier);
        assert_eq!(observed(&CHECK, &mac), format!("count=1 installed={id}"), "{bundle}");
    }
}

#[test]
fn a_bundle_of_another_maker_is_not_taken() {
    for identifier in ["com.example.game", "com.1passwords.x", "x.com.1password.", ""] {
        let mac = with_app(sams(), "/Applications/1Password.app", identifier);
        assert_eq!(observed(&CHECK, &mac), "count=0", "{identifier}");
    }
    for name in ["1password.app", "1Password.app.zip", "My 1Password.app", "1Password"] {
        let mac = with_app(sams(), &format!("/Applications/{name}"), "com.1password.1password");
        assert_eq!(observed(&CHECK, &mac), "count=0", "{name}");
    }
}

#[test]
fn an_absent_file_or_key_leaves_the_name_to_tell() {
    const INFO: &str = "/Applications/1Password.app/Contents/Info.plist";
    let found = "count=1 installed=1password";
    for odd in [
        FileAnswer::Refused,
        FileAnswer::Bytes(b"odd".to_vec()),
        FileAnswer::Bytes(plist("").into()),
    ] {
        assert_eq!(observed(&CHECK, &sams().holds(INFO, odd)), found);
    }
    let without = sams().holds("/Applications/1Password.app/Contents/MacOS/x", FileAnswer::Refused);
    assert_eq!(observed(&CHECK, &without), found);
}

#[test]
fn folders_that_cannot_be_listed_are_unknown() {
    assert_eq!(unknown(&CHECK, &Mac::new()), "missing");
    assert_eq!(unknown(&CHECK, &Mac::new().says(CONSOLE, "sam 501\n")), "missing");
}

/// One may lie in the folder of the person who is not there.
#[test]
fn none_is_said_only_when_somebody_is_in_front() {
    let passwords = |console: &str| {
        let mac = Mac::new().says(CONSOLE, console);
        with_app(mac, "/System/Applications/Passwords.app", "com.apple.Passwords")
    };
    assert_eq!(unknown(&CHECK, &passwords("root 0\n")), "no-console-user");
    assert_eq!(unknown(&CHECK, &passwords("odd")), "not-understood");
    assert_eq!(observed(&CHECK, &passwords("sam 501\n")), "count=1 installed=apple-passwords");
    let found = with_app(passwords("root 0\n"), "/Applications/Dashlane.app", "com.dashlane.x");
    assert_eq!(observed(&CHECK, &found), "count=2 installed=apple-passwords, dashlane");
}

#[test]
fn names_of_people_and_other_applications_stay_on_the_mac() {
    let mac = with_app(full().remove(0), "/Applications/Secret Dating.app", "com.example.dating");
    let sent = serde_json::to_string(&CHECK.run(&mac)).unwrap();
    for word in ["sam", "Dating", "dating", "Safari"] {
        assert!(!sent.contains(word), "{word} in {sent}");
    }
}

/// A policy compares whole ids, which are parted by commas.
#[test]
fn ids_are_plain_words_in_order() {
    let plain = |id: &str| {
        id.chars().all(|any| any.is_ascii_lowercase() || any.is_ascii_digit() || any == '-')
    };
    assert!(KNOWN.iter().all(|manager| plain(manager.id)));
    assert!(
        KNOWN
            .windows(2)
            .all(|two| two[0].id < two[1].id || two[1].id == BUILT_IN || two[0].id == BUILT_IN)
    );
}

proptest! {
    #[test]
    fn no_other_name_is_ever_taken(names in prop::collection::vec("[A-Za-z0-9 ]{1,12}(\\.app)?", 0..6)) {
        let mac = names.iter().fold(sams(), |mac, name| {
            with_app(mac, &format!("/Applications/{name}"), "com.1password.1password")
        });
        let taken = names.iter().filter(|name| {
            matches!(name.as_str(), "1Password.app" | "1Password 7.app" | "1Password 8.app")
        });
        let reading = CHECK.run(&mac);
        let count = i64::from(taken.count() > 0);
        prop_assert_eq!(reading.fields.get("count"), Some(&FieldValue::Integer(count)));
    }
}
