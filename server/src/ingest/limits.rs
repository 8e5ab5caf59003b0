//! How much one key and one address may ask for, so that no single client
//! takes the collector away from the others.
//!
//! A key may deliver a whole spool at once and then one report a second; only
//! reports whose signature holds count, so nobody can use up another's share.
//! An address may be refused a number of times; past that it is answered
//! before anything is verified. Addresses live in memory alone, only while
//! they have something to make up for, and are never logged.

pub mod address;
pub mod bucket;
pub mod connections;

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use address::Source;
use bucket::{Allowance, Buckets};

/// Reports of one key: a spool at once, then as many as nobody needs.
const REPORTS: Allowance = Allowance { burst: 2500, refill_ms: 1000 };
/// Refused requests of one address.
const REFUSALS: Allowance = Allowance { burst: 60, refill_ms: 1000 };
/// Most keys and most addresses that are remembered at one time.
const REMEMBERED: usize = 200_000;

/// The limits of one collector.
#[derive(Debug)]
pub struct Limits {
    reports: Mutex<Buckets<Box<str>>>,
    refusals: Mutex<Buckets<Source>>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            reports: Mutex::new(Buckets::new(REPORTS, REMEMBERED)),
            refusals: Mutex::new(Buckets::new(REFUSALS, REMEMBERED)),
        }
    }
}

impl Limits {
    /// Whether a request from `source` is looked at at all.
    pub fn admits(&self, source: &Source, now: Timestamp) -> bool {
        !lock(&self.refusals).is_spent(source, now)
    }

    /// A request from `source` was refused with `status`; it counts when the
    /// client was at fault.
    pub fn refused(&self, source: &Source, status: u16, now: Timestamp) {
        if matches!(status, 400 | 401 | 403 | 413 | 415 | 422) {
            // What is too much is noticed at the next request.
            lock(&self.refusals).take(source, now);
        }
    }

    /// Whether one more report of the key `keyid`, whose signature holds, is
    /// kept now.
    pub fn takes(&self, keyid: &str, now: Timestamp) -> bool {
        lock(&self.reports).take(keyid, now)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::Limits;
    use super::address::Source;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_800_000_000 + seconds)
    }

    fn source(text: &str) -> Source {
        Source::of(text.parse().unwrap())
    }

    #[test]
    fn a_spool_fits_and_then_one_report_a_second() {
        let limits = Limits::default();
        assert!((0..2500).all(|_| limits.takes("key", at(0))));
        assert!(!limits.takes("key", at(0)));
        assert!(limits.takes("other key", at(0)), "each key has its own share");
        assert!(limits.takes("key", at(1)));
        assert!(!limits.takes("key", at(1)));
        assert!((0..100).all(|_| limits.takes("key", at(101))));
        assert!(!limits.takes("key", at(101)));
    }

    #[test]
    fn sixty_refusals_are_answered_and_then_one_a_second() {
        let limits = Limits::default();
        let (bad, good) = (source("192.0.2.7"), source("192.0.2.8"));
        for _ in 0..60 {
            assert!(limits.admits(&bad, at(0)));
            limits.refused(&bad, 401, at(0));
        }
        assert!(!limits.admits(&bad, at(0)));
        assert!(limits.admits(&good, at(0)));
        assert!(limits.admits(&bad, at(1)));
        limits.refused(&bad, 400, at(1));
        assert!(!limits.admits(&bad, at(1)));
        assert!(limits.admits(&bad, at(2)));
    }

    #[test]
    fn what_is_not_the_clients_fault_does_not_count() {
        let limits = Limits::default();
        let address = source("192.0.2.7");
        for status in [408, 409, 429, 500, 503] {
            (0..200).for_each(|_| limits.refused(&address, status, at(0)));
        }
        assert!(limits.admits(&address, at(0)));
    }
}
