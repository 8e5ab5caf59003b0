//! Every known form of a version, and many that are not.

use proptest::prelude::*;

use super::*;
use crate::checks::fixture::{Mac, mutated, observed, unknown};
use crate::host::{Answer, FileAnswer};

const SUFFIX: &str = "/usr/bin/sw_vers -productVersionExtra";

/// Macs whose observations carry every field.
pub(super) fn full() -> Vec<Mac> {
    let offers = "<?xml version=\"1.0\"?>\n<plist version=\"1.0\"><dict>\
        <key>FirstOfferDateDictionary</key><dict><key>MSU_UPDATE_25G229_patch_26.7_minor</key>\
        <date>2026-09-15T01:36:31Z</date></dict></dict></plist>";
    let declared = "<?xml version=\"1.0\"?>\n<plist version=\"1.0\"><dict>\
        <key>SUCorePersistedStatePolicyFields</key><dict><key>Declarations</key><dict>\
        <key>org.example.a</key><dict><key>TargetOSVersion</key><string>26.7</string>\
        <key>TargetLocalDateTime</key><string>2026-10-01T12:00:00</string></dict>\
        </dict></dict></dict></plist>";
    let waits = mac("26.6.2", "25G83", "\n")
        .holds_plist("/Library/Preferences/com.apple.SoftwareUpdate.plist", offers)
        .holds_plist(crate::checks::declared::FILE, declared);
    vec![waits]
}

fn plist(keys: &[(&str, &str)]) -> String {
    let keys: Vec<String> = keys
        .iter()
        .map(|(key, value)| format!("<key>{key}</key><string>{value}</string>\n"))
        .collect();
    let keys = keys.concat();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n<dict>\n{keys}</dict>\n</plist>\n"
    )
}

fn file(text: &str) -> Mac {
    Mac::new().holds(SYSTEM_VERSION, FileAnswer::Bytes(text.into()))
}

fn mac(version: &str, build: &str, extra: &str) -> Mac {
    file(&plist(&[
        ("ProductName", "macOS"),
        ("ProductVersion", version),
        ("ProductBuildVersion", build),
    ]))
    .says(SUFFIX, extra)
}

#[test]
fn every_known_form_of_a_version() {
    for (version, build, extra, fields) in [
        ("26.6.2", "25G83", "\n", "beta=false build=25G83 extra= version=26.6.2"),
        ("15.7.9", "24G830", "", "beta=false build=24G830 extra= version=15.7.9"),
        ("27.0", "26A428", "\r\n", "beta=false build=26A428 extra= version=27.0"),
        ("26.3.1", "25D2128", "(a)\n", "beta=false build=25D2128 extra=(a) version=26.3.1"),
        ("26.3.1", "25D771280a", "(a)\n", "beta=false build=25D771280a extra=(a) version=26.3.1"),
        ("13.3", "22E5236f", "\n", "beta=true build=22E5236f extra= version=13.3"),
        ("27.0", "26A5279m", "\n", "beta=true build=26A5279m extra= version=27.0"),
        ("10.15.7", "19H15", "", "beta=false build=19H15 extra= version=10.15.7"),
    ] {
        assert_eq!(observed(&CHECK, &mac(version, build, extra)), fields);
    }
}

/// Without the suffix, a beta and an improvement look alike.
#[test]
fn a_suffix_that_nobody_told_is_left_out() {
    let system = |version, build| {
        file(&plist(&[("ProductVersion", version), ("ProductBuildVersion", build)]))
    };
    assert_eq!(
        observed(&CHECK, &system("26.6.2", "25G83")),
        "beta=false build=25G83 version=26.6.2"
    );
    assert_eq!(
        observed(&CHECK, &system("26.6.2", "25G771280a")),
        "build=25G771280a version=26.6.2"
    );
    for mac in [
        system("26.6.2", "25G83").says(SUFFIX, "usage: sw_vers [--help]\n"),
        system("26.6.2", "25G83").ends(SUFFIX, 1, "\n"),
        system("26.6.2", "25G83").answers(SUFFIX, Answer::TimedOut),
    ] {
        assert_eq!(observed(&CHECK, &mac), "beta=false build=25G83 version=26.6.2");
    }
}

#[test]
fn before_macos_13_3_there_was_no_suffix() {
    let mac = |version, build| mac(version, build, "").ends(SUFFIX, 1, "");
    assert_eq!(
        observed(&CHECK, &mac("12.7.6", "21H1320")),
        "beta=false build=21H1320 extra= version=12.7.6"
    );
    assert_eq!(
        observed(&CHECK, &mac("13.2.1", "22D5038i")),
        "beta=true build=22D5038i extra= version=13.2.1"
    );
    assert_eq!(observed(&CHECK, &mac("13.3", "22E252")), "beta=false build=22E252 version=13.3");
}

#[test]
fn a_missing_build_is_left_out() {
    let mac = file(&plist(&[("ProductVersion", "26.6.2")])).says(SUFFIX, "\n");
    assert_eq!(observed(&CHECK, &mac), "extra= version=26.6.2");
}

#[test]
fn what_cannot_be_a_version_is_unknown() {
    for version in [
        "", "26", "26.", ".6", "26.6.2.1", "26.6 (a)", "v26.6", "26,6", "26.6b", "-26.6", "16.0",
        "25.1", "9.2", "100.1", "26.1000", "２６.6",
    ] {
        assert_eq!(unknown(&CHECK, &mac(version, "25G83", "\n")), "not-understood", "{version}");
    }
    for build in
        ["", "25", "G83", "25G", "25g83", "25G83aa", "25GG83", "25G12345678", "2555G1", "25G8 3"]
    {
        assert_eq!(unknown(&CHECK, &mac("26.6.2", build, "\n")), "not-understood", "{build}");
    }
    let phone = plist(&[("ProductName", "iPhone OS"), ("ProductVersion", "26.6")]);
    assert_eq!(unknown(&CHECK, &file(&phone)), "not-understood");
}

/// `defaults` and some tools write the version as a number: 26.10 would be 26.1.
#[test]
fn a_version_that_is_a_number_is_not_believed() {
    let number =
        plist(&[]).replace("<dict>\n", "<dict>\n<key>ProductVersion</key><real>26.1</real>\n");
    assert_eq!(unknown(&CHECK, &file(&number)), "not-understood");
}

#[test]
fn a_file_that_is_not_there_or_broken_is_unknown() {
    assert_eq!(unknown(&CHECK, &Mac::new().says(SUFFIX, "\n")), "missing");
    let refused = Mac::new().holds(SYSTEM_VERSION, FileAnswer::Refused);
    assert_eq!(unknown(&CHECK, &refused), "permission-denied");
    for text in [
        "",
        "ProductVersion: 26.6.2",
        "<plist>",
        &plist(&[]),
        &plist(&[("ProductVersion", "26.6.2")])[..90],
    ] {
        assert_eq!(unknown(&CHECK, &file(text)), "not-understood", "{text}");
    }
}

static KNOWN: &[&str] = &[
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n<dict>\n<key>ProductBuildVersion</key>\n<string>25G83</string>\n<key>ProductName</key>\n<string>macOS</string>\n<key>ProductVersion</key>\n<string>26.6.2</string>\n</dict>\n</plist>\n",
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n<dict>\n<key>ProductBuildVersion</key>\n<string>24G830</string>\n<key>ProductName</key>\n<string>macOS</string>\n<key>ProductVersion</key>\n<string>15.7.9</string>\n</dict>\n</plist>\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// A version is only taken from where it stands whole.
    #[test]
    fn only_a_whole_version_is_read(answer in mutated(KNOWN)) {
        if let Some((version, _)) = installed(answer.as_bytes()) {
            // XML lets a tag end in a space, and space around a version is cut.
            let answer: String = answer.chars().filter(|any| !any.is_whitespace()).collect();
            prop_assert!(answer.contains(&format!("<string>{version}</string>")) , "{:?}", answer);
        }
    }
}
