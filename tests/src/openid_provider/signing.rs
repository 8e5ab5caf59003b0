//! The provider's signing keys, and tokens signed with them or in their place.

#![expect(clippy::expect_used, reason = "a key that cannot be made fails its test")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]
#![expect(clippy::indexing_slicing, reason = "keys have a known length")]

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use serde_json::{Value, json};

use super::{Draft, base64};

/// What a token is signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The provider's RSA key, PKCS #1.
    Rs256,
    /// The provider's RSA key, PSS.
    Ps256,
    /// The provider's key on P-256.
    Es256,
    /// The provider's key on P-384.
    Es384,
    /// The provider's Ed25519 key.
    EdDsa,
    /// An RSA key that nobody knows.
    Stranger,
    /// HMAC with the public RSA key, which everybody knows, as the secret.
    PublicKeyAsSecret,
    /// HMAC with the client's secret.
    ClientSecret,
    /// Nothing.
    Nobody,
}

/// Every key of a provider.
pub struct Keys {
    rsa: RsaKeyPair,
    stranger: RsaKeyPair,
    p256: EcdsaKeyPair,
    p384: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
}

impl Keys {
    /// New ones.
    pub fn make() -> Self {
        let rsa = || RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
        Self {
            rsa: rsa(),
            stranger: rsa(),
            p256: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"),
            p384: EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("a key"),
            ed25519: Ed25519KeyPair::generate().expect("a key"),
        }
    }

    /// The public halves, as JWK.
    pub fn public(&self) -> Vec<Value> {
        let point = |kid: &str, crv: &str, key: &EcdsaKeyPair| {
            let point = key.public_key().as_ref();
            let (x, y) = point[1..].split_at((point.len() - 1) / 2);
            json!({"kty": "EC", "use": "sig", "kid": kid, "crv": crv, "x": base64(x), "y": base64(y)})
        };
        let x = base64(self.ed25519.public_key().as_ref());
        vec![
            rsa_jwk("rsa", &self.rsa),
            point("p256", "P-256", &self.p256),
            point("p384", "P-384", &self.p384),
            json!({"kty": "OKP", "use": "sig", "kid": "ed", "crv": "Ed25519", "x": x}),
        ]
    }

    /// The public half of the key that signs for [`Signer::Stranger`].
    pub fn strangers(&self) -> Value {
        rsa_jwk("stranger", &self.stranger)
    }

    /// A draft as a signed token, in compact form.
    pub fn sign(&self, draft: &Draft) -> String {
        let input =
            format!("{}.{}", base64(draft.header.to_string()), base64(draft.claims.to_string()));
        let bytes = input.as_bytes();
        let random = SystemRandom::new();
        let rsa = |key: &RsaKeyPair, padding: &'static dyn RsaEncoding| {
            let mut signature = vec![0; key.public_modulus_len()];
            key.sign(padding, &random, bytes, &mut signature).expect("a signature");
            signature
        };
        let ec =
            |key: &EcdsaKeyPair| key.sign(&random, bytes).expect("a signature").as_ref().to_vec();
        let mac = |secret: &[u8]| {
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), bytes).as_ref().to_vec()
        };
        let signature = match draft.signer {
            Signer::Rs256 => rsa(&self.rsa, &RSA_PKCS1_SHA256),
            Signer::Ps256 => rsa(&self.rsa, &RSA_PSS_SHA256),
            Signer::Stranger => rsa(&self.stranger, &RSA_PKCS1_SHA256),
            Signer::Es256 => ec(&self.p256),
            Signer::Es384 => ec(&self.p384),
            Signer::EdDsa => self.ed25519.sign(bytes).as_ref().to_vec(),
            Signer::PublicKeyAsSecret => {
                mac(self.rsa.public_key().as_der().expect("a public key").as_ref())
            }
            Signer::ClientSecret => mac(super::SECRET.as_bytes()),
            Signer::Nobody => Vec::new(),
        };
        format!("{input}.{}", base64(signature))
    }
}

/// The public half of an RSA key of 2048 bits: its DER has a fixed shape.
fn rsa_jwk(kid: &str, key: &RsaKeyPair) -> Value {
    let der = key.public_key().as_ref();
    assert_eq!(der.len(), 270);
    json!({"kty": "RSA", "use": "sig", "kid": kid, "n": base64(&der[9..265]), "e": "AQAB"})
}
