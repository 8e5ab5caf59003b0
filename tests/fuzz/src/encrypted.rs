//! Encrypted ID tokens: what a provider, or somebody in its place, sends.

use std::sync::LazyLock;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::rsa::{KeySize, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::jwe::{DecryptionKeys, Jwe, is_encrypted};

/// Bob's key of RFC 7518 appendix C, so that kept inputs can be opened, and an
/// RSA key that opens none.
static KEYS: LazyLock<DecryptionKeys> = LazyLock::new(|| {
    let bob = URL_SAFE_NO_PAD.decode("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw").unwrap();
    let bob = PrivateKey::from_private_key(&ECDH_P256, &bob).unwrap();
    let rsa = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
    DecryptionKeys::new(("rsa".to_owned(), rsa), ("ec".to_owned(), bob)).unwrap()
});

/// A token that can be read has five parts, and what it holds is shorter.
pub fn jwe(input: &[u8]) {
    let Ok(token) = std::str::from_utf8(input) else { return };
    let Ok(read) = Jwe::parse(token) else { return };
    assert!(is_encrypted(token));
    if let Ok(inside) = read.decrypt(&KEYS) {
        assert!(inside.len() < token.len());
    }
}
