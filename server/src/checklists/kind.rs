//! The words of checklists and their tasks.

use jiff::civil::Date;
use jiff::{Span, Timestamp};

/// What a checklist is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChecklistKind {
    /// Somebody joins; due days count from the first day.
    Onboarding,
    /// Somebody leaves; due days count from the last day.
    Offboarding,
    /// What is looked at each year, from the day on which it is started.
    Yearly,
}

impl ChecklistKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Onboarding, Self::Offboarding, Self::Yearly];

    /// The word in the database, in addresses and templates.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Onboarding => "onboarding",
            Self::Offboarding => "offboarding",
            Self::Yearly => "yearly",
        }
    }

    /// The kind of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Onboarding => "Onboarding",
            Self::Offboarding => "Offboarding",
            Self::Yearly => "Yearly",
        }
    }

    /// The day that due days count from.
    pub fn day_name(self) -> &'static str {
        match self {
            Self::Onboarding => "the first day",
            Self::Offboarding => "the last day",
            Self::Yearly => "the start",
        }
    }

    /// `3 days before the last day`, `on the first day`.
    pub fn relative(self, days: i64) -> String {
        let name = self.day_name();
        match (days, days.unsigned_abs()) {
            (0, _) => format!("on {name}").replace("on the start", "at the start"),
            (..0, 1) => format!("1 day before {name}"),
            (..0, days) => format!("{days} days before {name}"),
            (_, 1) => format!("1 day after {name}"),
            (_, days) => format!("{days} days after {name}"),
        }
    }
}

/// Where a checklist is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecklistState {
    /// Worked on.
    Open,
    /// Signed off by a person.
    Completed,
    /// Given up, with a reason.
    Cancelled,
}

impl ChecklistState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Open, Self::Completed, Self::Cancelled];

    /// The word in the database and in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Where a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// To be done.
    Open,
    /// Done, and something shows it.
    Closed,
    /// Left out by a person, with a reason, for ever.
    Overridden,
}

impl TaskState {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Overridden => "overridden",
        }
    }

    /// The state of a word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Open, Self::Closed, Self::Overridden].into_iter().find(|it| it.as_str() == word)
    }
}

/// The day that lies `days` after `day`, or before it.
pub fn due(day: Date, days: i64) -> Date {
    // Templates allow some hundred days; a calendar ends in the year 9999.
    Span::new().try_days(days).ok().and_then(|span| day.checked_add(span).ok()).unwrap_or(day)
}

/// How many days `day` lies after `from`; negative before it.
pub fn days_between(from: Date, day: Date) -> i64 {
    from.until(day).map_or(0, |span| i64::from(span.get_days()))
}

/// The day of a moment, in UTC.
pub fn day_of(at: Timestamp) -> Date {
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::{ChecklistKind, days_between, due};

    #[test]
    fn due_days_count_from_the_first_and_the_last_day() {
        let day = "2026-11-28".parse().unwrap();
        assert_eq!(due(day, -3).to_string(), "2026-11-25");
        assert_eq!(due(day, 7).to_string(), "2026-12-05");
        assert_eq!(days_between(day, due(day, -90)), -90);
        assert_eq!(days_between(day, due(day, 400)), 400);
        assert_eq!(ChecklistKind::Offboarding.relative(-3), "3 days before the last day");
        assert_eq!(ChecklistKind::Onboarding.relative(0), "on the first day");
        assert_eq!(ChecklistKind::Yearly.relative(1), "1 day after the start");
    }
}
