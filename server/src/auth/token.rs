//! API tokens: how they look, what is kept of them, and how long they live.
//!
//! `muster_<id>_<secret><checksum>`: twelve letters and digits that name the
//! token, 43 that are 32 random bytes, and six that show a slip or a find in
//! somebody's repository without asking the collector. Everything behind
//! `muster_` is a letter or a digit, so that a double click takes all of it.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use jiff::{SignedDuration, Timestamp};
use shared::keys::sha256;

use super::AuthError;

/// How every token begins.
pub const PREFIX: &str = "muster_";
/// What tokens look like, for programs that look for lost secrets.
pub const PATTERN: &str = r"\bmuster_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}\b";
/// How long a token is valid unless told otherwise.
pub const VALID_DAYS: i64 = 90;
/// The longest that a token can be valid.
pub const LONGEST_DAYS: i64 = 365;

/// Letters and digits of the name.
const ID: usize = 12;
/// Digits of 32 bytes to the base of 62.
const SECRET: usize = 43;
/// Digits of the checksum's four bytes to the base of 62.
const CHECK: usize = 6;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A whole token, for its holder alone.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiToken {
    id: String,
    secret: String,
}

impl ApiToken {
    /// A new one.
    pub fn random() -> Result<Self, AuthError> {
        let mut bytes = [0_u8; 32];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| AuthError::NoRandomness)?;
        let mut name = [0_u8; 9];
        aws_lc_rs::rand::fill(&mut name).map_err(|_| AuthError::NoRandomness)?;
        // Nine bytes are less than 62 to the power of 13; the first twelve
        // digits from the right are as good as random.
        let mut id = digits(&name, ID + 1);
        id.remove(0);
        Ok(Self { id, secret: digits(&bytes, SECRET) })
    }

    /// Reads a token that somebody presents; nothing when it has another form
    /// or its checksum does not fit.
    pub fn presented(text: &str) -> Option<Self> {
        let (id, rest) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let fits = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if id.len() != ID || rest.len() != SECRET + CHECK || !fits(id) || !fits(rest) {
            return None;
        }
        let (secret, check) = rest.split_at_checked(SECRET)?;
        let token = Self { id: id.to_owned(), secret: secret.to_owned() };
        (token.checksum() == check).then_some(token)
    }

    /// What names it, in lists and in the audit log.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is kept of it.
    pub fn digest(&self) -> [u8; 32] {
        sha256(self.secret.as_bytes())
    }

    /// Whether it is the one of which `kept` is the digest; takes as long
    /// whatever the answer.
    pub fn is(&self, kept: &[u8]) -> bool {
        verify_slices_are_equal(&self.digest(), kept).is_ok()
    }

    /// The token itself, to be shown once.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}_{}{}", self.id, self.secret, self.checksum())
    }

    fn checksum(&self) -> String {
        let whole = sha256(format!("{PREFIX}{}_{}", self.id, self.secret).as_bytes());
        digits(whole.get(..4).unwrap_or_default(), CHECK)
    }
}

impl fmt::Debug for ApiToken {
    /// Hides the secret, so that no log can hold it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ApiToken({}, ..)", self.id)
    }
}

/// When a token ends that is made now for so many days; none when that is too
/// short or too long.
pub fn ends(now: Timestamp, days: i64) -> Option<Timestamp> {
    if !(1..=LONGEST_DAYS).contains(&days) {
        return None;
    }
    now.checked_add(SignedDuration::from_hours(24 * days)).ok()
}

/// `bytes` as a number to the base of 62, in `width` digits.
fn digits(bytes: &[u8], width: usize) -> String {
    let mut number = bytes.to_vec();
    let mut text = vec![b'0'; width];
    for place in text.iter_mut().rev() {
        let mut rest = 0_u32;
        for byte in &mut number {
            let value = rest * 256 + u32::from(*byte);
            // Less than 256, because the rest is less than 62.
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            rest = value % 62;
        }
        *place = usize::try_from(rest).ok().and_then(|at| DIGITS.get(at)).copied().unwrap_or(b'0');
    }
    text.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{ApiToken, PREFIX, digits, ends};

    #[test]
    fn a_token_is_read_back_and_no_other_text_is_one() {
        let token = ApiToken::random().unwrap();
        let text = token.reveal();
        assert_eq!(text.len(), PREFIX.len() + 12 + 1 + 49, "{text}");
        assert_eq!(ApiToken::presented(&text), Some(token.clone()));
        for at in 0..text.len() {
            let mut other = text.clone().into_bytes();
            other[at] = if other[at] == b'7' { b'8' } else { b'7' };
            let other = String::from_utf8(other).unwrap();
            assert_eq!(ApiToken::presented(&other), None, "place {at}");
        }
        for odd in ["", "muster_", "muster__", &text[1..], &text[..68], &format!("{text}0")] {
            assert_eq!(ApiToken::presented(odd), None, "{odd}");
        }
        assert_eq!(ApiToken::presented(&text.replace('m', "ｍ")), None);
    }

    #[test]
    fn only_the_digest_says_whether_it_is_the_one() {
        let (one, other) = (ApiToken::random().unwrap(), ApiToken::random().unwrap());
        assert!(one.is(&one.digest()) && !one.is(&other.digest()) && !one.is(&[]));
        assert!(!format!("{one:?}").contains(&one.secret));
    }

    #[test]
    fn tokens_are_all_different() {
        let made: BTreeSet<String> = (0..500).map(|_| ApiToken::random().unwrap().id).collect();
        assert_eq!(made.len(), 500);
    }

    #[test]
    fn a_number_keeps_its_width_and_loses_nothing() {
        assert_eq!(digits(&[], 3), "000");
        assert_eq!(digits(&[61], 2), "0z");
        assert_eq!(digits(&[1, 0], 2), "48");
        assert_eq!(digits(&[255; 32], 44).chars().next(), Some('0'), "43 digits are enough");
        assert_eq!(digits(&[255; 4], 7).chars().next(), Some('0'), "six digits are enough");
    }

    #[test]
    fn a_token_lives_for_a_day_to_a_year() {
        let now = "2026-08-23T09:00:00Z".parse().unwrap();
        assert_eq!(ends(now, 90), Some("2026-11-21T09:00:00Z".parse().unwrap()));
        assert_eq!((ends(now, 0), ends(now, 366), ends(now, -1)), (None, None, None));
        assert!(ends(now, 365).is_some());
    }
}
