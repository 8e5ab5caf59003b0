//! What somebody types about an account, and what would be right.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::auth::account::{full_name, mail_address};
use crate::auth::role::Role;

/// An auditor's access ends after at most this time.
const AUDITOR_AT_MOST: SignedDuration = SignedDuration::from_hours(24 * 400);

/// The fields as they were typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Typed {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) email: String,
    #[serde(default)]
    pub(super) role: String,
    /// The last day, such as `2027-03-31`; empty for no end.
    #[serde(default)]
    pub(super) ends: String,
    /// Which version of the account was shown.
    #[serde(default)]
    pub(super) version: i64,
    /// `on` when the access is to end now.
    #[serde(default)]
    pub(super) disabled: String,
}

/// The fields as they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Understood {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: Role,
    pub(super) ends: Option<Timestamp>,
}

/// What is wrong with each field; empty for what is right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Errors {
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) role: &'static str,
    pub(super) ends: &'static str,
}

impl Errors {
    /// Whether anything is wrong.
    pub(super) fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// Reads the fields at `now`.
pub(super) fn understand(typed: &Typed, now: Timestamp) -> Result<Understood, Errors> {
    let mut errors = Errors::default();
    let name = full_name(&typed.name);
    if name.is_none() {
        errors.name = "Enter a name, at most 120 letters.";
    }
    let email = mail_address(&typed.email);
    if email.is_none() {
        errors.email = "Enter an address such as sam@company.example.";
    }
    let role = Role::named(&typed.role);
    if role.is_none() {
        errors.role = "Choose a role.";
    }
    let ends = last_day(&typed.ends).unwrap_or_else(|()| {
        errors.ends = "Enter a day such as 2027-03-31, or nothing.";
        None
    });
    if ends.is_some_and(|ends| ends <= now) {
        errors.ends = "This day is over; choose a later one.";
    }
    if role == Some(Role::Auditor) && errors.ends.is_empty() {
        let latest = now.checked_add(AUDITOR_AT_MOST).unwrap_or(Timestamp::MAX);
        if ends.is_none_or(|ends| ends > latest) {
            errors.ends = "An auditor’s access ends on a day, at most 13 months from now.";
        }
    }
    match (name, email, role) {
        (Some(name), Some(email), Some(role)) if !errors.any() => {
            Ok(Understood { name, email, role, ends })
        }
        _ => Err(errors),
    }
}

/// The end of a day in UTC; nothing when none is given.
fn last_day(text: &str) -> Result<Option<Timestamp>, ()> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let day: Date = text.parse().map_err(|_| ())?;
    let next = day.tomorrow().map_err(|_| ())?;
    Ok(Some(next.to_zoned(TimeZone::UTC).map_err(|_| ())?.timestamp()))
}

/// The last day of an access that ends at `ends`, as a form shows it.
pub(super) fn day_of(ends: Option<Timestamp>) -> String {
    let Some(ends) = ends else { return String::new() };
    let last = ends.checked_sub(SignedDuration::from_secs(1)).unwrap_or(ends);
    last.to_zoned(TimeZone::UTC).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::{Errors, Typed, day_of, understand};
    use crate::auth::role::Role;

    fn typed(role: &str, ends: &str) -> Typed {
        Typed {
            name: "Sam Doe".to_owned(),
            email: "Sam@Muster.Example".to_owned(),
            role: role.to_owned(),
            ends: ends.to_owned(),
            ..Typed::default()
        }
    }

    #[test]
    fn an_access_lasts_to_the_end_of_its_last_day() {
        let now = "2026-08-23T12:00:00Z".parse().unwrap();
        let found = understand(&typed("auditor", "2026-08-23"), now).unwrap();
        assert_eq!((found.role, found.email.as_str()), (Role::Auditor, "sam@muster.example"));
        assert_eq!(found.ends, Some("2026-08-24T00:00:00Z".parse().unwrap()));
        assert_eq!(day_of(found.ends), "2026-08-23");
        assert_eq!(understand(&typed("it", ""), now).unwrap().ends, None);
    }

    #[test]
    fn each_field_says_what_would_be_right() {
        let now = "2026-08-23T12:00:00Z".parse().unwrap();
        let wrong = |typed: Typed| understand(&typed, now).unwrap_err();
        assert!(wrong(typed("auditor", "")).ends.contains("ends on a day"));
        assert!(wrong(typed("auditor", "2028-01-01")).ends.contains("13 months"));
        assert!(wrong(typed("it", "2026-08-22")).ends.contains("is over"));
        assert!(wrong(typed("it", "soon")).ends.contains("2027-03-31"));
        assert!(wrong(typed("boss", "")).role.contains("Choose"));
        let errors = wrong(Typed::default());
        assert_eq!(Errors { name: "", email: "", role: "", ..errors }, Errors::default());
    }
}
