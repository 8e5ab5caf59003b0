//! Encrypts tokens to the collector, as its published keys ask for, and in the
//! ways that it has to refuse. Written apart from what opens them.

#![expect(clippy::expect_used, reason = "a token that cannot be sealed fails its test")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]
#![expect(clippy::indexing_slicing, reason = "keys have a known length")]

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::key_wrap::{AES_256, KeyEncryptionKey, KeyWrap as _};
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, Pkcs1PublicEncryptingKey,
    PublicEncryptingKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::base64;

/// To whom tokens are encrypted.
#[derive(Clone, Debug)]
pub struct Target {
    rsa: Vec<u8>,
    rsa_kid: String,
    ec: Vec<u8>,
    ec_kid: String,
}

/// How a token is encrypted.
#[derive(Clone, Debug)]
pub struct Seal {
    /// `alg`
    pub alg: &'static str,
    /// Members that are added to the header, or replace what stands there.
    pub header: Value,
}

impl Default for Seal {
    fn default() -> Self {
        Self::by("RSA-OAEP-256")
    }
}

/// What stands in front of an RSA key of 3072 bits in a `SubjectPublicKeyInfo`.
const BEFORE_MODULUS: [u8; 33] = [
    0x30, 0x82, 0x01, 0xa2, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
    0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x8f, 0x00, 0x30, 0x82, 0x01, 0x8a, 0x02, 0x82, 0x01, 0x81,
    0x00,
];

impl Target {
    /// The keys in a published JWK Set.
    pub fn of(published: &Value) -> Self {
        let text = |key: usize, name: &str| published["keys"][key][name].as_str().expect("a text");
        let bytes =
            |key: usize, name: &str| URL_SAFE_NO_PAD.decode(text(key, name)).expect("bytes");
        let modulus = bytes(0, "n");
        assert_eq!((modulus.len(), text(0, "e")), (384, "AQAB"));
        Self {
            rsa: [&BEFORE_MODULUS, modulus.as_slice(), &[2, 3, 1, 0, 1]].concat(),
            rsa_kid: text(0, "kid").to_owned(),
            ec: [vec![4], bytes(1, "x"), bytes(1, "y")].concat(),
            ec_kid: text(1, "kid").to_owned(),
        }
    }
}

impl Seal {
    /// By an algorithm, as it is meant.
    pub fn by(alg: &'static str) -> Self {
        Self { alg, header: json!({}) }
    }

    /// Encrypts `token`.
    pub fn seal(&self, to: &Target, token: &str, tamper: Option<fn(&mut [Vec<u8>; 5])>) -> String {
        let random = [0x5a_u8; 32];
        let mut header = json!({"alg": self.alg, "enc": "A256GCM", "cty": "JWT"});
        let (key, encrypted) = match self.alg {
            "ECDH-ES" => (agreed(to, "A256GCM", &mut header), Vec::new()),
            "ECDH-ES+A256KW" => {
                let wrapping = agreed(to, "ECDH-ES+A256KW", &mut header);
                let wrapping = KeyEncryptionKey::new(&AES_256, &wrapping).expect("a key");
                let mut room = [0; 40];
                (random, wrapping.wrap(&random, &mut room).expect("a wrapped key").to_vec())
            }
            "dir" => (random, Vec::new()),
            alg => {
                header["kid"] = json!(to.rsa_kid);
                (random, to_rsa(to, alg, &random))
            }
        };
        for (name, value) in self.header.as_object().expect("an object") {
            header[name] = value.clone();
        }
        let header = header.to_string();
        let nonce = [0xa5; 12];
        let mut sealed = token.as_bytes().to_vec();
        let tag = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).expect("a key"))
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(base64(&header).as_bytes()),
                &mut sealed,
            )
            .expect("a sealed token");
        let mut parts =
            [header.into_bytes(), encrypted, nonce.to_vec(), sealed, tag.as_ref().to_vec()];
        if let Some(tamper) = tamper {
            tamper(&mut parts);
        }
        parts.iter().map(base64).collect::<Vec<_>>().join(".")
    }
}

fn to_rsa(to: &Target, alg: &str, key: &[u8]) -> Vec<u8> {
    let public = PublicEncryptingKey::from_der(&to.rsa).expect("a public key");
    let mut room = vec![0; 384];
    if alg == "RSA1_5" {
        let public = Pkcs1PublicEncryptingKey::new(public).expect("a public key");
        return public.encrypt(key, &mut room).expect("an encrypted key").to_vec();
    }
    let public = OaepPublicEncryptingKey::new(public).expect("a public key");
    let hash = if alg == "RSA-OAEP" { &OAEP_SHA1_MGF1SHA1 } else { &OAEP_SHA256_MGF1SHA256 };
    public.encrypt(hash, key, &mut room, None).expect("an encrypted key").to_vec()
}

/// Agrees on a key with the collector, and puts our half into the header.
fn agreed(to: &Target, algorithm: &str, header: &mut Value) -> [u8; 32] {
    let ours = PrivateKey::generate(&ECDH_P256).expect("a key");
    let point = ours.compute_public_key().expect("a public key");
    let (x, y) = point.as_ref()[1..].split_at(32);
    header["epk"] = json!({"kty": "EC", "crv": "P-256", "x": base64(x), "y": base64(y)});
    header["kid"] = json!(to.ec_kid);
    let theirs = UnparsedPublicKey::new(&ECDH_P256, &to.ec);
    agree(&ours, theirs, "no agreement", |z| {
        let length = u32::try_from(algorithm.len()).expect("a short name");
        let input = [
            &[0, 0, 0, 1],
            z,
            &length.to_be_bytes(),
            algorithm.as_bytes(),
            // No names of the two sides.
            &[0; 8],
            &256_u32.to_be_bytes(),
        ]
        .concat();
        Ok(digest(&SHA256, &input).as_ref().try_into().expect("32 bytes"))
    })
    .expect("an agreement")
}
