//! Invitations: one person, one use, three days.

use jiff::{SignedDuration, Timestamp};
use shared::keys::sha256;
use shared::token::{Token, token_id};

use crate::audit::{Act, Object};
use crate::store::devices::NewInvitation;

/// How long an invitation is valid unless told otherwise.
pub const VALID: SignedDuration = SignedDuration::from_hours(72);
/// The longest that one can be valid.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Whom to invite.
#[derive(Clone, Debug)]
pub struct Request {
    /// Name of the person.
    pub person: String,
    /// Mail address of the person; names the person.
    pub email: String,
    /// The one Mac it is for.
    pub serial: Option<String>,
    /// How long it is valid.
    pub valid_for: SignedDuration,
}

/// Inviting a person, as the command line's act.
pub fn act_of_command(request: &Request, now: Timestamp) -> Act {
    Act::of_command("invited", object(request), now)
}

/// The person who is invited, for the audit log.
pub fn object(request: &Request) -> Object {
    Object::new("person", request.email.trim().to_lowercase()).called(request.person.trim())
}

/// An invitation to be kept, and the token that is shown once.
///
/// # Panics
///
/// When the system gives no random bytes: then nothing may be admitted.
pub fn make(
    request: &Request,
    public_url: &str,
    ca_sha256: Option<[u8; 32]>,
    act: Act,
) -> (NewInvitation, Token) {
    let now = act.at;
    let mut secret = [0; 32];
    // A failure would leave a secret that anybody can guess.
    #[expect(clippy::expect_used, reason = "without random bytes nothing may be admitted")]
    aws_lc_rs::rand::fill(&mut secret).expect("the system gives random bytes");
    let invitation = NewInvitation {
        token_id: token_id(&secret),
        secret_sha256: sha256(&secret),
        person: request.person.trim().to_owned(),
        email: request.email.trim().to_owned(),
        serial: request.serial.as_deref().map(|serial| serial.trim().to_ascii_uppercase()),
        act,
        expires_at: now.checked_add(request.valid_for).unwrap_or(Timestamp::MAX),
    };
    (invitation, Token { url: public_url.to_owned(), ca_sha256, secret })
}

/// Checks what a person typed; the error says which field and what is right.
pub fn check(request: &Request) -> Result<(), String> {
    let plain = |text: &str| !text.trim().is_empty() && !text.chars().any(char::is_control);
    if !plain(&request.person) || request.person.len() > 200 {
        return Err("`--person` must be a name of at most 200 characters".to_owned());
    }
    let email = request.email.trim();
    let looks_right = email.len() <= 254
        && plain(email)
        && !email.contains(char::is_whitespace)
        && email.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty() && !host.is_empty() && !host.contains('@')
        });
    if !looks_right {
        return Err(format!(
            "`--email` is `{email}`, but it must be a mail address such as sam@company.example"
        ));
    }
    let plausible = |serial: &str| {
        (8..=20).contains(&serial.len()) && serial.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    if request.serial.as_deref().is_some_and(|serial| !plausible(serial.trim())) {
        return Err("`--serial` must be a serial number of 8 to 20 letters and digits".to_owned());
    }
    if request.valid_for <= SignedDuration::ZERO || request.valid_for > LONGEST {
        return Err(
            "`--expires` must be between one minute and 90 days, such as 72h or 7d".to_owned()
        );
    }
    Ok(())
}

/// A length such as `90m`, `72h` or `7d`.
pub fn length(text: &str) -> Option<SignedDuration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: i64 = number.parse().ok().filter(|number| (1..=1_000_000).contains(number))?;
    match unit {
        "s" => Some(SignedDuration::from_secs(number)),
        "m" => Some(SignedDuration::from_mins(number)),
        "h" => Some(SignedDuration::from_hours(number)),
        "d" => Some(SignedDuration::from_hours(number * 24)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::{Request, act_of_command, check, length, make};

    fn request() -> Request {
        Request {
            person: "Sam Doe".to_owned(),
            email: "sam@company.example".to_owned(),
            serial: Some(" zzdev00001".to_owned()),
            valid_for: super::VALID,
        }
    }

    #[test]
    fn only_the_digest_of_the_secret_is_kept() {
        let now = "2026-08-23T09:00:00Z".parse().unwrap();
        let (kept, token) =
            make(&request(), "https://m.example", Some([1; 32]), act_of_command(&request(), now));
        assert_eq!(kept.secret_sha256, shared::keys::sha256(&token.secret));
        assert_eq!((kept.token_id, kept.serial.as_deref()), (token.id(), Some("ZZDEV00001")));
        assert_eq!(kept.expires_at, "2026-08-26T09:00:00Z".parse().unwrap());
    }

    #[test]
    fn what_was_typed_wrong_is_named() {
        check(&request()).unwrap();
        let wrong = |change: fn(&mut Request)| {
            let mut request = request();
            change(&mut request);
            check(&request).unwrap_err()
        };
        assert!(wrong(|it| it.person = " ".into()).contains("--person"));
        assert!(wrong(|it| it.email = "sam".into()).contains("--email"));
        assert!(wrong(|it| it.email = "sam@x@y".into()).contains("--email"));
        assert!(wrong(|it| it.serial = Some("12 34".into())).contains("--serial"));
        assert!(wrong(|it| it.valid_for = SignedDuration::ZERO).contains("--expires"));
    }

    #[test]
    fn lengths_have_a_unit() {
        assert_eq!(length("72h"), Some(SignedDuration::from_hours(72)));
        assert_eq!(length("7d"), Some(SignedDuration::from_hours(168)));
        for text in ["", "h", "72", "-1h", "1w", "1.5h", "é"] {
            assert_eq!(length(text), None, "{text}");
        }
    }
}
