//! The collector's own keys, to which providers encrypt ID tokens: made when
//! they are first needed, kept in the state folder, their public half served.

use aws_lc_rs::agreement::{self, ECDH_P256};
use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeySize, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use shared::keys::sha256;

use super::jwe::DecryptionKeys;
use crate::state_dir::{StateDir, StateDirError};

/// Files in the state folder, DER.
const RSA_FILE: &str = "openid-rsa.key";
const EC_FILE: &str = "openid-ec.key";

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The state folder cannot be used.
    #[error(transparent)]
    State(#[from] StateDirError),
    /// A file holds something else.
    #[error(
        "`{0}` in the state folder holds no key; restore it, or remove it to have a new one made (then every provider has to fetch the public keys again)"
    )]
    Unreadable(&'static str),
    /// No key can be made.
    #[error("no key to decrypt ID tokens can be made")]
    Made,
}

/// Both keys and what is published of them.
#[derive(Debug)]
pub struct EncryptionKeys {
    /// The private halves.
    pub private: DecryptionKeys,
    /// A JWK Set (RFC 7517).
    pub public: String,
}

/// The public half of a key as others are told it.
#[derive(Serialize)]
#[serde(untagged)]
enum Jwk {
    Rsa {
        kty: &'static str,
        r#use: &'static str,
        alg: &'static str,
        kid: String,
        n: String,
        e: String,
    },
    Ec {
        kty: &'static str,
        r#use: &'static str,
        crv: &'static str,
        kid: String,
        x: String,
        y: String,
    },
}

#[derive(Serialize)]
struct JwkSet {
    keys: [Jwk; 2],
}

impl EncryptionKeys {
    /// The keys of this state folder, made when they are not there.
    pub fn open(state: &StateDir) -> Result<Self, KeyError> {
        let rsa = open_rsa(state)?;
        let ec = open_ec(state)?;
        let (rsa_jwk, rsa_kid) = rsa_jwk(&rsa).ok_or(KeyError::Unreadable(RSA_FILE))?;
        let (ec_jwk, ec_kid) = ec_jwk(&ec).ok_or(KeyError::Unreadable(EC_FILE))?;
        let private = DecryptionKeys::new((rsa_kid, rsa), (ec_kid, ec))
            .ok_or(KeyError::Unreadable(EC_FILE))?;
        let public = serde_json::to_string(&JwkSet { keys: [rsa_jwk, ec_jwk] })
            .map_err(|_| KeyError::Made)?;
        Ok(Self { private, public })
    }
}

fn open_rsa(state: &StateDir) -> Result<PrivateDecryptingKey, KeyError> {
    if let Some(bytes) = state.read(RSA_FILE)? {
        return PrivateDecryptingKey::from_pkcs8(&bytes)
            .map_err(|_| KeyError::Unreadable(RSA_FILE));
    }
    let key = PrivateDecryptingKey::generate(KeySize::Rsa3072).map_err(|_| KeyError::Made)?;
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&key).map_err(|_| KeyError::Made)?;
    state.write(RSA_FILE, der.as_ref())?;
    Ok(key)
}

fn open_ec(state: &StateDir) -> Result<agreement::PrivateKey, KeyError> {
    if let Some(bytes) = state.read(EC_FILE)? {
        return agreement::PrivateKey::from_private_key_der(&ECDH_P256, &bytes)
            .map_err(|_| KeyError::Unreadable(EC_FILE));
    }
    let key = agreement::PrivateKey::generate(&ECDH_P256).map_err(|_| KeyError::Made)?;
    let der = AsDer::<EcPrivateKeyRfc5915Der<'_>>::as_der(&key).map_err(|_| KeyError::Made)?;
    state.write(EC_FILE, der.as_ref())?;
    Ok(key)
}

/// The public half of an RSA key, and its name: the thumbprint (RFC 7638).
fn rsa_jwk(key: &PrivateDecryptingKey) -> Option<(Jwk, String)> {
    let der = AsDer::<PublicKeyX509Der<'_>>::as_der(&key.public_key()).ok()?;
    let (n, e) = rsa_numbers(der.as_ref())?;
    let (n, e) = (URL_SAFE_NO_PAD.encode(n), URL_SAFE_NO_PAD.encode(e));
    let kid = thumbprint(&format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#));
    let alg = "RSA-OAEP-256";
    Some((Jwk::Rsa { kty: "RSA", r#use: "enc", alg, kid: kid.clone(), n, e }, kid))
}

fn ec_jwk(key: &agreement::PrivateKey) -> Option<(Jwk, String)> {
    let public = key.compute_public_key().ok()?;
    let (&4, point) = public.as_ref().split_first()? else { return None };
    let (x, y) = point.split_at_checked(32)?;
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let kid = thumbprint(&format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
    Some((Jwk::Ec { kty: "EC", r#use: "enc", crv: "P-256", kid: kid.clone(), x, y }, kid))
}

fn thumbprint(members: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(members.as_bytes()))
}

/// Modulus and exponent of a `SubjectPublicKeyInfo` with an RSA key.
fn rsa_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (info, _) = element(der, 0x30)?;
    let (_algorithm, rest) = element(info, 0x30)?;
    let (bits, _) = element(rest, 0x03)?;
    let (&0, key) = bits.split_first()? else { return None };
    let (numbers, _) = element(key, 0x30)?;
    let (n, rest) = element(numbers, 0x02)?;
    let (e, _) = element(rest, 0x02)?;
    let unsigned =
        |number: &'_ [u8]| -> usize { number.iter().take_while(|byte| **byte == 0).count() };
    Some((n.get(unsigned(n)..)?, e.get(unsigned(e)..)?))
}

/// The content of the DER element with this tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        short @ 0..=0x7f => (usize::from(*short), rest),
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => (usize::from(u16::from_be_bytes(rest.get(..2)?.try_into().ok()?)), rest.get(2..)?),
        _ => return None,
    };
    (*first == tag).then(|| rest.split_at_checked(length)).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::EncryptionKeys;
    use crate::state_dir::StateDir;

    fn published(state: &StateDir) -> Value {
        serde_json::from_str(&EncryptionKeys::open(state).unwrap().public).unwrap()
    }

    #[test]
    fn keys_are_made_once_and_only_their_public_half_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        let first = published(&state);
        assert_eq!(published(&state), first);
        let (rsa, ec) = (&first["keys"][0], &first["keys"][1]);
        assert_eq!(
            (&rsa["kty"], &rsa["use"], &rsa["e"]),
            (&"RSA".into(), &"enc".into(), &"AQAB".into())
        );
        assert_eq!(rsa["n"].as_str().unwrap().len(), 512);
        assert_eq!((&ec["kty"], &ec["crv"]), (&"EC".into(), &"P-256".into()));
        for key in [rsa, ec] {
            for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert_eq!(key.get(private), None);
            }
        }
    }

    #[test]
    fn a_file_that_holds_no_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        state.write("openid-rsa.key", b"nothing").unwrap();
        let error = EncryptionKeys::open(&state).unwrap_err().to_string();
        assert!(error.starts_with("`openid-rsa.key` in the state folder holds no key"), "{error}");
    }
}
