//! People of the company: what may be said of one, and what changed in words.
//! Pure.

pub mod file;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::auth::account::{full_name, mail_address};
use crate::store::access::people::{Person, PersonFacts};

/// Longest department.
pub const DEPARTMENT: usize = 120;

/// A day as people and programs write it, `2026-08-23`; none when it has
/// another form or is no day.
pub fn day(text: &str) -> Option<Date> {
    let has_form = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    text.parse().ok().filter(|_| has_form)
}

/// Today. Days of people are those of UTC.
pub fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// A department as it is kept; none when it is too long or odd.
pub fn department(text: &str) -> Option<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = text.chars().count() <= DEPARTMENT && !text.chars().any(char::is_control);
    fits.then_some(text)
}

/// A name as it is kept; none when it cannot be one.
pub fn name(text: &str) -> Option<String> {
    full_name(text)
}

/// A mail address as it was given; none when it cannot be one.
pub fn email(text: &str) -> Option<String> {
    mail_address(text).map(|_| text.trim().to_owned())
}

/// Why the days of a person do not fit each other.
pub fn odd_days(facts: &PersonFacts) -> Option<&'static str> {
    let (first, last) = (facts.first_day?, facts.last_day?);
    (last < first).then_some("The last day is before the first day.")
}

/// What is different, for the audit log.
pub fn changes(before: &Person, facts: &PersonFacts) -> String {
    let mut words = Vec::new();
    if before.name != facts.name {
        words.push(format!("called {}", facts.name));
    }
    if before.email != facts.email {
        words.push(format!("mail address {}", facts.email));
    }
    if before.department != facts.department {
        words.push(match facts.department.as_str() {
            "" => "no department".to_owned(),
            department => format!("department {department}"),
        });
    }
    let days = [
        ("first day", before.first_day, facts.first_day),
        ("last day", before.last_day, facts.last_day),
        ("away until", before.away_until, facts.away_until),
    ];
    for (what, was, is) in days {
        if was != is {
            words.push(match is {
                Some(day) => format!("{what} {day}"),
                None => format!("no {what}"),
            });
        }
    }
    let keys = [
        ("user name", &before.user_name, &facts.user_name),
        ("external id", &before.external_id, &facts.external_id),
    ];
    for (what, was, is) in keys {
        if was != is {
            words.push(format!("{what} {}", is.as_deref().unwrap_or("none")));
        }
    }
    if words.is_empty() { "nothing is different".to_owned() } else { words.join(", ") }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{changes, day, department, odd_days};
    use crate::store::access::people::{Person, PersonFacts};

    fn person() -> Person {
        Person {
            id: "p".to_owned(),
            name: "Ada Poe".to_owned(),
            email: "ada@company.example".to_owned(),
            source: "csv".to_owned(),
            user_name: None,
            external_id: None,
            department: String::new(),
            first_day: None,
            last_day: None,
            away_until: Some(date(2026, 9, 3)),
            ended: None,
            removed: None,
            created: jiff::Timestamp::UNIX_EPOCH,
            changed: jiff::Timestamp::UNIX_EPOCH,
            version: 1,
        }
    }

    #[test]
    fn a_day_has_one_form() {
        assert_eq!(day("2026-08-23"), Some(date(2026, 8, 23)));
        for odd in ["", "20260823", "2026-8-23", "2026-02-30", "2026-08-23T09:00", "+026-08-23"] {
            assert_eq!(day(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_is_different_is_said_in_words() {
        let facts = PersonFacts {
            name: "Ada Lee".to_owned(),
            first_day: Some(date(2026, 9, 1)),
            away_until: None,
            department: "Sales".to_owned(),
            ..person().facts()
        };
        assert_eq!(
            changes(&person(), &facts),
            "called Ada Lee, department Sales, first day 2026-09-01, no away until"
        );
        assert_eq!(changes(&person(), &person().facts()), "nothing is different");
        let odd = PersonFacts { last_day: Some(date(2026, 8, 31)), ..facts };
        assert!(odd_days(&odd).is_some() && odd_days(&person().facts()).is_none());
        assert_eq!(department(" R &  D ").as_deref(), Some("R & D"));
        assert_eq!(department("a\u{7}"), None);
    }
}
