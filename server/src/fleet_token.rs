//! Fleet tokens: one secret for many Macs, for the profile of an MDM.

use jiff::{SignedDuration, Timestamp};
use shared::keys::sha256;
use shared::token::{Token, token_id};

use crate::store::access::fleet_tokens::NewFleetToken;

/// The longest that one can be valid, in days.
pub const LONGEST_DAYS: i64 = 365;
/// Most Macs of one token.
pub const MOST_MACS: i64 = 1_000_000;
/// Longest name, in letters.
const NAME: usize = 100;

/// What a token shall be.
#[derive(Clone, Debug)]
pub struct Request {
    /// Name for people.
    pub name: String,
    /// Most Macs.
    pub quota: i64,
    /// How long it is valid.
    pub valid_for: SignedDuration,
}

/// Checks what a person typed; the error says what would be right.
pub fn check(request: &Request) -> Result<(), String> {
    let name = request.name.trim();
    if name.is_empty() || name.chars().count() > NAME || name.chars().any(char::is_control) {
        return Err(format!("Enter a name of at most {NAME} letters, such as the MDM's."));
    }
    if !(1..=MOST_MACS).contains(&request.quota) {
        return Err(format!("Enter how many Macs may use it, from 1 to {MOST_MACS}."));
    }
    let longest = SignedDuration::from_hours(24 * LONGEST_DAYS);
    if request.valid_for <= SignedDuration::ZERO || request.valid_for > longest {
        return Err(format!("A token is valid for at most {LONGEST_DAYS} days."));
    }
    Ok(())
}

/// A token to be kept, and the one that is shown once.
///
/// # Panics
///
/// When the system gives no random bytes: then nothing may be admitted.
pub fn make(
    request: &Request,
    public_url: &str,
    ca_sha256: Option<[u8; 32]>,
    now: Timestamp,
) -> (NewFleetToken, Token) {
    let mut secret = [0; 32];
    // A failure would leave a secret that anybody can guess.
    #[expect(clippy::expect_used, reason = "without random bytes nothing may be admitted")]
    aws_lc_rs::rand::fill(&mut secret).expect("the system gives random bytes");
    let new = NewFleetToken {
        id: token_id(&secret),
        secret_sha256: sha256(&secret),
        name: request.name.trim().to_owned(),
        quota: request.quota,
        expires: now.checked_add(request.valid_for).unwrap_or(Timestamp::MAX),
    };
    (new, Token { url: public_url.to_owned(), ca_sha256, secret })
}

/// The token as a managed preference of the agent's domain.
pub fn preference(token: &Token) -> String {
    format!("<key>EnrollmentToken</key>\n<string>{token}</string>")
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::{Request, check, make};

    fn request() -> Request {
        Request {
            name: "Jamf".to_owned(),
            quota: 50,
            valid_for: SignedDuration::from_hours(24 * 90),
        }
    }

    #[test]
    fn only_the_digest_of_the_secret_is_kept() {
        let now = "2026-08-23T09:00:00Z".parse().unwrap();
        let (kept, token) = make(&request(), "https://m.example", Some([1; 32]), now);
        assert_eq!(kept.secret_sha256, shared::keys::sha256(&token.secret));
        assert_eq!((kept.id, kept.quota), (token.id(), 50));
        assert_eq!(kept.expires, "2026-11-21T09:00:00Z".parse().unwrap());
    }

    #[test]
    fn a_token_has_a_name_a_quota_and_an_end() {
        check(&request()).unwrap();
        assert!(check(&Request { name: " ".to_owned(), ..request() }).is_err());
        assert!(check(&Request { quota: 0, ..request() }).is_err());
        let long = SignedDuration::from_hours(24 * 366);
        assert!(check(&Request { valid_for: long, ..request() }).unwrap_err().contains("365"));
    }
}
