//! The last 90 days, of which 89 do not change any more.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::store::StoreError;
use crate::store::views::Views;
use crate::store::views::history::Counts;

/// Ends of days that the chart shows, beside the present.
const PAST_DAYS: i64 = 89;
/// For so long after its end a day may still be judged.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_hours(2);
/// How long the counts of a day that may change are kept.
const UNSETTLED_FOR: SignedDuration = SignedDuration::from_mins(5);

/// Counts at the ends of past days, read once and kept.
#[derive(Debug, Default)]
pub(crate) struct PastDays {
    known: Mutex<BTreeMap<Timestamp, (Counts, Timestamp)>>,
}

impl PastDays {
    /// Counts at each UTC midnight of the last 89 days, the oldest first.
    pub(crate) fn until(
        &self,
        now: Timestamp,
        views: &dyn Views,
    ) -> Result<Vec<(Timestamp, Counts)>, StoreError> {
        let ends = midnights(now);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let holds =
            |end: &Timestamp| known.get(end).is_some_and(|(_, read)| is_settled(*end, *read, now));
        let missing: Vec<Timestamp> = ends.iter().copied().filter(|end| !holds(end)).collect();
        if !missing.is_empty() {
            for (end, counts) in missing.iter().zip(views.counts_at(&missing)?) {
                known.insert(*end, (counts, now));
            }
        }
        if let Some(first) = ends.first() {
            *known = known.split_off(first);
        }
        let counts = |end: &Timestamp| known.get(end).map_or_else(Counts::default, |one| one.0);
        Ok(ends.iter().map(|end| (*end, counts(end))).collect())
    }
}

/// Whether counts at `end` that were `read` then still hold `now`.
fn is_settled(end: Timestamp, read: Timestamp, now: Timestamp) -> bool {
    read.duration_since(end) >= SETTLED_AFTER || now.duration_since(read).abs() < UNSETTLED_FOR
}

/// The last midnights up to `now`, in UTC, the oldest first.
fn midnights(now: Timestamp) -> Vec<Timestamp> {
    let today = now.to_zoned(TimeZone::UTC).date();
    (0..PAST_DAYS)
        .rev()
        .filter_map(|back| today.checked_sub(back.days()).ok())
        .filter_map(|date| date.to_zoned(TimeZone::UTC).ok())
        .map(|midnight| midnight.timestamp())
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{is_settled, midnights};

    #[test]
    fn eighty_nine_midnights_lead_up_to_today() {
        let now: Timestamp = "2026-08-23T09:00:00Z".parse().unwrap();
        let ends = midnights(now);
        assert_eq!(ends.len(), 89);
        assert_eq!(ends.first().unwrap().to_string(), "2026-05-27T00:00:00Z");
        assert_eq!(ends.last().unwrap().to_string(), "2026-08-23T00:00:00Z");
    }

    #[test]
    fn a_day_that_just_ended_is_read_again() {
        let end: Timestamp = "2026-08-23T00:00:00Z".parse().unwrap();
        let after = |minutes| end + SignedDuration::from_mins(minutes);
        assert!(is_settled(end, after(1), after(3)));
        assert!(!is_settled(end, after(1), after(30)));
        assert!(is_settled(end, after(120), after(90 * 1440)));
    }
}
