//! Every known answer of `csrutil`, and many that are not.

use proptest::prelude::*;

use super::*;
use crate::checks::fixture::{Mac, mutated, observed, unknown};
use crate::host::Answer;

const STATUS: &str = "/usr/bin/csrutil status";
const ENABLED: &str = "System Integrity Protection status: enabled.\n";
const DISABLED: &str = "System Integrity Protection status: disabled.\n";
/// Most parts of the list below still say "enabled".
const CUSTOM: &str = "System Integrity Protection status: unknown (Custom Configuration).\n\n\
    Configuration:\n\tApple Internal: disabled\n\tKext Signing: enabled\n\
    \tFilesystem Protections: disabled\n\tDTrace Restrictions: enabled\n\n\
    This is an unsupported configuration, likely to break in the future.\n";

pub(super) fn full() -> Vec<Mac> {
    [ENABLED, DISABLED, CUSTOM].map(|answer| Mac::new().says(STATUS, answer)).into()
}

#[test]
fn every_known_answer() {
    for (answer, state) in [
        (ENABLED, "enabled"),
        ("System Integrity Protection status: enabled.\r\n", "enabled"),
        ("\n  System Integrity Protection status: enabled.  \n\n", "enabled"),
        (
            "System Integrity Protection status: enabled.\nSystem Integrity Protection status: enabled.",
            "enabled",
        ),
        (DISABLED, "disabled"),
        ("System Integrity Protection status: disabled (Apple Internal).\n", "disabled"),
        (CUSTOM, "custom"),
        ("System Integrity Protection status: enabled (Custom Configuration).\n", "custom"),
    ] {
        let seen = observed(&CHECK, &Mac::new().says(STATUS, answer));
        assert_eq!(seen, format!("state={state}"), "{answer}");
    }
}

#[test]
fn what_is_not_known_is_unknown() {
    for answer in [
        "",
        "enabled.\n",
        "System Integrity Protection status: enabled\n",
        "System Integrity Protection status: Enabled.\n",
        "System Integrity Protection status: enabled (Apple Internal).\n",
        "System Integrity Protection status: unknown.\n",
        "Status des Systemintegritätsschutzes: aktiviert.\n",
        "System Integrity Protection status: enabled.\nSystem Integrity Protection status: disabled.\n",
        "System Integrity Protection status: enabled.\n\nConfiguration:\n\tKext Signing: disabled\n",
        "csrutil: This tool needs to be executed from Recovery OS.\n",
        "usage: csrutil <command>\n",
    ] {
        let mac = Mac::new().says(STATUS, answer);
        assert_eq!(unknown(&CHECK, &mac), "not-understood", "{answer:?}");
    }
    assert_eq!(unknown(&CHECK, &Mac::new().answers(STATUS, Answer::TimedOut)), "timed-out");
}

/// A tool that fails may have said good news too early, but no bad ones.
#[test]
fn a_failing_tool_is_believed_only_in_bad_news() {
    assert_eq!(unknown(&CHECK, &Mac::new().ends(STATUS, 1, ENABLED)), "exit-status");
    assert_eq!(observed(&CHECK, &Mac::new().ends(STATUS, 1, DISABLED)), "state=disabled");
}

const KNOWN: &[&str] = &[ENABLED, DISABLED, CUSTOM];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn enabled_is_said_alone_and_whole_or_not_at_all(answer in mutated(KNOWN)) {
        let said: Vec<&str> =
            answer.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let whole = |line: &&str| {
            line.split_once(':').is_some_and(|(name, value)| {
                name == "System Integrity Protection status" && value.trim() == "enabled."
            })
        };
        // A line that says less than the status says nothing against it.
        let beside = |line: &&str| line.starts_with("System Integrity") && !line.starts_with("System Integrity Protection status:");
        let should = said.iter().any(whole) && said.iter().all(|line| whole(line) || beside(line));
        prop_assert_eq!(State::parse(&answer) == Some(State::Enabled), should, "{:?}", answer);
    }
}
