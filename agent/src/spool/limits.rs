//! Which waiting statements go when the collector is away for long.
//!
//! Kept are the first, the last and every full report: a change is always a
//! full report, and an unchanged one is worth nothing without the full report
//! that it names.

use super::Entry;

/// Most statements that wait.
pub const COUNT_LIMIT: usize = 2_000;
/// Seconds that an ordinary statement waits.
pub const AGE_LIMIT_S: i64 = 30 * 24 * 3600;

/// The entries to drop out of `entries`, which are sorted by sequence.
pub fn surplus(entries: &[Entry], now_s: i64) -> Vec<Entry> {
    let inner = entries.get(1..entries.len().saturating_sub(1)).unwrap_or_default();
    let is_old = |entry: &&Entry| now_s.saturating_sub(entry.made_at) > AGE_LIMIT_S;
    let aged = inner.iter().filter(|entry| !entry.is_full).filter(is_old);
    let mut dropped: Vec<Entry> = aged.copied().collect();
    // Still too many: the oldest ordinary ones, and only then full ones.
    for is_full in [false, true] {
        let excess = (entries.len() - dropped.len()).saturating_sub(COUNT_LIMIT);
        let kept = |entry: &&Entry| entry.is_full == is_full && !dropped.contains(entry);
        let oldest: Vec<Entry> = if excess == 0 {
            Vec::new()
        } else {
            inner.iter().filter(kept).take(excess).copied().collect()
        };
        dropped.extend(oldest);
    }
    dropped.sort_unstable();
    dropped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{AGE_LIMIT_S, COUNT_LIMIT, Entry, surplus};

    fn hourly(count: i64) -> Vec<Entry> {
        (1..=count)
            .map(|sequence| Entry {
                sequence,
                made_at: sequence * 3600,
                is_full: sequence % 24 == 1,
            })
            .collect()
    }

    #[test]
    fn after_forty_days_offline_the_first_ten_days_keep_their_full_reports() {
        let entries = hourly(40 * 24);
        let dropped = surplus(&entries, 40 * 24 * 3600);
        assert_eq!(dropped.len(), 229);
        assert!(dropped.iter().all(|it| !it.is_full && it.made_at < 10 * 24 * 3600));
    }

    #[test]
    fn nothing_goes_while_the_queue_is_within_its_limits() {
        assert_eq!(surplus(&hourly(700), 700 * 3600), []);
        assert_eq!(surplus(&[], 0), []);
        assert_eq!(surplus(&hourly(1), i64::MAX), []);
        assert_eq!(surplus(&hourly(2), i64::MAX), []);
    }

    proptest! {
        #[test]
        fn first_last_and_changes_stay(
            kinds in prop::collection::vec(any::<bool>(), 0..2_400),
            spacing in 1_i64..4_000,
        ) {
            let entries: Vec<Entry> = (1_i64..)
                .zip(&kinds)
                .map(|(sequence, &is_full)| Entry { sequence, made_at: sequence * spacing, is_full })
                .collect();
            let now = entries.last().map_or(0, |it| it.made_at);
            let dropped = surplus(&entries, now);
            let left = entries.len() - dropped.len();
            prop_assert!(left <= COUNT_LIMIT);
            for edge in entries.first().into_iter().chain(entries.last()) {
                prop_assert!(!dropped.contains(edge));
            }
            if kinds.iter().filter(|&&it| it).count() < COUNT_LIMIT - 2 {
                prop_assert!(dropped.iter().all(|it| !it.is_full));
            }
            if entries.len() <= COUNT_LIMIT {
                prop_assert!(dropped.iter().all(|it| now - it.made_at > AGE_LIMIT_S));
            }
        }
    }
}
