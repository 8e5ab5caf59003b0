//! What the collector remembers of a person whom it sent to a provider.
//!
//! It stays here; the browser holds only a random value in a cookie, and the
//! provider another one (`state`). An attempt is found by the second and
//! belongs to whoever presents the first.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::auth::Secret;

/// The word for these attempts in the store.
pub const KIND: &str = "openid";
/// How long a person may take at the provider.
pub const VALID_FOR: SignedDuration = SignedDuration::from_mins(10);

/// One attempt, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// The provider's name in the configuration.
    pub provider: String,
    /// Digest of the browser's cookie.
    pub browser: String,
    /// What the ID token has to repeat.
    pub nonce: String,
    /// What proves to the provider that we are the one who asked (PKCE).
    pub verifier: String,
    /// The page that was asked for.
    pub return_to: String,
}

/// What is kept of a browser's cookie.
pub fn digest_of(browser: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(browser.digest())
}

impl Attempt {
    /// Whether the attempt belongs to the browser with this cookie. What is
    /// compared are digests, so its time tells nothing.
    pub fn is_of(&self, browser: &Secret) -> bool {
        self.browser == digest_of(browser)
    }
}
