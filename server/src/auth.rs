//! Signing in to the console: a link that admits once begins a session.
//!
//! The link is made on the collector's own machine, by whoever may run
//! `muster-server` there. Nothing here can be guessed or replayed: secrets have
//! 256 bits, are kept as digests, and a link is used up by the first visit.

mod cookie;
mod origin;
pub mod passkey;

use std::fmt;

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use shared::keys::sha256;

pub use self::cookie::{CookieJar, cookie};
pub use self::origin::comes_from_here;
use crate::store::StoreError;
use crate::store::sessions::{SecretDigest, Sessions};

/// How long a link admits.
pub const LINK_VALID_FOR: SignedDuration = SignedDuration::from_mins(15);
/// How long a session lasts, whatever happens in it.
pub const SESSION_VALID_FOR: SignedDuration = SignedDuration::from_hours(12);

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

/// Makes a link that signs in whoever opens it first within 15 minutes.
pub fn create_link(
    sessions: &dyn Sessions,
    public_url: &str,
    now: Timestamp,
) -> Result<String, AuthError> {
    let secret = Secret::random()?;
    sessions.add_link(&secret.digest(), now, after(now, LINK_VALID_FOR))?;
    Ok(format!("{}/login/{}", public_url.trim_end_matches('/'), secret.reveal()))
}

/// Uses up a link; the new session's secret, or nothing when the link does
/// not admit.
pub fn sign_in(
    sessions: &dyn Sessions,
    link: &Secret,
    now: Timestamp,
) -> Result<Option<Secret>, AuthError> {
    let session = Secret::random()?;
    let expires = after(now, SESSION_VALID_FOR);
    let begun = sessions.begin(&link.digest(), &session.digest(), now, expires)?;
    Ok(begun.then_some(session))
}

fn after(now: Timestamp, time: SignedDuration) -> Timestamp {
    now.checked_add(time).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{LINK_VALID_FOR, SESSION_VALID_FOR, Secret, create_link, sign_in};
    use crate::store::sessions::Sessions as _;
    use crate::store::sqlite::sessions::SqliteSessions;

    fn noon() -> Timestamp {
        "2026-08-23T12:00:00Z".parse().unwrap()
    }

    fn sessions() -> (tempfile::TempDir, SqliteSessions) {
        let folder = tempfile::tempdir().unwrap();
        let sessions = SqliteSessions::open(&folder.path().join("muster.db")).unwrap();
        (folder, sessions)
    }

    fn link(sessions: &SqliteSessions) -> Secret {
        let url = create_link(sessions, "https://muster.example/", noon()).unwrap();
        let secret = url.strip_prefix("https://muster.example/login/").unwrap();
        assert_eq!(secret.len(), 43);
        Secret::presented(secret)
    }

    #[test]
    fn a_link_admits_once() {
        let (_folder, sessions) = sessions();
        let link = link(&sessions);
        let session = sign_in(&sessions, &link, noon()).unwrap().unwrap();
        assert!(sessions.is_open(&session.digest(), noon()).unwrap());
        assert_eq!(sign_in(&sessions, &link, noon()).unwrap(), None);
        assert_eq!(sign_in(&sessions, &session, noon()).unwrap(), None);
    }

    #[test]
    fn a_link_admits_for_fifteen_minutes() {
        let (_folder, sessions) = sessions();
        let (early, late) = (link(&sessions), link(&sessions));
        let moment = SignedDuration::from_millis(1);
        let end = noon() + LINK_VALID_FOR;
        assert!(sign_in(&sessions, &early, end - moment).unwrap().is_some());
        assert!(sign_in(&sessions, &late, end).unwrap().is_none());
    }

    #[test]
    fn a_session_ends_by_itself_and_by_signing_out() {
        let (_folder, sessions) = sessions();
        let session = sign_in(&sessions, &link(&sessions), noon()).unwrap().unwrap().digest();
        let other = sign_in(&sessions, &link(&sessions), noon()).unwrap().unwrap().digest();
        let end = noon() + SESSION_VALID_FOR;
        assert!(sessions.is_open(&session, end - SignedDuration::from_millis(1)).unwrap());
        assert!(!sessions.is_open(&session, end).unwrap());
        sessions.end(&session).unwrap();
        assert!(!sessions.is_open(&session, noon()).unwrap());
        assert!(sessions.is_open(&other, noon()).unwrap());
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Secret::random().unwrap()), "Secret(..)");
    }
}
