//! The DSSE 1.0 envelope: who signed which bytes.
//!
//! `PAE = "DSSEv1" SP len(type) SP type SP len(payload) SP payload` is what is
//! signed and what a statement's digest is taken over. ECDSA signatures can be
//! rewritten into another valid one, so the envelope's bytes are no identity.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};

use crate::json::{self, Limits};
use crate::keys::{KeyError, KeyId, PublicKey, Signer, sha256};
use crate::names::PAYLOAD_TYPE;

/// Signed bytes with the signature and a hint at the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The bytes that were signed.
    pub payload: Vec<u8>,
    /// Which key is said to have signed; only a hint.
    pub keyid: KeyId,
    /// The signature: strict DER for ECDSA.
    pub signature: Vec<u8>,
}

/// Why an envelope was refused.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Not an envelope.
    #[error("the envelope is not valid: {0}")]
    Malformed(String),
    /// Another payload type.
    #[error("the payload type is `{0}`, but `{PAYLOAD_TYPE}` is expected")]
    PayloadType(String),
    /// The payload breaks the rules for signed JSON.
    #[error("the payload is not valid: {0}")]
    Payload(#[from] json::JsonError),
    /// The signature is not the key's over these bytes.
    #[error("the signature does not fit the payload and the key")]
    BadSignature,
    /// The key cannot sign.
    #[error("the key cannot sign")]
    Key(#[from] KeyError),
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(rename = "payloadType", borrow)]
    payload_type: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    payload: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    signatures: Vec<WireSignature<'a>>,
}

#[derive(Deserialize)]
struct WireSignature<'a> {
    #[serde(borrow, default)]
    keyid: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    sig: std::borrow::Cow<'a, str>,
}

#[derive(Serialize)]
struct WireOut<'a> {
    #[serde(rename = "payloadType")]
    payload_type: &'a str,
    payload: String,
    signatures: [WireSignatureOut<'a>; 1],
}

#[derive(Serialize)]
struct WireSignatureOut<'a> {
    keyid: &'a str,
    sig: String,
}

/// The bytes that are signed for `payload`.
pub fn pae(payload: &[u8]) -> Vec<u8> {
    let mut bytes = head(payload).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// What stands before the payload when it is signed.
fn head(payload: &[u8]) -> String {
    format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len())
}

/// Standard or URL-safe base64, padded, as DSSE asks of verifiers.
fn decode(what: &str, text: &str) -> Result<Vec<u8>, EnvelopeError> {
    STANDARD
        .decode(text)
        // Looked for only when needed: a search through every payload costs as
        // much as decoding it.
        .or_else(|error| if text.contains(['-', '_']) { URL_SAFE.decode(text) } else { Err(error) })
        .map_err(|error| EnvelopeError::Malformed(format!("{what}: {error}")))
}

impl Envelope {
    /// Signs `payload`.
    pub fn sign(payload: Vec<u8>, signer: &dyn Signer) -> Result<Self, EnvelopeError> {
        Self::sign_within(payload, signer, Limits::STATEMENT)
    }

    /// Signs `payload`, which may be as large as `limits` say.
    pub fn sign_within(
        payload: Vec<u8>,
        signer: &dyn Signer,
        limits: Limits,
    ) -> Result<Self, EnvelopeError> {
        json::check_within(&payload, limits)?;
        let signature = signer.sign(&pae(&payload))?;
        Ok(Self { payload, keyid: KeyId::of(signer.spki()), signature })
    }

    /// Reads an envelope; unknown fields are ignored, as DSSE asks.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| EnvelopeError::Malformed("not UTF-8".to_owned()))?;
        let wire: Wire<'_> = serde_json::from_str(text)
            .map_err(|error| EnvelopeError::Malformed(error.to_string()))?;
        if wire.payload_type != PAYLOAD_TYPE {
            return Err(EnvelopeError::PayloadType(wire.payload_type.chars().take(80).collect()));
        }
        let [signature] = wire.signatures.as_slice() else {
            return Err(EnvelopeError::Malformed(format!(
                "{} signatures, but exactly one is expected",
                wire.signatures.len()
            )));
        };
        Ok(Self {
            payload: decode("payload", &wire.payload)?,
            keyid: KeyId(signature.keyid.clone().into_owned()),
            signature: decode("sig", &signature.sig)?,
        })
    }

    /// Checks the signature, then that the payload is strict JSON. Only what
    /// this returns may be parsed.
    pub fn verify(&self, key: &PublicKey) -> Result<Verified<'_>, EnvelopeError> {
        self.verify_within(key, Limits::STATEMENT)
    }

    /// The same for a payload that may be as large as `limits` say.
    pub fn verify_within(
        &self,
        key: &PublicKey,
        limits: Limits,
    ) -> Result<Verified<'_>, EnvelopeError> {
        let digest = key
            .digest_if_signed(head(&self.payload).as_bytes(), &self.payload, &self.signature)
            .ok_or(EnvelopeError::BadSignature)?;
        json::check_within(&self.payload, limits)?;
        Ok(Verified { payload: &self.payload, digest })
    }

    /// The stored and sent form: the three known fields, compact.
    pub fn to_json(&self) -> String {
        let wire = WireOut {
            payload_type: PAYLOAD_TYPE,
            payload: STANDARD.encode(&self.payload),
            signatures: [WireSignatureOut {
                keyid: self.keyid.as_str(),
                sig: STANDARD.encode(&self.signature),
            }],
        };
        // Strings and a fixed shape: there is nothing that could fail.
        serde_json::to_string(&wire).unwrap_or_default()
    }

    /// SHA-256 over PAE: the identity of the statement.
    pub fn digest(&self) -> [u8; 32] {
        sha256(&pae(&self.payload))
    }
}

/// Bytes whose signature was checked, with their digest.
#[derive(Clone, Copy, Debug)]
pub struct Verified<'a> {
    /// The very bytes that were signed.
    pub payload: &'a [u8],
    /// SHA-256 over PAE.
    pub digest: [u8; 32],
}

#[cfg(test)]
mod tests {
    use super::{Envelope, EnvelopeError, pae};
    use crate::keys::{PublicKey, Signer as _, SoftwareKey};

    fn signed() -> (Envelope, PublicKey) {
        let key = SoftwareKey::generate().unwrap();
        let envelope = Envelope::sign(br#"{"a":1}"#.to_vec(), &key).unwrap();
        (envelope, PublicKey::from_spki(key.spki()).unwrap())
    }

    #[test]
    fn the_signed_bytes_have_lengths_and_type() {
        assert_eq!(pae(b"hello"), b"DSSEv1 28 application/vnd.in-toto+json 5 hello".as_slice());
    }

    #[test]
    fn what_was_signed_is_read_back() {
        let (envelope, key) = signed();
        let read = Envelope::parse(envelope.to_json().as_bytes()).unwrap();
        assert_eq!(read, envelope);
        assert_eq!(read.verify(&key).unwrap().payload, br#"{"a":1}"#);
        assert_eq!(read.verify(&key).unwrap().digest, envelope.digest());
    }

    #[test]
    fn one_flipped_bit_is_refused() {
        let (envelope, key) = signed();
        for index in 0..envelope.payload.len() {
            let mut changed = envelope.clone();
            changed.payload[index] ^= 1;
            assert!(matches!(changed.verify(&key), Err(EnvelopeError::BadSignature)));
        }
        for index in 0..envelope.signature.len() {
            let mut changed = envelope.clone();
            changed.signature[index] ^= 1;
            assert!(changed.verify(&key).is_err());
        }
    }

    #[test]
    fn the_other_base64_alphabet_and_unknown_fields_are_read() {
        let (mut envelope, key) = signed();
        let json = envelope.to_json().replace('+', "-").replace('/', "_");
        let json = json.replace("application_vnd.in-toto-json", "application/vnd.in-toto+json");
        let json = json.replacen('{', "{\"extra\":[1],", 1);
        envelope.keyid.0 = envelope.keyid.0.replace('+', "-").replace('/', "_");
        let read = Envelope::parse(json.as_bytes()).unwrap();
        assert_eq!(read, envelope);
        read.verify(&key).unwrap();
    }

    #[test]
    fn other_shapes_are_refused_with_the_place() {
        for (text, says) in [
            ("", "EOF"),
            ("[]", "invalid"),
            (r#"{"payloadType":"x","payload":"","signatures":[]}"#, "payload type is `x`"),
            (
                r#"{"payloadType":"application/vnd.in-toto+json","payload":"","signatures":[]}"#,
                "0 signatures",
            ),
            (
                r#"{"payloadType":"application/vnd.in-toto+json","payload":"*","signatures":[{"sig":""}]}"#,
                "payload: Invalid symbol",
            ),
            (
                r#"{"payloadType":"application/vnd.in-toto+json","payload":"","payload":"","signatures":[]}"#,
                "duplicate field",
            ),
        ] {
            let error = Envelope::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
