//! Encrypted ID tokens: everything that is wrong with a signed one, inside;
//! and what can be wrong with the encryption.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use tests::openid_provider::Draft;
use tests::openid_provider::sealing::Seal;
use tests::openid_provider::signing::Signer;

use super::{Mistake, Place, plain};

fn sealed_by(it: &mut Draft, alg: &'static str) {
    it.seal = Some(Seal::by(alg));
}

fn header(it: &mut Draft, name: &str, value: serde_json::Value) {
    it.seal.as_mut().unwrap().header[name] = value;
}

/// Everything that can be wrong with the encryption.
const MISTAKES: &[Mistake] = &[
    ("not encrypted", "token_not_encrypted", |it| it.seal = None),
    ("RSA1_5", "encryption_algorithm", |it| sealed_by(it, "RSA1_5")),
    ("RSA-OAEP with SHA-1", "encryption_algorithm", |it| sealed_by(it, "RSA-OAEP")),
    ("a key that both know", "encryption_algorithm", |it| sealed_by(it, "dir")),
    ("encrypted by nothing", "encryption_algorithm", |it| header(it, "alg", json!("none"))),
    ("A128GCM", "encryption_algorithm", |it| header(it, "enc", json!("A128GCM"))),
    ("A256CBC-HS512", "encryption_algorithm", |it| header(it, "enc", json!("A256CBC-HS512"))),
    ("compressed", "encryption_header", |it| header(it, "zip", json!("DEF"))),
    ("something unknown that must be understood", "encryption_header", |it| {
        header(it, "crit", json!(["exp"]));
    }),
    ("content that is no token", "encryption_header", |it| header(it, "cty", json!("text/plain"))),
    ("to a key of somebody else", "encryption_key", |it| header(it, "kid", json!("other"))),
    ("a changed header", "decryption", |it| {
        it.tamper = Some(|parts| parts[0].push(b' '));
    }),
    ("a changed key", "decryption", |it| it.tamper = Some(|parts| parts[1][7] ^= 1)),
    ("a key cut short", "decryption", |it| it.tamper = Some(|parts| parts[1].truncate(383))),
    ("no key", "decryption", |it| it.tamper = Some(|parts| parts[1].clear())),
    ("another initialization vector", "decryption", |it| {
        it.tamper = Some(|parts| parts[2][0] ^= 1);
    }),
    ("a short initialization vector", "encryption_malformed", |it| {
        it.tamper = Some(|parts| parts[2].truncate(8));
    }),
    ("changed content", "decryption", |it| it.tamper = Some(|parts| parts[3][0] ^= 1)),
    ("content cut short", "decryption", |it| {
        it.tamper = Some(|parts| {
            parts[3].pop();
        });
    }),
    ("another tag", "decryption", |it| it.tamper = Some(|parts| parts[4][15] ^= 1)),
    ("a short tag", "encryption_malformed", |it| it.tamper = Some(|parts| parts[4].truncate(4))),
    ("ECDH-ES with changed content", "decryption", |it| {
        sealed_by(it, "ECDH-ES");
        it.tamper = Some(|parts| parts[3][0] ^= 1);
    }),
    ("ECDH-ES with a key as well", "encryption_malformed", |it| {
        sealed_by(it, "ECDH-ES");
        it.tamper = Some(|parts| parts[1] = vec![1; 40]);
    }),
    ("ECDH-ES with a point that is not on the curve", "decryption", |it| {
        sealed_by(it, "ECDH-ES");
        let zero = URL_SAFE_NO_PAD.encode([0; 32]);
        header(it, "epk", json!({"kty": "EC", "crv": "P-256", "x": zero, "y": zero}));
    }),
    ("ECDH-ES on another curve", "encryption_algorithm", |it| {
        sealed_by(it, "ECDH-ES");
        header(it, "epk", json!({"kty": "OKP", "crv": "X25519", "x": "AQAB", "y": "AQAB"}));
    }),
    ("ECDH-ES with other names of the two sides", "decryption", |it| {
        sealed_by(it, "ECDH-ES");
        header(it, "apu", json!("QWxpY2U"));
    }),
    ("ECDH-ES+A256KW with a changed key", "decryption", |it| {
        sealed_by(it, "ECDH-ES+A256KW");
        it.tamper = Some(|parts| parts[1][39] ^= 1);
    }),
    ("inside, a token that nobody signed", "signature_algorithm", |it| {
        sealed_by(it, "ECDH-ES");
        it.header = json!({"alg": "none"});
        it.signer = Signer::Nobody;
    }),
    ("inside, claims without a signature around them", "token_malformed", |it| {
        it.respell = Some(|_| "{\"sub\":\"account-7\"}".to_owned());
    }),
];

#[tokio::test]
async fn every_wrong_encryption_is_refused_for_its_reason() {
    let place = Place::new().await;
    assert!(MISTAKES.len() >= 20);
    place.refuses("encrypted", MISTAKES).await;
}

#[tokio::test]
async fn every_wrong_token_inside_of_a_right_encryption_is_refused_for_its_reason() {
    let place = Place::new().await;
    place.refuses("encrypted", plain::MISTAKES).await;
}

#[tokio::test]
async fn every_encryption_on_the_list_signs_in() {
    let place = Place::new().await;
    for alg in ["RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW"] {
        let ended = place.try_with("encrypted", move |it| sealed_by(it, alg));
        assert_eq!(ended.await, Ok(()), "{alg}");
    }
}

#[tokio::test]
async fn an_encrypted_token_is_refused_where_none_was_agreed() {
    let place = Place::new().await;
    let ended = place.try_with("plain", |it| it.seal = Some(Seal::default()));
    assert_eq!(ended.await, Err("token_encrypted".to_owned()));
}

#[tokio::test]
async fn the_person_sees_the_same_page_whatever_could_not_be_decrypted() {
    use tests::openid_provider::browser::Browser;
    use tests::visitor::text_of;
    let place = Place::new().await;
    let mut pages = Vec::new();
    for mistake in MISTAKES.iter().filter(|(_, reason, _)| *reason == "decryption") {
        let order = mistake.2;
        place.provider.behave(|it| {
            it.encrypts = true;
            it.order = std::sync::Arc::new(order);
        });
        let reply = Browser::of(&place.server).sign_in("encrypted").await;
        pages.push((reply.status, text_of(&reply.text())));
    }
    assert!(pages.len() > 8 && pages.windows(2).all(|pair| pair[0] == pair[1]), "{pages:?}");
}
