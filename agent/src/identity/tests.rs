//! Tests of identity and keys.

use std::os::unix::fs::PermissionsExt as _;

use jiff::Timestamp;
use shared::keys::PublicKey;

use super::keys::{KeyFiles, KeyStore as _, KeyStoreError};
use super::progress::{Nonce, Progress};
use super::{Enrolling, Identity, IdentityError, Trust};
use crate::device::DeviceFacts;
use crate::state::StateFolder;

fn identity(hardware_uuid: Option<&str>) -> Identity {
    Identity {
        device_id: "d".to_owned(),
        certificate: String::new(),
        ca: String::new(),
        url: "https://m.example".to_owned(),
        trust: Trust::Pinned,
        hardware_uuid: hardware_uuid.map(str::to_owned),
        key: "k".to_owned(),
        token_id: "t".to_owned(),
        enrolled_at: Timestamp::UNIX_EPOCH,
        log_key: String::new(),
    }
}

fn facts(hardware_uuid: Option<&str>) -> DeviceFacts {
    DeviceFacts { hardware_uuid: hardware_uuid.map(str::to_owned), ..DeviceFacts::default() }
}

#[test]
fn a_copied_disk_may_not_speak() {
    let stored = identity(Some("AAAA-1111"));
    let error = stored.belongs_to(&facts(Some("BBBB-2222"))).unwrap_err();
    assert!(matches!(error, IdentityError::OtherComputer { .. }));
    assert!(error.to_string().contains("enroll"), "{error}");
    stored.belongs_to(&facts(Some("aaaa-1111"))).unwrap();
    stored.belongs_to(&facts(None)).unwrap();
    identity(None).belongs_to(&facts(Some("BBBB-2222"))).unwrap();
}

#[test]
fn a_stored_key_signs_and_is_closed_to_others() {
    let place = tempfile::tempdir().unwrap();
    let folder = StateFolder::open(place.path()).unwrap();
    let store = KeyFiles(&folder);
    let (name, made) = store.create().unwrap();
    let opened = store.open(&name).unwrap();
    assert_eq!(opened.spki(), made.spki());
    let signature = opened.sign(b"hello").unwrap();
    assert!(PublicKey::from_spki(made.spki()).unwrap().verifies(b"hello", &signature));
    let path = folder.path(&format!("keys/{name}/device.key"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(store.open(&name), Err(KeyStoreError::Exposed(_))));
    store.erase(&name).unwrap();
    assert!(matches!(store.open(&name), Err(KeyStoreError::Gone(_))));
}

#[test]
fn a_nonce_is_used_once_and_not_when_old() {
    let then = Timestamp::UNIX_EPOCH;
    let nonce = || Some(Nonce { value: "n".to_owned(), received_at: then });
    let mut progress = Progress { nonce: nonce(), ..Progress::default() };
    assert_eq!(progress.take_nonce(then + jiff::SignedDuration::from_hours(25)), Some("n".into()));
    assert_eq!(progress.take_nonce(then), None);
    progress.nonce = nonce();
    assert_eq!(progress.take_nonce(then + jiff::SignedDuration::from_hours(27)), None);
}

#[test]
fn the_token_is_never_in_debug_output() {
    let enrolling = Enrolling {
        token: "mst1.secret".into(),
        key: "k".into(),
        owner: None,
        since: Timestamp::UNIX_EPOCH,
    };
    assert!(!format!("{enrolling:?}").contains("secret"));
}
