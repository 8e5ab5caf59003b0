//! One log, whoever appends.

use shared::log::{Frontier, leaf_hash};

use super::replicas::{Promise, Replicas, act_at, enrolled, invitation, keep, minute};
use crate::audit::{Act, Object};
use crate::fleet::state::Lifecycle;
use crate::store::place::Opened;

const PROMISES: &[Promise] = &[
    ("everything that is done stands in the log", everything),
    ("replicas that append at once make one tree", one_tree),
];

#[test]
fn the_log_is_kept_on_sqlite() {
    keep(PROMISES, Replicas::of_sqlite);
}

#[test]
fn the_log_is_kept_on_postgresql() {
    keep(PROMISES, Replicas::of_postgres);
}

/// The log is what its entries say.
pub(super) fn assert_whole(opened: &Opened) -> Vec<String> {
    let head = opened.log.log_head().unwrap();
    let entries = opened.log.log_entries(0, head.size() + 1).unwrap();
    assert_eq!(entries.len() as u64, head.size());
    let hashes = opened.log.log_hashes(0, 0, head.size() + 1).unwrap();
    let mut tree = Frontier::empty();
    let mut tiles = Vec::new();
    for (entry, hash) in entries.iter().zip(&hashes) {
        assert_eq!(leaf_hash(entry.as_bytes()), *hash);
        tiles.extend(tree.push(*hash).into_iter().filter(|node| node.level == 8));
    }
    assert_eq!(tree, head);
    let stored = opened.log.log_hashes(8, 0, head.size()).unwrap();
    assert_eq!(stored, tiles.iter().map(|tile| tile.hash).collect::<Vec<_>>());
    entries
}

fn everything(replicas: &Replicas) {
    let mut opened = replicas.open();
    let id = enrolled(&mut opened, 1);
    opened.writer.set_lifecycle(&id, Lifecycle::Archived, &act_at(minute(2))).unwrap();
    for action in ["login_link", "sign_in"] {
        let act = Act::of_command(action, Object::default(), minute(2));
        opened.records.note(&act).unwrap();
    }
    let policy = shared::policy::Policy::baseline();
    opened.writer.set_policy(&policy, minute(3)).unwrap();
    let catalogue = shared::os_releases::Catalogue::embedded();
    opened.writer.set_catalogue(&catalogue, "file", minute(3)).unwrap();
    let kinds: Vec<String> = assert_whole(&opened)
        .iter()
        .map(|entry| serde_json::from_str::<serde_json::Value>(entry).unwrap()["type"].to_string())
        .collect();
    let expected =
        ["invitation", "act", "enroll", "lifecycle", "act", "act", "act", "policy", "catalogue"];
    assert_eq!(kinds, expected.map(|kind| format!("\"{kind}\"")));
    assert_eq!(opened.log.log_entry(9).unwrap(), None);
    let second = opened.log.log_entries(1, 2).unwrap().pop();
    assert_eq!(opened.log.log_entry(1).unwrap(), second);
}

fn one_tree(replicas: &Replicas) {
    let writers: Vec<_> = (0..3).map(|_| replicas.open().writer).collect();
    std::thread::scope(|scope| {
        for (number, mut writer) in (0..).zip(writers) {
            scope.spawn(move || {
                for round in 0..100 {
                    writer.invite(&invitation(1000 * number + round)).unwrap();
                }
            });
        }
    });
    // An invitation, and that somebody invited.
    assert_eq!(assert_whole(&replicas.open()).len(), 600);
}
