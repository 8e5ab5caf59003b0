//! Opens an encrypted ID token: JWE in its compact form (RFC 7516), with a
//! closed list of algorithms (RFC 7518).
//!
//! Pure, and without any other module of the project, so that it can be fuzzed
//! by itself. What fails once a key is in use is one error, whatever failed:
//! who sends tokens learns nothing about the key from trying.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, ECDH_P256, UnparsedPublicKey};
use aws_lc_rs::digest;
use aws_lc_rs::key_wrap::{AES_256, KeyEncryptionKey, KeyWrap as _};
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

/// Longest token that is looked at, in bytes.
const TOKEN_LIMIT: usize = 64 * 1024;
/// Bytes of the key that opens the content (A256GCM).
const CONTENT_KEY: usize = 32;
/// Bytes of the tag at the end of the content (AES-GCM).
const TAG: usize = 16;
/// Bytes of one coordinate on P-256.
const COORDINATE: usize = 32;

/// Why a token cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JweError {
    /// It is not a token in compact form, or a part of it has a wrong shape.
    #[error("the encrypted token cannot be read: {0}")]
    Malformed(&'static str),
    /// An algorithm that is not on the list.
    #[error("the token is encrypted with `{0}`, which is not accepted")]
    Algorithm(String),
    /// It is compressed, or says that something unknown must be understood.
    #[error("the header of the encrypted token holds `{0}`, which is not accepted")]
    Header(&'static str),
    /// It is encrypted to a key that is not ours.
    #[error("the token is encrypted to a key that this collector does not have")]
    Key,
    /// Whatever went wrong with the cryptography.
    #[error("the token cannot be decrypted")]
    Decryption,
}

/// The keys that tokens are encrypted to.
#[derive(Debug)]
pub struct DecryptionKeys {
    rsa: (String, OaepPrivateDecryptingKey),
    ec: (String, agreement::PrivateKey),
}

impl DecryptionKeys {
    /// The two keys with their names (`kid`); none when one of them is of
    /// another kind.
    pub fn new(
        rsa: (String, PrivateDecryptingKey),
        ec: (String, agreement::PrivateKey),
    ) -> Option<Self> {
        let is_fit = ec.1.algorithm() == &ECDH_P256;
        let key = OaepPrivateDecryptingKey::new(rsa.1).ok()?;
        is_fit.then_some(Self { rsa: (rsa.0, key), ec })
    }
}

/// How the key to the content is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Management {
    RsaOaep256,
    EcdhEs,
    EcdhEsA256Kw,
}

/// What stands in the header and is looked at. Keys and addresses that a token
/// brings along (`jwk`, `jku`, `x5u`, `x5c`) are not.
#[derive(Deserialize)]
struct Header {
    alg: String,
    enc: String,
    kid: Option<String>,
    cty: Option<String>,
    #[serde(default, deserialize_with = "is_present")]
    zip: bool,
    #[serde(default, deserialize_with = "is_present")]
    crit: bool,
    epk: Option<Epk>,
    apu: Option<String>,
    apv: Option<String>,
}

/// The key that the sender made for this token alone.
#[derive(Deserialize)]
struct Epk {
    kty: String,
    crv: String,
    x: String,
    y: String,
}

fn is_present<'de, D: Deserializer<'de>>(field: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(field).map(|_| true)
}

/// A token that was taken apart and not yet decrypted.
#[derive(Debug)]
pub struct Jwe<'a> {
    management: Management,
    kid: Option<String>,
    /// The sender's public key, uncompressed.
    ephemeral: Option<Vec<u8>>,
    apu: Vec<u8>,
    apv: Vec<u8>,
    /// The header as it was sent, which the tag covers.
    protected: &'a str,
    encrypted_key: Vec<u8>,
    nonce: [u8; 12],
    /// The content with its tag.
    sealed: Vec<u8>,
}

/// Whether a token has the shape of an encrypted one: five parts, where a
/// signed one has three.
pub fn is_encrypted(token: &str) -> bool {
    token.bytes().filter(|byte| *byte == b'.').count() == 4
}

impl<'a> Jwe<'a> {
    /// Takes a token apart and looks at its header.
    pub fn parse(token: &'a str) -> Result<Self, JweError> {
        if token.len() > TOKEN_LIMIT {
            return Err(JweError::Malformed("it is larger than 64 KiB"));
        }
        let mut parts = token.split('.');
        let (Some(protected), Some(key), Some(nonce), Some(content), Some(tag), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(JweError::Malformed("it has not five parts"));
        };
        let header: Header = serde_json::from_slice(&decode(protected)?)
            .map_err(|_| JweError::Malformed("its header"))?;
        let management = judge(&header)?;
        let encrypted_key = decode(key)?;
        let ephemeral = match management {
            Management::RsaOaep256 => None,
            _ => Some(point(header.epk.as_ref())?),
        };
        if management == Management::EcdhEs && !encrypted_key.is_empty() {
            return Err(JweError::Malformed("a key where none belongs"));
        }
        let mut sealed = decode(content)?;
        let tag = decode(tag)?;
        if tag.len() != TAG {
            return Err(JweError::Malformed("the length of its tag"));
        }
        sealed.extend_from_slice(&tag);
        Ok(Self {
            management,
            kid: header.kid,
            ephemeral,
            apu: decode(header.apu.as_deref().unwrap_or_default())?,
            apv: decode(header.apv.as_deref().unwrap_or_default())?,
            protected,
            encrypted_key,
            nonce: decode(nonce)?
                .try_into()
                .map_err(|_| JweError::Malformed("the length of its initialization vector"))?,
            sealed,
        })
    }

    /// What the token holds, once its tag has been verified.
    pub fn decrypt(self, keys: &DecryptionKeys) -> Result<Vec<u8>, JweError> {
        let key = self.content_key(keys)?;
        open(&key, self.nonce, self.protected, self.sealed)
    }

    fn content_key(&self, keys: &DecryptionKeys) -> Result<[u8; CONTENT_KEY], JweError> {
        let ours = match self.management {
            Management::RsaOaep256 => &keys.rsa.0,
            _ => &keys.ec.0,
        };
        if self.kid.as_ref().is_some_and(|kid| kid != ours) {
            return Err(JweError::Key);
        }
        match self.management {
            Management::RsaOaep256 => {
                let mut room = vec![0; keys.rsa.1.min_output_size()];
                let key = keys
                    .rsa
                    .1
                    .decrypt(&OAEP_SHA256_MGF1SHA256, &self.encrypted_key, &mut room, None)
                    .map_err(|_| JweError::Decryption)?;
                (&*key).try_into().map_err(|_| JweError::Decryption)
            }
            Management::EcdhEs => self.agreed(keys, "A256GCM"),
            Management::EcdhEsA256Kw => {
                let wrapping = self.agreed(keys, "ECDH-ES+A256KW")?;
                let mut room = [0; CONTENT_KEY + 8];
                let key = KeyEncryptionKey::new(&AES_256, &wrapping)
                    .and_then(|key| key.unwrap(&self.encrypted_key, &mut room))
                    .map_err(|_| JweError::Decryption)?;
                (&*key).try_into().map_err(|_| JweError::Decryption)
            }
        }
    }

    /// The key that both sides derive for `algorithm`.
    fn agreed(
        &self,
        keys: &DecryptionKeys,
        algorithm: &str,
    ) -> Result<[u8; CONTENT_KEY], JweError> {
        let theirs = self.ephemeral.as_deref().unwrap_or_default();
        // A point that is not on the curve is refused here.
        let theirs = UnparsedPublicKey::new(&ECDH_P256, theirs);
        agreement::agree(&keys.ec.1, theirs, JweError::Decryption, |shared| {
            concat_kdf(shared, algorithm, &self.apu, &self.apv, 256)
                .try_into()
                .map_err(|_| JweError::Decryption)
        })
    }
}

fn judge(header: &Header) -> Result<Management, JweError> {
    let management = match header.alg.as_str() {
        "RSA-OAEP-256" => Management::RsaOaep256,
        "ECDH-ES" => Management::EcdhEs,
        "ECDH-ES+A256KW" => Management::EcdhEsA256Kw,
        other => return Err(JweError::Algorithm(shown(other))),
    };
    if header.enc != "A256GCM" {
        return Err(JweError::Algorithm(shown(&header.enc)));
    }
    if header.crit {
        return Err(JweError::Header("crit"));
    }
    if header.zip {
        return Err(JweError::Header("zip"));
    }
    if header.cty.as_deref().is_some_and(|cty| !cty.eq_ignore_ascii_case("JWT")) {
        return Err(JweError::Header("cty"));
    }
    Ok(management)
}

/// A word of somebody else's, short enough for a log.
fn shown(word: &str) -> String {
    word.chars().filter(char::is_ascii_graphic).take(40).collect()
}

fn point(epk: Option<&Epk>) -> Result<Vec<u8>, JweError> {
    let epk = epk.ok_or(JweError::Malformed("it brings no `epk`"))?;
    if (epk.kty.as_str(), epk.crv.as_str()) != ("EC", "P-256") {
        return Err(JweError::Algorithm(shown(&epk.crv)));
    }
    let (x, y) = (decode(&epk.x)?, decode(&epk.y)?);
    if x.len() != COORDINATE || y.len() != COORDINATE {
        return Err(JweError::Malformed("the length of its `epk`"));
    }
    Ok([&[4], x.as_slice(), y.as_slice()].concat())
}

fn decode(text: &str) -> Result<Vec<u8>, JweError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| JweError::Malformed("its base64url"))
}

/// Opens content that was sealed with A256GCM; the tag covers `protected` too.
fn open(
    key: &[u8; CONTENT_KEY],
    nonce: [u8; 12],
    protected: &str,
    mut sealed: Vec<u8>,
) -> Result<Vec<u8>, JweError> {
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| JweError::Decryption)?;
    let length = LessSafeKey::new(key)
        .open_in_place(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(protected.as_bytes()),
            &mut sealed,
        )
        .map_err(|_| JweError::Decryption)?
        .len();
    sealed.truncate(length);
    Ok(sealed)
}

/// One round of the Concat KDF (NIST SP 800-56A, RFC 7518 section 4.6.2):
/// enough for keys of up to 256 bits.
fn concat_kdf(shared: &[u8], algorithm: &str, apu: &[u8], apv: &[u8], bits: u32) -> Vec<u8> {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&1_u32.to_be_bytes());
    context.update(shared);
    for part in [algorithm.as_bytes(), apu, apv] {
        // Nothing here is longer than a token.
        context.update(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        context.update(part);
    }
    context.update(&bits.to_be_bytes());
    let length = usize::try_from(bits / 8).unwrap_or(usize::MAX);
    context.finish().as_ref().iter().copied().take(length).collect()
}

// The fuzz target takes this file by its path, where a folder beside it would
// be looked for elsewhere.
#[cfg(test)]
#[path = "jwe/tests.rs"]
mod tests;
