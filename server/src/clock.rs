//! The collector's one clock, a value, so that tests and the demo run the real
//! server at any date.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;

/// Tells the time to received times, tokens, nonces, sessions and certificates.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's.
    #[default]
    System,
    /// One that is set by hand.
    Manual(ManualClock),
}

/// A clock that stands still until it is moved or let run.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<Hands>>);

#[derive(Clone, Copy, Debug)]
struct Hands {
    at_ms: i64,
    running_since: Option<Instant>,
}

impl ManualClock {
    /// A clock that stands at `at`.
    pub fn new(at: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Hands { at_ms: at.as_millisecond(), running_since: None })))
    }

    /// Moves the clock to `at`, where it stands.
    pub fn set(&self, at: Timestamp) {
        *self.hands() = Hands { at_ms: at.as_millisecond(), running_since: None };
    }

    /// Lets the clock run from where it stands.
    pub fn run(&self) {
        self.hands().running_since = Some(Instant::now());
    }

    /// What the clock shows.
    pub fn now(&self) -> Timestamp {
        let hands = *self.hands();
        let ran = hands.running_since.map_or(0, |since| since.elapsed().as_millis());
        from_ms(hands.at_ms.saturating_add(i64::try_from(ran).unwrap_or(i64::MAX)))
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock {
    /// The present time, in whole milliseconds.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => from_ms(system_now().as_millisecond()),
            Self::Manual(clock) => clock.now(),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the server asks the machine for the time"
)]
fn system_now() -> Timestamp {
    Timestamp::now()
}

/// A time from the store; a value out of range becomes the earliest time.
pub fn from_ms(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MIN)
}
