//! What a run is to do.

use std::path::PathBuf;
use std::time::Duration;

use super::mix::{self, Mix};
use super::place::Place;

/// What to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program `muster-server`.
    pub server: PathBuf,
    /// Where the files stand while the run lasts.
    pub folder: Option<PathBuf>,
    /// Which database.
    pub place: Place,
    /// How many collectors share it.
    pub replicas: usize,
    /// Names the fleet: the same one has the same keys.
    pub seed: String,
    /// How many Macs are enrolled.
    pub devices: usize,
    /// How many connections are kept open.
    pub connections: usize,
    /// How long, where the pace does not say it.
    pub length: Duration,
    /// Most reports that are signed before the clock starts.
    pub reports: Option<usize>,
    /// What the reports say.
    pub mix: Mix,
    /// Whether the connections are encrypted.
    pub tls: bool,
    /// Whether reports are signed as they are sent, with what the receipt
    /// before gave.
    pub live: bool,
    /// When reports are sent.
    pub pace: Pace,
    /// Whether half of the rate that was found is run after it.
    pub half: bool,
}

/// When reports are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// As fast as the collector takes them.
    FlatOut,
    /// So many a second, whether or not the collector keeps up.
    Rate(f64),
    /// Every Mac once an hour; so many hours pass in one.
    Hourly(f64),
    /// The hour in which three of ten Macs wake within ten minutes.
    Storm(f64),
    /// Every Mac delivers so many reports that waited, in batches.
    Backlog(usize),
    /// Flat out beside so many hostile clients of each kind.
    Hostile(usize),
}

/// Reports signed ahead for every second, if nobody says how many.
const AHEAD: usize = 20_000;
/// The same when they are signed as they are sent: only places in a list.
const AHEAD_LIVE: usize = 60_000;
/// Most reports of one Mac in a request, as the collector takes them.
const BATCH: usize = 500;
/// Largest request with several reports; a full one is about 20,000 bytes.
const FULL_IN_BATCH: f64 = 150.0;

/// One request to come: when it is due, which Mac, how many reports.
pub(super) type Due = (Duration, usize, usize);

impl Options {
    /// Every request of the run, in order.
    pub(super) fn schedule(&self) -> Vec<Due> {
        let single = |due: Vec<(Duration, usize)>| {
            due.into_iter().map(|(due, device)| (due, device, 1)).collect()
        };
        match self.pace {
            Pace::FlatOut | Pace::Hostile(_) => {
                let ahead = if self.live { AHEAD_LIVE } else { AHEAD };
                let seconds = usize::try_from(self.length.as_secs().max(1)).unwrap_or(usize::MAX);
                let count = self.reports.unwrap_or(ahead.saturating_mul(seconds));
                single(mix::paced(self.devices, count, f64::INFINITY))
            }
            Pace::Rate(rate) => single(self.at_rate(rate)),
            Pace::Hourly(speedup) => single(mix::hourly(self.devices, self.length, speedup)),
            Pace::Storm(speedup) => single(mix::storm(self.devices, speedup)),
            Pace::Backlog(reports) => backlog(self.devices, reports, self.mix.full),
        }
    }

    /// Requests at an even rate for the length of the run.
    #[expect(clippy::cast_possible_truncation, reason = "a count of reports")]
    #[expect(clippy::cast_sign_loss, reason = "rates are positive")]
    pub(super) fn at_rate(&self, rate: f64) -> Vec<(Duration, usize)> {
        let count = (rate * self.length.as_secs_f64()).ceil() as usize;
        mix::paced(self.devices, count, rate)
    }

    /// How many times faster than life the run is, if it has a schedule.
    pub(super) fn speedup(&self) -> Option<f64> {
        match self.pace {
            Pace::FlatOut | Pace::Hostile(_) => None,
            Pace::Rate(_) | Pace::Backlog(_) => Some(1.0),
            Pace::Hourly(speedup) | Pace::Storm(speedup) => Some(speedup),
        }
    }

    /// Whether the run stops at its length although reports are left.
    pub(super) fn stops(&self) -> bool {
        matches!(self.pace, Pace::FlatOut | Pace::Hostile(_))
    }
}

/// Every Mac's spool at once, cut into requests that the collector takes.
#[expect(clippy::cast_possible_truncation, reason = "at most 500")]
#[expect(clippy::cast_sign_loss, reason = "parts are positive")]
fn backlog(devices: usize, reports: usize, full: f64) -> Vec<Due> {
    let fits = (FULL_IN_BATCH / full.max(0.1)).min(500.0) as usize;
    let fits = fits.clamp(2, BATCH);
    let mut due = Vec::new();
    let mut left = reports;
    while left > 0 {
        let now = left.min(fits);
        due.extend((0..devices).map(|device| (Duration::ZERO, device, now)));
        left -= now;
    }
    due
}

#[cfg(test)]
mod tests {
    use super::backlog;

    #[test]
    fn a_spool_is_cut_into_requests_that_are_taken() {
        let cut = |reports, full| -> Vec<usize> {
            backlog(1, reports, full).into_iter().map(|(_, _, reports)| reports).collect()
        };
        assert_eq!(cut(1201, 0.0), [500, 500, 201]);
        assert_eq!(cut(168, 1.0 / 24.0), [168]);
        assert_eq!(cut(320, 1.0), [150, 150, 20]);
        assert_eq!(backlog(3, 10, 0.0).len(), 3);
    }
}
