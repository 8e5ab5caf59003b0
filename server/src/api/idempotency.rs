//! `Idempotency-Key`: a request that is sent again does nothing again, and
//! gets the answer of the first one.
//!
//! Answers may hold a secret that is shown once, so what is kept of them can
//! be read only with the credential of whoever asked: the key that encrypts an
//! answer comes from it, and only its digest is stored.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use shared::keys::sha256;

use super::problem::ApiProblem;

/// Name of the header.
pub(super) const HEADER: &str = "idempotency-key";
/// What a key may look like.
pub(super) const PATTERN: &str = "^[A-Za-z0-9_.:-]{16,128}$";

/// An answer that is given again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The HTTP status.
    pub(super) status: u16,
    /// `ETag` and `Location`, where the answer had them.
    pub(super) headers: Vec<(String, String)>,
    /// The body.
    pub(super) body: String,
}

/// A request that must not be done twice.
pub(super) struct Once {
    /// The key that the client chose.
    pub(super) key: String,
    /// Digest over method, address and body.
    pub(super) request: [u8; 32],
    secret: [u8; 32],
}

/// The key of a request, if it has one.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<String>, ApiProblem> {
    let mut keys = headers.get_all(HEADER).iter();
    let Some(first) = keys.next() else { return Ok(None) };
    let fits = |text: &&str| {
        (16..=128).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte))
    };
    let key = first.to_str().ok().filter(fits).filter(|_| keys.next().is_none());
    key.map(|key| Some(key.to_owned())).ok_or_else(|| {
        ApiProblem::parameter(
            "Idempotency-Key",
            "it must be given once, with 16 to 128 letters, digits, `_`, `.`, `:` or `-`, such as a UUID.",
        )
    })
}

impl Once {
    /// The request of whoever presents `credential`.
    pub(super) fn new(key: String, credential: &[u8], request: &[&[u8]]) -> Self {
        let mut secret = b"muster idempotency\0".to_vec();
        secret.extend(sha256(credential));
        secret.extend(key.as_bytes());
        // Each part by its digest, so that none can run into the next.
        let request: Vec<u8> = request.iter().flat_map(|part| sha256(part)).collect();
        Self { key, request: sha256(&request), secret: sha256(&secret) }
    }

    fn cipher(&self) -> Option<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, &self.secret).ok().map(LessSafeKey::new)
    }

    /// An answer as it is kept; none when the machine gives no random bytes.
    pub(super) fn seal(&self, kept: &Kept) -> Option<String> {
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).ok()?;
        let mut text = serde_json::to_vec(kept).ok()?;
        let place = Nonce::assume_unique_for_key(nonce);
        self.cipher()?.seal_in_place_append_tag(place, Aad::from(self.request), &mut text).ok()?;
        let mut whole = nonce.to_vec();
        whole.extend(text);
        Some(STANDARD.encode(whole))
    }

    /// An answer that was kept; none when it is another's.
    pub(super) fn open(&self, sealed: &str) -> Option<Kept> {
        let bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, text) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let plain = self.cipher()?.open_in_place(nonce, Aad::from(self.request), &mut text).ok()?;
        serde_json::from_slice(plain).ok()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::{HEADER, Kept, Once, key};

    const KEY: &str = "5f2b7c1e-0000-4000-8000-000000000000";

    fn once(credential: &str, body: &str) -> Once {
        Once::new(KEY.to_owned(), credential.as_bytes(), &[b"POST", body.as_bytes()])
    }

    #[test]
    fn only_the_same_credential_reads_a_kept_answer() {
        let kept = Kept {
            status: 201,
            headers: vec![("location".to_owned(), "/x".to_owned())],
            body: "{\"token\":\"muster_secret\"}".to_owned(),
        };
        let sealed = once("token a", "{}").seal(&kept).unwrap();
        assert!(!sealed.contains("muster"));
        assert_eq!(once("token a", "{}").open(&sealed), Some(kept));
        assert_eq!(once("token b", "{}").open(&sealed), None);
        assert_eq!(once("token a", "{} ").open(&sealed), None);
        assert_eq!(once("token a", "{}").open("AAAA"), None);
        assert_ne!(once("a", "{}").request, once("a", "{ }").request);
    }

    #[test]
    fn a_key_is_given_once_and_is_hard_to_guess() {
        let read = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(HEADER, HeaderValue::from_static(value));
            }
            key(&headers).map_err(drop)
        };
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[KEY]), Ok(Some(KEY.to_owned())));
        for odd in [&["1"][..], &[""], &["0123456789 123456"], &[KEY, KEY]] {
            assert_eq!(read(odd), Err(()), "{odd:?}");
        }
    }
}
