//! Every known answer about the firewall, and many that are not.

use proptest::prelude::*;

use super::*;
use crate::checks::fixture::{self, Mac, evidence, mutated, plist, text_field, unknown};
use crate::host::Answer;

const STATE: &str = "/usr/libexec/ApplicationFirewall/socketfilterfw --getglobalstate";
const STEALTH_MODE: &str = "/usr/libexec/ApplicationFirewall/socketfilterfw --getstealthmode";
const BLOCKING: &str = "/usr/libexec/ApplicationFirewall/socketfilterfw --getblockall";
const SYSTEM_PROFILER: &str = "/usr/sbin/system_profiler -json SPFirewallDataType";

/// Macs whose observations carry every field and every word.
pub(super) fn full() -> Vec<Mac> {
    let profile = |state| format!("\"spfirewall_globalstate\": \"spfirewall_globalstate_{state}\"");
    let version = plist("<key>ProductVersion</key><string>14.8.9</string>");
    let old = Mac::new().holds_plist("/System/Library/CoreServices/SystemVersion.plist", &version);
    vec![
        profiler(&profile("allow_all")),
        profiler(&profile("block_all")),
        Mac::new()
            .says(STATE, "Firewall is enabled. (State = 1)\n")
            .says(STEALTH_MODE, "Firewall stealth mode is on\n")
            .says(BLOCKING, "Firewall has block all state set to disabled.\n"),
        old.holds_plist(
            "/Library/Preferences/com.apple.alf.plist",
            &plist("<key>globalstate</key><integer>1</integer>"),
        ),
    ]
}

/// What is observed of the state; the tests of `settings` look at the rest.
#[track_caller]
fn observed(check: &Check, mac: &Mac) -> String {
    let fields = fixture::observed(check, mac);
    let is_state =
        |field: &&str| !field.starts_with("answers_agree=") && *field != "enforced=false";
    fields.split(' ').filter(is_state).collect::<Vec<_>>().join(" ")
}

fn profiler(entry: &str) -> Mac {
    Mac::new().says(
        SYSTEM_PROFILER,
        &format!("{{\"SPFirewallDataType\": [{{\"_name\": \"spfirewall_settings\", {entry}}}]}}\n"),
    )
}

#[test]
fn every_known_state() {
    for (answer, state) in [
        ("Firewall is disabled. (State = 0)\n", "off"),
        ("Firewall is enabled. (State = 1)\n", "on"),
        ("Firewall is enabled. (State = 1)  \r\n", "on"),
        ("Firewall is enabled. (State = 2)\n", "block_all"),
    ] {
        assert_eq!(
            text_field(&CHECK.run(&Mac::new().says(STATE, answer)), "state"),
            state,
            "{answer}"
        );
    }
}

/// The word "enabled" does not occur, and the firewall is at its strictest.
#[test]
fn blocking_everything_is_known_by_its_number() {
    let answer = "Firewall is blocking all non-essential incoming connections. (State = 2)\n";
    assert_eq!(
        observed(&CHECK, &Mac::new().says(STATE, answer)),
        "source=socketfilterfw state=block_all"
    );
    let future = "Firewall is guarding this Mac. (State = 1)\n";
    assert_eq!(observed(&CHECK, &Mac::new().says(STATE, future)), "source=socketfilterfw state=on");
}

#[test]
fn what_is_not_known_is_unknown() {
    for answer in [
        "",
        "Firewall is enabled.\n",
        "Firewall is enabled. (State = 1\n",
        "Firewall is enabled. (State = 3)\n",
        "Firewall is enabled. (State = 11)\n",
        "Firewall is enabled. (State = )\n",
        "Firewall is enabled. (State %#)*Q&^= 0)\nFirewall stealth mode is off\n",
        "Firewall is enabled. (State %#)*Q&^= 0)\nFirewall is enabled. (State = 1)\n",
        "firewall is enabled. (state = 1)\n",
        "Firewall is disabled. (State = 1)\n",
        "Firewall is enabled. (State = 0)\n",
        "Firewall is disabled. (State = 0)\nFirewall is enabled. (State = 1)\n",
        "Firewall settings cannot be modified from command line on managed Mac computers\n",
        "usage: socketfilterfw [-h] [--getglobalstate] [--setglobalstate on | off]\n",
    ] {
        assert_eq!(
            unknown(&CHECK, &Mac::new().says(STATE, answer)),
            "not-understood",
            "{answer:?}"
        );
    }
    let failed = Mac::new().ends(STATE, 1, "Firewall is enabled. (State = 1)\n");
    assert_eq!(unknown(&CHECK, &failed), "exit-status");
    assert_eq!(unknown(&CHECK, &Mac::new().answers(STATE, Answer::TimedOut)), "timed-out");
}

#[test]
fn stealth_and_blocking_are_read_in_both_wordings() {
    for (stealth, blocking, fields) in [
        (
            "Stealth mode enabled\n",
            "Block all ENABLED!\n",
            "block_all=true source=socketfilterfw state=on stealth=true",
        ),
        (
            "Stealth mode disabled\n",
            "Block all DISABLED! \n",
            "block_all=false source=socketfilterfw state=on stealth=false",
        ),
        (
            "Firewall stealth mode is on\n",
            "Firewall has block all state set to enabled.\n",
            "block_all=true source=socketfilterfw state=on stealth=true",
        ),
        (
            "Firewall stealth mode is off\n",
            "Firewall has block all state set to disabled.\n",
            "block_all=false source=socketfilterfw state=on stealth=false",
        ),
        ("usage: socketfilterfw [-h]\n", "", "source=socketfilterfw state=on"),
    ] {
        let mac = Mac::new()
            .says(STATE, "Firewall is enabled. (State = 1)\n")
            .says(STEALTH_MODE, stealth)
            .says(BLOCKING, blocking);
        assert_eq!(observed(&CHECK, &mac), fields);
    }
}

#[test]
fn the_profiler_is_asked_only_without_a_state() {
    let on = "\"spfirewall_globalstate\": \"spfirewall_globalstate_limit_connections\"";
    let both = profiler(on).says(STATE, "Firewall is disabled. (State = 0)\n");
    assert_eq!(observed(&CHECK, &both), "source=socketfilterfw state=off");
    let one = profiler(on).says(STATE, "odd");
    assert_eq!(observed(&CHECK, &one), "block_all=false source=system_profiler state=on");
}

#[test]
fn every_known_state_of_the_profiler() {
    for (state, fields) in [
        ("allow_all", "block_all=false source=system_profiler state=off stealth=true"),
        ("limit_connections", "block_all=false source=system_profiler state=on stealth=true"),
        ("block_all", "block_all=true source=system_profiler state=block_all stealth=true"),
    ] {
        let mac = profiler(&format!(
            "\"spfirewall_applications\": {{\"com.example.secret\": \"spfirewall_allow_all\"}}, \
             \"spfirewall_globalstate\": \"spfirewall_globalstate_{state}\", \
             \"spfirewall_stealthenabled\": \"Yes\""
        ));
        assert_eq!(observed(&CHECK, &mac), fields);
        // Which applications a person has is nobody's business.
        assert_eq!(evidence(&CHECK.run(&mac))[0], format!("spfirewall_globalstate_{state}"));
    }
}

#[test]
fn a_profile_that_is_not_known_is_unknown() {
    for entry in [
        "\"spfirewall_globalstate\": \"spfirewall_globalstate_new\"",
        "\"spfirewall_globalstate\": 1",
        "\"spfirewall_stealthenabled\": \"Yes\"",
        "\"spfirewall_globalstate\": \"spfirewall_globalstate_block_all\"}, {\"spfirewall_globalstate\": \"spfirewall_globalstate_allow_all\"",
    ] {
        assert_eq!(unknown(&CHECK, &profiler(entry)), "missing", "{entry}");
    }
    for answer in ["", "{}", "[]", "{\"SPFirewallDataType\": []}", "{\"SPFirewallDataType\": ["] {
        assert_eq!(
            unknown(&CHECK, &Mac::new().says(SYSTEM_PROFILER, answer)),
            "missing",
            "{answer}"
        );
    }
}

/// A display text, so in another language it says nothing.
#[test]
fn stealth_in_another_language_is_left_out() {
    let mac = profiler(
        "\"spfirewall_globalstate\": \"spfirewall_globalstate_block_all\", \"spfirewall_stealthenabled\": \"Ja\"",
    );
    assert_eq!(observed(&CHECK, &mac), "block_all=true source=system_profiler state=block_all");
}

const KNOWN: &[&str] = &[
    "Firewall is disabled. (State = 0)\n",
    "Firewall is enabled. (State = 1)\n",
    "Firewall is enabled. (State = 2)\n",
    "Firewall is blocking all non-essential incoming connections. (State = 2)\n",
    "Firewall stealth mode is on\n",
    "Firewall is enabled. (State %#)*Q&^= 0)\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// A state that is on needs one whole line with its number, and no other
    /// line that speaks of a state.
    #[test]
    fn only_a_whole_line_is_on(answer in mutated(KNOWN)) {
        let is_on = matches!(state(&answer), Some(State::On | State::BlockAll));
        let mut lines = answer.lines().map(str::trim).filter(|line| line.contains("State"));
        let whole = |line: &str| {
            line.starts_with("Firewall is ")
                && (line.ends_with(". (State = 1)") || line.ends_with(". (State = 2)") || line.ends_with(" (State = 1)") || line.ends_with(" (State = 2)"))
        };
        let should = lines.clone().count() > 0 && lines.all(whole);
        prop_assert!(!is_on || should, "{:?}", answer);
    }
}
