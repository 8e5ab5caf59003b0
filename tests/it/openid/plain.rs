//! ID tokens that are signed, and wrong in one way each.

use serde_json::json;
use tests::openid_provider::base64;
use tests::openid_provider::signing::Signer;

use super::{Mistake, Place, claim, without};

/// Everything that can be wrong with a signed token.
pub(super) const MISTAKES: &[Mistake] = &[
    ("another signature", "signature", |it| {
        it.respell = Some(|token| {
            let (signed, _) = token.rsplit_once('.').unwrap();
            format!("{signed}.{}", base64([1; 256]))
        });
    }),
    ("claims changed after signing", "signature", |it| {
        it.respell = Some(|token| {
            let parts: Vec<_> = token.split('.').collect();
            let claims =
                base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, parts[1]);
            let claims = String::from_utf8(claims.unwrap()).unwrap();
            let claims = claims.replace("account-7", "account-8");
            format!("{}.{}.{}", parts[0], base64(claims), parts[2])
        });
    }),
    ("another key under a known name", "signature", |it| it.signer = Signer::Stranger),
    ("a key that nobody knows", "signature_key", |it| it.header["kid"] = json!("other")),
    ("a key of another kind", "signature_key", |it| it.header["kid"] = json!("p256")),
    ("no signature at all", "signature_algorithm", |it| {
        it.header = json!({"alg": "none"});
        it.signer = Signer::Nobody;
    }),
    ("no signature under a key's name", "signature_algorithm", |it| {
        it.header["alg"] = json!("none");
        it.signer = Signer::Nobody;
    }),
    ("the signature cut off", "signature", |it| {
        it.respell = Some(|token| format!("{}.", token.rsplit_once('.').unwrap().0));
    }),
    ("HS256 with the public key as the secret", "signature_algorithm", |it| {
        it.header["alg"] = json!("HS256");
        it.signer = Signer::PublicKeyAsSecret;
    }),
    ("HS256 with the client's secret", "signature_algorithm", |it| {
        it.header = json!({"alg": "HS256"});
        it.signer = Signer::ClientSecret;
    }),
    ("RS512", "signature_algorithm", |it| it.header["alg"] = json!("RS512")),
    ("an algorithm that does not exist", "token_malformed", |it| {
        it.header["alg"] = json!("none ");
    }),
    ("a key that the token brings along", "signature_key", |it| {
        it.header = json!({"alg": "RS256", "kid": "stranger", "jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}});
        it.signer = Signer::Stranger;
    }),
    ("the address of other keys in `jku`", "signature_key", |it| {
        it.header = json!({"alg": "RS256", "kid": "stranger", "jku": "https://evil.example/jwks"});
        it.signer = Signer::Stranger;
    }),
    ("the address of a certificate in `x5u`", "signature_key", |it| {
        it.header = json!({"alg": "RS256", "kid": "stranger", "x5u": "https://evil.example/x5u"});
        it.signer = Signer::Stranger;
    }),
    ("a certificate in `x5c`", "signature", |it| {
        it.header = json!({"alg": "RS256", "kid": "rsa", "x5c": ["AQAB"]});
        it.signer = Signer::Stranger;
    }),
    ("something unknown that must be understood", "token_header", |it| {
        it.header["crit"] = json!(["exp"]);
    }),
    ("another type of token", "token_header", |it| it.header["typ"] = json!("at+jwt")),
    ("content of another type", "token_header", |it| it.header["cty"] = json!("JWT")),
    ("another issuer", "issuer", claim!("iss", "https://evil.example")),
    ("the issuer with a slash", "issuer", |it| {
        let issuer = format!("{}/", it.claims["iss"].as_str().unwrap());
        it.claims["iss"] = json!(issuer);
    }),
    ("for somebody else", "audience", claim!("aud", "another")),
    ("for nobody", "audience", |it| it.claims["aud"] = json!([])),
    ("for several, without `azp`", "audience", claim!("aud", ["muster", "another"])),
    ("for several, with our `azp`", "audience", |it| {
        it.claims["aud"] = json!(["muster", "another"]);
        it.claims["azp"] = json!("muster");
    }),
    ("given to somebody else", "authorized_party", claim!("azp", "another")),
    ("expired", "expired", |it| {
        let now = it.claims["iat"].as_i64().unwrap();
        it.claims["exp"] = json!(now - 60);
    }),
    ("without an end", "token_malformed", |it| without(it, "exp")),
    ("not valid yet", "not_yet_valid", |it| {
        let now = it.claims["iat"].as_i64().unwrap();
        it.claims["nbf"] = json!(now + 61);
    }),
    ("issued in the future", "issued_in_future", |it| {
        let now = it.claims["iat"].as_i64().unwrap();
        it.claims["iat"] = json!(now + 61);
    }),
    ("without a nonce", "nonce_missing", |it| without(it, "nonce")),
    ("with another nonce", "nonce", claim!("nonce", "another")),
    ("of another access token", "access_token_hash", claim!("at_hash", "AAAAAAAAAAAAAAAAAAAAAA")),
    ("of nobody", "subject", claim!("sub", "")),
    ("without a subject", "token_malformed", |it| without(it, "sub")),
    ("of a subject that is too long", "subject", |it| it.claims["sub"] = json!("s".repeat(256))),
    ("no token at all", "token_malformed", |it| it.respell = Some(|_| "hello".to_owned())),
];

#[tokio::test]
async fn every_wrong_token_is_refused_for_its_reason() {
    let place = Place::new().await;
    assert!(MISTAKES.len() >= 20);
    place.refuses("plain", MISTAKES).await;
}

#[tokio::test]
async fn clocks_may_be_a_minute_apart() {
    let place = Place::new().await;
    let ended = place.try_with("plain", |it| {
        let now = it.claims["iat"].as_i64().unwrap();
        it.claims["iat"] = json!(now + 60);
        it.claims["nbf"] = json!(now + 60);
        it.claims["exp"] = json!(now - 59);
    });
    assert_eq!(ended.await, Ok(()));
}

#[tokio::test]
async fn a_token_of_an_earlier_sign_in_is_refused() {
    use std::sync::{Arc, Mutex};
    let place = Place::new().await;
    let seen = Arc::new(Mutex::new(serde_json::Value::Null));
    let kept = Arc::clone(&seen);
    let first = place.try_with("plain", move |it| *kept.lock().unwrap() = it.claims.clone());
    assert_eq!(first.await, Ok(()));
    let replayed = place.try_with("plain", move |it| it.claims = seen.lock().unwrap().clone());
    assert_eq!(replayed.await, Err("nonce".to_owned()));
}
