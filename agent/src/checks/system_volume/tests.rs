//! Mounted volumes, with and without a seal.

use proptest::prelude::*;

use super::*;
use crate::checks::fixture::{Mac, evidence, mutated, observed, unknown};
use crate::host::Answer;

const MOUNT: &str = "/sbin/mount";
const SEALED: &str = "/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)\n\
    devfs on /dev (devfs, local, nobrowse)\n\
    /dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse, protect)\n";
const BROKEN: &str = "/dev/disk3s1 on / (apfs, local, journaled)\n";

pub(super) fn full() -> Vec<Mac> {
    vec![Mac::new().says(MOUNT, SEALED)]
}

#[test]
fn a_seal_is_known_by_its_word() {
    for (answer, shown) in [
        (SEALED, "read_only=true sealed=true"),
        (BROKEN, "read_only=false sealed=false"),
        (
            "/dev/disk1s5s1 on / (apfs, sealed, local, read-only, journaled)\r\n",
            "read_only=true sealed=true",
        ),
        ("/dev/disk1s5 on / (apfs, local, read-only, journaled)\n", "read_only=true sealed=false"),
        (
            "/dev/disk3s1s1 on / (apfs, local, unsealed, journaled)\n",
            "read_only=false sealed=false",
        ),
    ] {
        assert_eq!(observed(&CHECK, &Mac::new().says(MOUNT, answer)), shown, "{answer}");
    }
}

#[test]
fn other_volumes_do_not_speak_for_the_systems() {
    for answer in [
        "/dev/disk4s1 on /Volumes/Backup (apfs, sealed, local)\n",
        "/dev/disk4s1 on /Volumes/x on / (apfs, sealed, local)\n",
        "//sam@server/x on / (apfs, sealed) on /Volumes/x (smbfs, nodev, nosuid)\n",
        "map auto_home on /System/Volumes/Data/home (autofs, automounted, nobrowse)\n",
    ] {
        let other = Mac::new().says(MOUNT, answer);
        assert_eq!(unknown(&CHECK, &other), "not-understood", "{answer}");
        let both = Mac::new().says(MOUNT, &format!("{answer}{BROKEN}"));
        assert_eq!(observed(&CHECK, &both), "read_only=false sealed=false", "{answer}");
    }
}

#[test]
fn what_is_not_known_is_unknown() {
    for answer in [
        "",
        "/dev/disk3s1s1 on / (apfs, sealed, local",
        "/dev/disk3s1s1 on / apfs, sealed\n",
        "/dev/disk1s1 on / (hfs, local, journaled)\n",
        "overlay on / (sealed)\n",
        "/dev/sda1 on / type ext4 (rw,relatime)\n",
        "/dev/disk3s1s1 on / (apfs, sealed, local)\n/dev/disk3s1 on / (apfs, local)\n",
    ] {
        let mac = Mac::new().says(MOUNT, answer);
        assert_eq!(unknown(&CHECK, &mac), "not-understood", "{answer:?}");
    }
    assert_eq!(unknown(&CHECK, &Mac::new().ends(MOUNT, 1, SEALED)), "exit-status");
    assert_eq!(unknown(&CHECK, &Mac::new().answers(MOUNT, Answer::TimedOut)), "timed-out");
}

#[test]
fn names_of_shares_and_people_stay_on_the_mac() {
    let share = "//sam@server/Payroll on /Volumes/Payroll (smbfs, nodev, mounted by sam)\n";
    let reading = CHECK.run(&Mac::new().says(MOUNT, &format!("{share}{SEALED}")));
    assert_eq!(evidence(&reading), ["/ (apfs, sealed, local, read-only, journaled)"]);
    assert_eq!(reading.sources[0].sha256, None);
}

const KNOWN: &[&str] = &[SEALED, BROKEN, "//s on / (apfs, sealed) on /Volumes/x (smbfs)\n"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_seal_stands_in_the_only_line_for_the_root(answer in mutated(KNOWN)) {
        let reading = CHECK.run(&Mac::new().says(MOUNT, &answer));
        let is_sealed = reading.fields.get("sealed") == Some(&FieldValue::Flag(true));
        // Written in another way: the place is what follows the first " on ".
        let root: Vec<&str> = answer.lines().map(str::trim).filter(|line| {
            line.find(" on ").is_some_and(|at| {
                line[at..].starts_with(" on / (") && line.ends_with(')') && line[at + 5..].matches(" (").count() == 1
            })
        }).collect();
        let should = matches!(root[..], [line] if {
            let inner = &line[line.rfind(" (").unwrap() + 2..line.len() - 1];
            let words: Vec<&str> = inner.split(", ").collect();
            words[0] == "apfs" && words.contains(&"sealed")
        });
        prop_assert_eq!(is_sealed, should, "{:?}", answer);
    }
}
