//! When is the next run?
//!
//! Pure functions over wall-clock times. Each device reports at a point of the
//! interval that is its own and stays: a fleet that was switched on at nine
//! does not knock on the collector's door together for ever.

use jiff::{SignedDuration, Timestamp};
use shared::api::Settings;
use shared::keys::sha256;

use crate::report::Scope;

/// Time between waking up and reporting: the network comes back first.
const AFTER_WAKE_S: i64 = 5 * 60;
/// Most seconds by which devices that wait for the same thing are spread.
const SPREAD_S: i64 = 60;
/// First pause after a failed delivery; it doubles with each further one.
const FIRST_RETRY_S: i64 = 60;
/// Bounds for what a collector may ask for, in seconds.
const SHORTEST_S: i64 = 60;
const LONGEST_S: i64 = 24 * 3600;
/// Time beyond a planned pause that means that the computer slept.
const SLEPT_S: i64 = 30;

/// Everything that decides when the next run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    /// Whose jitter.
    pub device_id: String,
    /// The collector's wishes.
    pub settings: Settings,
    /// Whether a required rule fails.
    pub is_failing: bool,
    /// When the newest report was made; none before the first.
    pub reported_at: Option<Timestamp>,
    /// When the last run ended, if it could not deliver everything.
    pub failed_at: Option<Timestamp>,
    /// Failed deliveries in a row.
    pub failures: u32,
    /// The collector asked not to be asked before.
    pub not_before: Option<Timestamp>,
    /// When the computer last woke up, if no report was made since.
    pub woke_at: Option<Timestamp>,
}

/// The next run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    /// When, at the earliest.
    pub at: Timestamp,
    /// What it does.
    pub scope: Scope,
}

impl Situation {
    fn interval_s(&self) -> i64 {
        let Settings { report_every_s, failing_report_every_s } = self.settings;
        let wish = if self.is_failing { failing_report_every_s } else { report_every_s };
        i64::from(wish).clamp(SHORTEST_S, LONGEST_S)
    }

    /// A number of this device, the same at every start, below `below`.
    fn own(&self, below: i64) -> i64 {
        let bytes = sha256(self.device_id.as_bytes());
        let (first, _) = bytes.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
        i64::from(u32::from_be_bytes(*first)) % below.max(1)
    }
}

/// Decides when the next run is, as seen at `now`.
pub fn next(situation: &Situation, now: Timestamp) -> Next {
    let report = Next { at: report_at(situation, now), scope: Scope::Report };
    match retry_at(situation) {
        Some(at) if at < report.at => Next { at, scope: Scope::QueueAlone },
        _ => report,
    }
}

fn report_at(situation: &Situation, now: Timestamp) -> Timestamp {
    let interval = situation.interval_s();
    let Some(last) = situation.reported_at else { return now };
    if let Some(woke) = situation.woke_at {
        return later(woke, AFTER_WAKE_S + situation.own(SPREAD_S));
    }
    // The first of the device's own points at least half an interval away.
    let earliest = last.as_second() + interval / 2;
    let wait = (situation.own(interval) - earliest).rem_euclid(interval);
    let planned = Timestamp::from_second(earliest + wait).unwrap_or(now);
    // A clock that was set back must not silence the device.
    planned.min(later(now, interval + interval / 2))
}

/// When the queue is tried again, apart from reports.
fn retry_at(situation: &Situation) -> Option<Timestamp> {
    let failed = situation.failed_at?;
    let doublings = situation.failures.saturating_sub(1).min(16);
    let pause = (FIRST_RETRY_S << doublings).min(situation.interval_s());
    let spread = situation.own(pause.min(SPREAD_S));
    let retry = later(failed, pause + spread);
    let asked = situation.not_before.map(|until| later(until, spread));
    Some(asked.map_or(retry, |until| until.max(retry)))
}

fn later(from: Timestamp, seconds: i64) -> Timestamp {
    from.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// Whether the computer slept during a pause that was planned to last `planned`
/// and lasted `elapsed` on the wall clock.
pub fn slept(planned: SignedDuration, elapsed: SignedDuration) -> bool {
    elapsed.saturating_sub(planned) > SignedDuration::from_secs(SLEPT_S)
}

#[cfg(test)]
mod tests;
