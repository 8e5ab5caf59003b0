//! When a message that failed is tried again, and when no more.

use jiff::{SignedDuration, Timestamp};

/// Pause after the first failure.
const FIRST: SignedDuration = SignedDuration::from_secs(5);
/// The longest pause.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// A webhook that fails for so long is disabled.
const PATIENCE: SignedDuration = SignedDuration::from_hours(5 * 24);

/// The pause before the next attempt after so many failures: twice as long
/// each time, and up to a quarter longer by `chance`, so that many webhooks of
/// one receiver do not come back at one moment.
pub fn pause(failures: u32, chance: u8) -> SignedDuration {
    let doublings = failures.saturating_sub(1).min(20);
    let plain = FIRST.checked_mul(1 << doublings).unwrap_or(LONGEST).min(LONGEST);
    let more = plain.checked_mul(i32::from(chance)).map_or(SignedDuration::ZERO, |it| it / 1024);
    (plain + more).min(LONGEST)
}

/// Whether a webhook that fails since `since` is given up at `now`.
pub fn is_given_up(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) >= PATIENCE
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::{LONGEST, is_given_up, pause};

    #[test]
    fn pauses_grow_from_five_seconds_to_a_day() {
        let seconds = |failures| pause(failures, 0).as_secs();
        assert_eq!((1..=5).map(seconds).collect::<Vec<_>>(), [5, 10, 20, 40, 80]);
        assert_eq!(pause(15, 0).as_secs(), 81_920);
        for failures in 16..2000 {
            assert_eq!(pause(failures, 255), LONGEST);
        }
        for failures in 1..15 {
            let (short, long) = (pause(failures, 0), pause(failures, 255));
            assert!(short < long && long < short + short / 4 + SignedDuration::from_secs(1));
        }
    }

    #[test]
    fn five_days_of_failure_are_the_end() {
        let since = "2026-08-20T09:00:00Z".parse().unwrap();
        let at = |text: &str| is_given_up(since, text.parse().unwrap());
        assert!(!at("2026-08-25T08:59:59Z"));
        assert!(at("2026-08-25T09:00:00Z"));
    }
}
