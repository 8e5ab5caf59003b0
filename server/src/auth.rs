//! Who somebody is, and what they may do.
//!
//! Secrets have 256 bits, are shown once and are kept as digests. Every way of
//! signing in ends in [`session`]; what a request may do is decided in
//! [`guard`] alone, by the list of routes.

pub mod account;
pub mod admission;
mod cookie;
pub mod guard;
pub mod link;
pub mod mail_link;
pub mod openid;
mod origin;
pub mod passkey;
pub mod permission;
pub mod return_path;
pub mod role;
pub mod session;
pub mod sight;
pub mod slowing;
pub mod token;
pub mod ways;
pub mod who;

use std::fmt;

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::keys::sha256;

pub use self::cookie::{CookieJar, cookie};
pub use self::origin::comes_from_here;
use crate::store::StoreError;
use crate::store::access::SecretDigest;

/// Why nobody could be signed in or out.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The machine gave no random bytes.
    #[error("the machine gave no random numbers")]
    NoRandomness,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A random secret, shown to its holder once.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new one.
    pub fn random() -> Result<Self, AuthError> {
        let mut bytes = [0_u8; 32];
        SystemRandom::new().fill(&mut bytes).map_err(|_| AuthError::NoRandomness)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// A secret that somebody presents.
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// What is kept of it.
    pub fn digest(&self) -> SecretDigest {
        sha256(self.0.as_bytes())
    }

    /// The secret itself, for its holder alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    /// Hides the secret, so that no log can hold it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Secret::random().unwrap()), "Secret(..)");
    }
}
