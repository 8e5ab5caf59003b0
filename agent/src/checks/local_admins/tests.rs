//! Groups of administrators, and answers that are none.

use proptest::prelude::*;

use super::*;
use crate::checks::fixture::{Mac, evidence, observed, unknown};
use crate::host::Answer;

const READ: &str = "/usr/bin/dscl . -read /Groups/admin GroupMembership";

pub(super) fn full() -> Vec<Mac> {
    vec![Mac::new().says(READ, "GroupMembership: root sam\n")]
}

#[test]
fn people_are_counted_and_accounts_of_the_system_are_not() {
    for (answer, count) in [
        ("GroupMembership: root\n", 0),
        ("GroupMembership: root itadmin\n", 1),
        ("GroupMembership: root _mbsetupuser sam\n", 1),
        ("GroupMembership: root sam jo.doe kim\r\n", 3),
        ("GroupMembership: root sam sam\n", 1),
        ("GroupMembership:\n root\n sam\n kim\n", 2),
        ("GroupMembership: sam root rooty _mbsetupusers\n", 3),
    ] {
        let seen = observed(&CHECK, &Mac::new().says(READ, answer));
        assert_eq!(seen, format!("count={count}"), "{answer}");
    }
}

#[test]
fn what_is_not_known_is_unknown() {
    for answer in [
        "",
        "No such key: GroupMembership\n",
        "GroupMembership:\n",
        "GroupMembership: sam\n",
        "groupmembership: root sam\n",
        "RecordName: admin\nGroupMembership: root sam\n",
        "GroupMembership: root sam\n<dscl_cmd> DS Error: -14136 (eDSRecordNotFound)\n",
        "<main> attribute status: eDSNodeNotFound\n",
    ] {
        let mac = Mac::new().says(READ, answer);
        assert_eq!(unknown(&CHECK, &mac), "not-understood", "{answer:?}");
    }
    let failed = Mac::new().ends(READ, 56, "GroupMembership: root\n");
    assert_eq!(unknown(&CHECK, &failed), "exit-status");
    assert_eq!(unknown(&CHECK, &Mac::new().answers(READ, Answer::TimedOut)), "timed-out");
}

#[test]
fn no_name_leaves_the_mac() {
    let reading = CHECK.run(&Mac::new().says(READ, "GroupMembership: root jdoe\n"));
    assert_eq!(evidence(&reading), ["GroupMembership: 2 names, 1 of people"]);
    assert_eq!(reading.sources[0].sha256, None);
    assert!(!serde_json::to_string(&reading).unwrap().contains("jdoe"));
}

proptest! {
    #[test]
    fn the_count_is_that_of_different_people(
        names in prop::collection::vec("[a-z]{1,6}", 0..9),
        apart in prop::sample::select(vec![" ", "  ", "\n ", "\n\t"]),
    ) {
        let answer = format!("GroupMembership:{apart}root{apart}{}\n", names.join(apart));
        let people: BTreeSet<_> =
            names.iter().filter(|name| *name != "root").collect();
        let seen = observed(&CHECK, &Mac::new().says(READ, &answer));
        prop_assert_eq!(seen, format!("count={}", people.len()));
    }
}
