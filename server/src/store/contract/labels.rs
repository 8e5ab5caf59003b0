//! Labels: each change is noted, and what changes nothing is not.

use super::replicas::{Promise, Replicas, enrolled, keep, minute};
use crate::audit::{Act, Object};
use crate::store::access::labels::{Labelled, MOST};

const PROMISES: &[Promise] = &[
    ("a label is put on and taken off once, each noted", life),
    ("a device has no more labels than it may have", most),
];

#[test]
fn labels_are_kept_on_sqlite() {
    keep(PROMISES, Replicas::of_sqlite);
}

#[test]
fn labels_are_kept_on_postgresql() {
    keep(PROMISES, Replicas::of_postgres);
}

fn act(action: &'static str) -> Act {
    Act::of_command(action, Object::new("device", "d"), minute(2))
}

fn acts(replicas: &Replicas) -> Vec<String> {
    replicas.rows("SELECT action FROM audit WHERE action LIKE 'label%' ORDER BY position")
}

fn life(replicas: &Replicas) {
    let (mut one, other) = (replicas.open(), replicas.open());
    let (first, second) = (enrolled(&mut one, 1), enrolled(&mut one, 2));
    let add = |device: &str, label: &str| {
        one.records.add_label(device, label, &act("label_added")).unwrap()
    };
    let remove = |device: &str, label: &str| {
        other.records.remove_label(device, label, &act("label_removed")).unwrap()
    };
    assert_eq!(add(&first, "Berlin"), Labelled::Done);
    assert_eq!(add(&first, "Berlin"), Labelled::Already);
    assert_eq!(add(&first, "ärztin"), Labelled::Done);
    assert_eq!(add(&second, "Berlin"), Labelled::Done);
    assert_eq!(add("nothing", "Berlin"), Labelled::NoDevice);
    assert_eq!(other.records.labels(&first).unwrap(), ["Berlin", "ärztin"]);
    let all = [("Berlin".to_owned(), 2), ("ärztin".to_owned(), 1)];
    assert_eq!(other.records.all_labels().unwrap(), all);
    assert_eq!(remove(&first, "berlin"), Labelled::Already);
    assert_eq!(remove(&first, "Berlin"), Labelled::Done);
    assert_eq!(remove("nothing", "Berlin"), Labelled::NoDevice);
    assert_eq!(one.records.labels(&first).unwrap(), ["ärztin"]);
    assert_eq!(acts(replicas), ["label_added", "label_added", "label_added", "label_removed"]);
}

fn most(replicas: &Replicas) {
    let mut one = replicas.open();
    let device = enrolled(&mut one, 1);
    for number in 0..MOST {
        let added = one.records.add_label(&device, &format!("{number:02}"), &act("label_added"));
        assert_eq!(added.unwrap(), Labelled::Done);
    }
    let more = one.records.add_label(&device, "more", &act("label_added")).unwrap();
    assert_eq!(more, Labelled::TooMany);
    let again = one.records.add_label(&device, "00", &act("label_added")).unwrap();
    assert_eq!(again, Labelled::Already);
    assert_eq!(one.records.labels(&device).unwrap().len() as u64, MOST);
    assert_eq!(acts(replicas).len() as u64, MOST);
}
