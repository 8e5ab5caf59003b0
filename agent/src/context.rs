//! What a run is given: a computer, a folder for its state and a clock.
//!
//! The clock stands apart from the host because a recording keeps the time at
//! which it was made, while a report is made now.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::time_provider::TimeProvider;
use rustls_pki_types::UnixTime;

use crate::host::{Answer, FileAnswer, Forced, Host, Space};

/// Tells the time; tests and the demo set it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that asks `now`.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The clock of a computer.
    pub fn of(host: impl Host + Send + 'static) -> Self {
        Self::new(move || host.now())
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Clock({})", self.now())
    }
}

/// Certificates are judged by the same clock as everything else.
impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

/// What every command that speaks to a collector needs.
#[derive(Clone)]
pub struct Context {
    /// The computer that is read.
    pub host: Arc<dyn Host + Send + Sync>,
    /// Where identity, key and queue are kept.
    pub state_dir: PathBuf,
    /// The time, for statements, limits and certificates alike.
    pub clock: Clock,
}

impl Context {
    /// The host, with the time told by the context's clock.
    pub(crate) fn timed_host(&self) -> TimedHost<'_> {
        TimedHost { host: self.host.as_ref(), clock: &self.clock }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// A host whose time is another clock's.
pub(crate) struct TimedHost<'a> {
    host: &'a dyn Host,
    clock: &'a Clock,
}

impl Host for TimedHost<'_> {
    fn run(&self, argv: &[&str]) -> Answer {
        self.host.run(argv)
    }

    fn read(&self, path: &str) -> FileAnswer {
        self.host.read(path)
    }

    fn exists(&self, path: &str) -> bool {
        self.host.exists(path)
    }

    fn list(&self, path: &str) -> Vec<String> {
        self.host.list(path)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn uptime_s(&self) -> Option<i64> {
        self.host.uptime_s()
    }

    fn space(&self) -> Option<Space> {
        self.host.space()
    }

    fn forced(&self, domain: &str, key: &str) -> Forced {
        self.host.forced(domain, key)
    }

    fn is_recorded(&self) -> bool {
        self.host.is_recorded()
    }
}
