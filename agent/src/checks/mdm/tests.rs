//! Every known answer about enrolment, and many that are not.

use proptest::prelude::*;

use super::*;
use crate::checks::fixture::{Mac, evidence, mutated, observed, unknown};
use crate::host::Answer;

const STATUS: &str = "/usr/bin/profiles status -type enrollment";
const APPROVED: &str = "Enrolled via DEP: Yes\nMDM enrollment: Yes (User Approved)\n\
    MDM server: https://mdm.example.com/checkin?token=t0psecret\n";
const NONE: &str = "Enrolled via DEP: No\nMDM enrollment: No\n";

pub(super) fn full() -> Vec<Mac> {
    [APPROVED, NONE, "MDM enrollment: Yes\n"].map(|answer| Mac::new().says(STATUS, answer)).into()
}

#[test]
fn every_known_answer() {
    for (answer, shown) in [
        (APPROVED, "automated=true state=approved"),
        (
            "Enrolled via DEP: No\nMDM enrollment: Yes (User Approved)\n",
            "automated=false state=approved",
        ),
        ("Enrolled via DEP: No\r\nMDM enrollment: Yes\r\n", "automated=false state=not_approved"),
        (NONE, "automated=false state=none"),
        ("MDM enrollment: No\n", "state=none"),
        ("Enrolled via DEP: Maybe\nMDM enrollment: No\n", "state=none"),
    ] {
        assert_eq!(observed(&CHECK, &Mac::new().says(STATUS, answer)), shown, "{answer}");
    }
}

#[test]
fn what_is_not_known_is_unknown() {
    for answer in [
        "",
        "Enrolled via DEP: Yes\n",
        "MDM enrollment:\n",
        "MDM enrollment: yes (user approved)\n",
        "MDM enrollment: Yes (Pending)\n",
        "MDM enrollment: Yes (User Approved)\nMDM enrollment: No\n",
        "MDM-Registrierung: Ja\n",
        "MDM server: https://x/MDM enrollment: Yes (User Approved)\n",
        "profiles: this command requires root privileges\n",
    ] {
        let mac = Mac::new().says(STATUS, answer);
        assert_eq!(unknown(&CHECK, &mac), "not-understood", "{answer:?}");
    }
    assert_eq!(unknown(&CHECK, &Mac::new().ends(STATUS, 1, APPROVED)), "exit-status");
    assert_eq!(unknown(&CHECK, &Mac::new().answers(STATUS, Answer::TimedOut)), "timed-out");
}

#[test]
fn the_server_and_its_secrets_stay_on_the_mac() {
    let reading = CHECK.run(&Mac::new().says(STATUS, APPROVED));
    assert_eq!(evidence(&reading), ["Enrolled via DEP: Yes\nMDM enrollment: Yes (User-Approved)"]);
    assert_eq!(reading.sources[0].sha256, None);
    assert!(!serde_json::to_string(&reading).unwrap().contains("example"));
}

const KNOWN: &[&str] = &[APPROVED, NONE, "MDM enrollment: Yes\n"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn approved_is_said_in_whole_and_never_denied(answer in mutated(KNOWN)) {
        let mut said = answer.lines().map(str::trim).filter(|line| line.starts_with("MDM enrollment:"));
        let whole = |line: &str| line.split_once(':').unwrap().1.trim() == "Yes (User Approved)";
        let first = said.clone().next();
        let should = first.is_some() && said.all(|line| whole(line) && Some(line) == first);
        prop_assert_eq!(state(&answer) == Some("approved"), should, "{:?}", answer);
    }
}
