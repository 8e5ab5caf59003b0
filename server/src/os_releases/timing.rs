//! When to ask for the feed: on a schedule, later after failures, and at once
//! for a system that nobody knows.

use jiff::{SignedDuration, Timestamp};

use crate::store::os_releases::{FeedState, Outcome};

/// Least time between two attempts, whatever happens.
pub const SPACING: SignedDuration = SignedDuration::from_mins(15);
/// The feed does not know the wanted system either: it may an hour later.
const WANTED_AGAIN: SignedDuration = SignedDuration::from_hours(1);
/// Failures after which the wait grows no more: 15 minutes become 16 hours.
const DOUBLINGS: u32 = 6;

/// Whether an attempt is due at `now`.
pub fn is_due(state: &FeedState, now: Timestamp) -> bool {
    let is_wanted = state.wanted.is_some() && state.wanted != state.asked_for;
    let rested = state.attempted_at.is_none_or(|at| now.duration_since(at).abs() >= SPACING);
    // A clock that went far back must not switch fetching off for years.
    let is_lost = state.attempted_at.is_some_and(|at| at > now);
    rested && (is_wanted || now >= state.next_at || is_lost)
}

/// When the next regular attempt is due after one that ended at `now`.
///
/// `spread` of 0 to 255 moves it by up to a tenth, so that collectors which
/// were started together do not ask together.
pub fn next_at(
    state: &FeedState,
    outcome: Outcome,
    every: SignedDuration,
    now: Timestamp,
    spread: u8,
) -> Timestamp {
    let wait = match outcome {
        Outcome::Failed => {
            let doubled = SPACING.checked_mul(1 << state.failures.min(DOUBLINGS));
            doubled.unwrap_or(every).min(every.max(SPACING))
        }
        Outcome::Same if state.wanted.is_some() => WANTED_AGAIN.min(every),
        Outcome::Changed | Outcome::Same => every,
    };
    let tenth = wait.as_millis() / 10 * i128::from(spread) / 255;
    let more = SignedDuration::from_millis(i64::try_from(tenth).unwrap_or(0));
    now.checked_add(wait.saturating_add(more)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{is_due, next_at};
    use crate::store::os_releases::{FeedState, Outcome};

    const HOUR: SignedDuration = SignedDuration::from_hours(1);
    const MINUTE: SignedDuration = SignedDuration::from_mins(1);

    fn now() -> Timestamp {
        "2026-08-20T09:00:00Z".parse().unwrap()
    }

    fn state() -> FeedState {
        FeedState { attempted_at: Some(now()), next_at: now() + HOUR * 6, ..FeedState::default() }
    }

    #[test]
    fn the_first_attempt_is_due_and_the_next_in_its_time() {
        assert!(is_due(&FeedState::default(), now()));
        assert!(!is_due(&state(), now() + HOUR * 6 - MINUTE));
        assert!(is_due(&state(), now() + HOUR * 6));
        assert!(is_due(&state(), now() - HOUR * 24), "the clock went back");
    }

    #[test]
    fn an_unknown_system_asks_at_once_but_once_and_with_a_rest() {
        let wanted = FeedState { wanted: Some("26.9".into()), ..state() };
        assert!(!is_due(&wanted, now() + MINUTE * 14));
        assert!(is_due(&wanted, now() + MINUTE * 15));
        let asked = FeedState { asked_for: Some("26.9".into()), ..wanted };
        assert!(!is_due(&asked, now() + MINUTE * 15));
        assert!(is_due(&asked, now() + HOUR * 6));
    }

    #[test]
    fn failures_wait_longer_each_time_but_not_longer_than_the_schedule() {
        let after = |failures, spread| {
            let state = FeedState { failures, ..state() };
            next_at(&state, Outcome::Failed, HOUR * 6, now(), spread).duration_since(now())
        };
        assert_eq!(after(0, 0), MINUTE * 15);
        assert_eq!(after(1, 0), MINUTE * 30);
        assert_eq!(after(4, 0), HOUR * 4);
        assert_eq!(after(5, 0), HOUR * 6);
        assert_eq!(after(4000, 0), HOUR * 6);
        assert_eq!(after(4000, 255), HOUR * 6 + MINUTE * 36);
    }

    #[test]
    fn a_feed_that_does_not_know_the_system_either_is_asked_again_within_the_hour() {
        let wanted = FeedState { wanted: Some("26.9".into()), ..state() };
        let wait = |outcome| next_at(&wanted, outcome, HOUR * 6, now(), 0).duration_since(now());
        assert_eq!((wait(Outcome::Same), wait(Outcome::Changed)), (HOUR, HOUR * 6));
    }
}
