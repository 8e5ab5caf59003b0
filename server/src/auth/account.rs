//! Somebody who may sign in.

use jiff::Timestamp;

use super::role::Role;

/// An account of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Random id.
    pub id: String,
    /// Mail address in small letters.
    pub email: String,
    /// Full name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// When it was made.
    pub created: Timestamp,
    /// When its access ends by itself.
    pub ends: Option<Timestamp>,
    /// Since when somebody has ended its access.
    pub disabled: Option<Timestamp>,
    /// Newest sign-in.
    pub seen: Option<Timestamp>,
    /// Raised by every change that a person makes.
    pub version: i64,
}

impl Account {
    /// Whether it admits at `now`.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.disabled.is_none() && self.ends.is_none_or(|ends| now < ends)
    }
}

/// A mail address as accounts keep it; none when it cannot be one.
pub fn mail_address(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, host) = text.rsplit_once('@')?;
    let fits = !local.is_empty()
        && host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && text.len() <= 254
        && text.chars().all(|letter| !letter.is_whitespace() && !letter.is_control());
    fits.then(|| text.to_lowercase())
}

/// A name as accounts keep it; none when it cannot be one.
pub fn full_name(text: &str) -> Option<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits =
        !text.is_empty() && text.chars().count() <= 120 && !text.chars().any(char::is_control);
    fits.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{full_name, mail_address};

    #[test]
    fn addresses_are_kept_in_small_letters_and_odd_ones_are_refused() {
        assert_eq!(mail_address(" Sam.Doe@Muster.Example "), Some("sam.doe@muster.example".into()));
        for odd in ["", "sam", "@muster.example", "sam@host", "s m@a.b", "sam@.a", "sam@a."] {
            assert_eq!(mail_address(odd), None, "{odd}");
        }
        assert_eq!(full_name("  Sam   Doe "), Some("Sam Doe".to_owned()));
        assert_eq!(full_name(" \n "), None);
        assert_eq!(full_name(&"a".repeat(121)), None);
    }
}
