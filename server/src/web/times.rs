//! Times as people read them: relative in lists, exact on hover.

use askama::Template;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A time in a page, with the exact one in its title.
#[derive(Clone, Debug, Template)]
#[template(
    source = r#"<time datetime="{{ at }}" title="{{ exact }}">{{ words }}</time>"#,
    ext = "html"
)]
pub(super) struct When {
    pub(super) at: Timestamp,
    pub(super) exact: String,
    pub(super) words: String,
}

// Escaped by its own template.
impl askama::filters::HtmlSafe for When {}

impl When {
    /// `at` as seen from `now`.
    pub(super) fn relative(at: Timestamp, now: Timestamp) -> Self {
        Self { at, exact: exact(at), words: relative(at, now) }
    }

    /// `at` with date, time to the minute, and zone.
    pub(super) fn exact(at: Timestamp) -> Self {
        let words = at.to_zoned(TimeZone::UTC).strftime("%a %-d %b %Y, %H:%M UTC").to_string();
        Self { at, words, exact: exact(at) }
    }

    /// The end of a grace: `in 3 days`, or `2 days overdue`.
    pub(super) fn due(at: Timestamp, now: Timestamp) -> Self {
        if at > now {
            return Self::relative(at, now);
        }
        let words = format!("{} overdue", length(now.duration_since(at)));
        Self { at, exact: exact(at), words }
    }
}

/// Day, date and time of day in UTC.
pub(super) fn exact(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%a %-d %b %Y, %H:%M:%S UTC").to_string()
}

/// The date in UTC.
pub(super) fn date(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y").to_string()
}

/// The last day before an instant, as exceptions and accesses end.
pub(super) fn last_day(end: Timestamp) -> String {
    date(end.checked_sub(SignedDuration::from_secs(1)).unwrap_or(end))
}

/// A length of time in its largest fitting unit, rounded down.
pub(super) fn length(time: SignedDuration) -> String {
    let minutes = time.as_mins();
    match minutes {
        ..1 => "under a minute".to_owned(),
        1..60 => format!("{minutes} min"),
        60..2880 => format!("{} h", minutes / 60),
        _ => format!("{} days", minutes / 1440),
    }
}

/// `12 min ago`, `in 3 days`; the date when it is more than 60 days away.
fn relative(at: Timestamp, now: Timestamp) -> String {
    let ago = now.duration_since(at);
    let away = ago.abs();
    if away >= SignedDuration::from_hours(60 * 24) {
        date(at)
    } else if away < SignedDuration::from_mins(1) {
        "just now".to_owned()
    } else if ago.is_positive() {
        format!("{} ago", length(away))
    } else {
        format!("in {}", length(away))
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::When;

    fn seen(ago: SignedDuration) -> String {
        let now: Timestamp = "2026-08-23T09:00:00Z".parse().unwrap();
        When::relative(now - ago, now).words
    }

    #[test]
    fn times_are_said_in_the_largest_unit_that_is_still_telling() {
        let minutes = SignedDuration::from_mins;
        for (ago, words) in [
            (SignedDuration::from_secs(59), "just now"),
            (SignedDuration::from_secs(-59), "just now"),
            (minutes(1), "1 min ago"),
            (minutes(59), "59 min ago"),
            (minutes(60), "1 h ago"),
            (minutes(47 * 60 + 59), "47 h ago"),
            (minutes(48 * 60), "2 days ago"),
            (minutes(59 * 1440), "59 days ago"),
            (minutes(60 * 1440), "24 Jun 2026"),
            (minutes(-3 * 1440), "in 3 days"),
            (minutes(-5 * 60), "in 5 h"),
        ] {
            assert_eq!(seen(ago), words);
        }
    }

    #[test]
    fn the_exact_time_stands_in_the_title() {
        let now: Timestamp = "2026-08-23T09:00:00Z".parse().unwrap();
        assert_eq!(
            When::relative(now, now).to_string(),
            r#"<time datetime="2026-08-23T09:00:00Z" title="Sun 23 Aug 2026, 09:00:00 UTC">just now</time>"#
        );
    }
}
