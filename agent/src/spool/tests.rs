//! Tests of the queue's files.

use shared::envelope::Envelope;
use shared::keys::SoftwareKey;

use super::{Entry, Spool};
use crate::state::StateFolder;

fn entry(sequence: i64) -> Entry {
    Entry { sequence, made_at: 1_790_000_000, is_full: sequence == 1 }
}

#[test]
fn names_and_entries_are_the_same_thing() {
    for entry in [entry(1), entry(2), Entry { made_at: -5, ..entry(3) }] {
        assert_eq!(Entry::parse(&entry.name()), Some(entry));
    }
    for name in ["", "x.json", "1_2_full", "1_2_half.json", "1_2_full_x.json"] {
        assert_eq!(Entry::parse(name), None, "{name}");
    }
}

#[test]
fn statements_wait_in_order_and_refused_ones_are_put_aside() {
    let place = tempfile::tempdir().unwrap();
    let folder = StateFolder::open(place.path()).unwrap();
    let spool = Spool::of(&folder, "abcd");
    let envelope = Envelope::sign(b"{}".to_vec(), &SoftwareKey::generate().unwrap()).unwrap();
    for sequence in [10, 9, 1] {
        spool.put(&entry(sequence), &envelope).unwrap();
    }
    let sequences: Vec<i64> = spool.entries().unwrap().iter().map(|it| it.sequence).collect();
    assert_eq!(sequences, [1, 9, 10]);
    assert_eq!(spool.read(&entry(9)).unwrap(), Some(envelope));
    spool.quarantine(&entry(9), "bad-signature: x").unwrap();
    spool.remove(&entry(1)).unwrap();
    assert_eq!(spool.entries().unwrap(), [entry(10)]);
    assert_eq!(spool.quarantined_after(8).unwrap(), 1);
    assert_eq!(spool.quarantined_after(9).unwrap(), 0);
    assert_eq!(Spool::of(&folder, "other").quarantined_after(0).unwrap(), 0);
}
