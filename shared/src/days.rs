//! Whole days between dates, and lengths of time as people write them.

use jiff::SignedDuration;
use jiff::civil::Date;

/// Whole days from `from` to `to`; negative when `to` is earlier.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}

/// Reads `3d`, `24h` or `15m`.
pub(crate) fn parse_length(text: &str) -> Option<SignedDuration> {
    let unit = text.chars().last()?;
    let digits = text.strip_suffix(unit)?;
    if digits.is_empty() || digits.len() > 5 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    match unit {
        'd' => Some(SignedDuration::from_hours(number * 24)),
        'h' => Some(SignedDuration::from_hours(number)),
        'm' => Some(SignedDuration::from_mins(number)),
        _ => None,
    }
}

/// An age in few words: `40 min`, `14 h`, `3 days`.
pub fn age_words(age: SignedDuration) -> String {
    let age = age.max(SignedDuration::ZERO);
    if age < SignedDuration::from_hours(1) {
        format!("{} min", age.as_mins())
    } else if age < SignedDuration::from_hours(48) {
        format!("{} h", age.as_hours())
    } else {
        format!("{} days", age.as_hours() / 24)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use jiff::civil::date;

    use super::{age_words, days_between, parse_length};

    #[test]
    fn days_are_counted_over_months_and_leap_years() {
        assert_eq!(days_between(date(2024, 2, 28), date(2024, 3, 1)), 2);
        assert_eq!(days_between(date(2026, 8, 22), date(2026, 8, 6)), -16);
    }

    #[test]
    fn a_length_needs_a_number_and_a_unit() {
        assert_eq!(parse_length("3d"), Some(SignedDuration::from_hours(72)));
        assert_eq!(parse_length("90m"), Some(SignedDuration::from_mins(90)));
        for text in ["", "d", "3", "-3d", "3 d", "3w", "1.5h", "999999d", "3é"] {
            assert_eq!(parse_length(text), None, "{text}");
        }
    }

    #[test]
    fn an_age_is_said_in_the_unit_that_fits() {
        assert_eq!(age_words(SignedDuration::from_secs(59)), "0 min");
        assert_eq!(age_words(SignedDuration::from_mins(14 * 60 + 59)), "14 h");
        assert_eq!(age_words(SignedDuration::from_hours(73)), "3 days");
        assert_eq!(age_words(SignedDuration::from_hours(-5)), "0 min");
    }
}
