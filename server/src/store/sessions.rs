//! Who is signed in to the console: links that admit once, and sessions.
//!
//! Only digests are kept, so that a copy of the database admits nobody.

use jiff::Timestamp;

use super::StoreError;

/// SHA-256 of a secret that only its holder knows.
pub type SecretDigest = [u8; 32];

/// Keeps sign-in links and sessions.
pub trait Sessions: Send + Sync {
    /// Keeps a link that admits once, until `expires`.
    fn add_link(
        &self,
        link: &SecretDigest,
        created: Timestamp,
        expires: Timestamp,
    ) -> Result<(), StoreError>;

    /// Uses up `link` and begins `session`; false when the link is not there,
    /// was used before or is too old.
    fn begin(
        &self,
        link: &SecretDigest,
        session: &SecretDigest,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Whether `session` holds at `now`.
    fn is_open(&self, session: &SecretDigest, now: Timestamp) -> Result<bool, StoreError>;

    /// Ends `session`.
    fn end(&self, session: &SecretDigest) -> Result<(), StoreError>;
}
