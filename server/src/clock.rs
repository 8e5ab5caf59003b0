//! The collector's one clock, a value, so that tests and the demo run the real
//! server at any date.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

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

/// A clock that stands still until it is moved.
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that stands at `at`.
    pub fn new(at: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(at.as_millisecond())))
    }

    /// Moves the clock to `at`.
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.as_millisecond(), Ordering::SeqCst);
    }

    /// Where the clock stands.
    pub fn now(&self) -> Timestamp {
        from_ms(self.0.load(Ordering::SeqCst))
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
