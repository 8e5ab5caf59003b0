//! Every known answer about FileVault, and many that are not.

use proptest::prelude::*;

use super::*;
use crate::checks::fixture;
use crate::checks::fixture::{Mac, evidence, mutated, text_field, unknown};
use crate::host::Answer;

const STATUS: &str = "/usr/bin/fdesetup status";
const INFO: &str = "/usr/sbin/diskutil info -plist /";
const MODEL: &str = "/usr/sbin/sysctl -n hw.model";

/// Macs whose observations carry every field and every word.
pub(super) fn full() -> Vec<Mac> {
    let answers = [
        "FileVault is On.\n",
        "FileVault is On.\nEncryption in progress: Percent completed = 12.5\n",
        "FileVault is Off.\nDecryption in progress: Percent completed = 35\n",
        "FileVault is Off.\nDeferred enablement appears to be active.\n",
        "FileVault is Off, but will be enabled after the next restart.\n",
    ];
    let macs = answers.iter().map(|answer| {
        status(answer)
            .says("/usr/bin/fdesetup list", "sam,85632A00-1234-4000-8000-00000000A001\n")
            .says("/usr/bin/fdesetup haspersonalrecoverykey", "true\n")
    });
    macs.chain(
        [false, true]
            .map(|is_on| Mac::new().says(INFO, &info_says(is_on)).says(MODEL, "Mac15,12\n")),
    )
    .collect()
}

fn status(answer: &str) -> Mac {
    Mac::new().says(STATUS, answer)
}

/// What is observed of the state; the tests of `keys` look at the rest.
#[track_caller]
fn observed(check: &Check, mac: &Mac) -> String {
    let fields = fixture::observed(check, mac);
    let rest = ["enforced=false", "escrow_profile=false", "recovery_key_file=false"];
    fields.split(' ').filter(|field| !rest.contains(field)).collect::<Vec<_>>().join(" ")
}

fn info(keys: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n<dict>\n\
         <key>Encryption</key><true/>\n{keys}</dict>\n</plist>\n"
    )
}

fn info_says(is_on: bool) -> String {
    info(&format!("<key>FileVault</key><{is_on}/>\n"))
}

#[track_caller]
fn assert_state(answer: &str, expected: &str) {
    let fields = observed(&CHECK, &status(answer));
    let expected = format!("{expected} ");
    let without_keys = fields
        .replace("institutional_key=false ", "")
        .replace("source=fdesetup ", "")
        .replace("state=", "");
    // `percent` sorts before `state`, `stalled` after `source`.
    assert_eq!(format!("{without_keys} "), expected, "{answer:?}");
}

#[test]
fn every_known_answer() {
    for (answer, state) in [
        ("FileVault is On.\n", "stalled", "on"),
        ("FileVault is On.  \r\n", "", "on"),
        ("\n  FileVault is On.\n\n", "", "on"),
        ("FileVault is Off.\n", "", "off"),
        ("FileVault is Off.\r\n", "", "off"),
    ]
    .map(|(answer, _, state)| (answer, state))
    {
        assert_state(answer, state);
    }
    for (answer, state) in [
        (
            "FileVault is On.\nEncryption in progress: Percent completed = 42\n",
            "percent=42 stalled=false encrypting",
        ),
        (
            "FileVault is On.\nEncryption in progress: Percent completed = 12.5\n",
            "percent=12 stalled=false encrypting",
        ),
        (
            "FileVault is On.\nEncryption in progress: Percent completed = 43.2%\n",
            "percent=43 stalled=false encrypting",
        ),
        (
            "FileVault is On.\nEncryption in progress: Percent completed = 100\n",
            "percent=100 stalled=false encrypting",
        ),
        ("FileVault is On.\nEncryption in progress: Percent completed = 250\n", "encrypting"),
        ("FileVault is On.\nEncryption in progress: Percent completed = NaN\n", "encrypting"),
        ("FileVault is On.\r\nEncryption in progress: Pending\r\n", "stalled=true encrypting"),
        ("FileVault is On.\nEncryption in progress: Paused.\n", "stalled=true encrypting"),
        ("FileVault is On.\nEncryption in progress: who knows\n", "encrypting"),
        (
            "FileVault is Off.\nEncryption in progress: Percent completed = 1\n",
            "percent=1 stalled=false encrypting",
        ),
    ] {
        let fields = observed(&CHECK, &status(answer));
        let expected = format!("institutional_key=false {state}");
        let (rest, state) = expected.rsplit_once(' ').unwrap();
        let mut parts: Vec<&str> = rest.split(' ').collect();
        let state = format!("state={state}");
        parts.extend(["source=fdesetup", state.as_str()]);
        parts.sort_unstable();
        assert_eq!(fields, parts.join(" "), "{answer:?}");
    }
}

#[test]
fn decrypting_wins_whatever_the_first_line_says() {
    for first in [
        "FileVault is On.",
        "FileVault is Off.",
        "FileVault is On, but needs to be restarted to finish.",
        "Error: odd.",
    ] {
        let answer = format!("{first}\nDecryption in progress: Percent completed = 35\n");
        assert_state(&answer, "percent=35 decrypting");
    }
    assert_state("Decryption in progress: Pending\nFileVault is On.\n", "decrypting");
}

#[test]
fn deferred_is_not_on_and_its_user_stays_on_the_mac() {
    let mac =
        status("FileVault is Off.\nDeferred enablement appears to be active for user 'jdoe'.\n");
    let reading = CHECK.run(&mac);
    assert_eq!(text_field(&reading, "state"), "deferred");
    assert_eq!(
        evidence(&reading)[0],
        "FileVault is Off.\nDeferred enablement appears to be active for user 'NAME'."
    );
    assert_state("FileVault is Off.\nDeferred enablement appears to be active.\n", "deferred");
    assert_state("FileVault is On.\nDeferred enablement appears to be active.\n", "deferred");
}

#[test]
fn every_form_of_a_pending_restart() {
    for answer in [
        "FileVault is Off, but will be enabled after the next restart.",
        "FileVault is Off, but needs to be restarted to finish.",
        "FileVault is On, but needs to be restarted to finish.",
        "FileVault is On, but will be disabled after the next restart.",
    ] {
        assert_state(answer, "restart_pending");
    }
}

#[test]
fn a_master_keychain_is_noted_wherever_its_line_stands() {
    let keychain = "FileVault master keychain appears to be installed.";
    for answer in
        [format!("FileVault is On.\n{keychain}\n"), format!("{keychain}\nFileVault is On.\n")]
    {
        assert_eq!(
            observed(&CHECK, &status(&answer)),
            "institutional_key=true source=fdesetup state=on"
        );
    }
    assert_eq!(unknown(&CHECK, &status(keychain)), "not-understood");
}

#[test]
fn what_is_not_known_is_unknown() {
    for answer in [
        "",
        "\n",
        "FileVault is On",
        "filevault is on.",
        "FileVault is On!",
        "FileVault is On. ok",
        "Error: FileVault is On.",
        "FileVault is On.\nFileVault is Off.",
        "FileVault is On.\nFileVault is On.",
        "FileVault is On.\nSomething new.",
        "FileVault is Off.\nSomething new.",
        "FileVault is On, but nobody knows why.",
        "true",
        "FileVaultXis On.",
        "FileVault is On.\nEncryption in progress",
    ] {
        assert_eq!(unknown(&CHECK, &status(answer)), "not-understood", "{answer:?}");
    }
}

#[test]
fn a_failing_tool_can_bring_bad_news_but_no_good_ones() {
    let ends = |exit, answer| Mac::new().ends(STATUS, exit, answer);
    assert_eq!(unknown(&CHECK, &ends(137, "FileVault is On.\n")), "exit-status");
    assert_eq!(unknown(&CHECK, &ends(99, "")), "exit-status");
    assert_eq!(text_field(&CHECK.run(&ends(1, "FileVault is Off.\n")), "state"), "off");
    assert_eq!(unknown(&CHECK, &Mac::new().answers(STATUS, Answer::TimedOut)), "timed-out");
}

#[test]
fn diskutil_is_asked_only_without_an_answer() {
    let both = |answer| {
        Mac::new().says(STATUS, answer).says(INFO, &info_says(true)).says(MODEL, "Mac15,12\n")
    };
    assert_eq!(text_field(&CHECK.run(&both("FileVault is Off.\n")), "state"), "off");
    assert_eq!(observed(&CHECK, &both("odd")), "source=diskutil state=on");
}

#[test]
fn diskutil_says_off_on_every_mac_and_on_only_for_apple_silicon() {
    let mac = |is_on, model: &str| Mac::new().says(INFO, &info_says(is_on)).says(MODEL, model);
    assert_eq!(observed(&CHECK, &mac(false, "iMac19,1\n")), "source=diskutil state=off");
    assert_eq!(
        observed(&CHECK, &Mac::new().says(INFO, &info_says(false))),
        "source=diskutil state=off"
    );
    assert_eq!(observed(&CHECK, &mac(true, "VirtualMac2,1\n")), "source=diskutil state=on");
    for model in ["iMac19,1\n", "MacBookPro16,1\n", "VMware7,1\n", "FutureMac1,1\n", ""] {
        assert_eq!(unknown(&CHECK, &mac(true, model)), "missing", "{model}");
    }
    assert_eq!(unknown(&CHECK, &Mac::new().says(INFO, &info_says(true))), "missing");
}

/// The classic false pass: every disk of Apple silicon is encrypted.
#[test]
fn an_encrypted_disk_is_not_filevault() {
    let mac = Mac::new().says(INFO, &info("")).says(MODEL, "Mac15,12\n");
    assert_eq!(unknown(&CHECK, &mac), "missing");
    let odd = info("<key>FileVault</key><string>Yes</string>");
    assert_eq!(unknown(&CHECK, &Mac::new().says(INFO, &odd).says(MODEL, "Mac15,12\n")), "missing");
    let failed = Mac::new().ends(INFO, 1, &info_says(true)).says(MODEL, "Mac15,12\n");
    assert_eq!(unknown(&CHECK, &failed), "missing");
}

const KNOWN: &[&str] = &[
    "FileVault is On.\n",
    "FileVault is Off.\n",
    "FileVault is On.\nEncryption in progress: Percent completed = 42\n",
    "FileVault is On.\nDecryption in progress: Percent completed = 35\n",
    "FileVault is Off.\nDeferred enablement appears to be active for user 'jdoe'.\n",
    "FileVault is On, but needs to be restarted to finish.\n",
    "FileVault master keychain appears to be installed.\nFileVault is On.\n",
    "Error: FileVault is On.\n",
];

proptest! {
    /// Nothing but the plain word, alone or with the keychain's line, is on.
    #[test]
    fn only_the_plain_word_is_on(answer in mutated(KNOWN)) {
        let lines: Vec<&str> = answer
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && *line != "FileVault master keychain appears to be installed.")
            .collect();
        let is_on = Status::parse(&answer).is_some_and(|status| status.state == State::On);
        prop_assert_eq!(is_on, lines == ["FileVault is On."], "{:?}", answer);
    }
}
