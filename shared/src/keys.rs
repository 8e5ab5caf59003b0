//! Keys: how they are named, which algorithms exist, signing and verifying.
//!
//! A message never names an algorithm; the key's record does, and one key has
//! one algorithm for ever, so there is nothing to downgrade.

use aws_lc_rs::digest::{Context, SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ED25519, EcdsaKeyPair, KeyPair as _,
    UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(if half < 10 { b'0' + half } else { b'a' + half - 10 });
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

/// SHA-256 of `bytes` in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&sha256(bytes))
}

/// Names a public key: standard base64 of the SHA-256 of its DER
/// `SubjectPublicKeyInfo`. A hint in envelopes, never trusted by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyId(pub String);

impl KeyId {
    /// The name of the key in `spki`.
    pub fn of(spki: &[u8]) -> Self {
        Self(STANDARD.encode(sha256(spki)))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A signature algorithm of the closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// ECDSA on P-256 over SHA-256, signatures in strict DER.
    #[serde(rename = "ecdsa-p256-sha256")]
    EcdsaP256,
    /// Ed25519, for software keys.
    #[serde(rename = "ed25519")]
    Ed25519,
}

/// Where a device keeps its private key, as the device says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyProtection {
    /// A file that root can read.
    SoftwareFile,
    /// Apple's Secure Enclave: the key cannot leave that Mac.
    SecureEnclave,
    /// A TPM 2.0.
    Tpm2,
    /// Apple's App Attest.
    AppAttest,
}

impl KeyProtection {
    /// What the level means, in one sentence for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::SoftwareFile => {
                "Key in a file: the report came from someone who could read that file as root."
            }
            Self::SecureEnclave => {
                "Secure Enclave: the agent says that its key cannot leave this Mac."
            }
            Self::Tpm2 => "TPM 2.0: the agent says that its key cannot leave this computer.",
            Self::AppAttest => {
                "App Attest: Apple's hardware vouched that the unmodified agent signed."
            }
        }
    }

    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SoftwareFile => "software-file",
            Self::SecureEnclave => "secure-enclave",
            Self::Tpm2 => "tpm2",
            Self::AppAttest => "app-attest",
        }
    }
}

/// Why a key could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The DER is not a P-256 or Ed25519 public key.
    #[error("the public key is not a P-256 or Ed25519 SubjectPublicKeyInfo")]
    UnknownKind,
    /// The PKCS#8 bytes are not a P-256 private key.
    #[error("the private key is not a P-256 key in PKCS#8")]
    BadPrivateKey,
    /// The cryptographic library refused.
    #[error("the key could not be used")]
    Unusable,
}

/// DER before the 65 bytes of an uncompressed P-256 point.
const P256_PREFIX: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// DER before the 32 bytes of an Ed25519 key.
const ED25519_PREFIX: &[u8] =
    &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A public key ready to verify with.
#[derive(Clone, Debug)]
pub struct PublicKey {
    algorithm: Algorithm,
    spki: Vec<u8>,
    ready: ReadyKey,
}

/// The point is decoded once: decoding it costs a tenth of a verification.
#[derive(Clone)]
enum ReadyKey {
    P256(std::sync::Arc<aws_lc_rs::signature::ParsedPublicKey>),
    Ed25519(Vec<u8>),
}

impl std::fmt::Debug for ReadyKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ReadyKey")
    }
}

impl PublicKey {
    /// Reads a DER `SubjectPublicKeyInfo` and decides the algorithm from it.
    pub fn from_spki(spki: &[u8]) -> Result<Self, KeyError> {
        let (algorithm, ready) = if let Some(point) = spki.strip_prefix(P256_PREFIX)
            && point.len() == 65
            && point.first() == Some(&4)
        {
            let parsed = aws_lc_rs::signature::ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
                .map_err(|_| KeyError::UnknownKind)?;
            (Algorithm::EcdsaP256, ReadyKey::P256(std::sync::Arc::new(parsed)))
        } else if let Some(raw) = spki.strip_prefix(ED25519_PREFIX)
            && raw.len() == 32
        {
            (Algorithm::Ed25519, ReadyKey::Ed25519(raw.to_vec()))
        } else {
            return Err(KeyError::UnknownKind);
        };
        Ok(Self { algorithm, spki: spki.to_vec(), ready })
    }

    /// The algorithm that this key uses for ever.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The DER that names the key.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The key's name.
    pub fn id(&self) -> KeyId {
        KeyId::of(&self.spki)
    }

    /// The SHA-256 of `head` and `body` together, when `signature` is this
    /// key's over them. They are hashed once for both.
    pub fn digest_if_signed(&self, head: &[u8], body: &[u8], signature: &[u8]) -> Option<[u8; 32]> {
        let mut context = Context::new(&SHA256);
        context.update(head);
        context.update(body);
        let digest = context.finish();
        let is_signed = match &self.ready {
            ReadyKey::P256(key) => key.verify_digest_sig(&digest, signature).is_ok(),
            ReadyKey::Ed25519(_) => self.verifies(&[head, body].concat(), signature),
        };
        is_signed.then(|| digest.as_ref().try_into().ok()).flatten()
    }

    /// Whether `signature` is this key's over `message`.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.ready {
            ReadyKey::P256(key) => key.verify_sig(message, signature).is_ok(),
            ReadyKey::Ed25519(raw) => {
                UnparsedPublicKey::new(&ED25519, raw).verify(message, signature).is_ok()
            }
        }
    }
}

/// Something that signs with one P-256 key: a file today, an enclave later.
pub trait Signer: Send + Sync {
    /// The DER `SubjectPublicKeyInfo` of the key.
    fn spki(&self) -> &[u8];
    /// A strict DER signature over SHA-256 of `message`.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError>;
    /// Where the private key lives.
    fn protection(&self) -> KeyProtection;
}

/// A P-256 private key held in memory.
pub struct SoftwareKey {
    pair: EcdsaKeyPair,
    pkcs8: Vec<u8>,
    spki: Vec<u8>,
}

impl SoftwareKey {
    /// Makes a new key.
    pub fn generate() -> Result<Self, KeyError> {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
                .map_err(|_| KeyError::Unusable)?;
        Self::from_pkcs8(document.as_ref())
    }

    /// Reads a key from PKCS#8.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8)
            .map_err(|_| KeyError::BadPrivateKey)?;
        let spki = [P256_PREFIX, pair.public_key().as_ref()].concat();
        Ok(Self { pair, pkcs8: pkcs8.to_vec(), spki })
    }

    /// The private key, to be stored where only root reads it.
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }
}

impl Signer for SoftwareKey {
    fn spki(&self) -> &[u8] {
        &self.spki
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature =
            self.pair.sign(&SystemRandom::new(), message).map_err(|_| KeyError::Unusable)?;
        Ok(signature.as_ref().to_vec())
    }

    fn protection(&self) -> KeyProtection {
        KeyProtection::SoftwareFile
    }
}
