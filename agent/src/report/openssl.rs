//! A second opinion on what the agent signs: openssl, which knows nothing of it.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shared::envelope::{Envelope, pae};
use shared::keys::{Signer as _, SoftwareKey};

use crate::host::{Answer, Host as _, Live};

/// Asks openssl whether `signature` is that of the key in `key.pem`.
fn verify(folder: &Path, message: &[u8], signature: &[u8]) -> Answer {
    std::fs::write(folder.join("pae.bin"), message).unwrap();
    std::fs::write(folder.join("sig.der"), signature).unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    let (key, sig, pae) = (path("key.pem"), path("sig.der"), path("pae.bin"));
    let argv = ["/usr/bin/openssl", "dgst", "-sha256", "-verify", &key, "-signature", &sig, &pae];
    Live::new().run(&argv)
}

#[test]
fn openssl_accepts_what_the_agent_signed_and_nothing_else() {
    let key = SoftwareKey::generate().unwrap();
    let mut pem = "-----BEGIN PUBLIC KEY-----\n".to_owned();
    for line in STANDARD.encode(key.spki()).as_bytes().chunks(64) {
        writeln!(pem, "{}", std::str::from_utf8(line).unwrap()).unwrap();
    }
    pem.push_str("-----END PUBLIC KEY-----\n");
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("key.pem"), pem).unwrap();

    let envelope = Envelope::sign(br#"{"checks":[]}"#.to_vec(), &key).unwrap();
    let read = Envelope::parse(envelope.to_json().as_bytes()).unwrap();
    let message = pae(&read.payload);
    let answer = verify(place.path(), &message, &read.signature);
    let Answer::Done { exit: 0, stdout, .. } = answer else { panic!("{answer:?}") };
    assert_eq!(String::from_utf8(stdout).unwrap().trim(), "Verified OK");

    let mut changed = message;
    changed.push(b' ');
    let answer = verify(place.path(), &changed, &read.signature);
    assert!(matches!(answer, Answer::Done { exit: 1, .. }), "{answer:?}");
}
