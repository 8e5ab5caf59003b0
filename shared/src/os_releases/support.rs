//! Whether Apple still mends a major version.
//!
//! Apple names no end of support. What holds in practice: the newest three
//! majors get fixes, and one that gets none for four months gets none at all.

use jiff::civil::Date;

use super::catalogue::Catalogue;
use crate::days::days_between;

/// So many majors are mended at a time.
pub const SUPPORTED_MAJORS: usize = 3;
/// A major pushed out by a newer one counts for so long.
pub const GRACE_AFTER_NEWER_MAJOR_DAYS: i64 = 60;
/// A major without a release for longer than this is no longer mended.
pub const QUIET_MAJOR_DAYS: i64 = 120;

/// Whether `major` is mended on the day `today`; `None` when the catalogue
/// does not know it and it may be newer than the catalogue.
pub(super) fn major_supported(catalogue: &Catalogue, major: i64, today: Date) -> Option<bool> {
    let mut newer: Vec<Date> = catalogue
        .majors()
        .range(major + 1..)
        .map(|(_, first)| *first)
        .filter(|first| *first <= today)
        .collect();
    newer.sort_unstable();
    // The third newer one to appear pushed this one out.
    let pushed_out = newer.get(SUPPORTED_MAJORS - 1).copied();
    if pushed_out.is_some_and(|day| days_between(day, today) > GRACE_AFTER_NEWER_MAJOR_DAYS) {
        return Some(false);
    }
    // Only what the catalogue could know is held against the major.
    let known_until = today.min(catalogue.as_of());
    let last = catalogue.dated(major).map(|(_, date)| date).filter(|date| *date <= today).max()?;
    Some(days_between(last, known_until) <= QUIET_MAJOR_DAYS)
}
