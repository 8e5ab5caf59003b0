//! Tests of the state folder.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::{StateError, StateFolder};

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn only_the_owner_may_enter_and_read() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("a/b/state");
    let folder = StateFolder::open(&root).unwrap();
    folder.write("keys/one/device.key", b"secret").unwrap();
    assert_eq!(mode(&root), 0o700);
    assert_eq!(mode(&root.join("keys/one")), 0o700);
    assert_eq!(mode(&root.join("keys/one/device.key")), 0o600);
    fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).unwrap();
    StateFolder::open(&root).unwrap();
    assert_eq!(mode(&root), 0o700, "an open folder is closed");
}

#[test]
fn two_runs_cannot_hold_the_lock() {
    let place = tempfile::tempdir().unwrap();
    let one = StateFolder::open(place.path()).unwrap();
    let two = StateFolder::open(place.path()).unwrap();
    let lock = one.lock().unwrap();
    assert!(matches!(two.lock(), Err(StateError::Busy(_))));
    drop(lock);
    two.lock().unwrap();
}

#[test]
fn after_a_crash_a_file_is_whole_or_what_it_was() {
    let place = tempfile::tempdir().unwrap();
    StateFolder::open(place.path()).unwrap().write("file", b"old").unwrap();
    for changes in 0..4 {
        let folder = StateFolder::crashing_after(place.path(), changes);
        let crashed = folder.write("file", b"new").is_err();
        assert_eq!(crashed, changes < 3);
        let found = StateFolder::at(place.path()).read("file").unwrap().unwrap();
        assert_eq!(found, if changes < 2 { b"old" } else { b"new" });
    }
    assert_eq!(StateFolder::at(place.path()).list("").unwrap(), ["file"]);
}

#[test]
fn damage_names_the_file() {
    let place = tempfile::tempdir().unwrap();
    let folder = StateFolder::open(place.path()).unwrap();
    folder.write("identity.json", b"{").unwrap();
    let error = folder.read_json::<serde_json::Value>("identity.json").unwrap_err().to_string();
    assert!(error.contains("identity.json` is damaged"), "{error}");
}
