//! What revoked keys try, counted in memory and written down now and then.
//!
//! Only reports with a good signature are counted: nobody else can make a
//! device look busy. A key that tries often costs one write a minute.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::store::access::refused::Refused;

/// Time between two writes about one device.
const STEP: SignedDuration = SignedDuration::from_mins(1);

/// Attempts that are not written down yet, by device; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Refusals(Arc<Mutex<HashMap<String, Tally>>>);

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    waiting: Option<Refused>,
    written: Option<Timestamp>,
}

impl Refusals {
    /// Counts an attempt of a device.
    pub fn count(&self, device_id: &str, now: Timestamp) {
        let once = Refused { attempts: 1, first: now, last: now };
        self.add(device_id, once, None);
    }

    /// Takes out what is to be written now: devices of which nothing was
    /// written for a minute, or all of them at the end.
    pub fn due(&self, now: Timestamp, is_end: bool) -> Vec<(String, Refused)> {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh =
            |tally: &Tally| tally.written.is_some_and(|written| now.duration_since(written) < STEP);
        let mut due = Vec::new();
        for (device_id, tally) in tallies.iter_mut() {
            if (is_end || !is_fresh(tally))
                && let Some(waiting) = tally.waiting.take()
            {
                tally.written = Some(now);
                due.push((device_id.clone(), waiting));
            }
        }
        tallies.retain(|_, tally| tally.waiting.is_some() || is_fresh(tally));
        due
    }

    /// Takes back what could not be written.
    pub fn put_back(&self, device_id: &str, refused: Refused, now: Timestamp) {
        self.add(device_id, refused, Some(now));
    }

    fn add(&self, device_id: &str, more: Refused, written: Option<Timestamp>) {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = tallies.entry(device_id.to_owned()).or_default();
        tally.written = written.or(tally.written);
        tally.waiting = Some(tally.waiting.map_or(more, |waiting| Refused {
            attempts: waiting.attempts.saturating_add(more.attempts),
            first: waiting.first.min(more.first),
            last: waiting.last.max(more.last),
        }));
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Refusals, Refused};

    fn at(seconds: i64) -> Timestamp {
        let start: Timestamp = "2026-08-23T09:00:00Z".parse().unwrap();
        start + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn a_device_is_written_about_once_a_minute_and_nothing_is_lost() {
        let refusals = Refusals::default();
        refusals.count("d", at(0));
        let first = Refused { attempts: 1, first: at(0), last: at(0) };
        assert_eq!(refusals.due(at(1), false), [("d".to_owned(), first)]);
        for second in 2..30 {
            refusals.count("d", at(second));
        }
        assert!(refusals.due(at(60), false).is_empty());
        let rest = Refused { attempts: 28, first: at(2), last: at(29) };
        assert_eq!(refusals.due(at(61), false), [("d".to_owned(), rest)]);
        refusals.put_back("d", rest, at(61));
        refusals.count("d", at(62));
        assert!(refusals.due(at(63), false).is_empty());
        let all = Refused { attempts: 29, first: at(2), last: at(62) };
        assert_eq!(
            refusals.due(at(63), true),
            [("d".to_owned(), all)],
            "the end waits for nothing"
        );
        assert!(refusals.due(at(200), false).is_empty());
        assert!(refusals.0.lock().unwrap().is_empty(), "who is quiet is forgotten");
    }
}
