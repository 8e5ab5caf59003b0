//! Every place where updates are set, and many that say nothing.

use proptest::prelude::*;

use super::*;
use crate::checks::declared::FILE as DECLARED;
use crate::checks::fixture::{Mac, evidence, mutated, observed, plist, unknown};
use crate::host::FileAnswer;

const SYSTEM_VERSION: &str = "/System/Library/CoreServices/SystemVersion.plist";
const PROFILE: &str = "/Library/Managed Preferences/com.apple.SoftwareUpdate.plist";
const KEYS: [&str; 5] = [
    "AutomaticCheckEnabled",
    "AutomaticDownload",
    "AutomaticallyInstallMacOSUpdates",
    "CriticalUpdateInstall",
    "ConfigDataInstall",
];
const ALL_ON: &str = "<key>automaticallyCheck</key><true/>\
    <key>automaticallyDownload</key><integer>1</integer>\
    <key>automaticallyInstallOSUpdates</key><integer>1</integer>\
    <key>automaticallyInstallSystemAndSecurityUpdates</key><integer>1</integer>\
    <key>enableRapidSecurityResponse</key><true/>\
    <key>recommendationCadence</key><integer>0</integer>";

/// Macs whose observations carry every field and every word.
pub(super) fn full() -> Vec<Mac> {
    let store = |value: &str| plist(&format!("<key>AutoUpdate</key>{value}"));
    let apps = format!("{}<key>AutomaticallyInstallAppUpdates</key><true/>", all("<true/>"));
    vec![
        mac("15.7.9")
            .holds_plist(LOCAL, &plist(&all("<true/>")))
            .holds_plist(STORE, &store("<true/>")),
        mac("15.7.9").holds_plist(LOCAL, &plist("")).holds_plist(PROFILE, &plist(&apps)),
        mac("26.6.2").holds_plist(LOCAL, &plist("")),
        mac("27.0").holds_plist(DECLARED, &declared(ALL_ON)),
    ]
}

fn mac(version: &str) -> Mac {
    let keys = format!(
        "<key>ProductName</key><string>macOS</string><key>ProductVersion</key><string>{version}</string>"
    );
    Mac::new().holds_plist(SYSTEM_VERSION, &plist(&keys))
}

fn all(value: &str) -> String {
    KEYS.map(|key| format!("<key>{key}</key>{value}")).concat()
}

fn declared(keys: &str) -> String {
    plist(&format!(
        "<key>SUCorePersistedStatePolicyFields</key><dict>\
         <key>Declarations</key><dict/>\
         <key>SUCoreDDMDeclarationGlobalSettings</key><dict>{keys}</dict></dict>"
    ))
}

/// The switches without where they are set, in the order of their names.
#[track_caller]
fn switches(mac: &Mac) -> String {
    let fields = observed(&CHECK, mac);
    let shown = fields
        .split(' ')
        .filter(|field| !field.contains("_source=") && !field.starts_with("enforced"));
    shown.collect::<Vec<_>>().join(" ")
}

const ON: &str =
    "check=true download=true install_macos=true security_responses=true system_data=true";

#[test]
fn up_to_26_the_settings_tell() {
    for version in ["12.7.6", "13.7.8", "14.8.9", "15.7.9", "26.6.2"] {
        for (value, flag) in [
            ("<true/>", "true"),
            ("<integer>1</integer>", "true"),
            ("<string>YES</string>", "true"),
            ("<real>1</real>", "true"),
            ("<false/>", "false"),
            ("<integer>0</integer>", "false"),
            ("<string>NO</string>", "false"),
        ] {
            let mac = mac(version).holds_plist(LOCAL, &plist(&all(value)));
            assert_eq!(switches(&mac), ON.replace("true", flag), "{version} {value}");
            assert!(observed(&CHECK, &mac).contains("enforced=false"));
        }
    }
}

/// Only for macOS itself the default is not known.
#[test]
fn an_absent_key_means_the_default() {
    let mac =
        mac("26.5.2").holds_plist(LOCAL, &plist("<key>LastResultCode</key><integer>2</integer>"));
    assert_eq!(
        observed(&CHECK, &mac),
        "check=true check_source=default download=true download_source=default enforced=false \
         security_responses=true security_responses_source=default system_data=true \
         system_data_source=default"
    );
}

#[test]
fn an_absent_file_of_settings_is_unknown() {
    for version in ["12.7.6", "15.7.9", "26.6.2"] {
        assert_eq!(unknown(&CHECK, &mac(version)), "missing", "{version}");
        let refused = mac(version).holds(LOCAL, FileAnswer::Refused);
        assert_eq!(unknown(&CHECK, &refused), "permission-denied");
        let broken = mac(version).holds_plist(LOCAL, &plist(&all("<true/>"))[..120]);
        assert_eq!(unknown(&CHECK, &broken), "not-understood");
    }
}

#[test]
fn an_absent_version_is_unknown() {
    let mac = Mac::new().holds_plist(LOCAL, &plist(&all("<true/>")));
    assert_eq!(unknown(&CHECK, &mac), "missing");
}

#[test]
fn an_absent_profile_enforces_nothing_and_one_that_is_there_comes_first() {
    let local = || mac("15.7.9").holds_plist(LOCAL, &plist(&all("<false/>")));
    assert!(observed(&CHECK, &local()).contains("enforced=false"));
    let enforced = local().holds_plist(PROFILE, &plist(&all("<true/>")));
    assert_eq!(switches(&enforced), ON);
    assert!(observed(&CHECK, &enforced).contains("enforced=true"));
    // What is enforced to be off is not what is asked for.
    let off = local().holds_plist(PROFILE, &plist(&all("<false/>")));
    assert!(observed(&CHECK, &off).contains("enforced=false"));
    // A profile can tell what the settings cannot.
    assert_eq!(switches(&mac("15.7.9").holds_plist(PROFILE, &plist(&all("<true/>")))), ON);
    let part = plist("<key>AutomaticDownload</key><true/>");
    assert_eq!(switches(&mac("15.7.9").holds_plist(PROFILE, &part)), "download=true");
    assert_eq!(unknown(&CHECK, &local().holds_plist(PROFILE, "odd")), "not-understood");
}

#[test]
fn on_26_a_declaration_comes_before_all_else() {
    let local = |value: &str| {
        mac("26.6.2")
            .holds_plist(LOCAL, &plist(&all(value)))
            .holds_plist(PROFILE, &plist(&all(value)))
    };
    assert_eq!(switches(&local("<false/>").holds_plist(DECLARED, &declared(ALL_ON))), ON);
    let off = declared("<key>automaticallyDownload</key><integer>0</integer>");
    assert!(switches(&local("<true/>").holds_plist(DECLARED, &off)).contains("download=false"));
    // Left to the person.
    let open = declared("<key>automaticallyDownload</key><integer>2</integer>");
    assert_eq!(switches(&local("<true/>").holds_plist(DECLARED, &open)), ON);
    assert_eq!(switches(&local("<true/>").holds_plist(DECLARED, &plist(""))), ON);
    let odd = declared("<key>automaticallyDownload</key><string>maybe</string>");
    assert!(!switches(&local("<true/>").holds_plist(DECLARED, &odd)).contains("download="));
    let broken = local("<true/>").holds_plist(DECLARED, "bplist00");
    assert_eq!(unknown(&CHECK, &broken), "not-understood");
}

/// An upgraded Mac still has the file of before, which no longer counts.
#[test]
fn on_27_only_a_declaration_counts_and_an_absent_one_is_unknown() {
    let stale = || {
        mac("27.0")
            .holds_plist(LOCAL, &plist(&all("<true/>")))
            .holds_plist(PROFILE, &plist(&all("<true/>")))
    };
    assert_eq!(unknown(&CHECK, &stale()), "not-readable-here");
    assert_eq!(unknown(&CHECK, &stale().holds_plist(DECLARED, &declared(""))), "not-readable-here");
    let mac = stale().holds_plist(DECLARED, &declared(ALL_ON));
    assert_eq!(switches(&mac), ON);
    assert!(observed(&CHECK, &mac).contains("enforced=true"));
    assert_eq!(evidence(&CHECK.run(&mac)).len(), 2);
    let refused = stale().holds(DECLARED, FileAnswer::Refused);
    assert_eq!(unknown(&CHECK, &refused), "permission-denied");
}

#[test]
fn on_27_what_a_declaration_leaves_open_is_left_out() {
    let only = |keys: &str| switches(&mac("27.0").holds_plist(DECLARED, &declared(keys)));
    let download = "<key>automaticallyDownload</key><integer>1</integer>";
    assert_eq!(only(download), "check=true download=true");
    assert_eq!(only(&download.replace('1', "2")), "");
    assert_eq!(only(&download.replace('1', "0")), "download=false");
    let both = "<key>automaticallyInstallSystemAndSecurityUpdates</key><integer>1</integer>";
    assert_eq!(only(both), "security_responses=true system_data=true");
    let without = format!("{both}<key>enableRapidSecurityResponse</key><false/>");
    assert_eq!(only(&without), "security_responses=false system_data=true");
    assert_eq!(only("<key>automaticallyCheck</key><false/>"), "check=false");
}

#[test]
fn a_value_in_an_odd_form_is_left_out() {
    for value in [
        "<integer>2</integer>",
        "<string>maybe</string>",
        "<array/>",
        "<integer>-1</integer>",
        "<real>0.5</real>",
        "<data>AQ==</data>",
    ] {
        let mac = mac("15.7.9")
            .holds_plist(LOCAL, &plist(&format!("<key>AutomaticDownload</key>{value}")));
        assert!(!switches(&mac).contains("download="), "{value}");
    }
}

#[test]
fn evidence_holds_the_switches_and_no_offers() {
    let keys = format!(
        "{}<key>RecommendedUpdates</key><array/><key>CatalogURL</key><string>https://updates.company.example/</string>",
        all("<true/>")
    );
    let reading = CHECK.run(&mac("15.7.9").holds_plist(LOCAL, &plist(&keys)));
    let told = evidence(&reading).join("\n");
    assert!(told.contains("AutomaticDownload true") && !told.contains("company"), "{told}");
}

static KNOWN: &[&str] = &[
    "<?xml version=\"1.0\"?>\n<plist version=\"1.0\">\n<dict>\n<key>AutomaticCheckEnabled</key>\n<true/>\n<key>AutomaticDownload</key>\n<true/>\n<key>CriticalUpdateInstall</key>\n<true/>\n<key>ConfigDataInstall</key>\n<true/>\n</dict>\n</plist>\n",
    "<?xml version=\"1.0\"?>\n<plist version=\"1.0\">\n<dict>\n<key>AutomaticDownload</key>\n<false/>\n<key>ConfigDataInstall</key>\n<integer>0</integer>\n</dict>\n</plist>\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Whatever happens to a profile, it enforces only what stands in it whole.
    #[test]
    fn nothing_is_enforced_that_is_not_there(answer in mutated(KNOWN)) {
        let reading = CHECK.run(&mac("15.7.9").holds_plist(PROFILE, &answer));
        for (field, key) in ["check", "download"].into_iter().zip(KEYS) {
            if reading.fields.get(field) == Some(&FieldValue::Flag(true)) {
                prop_assert!(answer.contains(&format!("<key>{key}</key")) || answer.contains(&format!("<key >{key}</key")), "{answer:?}");
                prop_assert!(answer.contains("<true") || answer.contains(">1<"), "{answer:?}");
            }
        }
    }
}
