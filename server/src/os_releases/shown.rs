//! What people are told of the catalogue: on pages and in the terminal.

use jiff::Timestamp;
use jiff::civil::Date;
use shared::os_releases::Catalogue;

use super::adopt::today;
use crate::store::os_releases::{Keeping, Outcome};

/// From this age on people are warned.
pub const WARN_DAYS: i64 = 7;
/// A catalogue older than this cannot show that a Mac is up to date.
pub const VALID_DAYS: i64 = 14;

/// How much the age of a catalogue matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Young enough.
    Fresh,
    /// Will soon be too old.
    Warned,
    /// Too old to call a Mac up to date.
    TooOld,
}

impl Age {
    /// What an age of `days` means.
    pub fn of(days: i64) -> Self {
        match days {
            ..WARN_DAYS => Self::Fresh,
            WARN_DAYS..=VALID_DAYS => Self::Warned,
            _ => Self::TooOld,
        }
    }
}

/// Whole days since the date of `catalogue`.
pub fn age_days(catalogue: &Catalogue, now: Timestamp) -> i64 {
    let span = catalogue.as_of().duration_until(today(now));
    (span.as_hours() / 24).max(0)
}

/// An age in words.
pub fn age_words(days: i64) -> String {
    match days {
        0 => "of today".to_owned(),
        1 => "1 day old".to_owned(),
        _ => format!("{days} days old"),
    }
}

/// Where the catalogue in force comes from.
pub fn source_words(keeping: &Keeping) -> String {
    match &keeping.origin {
        None => "built into this program".to_owned(),
        Some(origin) if origin.name.contains("://") => origin.name.clone(),
        Some(origin) if origin.name.is_empty() => "an imported file".to_owned(),
        Some(origin) => format!("the imported file {}", origin.name),
    }
}

/// Since when it is in force, where known.
pub fn in_force_since(keeping: &Keeping) -> Option<Timestamp> {
    keeping.origin.as_ref().map(|origin| origin.since).or(keeping.issued_since)
}

/// What the last attempt came to, in one sentence.
pub fn attempt_words(keeping: &Keeping) -> String {
    let feed = &keeping.feed;
    match feed.outcome {
        None if feed.attempted_at.is_none() => "None yet.".to_owned(),
        None => "Under way.".to_owned(),
        Some(Outcome::Failed) => {
            let times = match feed.failures {
                ..=1 => String::new(),
                more => format!(" ({more} in a row)"),
            };
            format!("Failed{times}: {}.", feed.detail)
        }
        Some(Outcome::Same) => format!("Answered: {}.", feed.detail),
        Some(Outcome::Changed) => format!("Taken: {}.", feed.detail),
    }
}

/// The newest release of one major version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newest {
    /// The major version.
    pub major: i64,
    /// Its newest release.
    pub version: String,
    /// When that was published.
    pub released: Date,
}

/// The newest release of each major that was out by `now`, the newest first.
pub fn newest(catalogue: &Catalogue, now: Timestamp) -> Vec<Newest> {
    let of_major = |major: &i64| {
        let release = catalogue.newest(*major, today(now))?;
        Some(Newest {
            major: *major,
            version: release.version.to_string(),
            released: release.released,
        })
    };
    catalogue.majors().keys().rev().filter_map(of_major).collect()
}

#[cfg(test)]
mod tests {
    use shared::os_releases::Catalogue;

    use super::{Age, age_days, attempt_words, newest, source_words};
    use crate::store::os_releases::{FeedState, Keeping, Origin, Outcome};

    fn keeping(feed: FeedState, origin: Option<&str>) -> Keeping {
        let origin = origin.map(|name| Origin { name: name.to_owned(), since: <_>::default() });
        Keeping { feed, origin, issued_since: None }
    }

    #[test]
    fn people_are_warned_from_the_seventh_day_and_told_after_the_fourteenth() {
        for (days, age) in [
            (0, Age::Fresh),
            (6, Age::Fresh),
            (7, Age::Warned),
            (14, Age::Warned),
            (15, Age::TooOld),
        ] {
            assert_eq!(Age::of(days), age, "{days}");
        }
        let embedded = Catalogue::embedded();
        for (day, days) in [("2026-08-20", 0), ("2026-08-29", 7), ("2026-09-05", 14)] {
            let now = format!("{day}T00:00:00Z").parse().unwrap();
            assert_eq!(age_days(&embedded, now), days, "{day}");
        }
    }

    #[test]
    fn every_source_and_outcome_has_its_words() {
        let idle = FeedState::default();
        assert_eq!(source_words(&keeping(idle.clone(), None)), "built into this program");
        assert_eq!(source_words(&keeping(idle.clone(), Some(""))), "an imported file");
        assert_eq!(
            source_words(&keeping(idle.clone(), Some("a.json"))),
            "the imported file a.json"
        );
        assert_eq!(source_words(&keeping(idle.clone(), Some("https://a/b"))), "https://a/b");
        assert_eq!(attempt_words(&keeping(idle.clone(), None)), "None yet.");
        let tried = |outcome, failures| FeedState {
            attempted_at: Some(<_>::default()),
            outcome,
            failures,
            detail: "x".to_owned(),
            ..idle.clone()
        };
        for (state, words) in [
            (tried(None, 0), "Under way."),
            (tried(Some(Outcome::Failed), 1), "Failed: x."),
            (tried(Some(Outcome::Failed), 3), "Failed (3 in a row): x."),
            (tried(Some(Outcome::Same), 0), "Answered: x."),
            (tried(Some(Outcome::Changed), 0), "Taken: x."),
        ] {
            assert_eq!(attempt_words(&keeping(state, None)), words);
        }
    }

    #[test]
    fn the_newest_release_of_each_major_is_named_newest_first() {
        let now = "2026-08-23T09:00:00Z".parse().unwrap();
        let versions: Vec<String> =
            newest(&Catalogue::embedded(), now).into_iter().map(|one| one.version).collect();
        assert_eq!(versions, ["26.6.2", "15.7.9", "14.8.9", "13.7.8", "12.7.6"]);
    }
}
