//! Which reports are full, which of those say something new, and when each is
//! due. Pure: the same question has the same answer in every run.

use std::time::Duration;

use shared::keys::sha256;

/// What a report says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Everything that was read.
    Full {
        /// Whether a setting is another than before, so that it is judged anew.
        changed: bool,
    },
    /// That nothing changed.
    Unchanged,
}

/// Parts of the reports, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mix {
    /// Which part of the reports is full; the rest says `unchanged`.
    pub full: f64,
    /// Which part of the full reports says something new.
    pub changed: f64,
}

impl Mix {
    /// An ordinary day: one full report in 24, one of ten with a change.
    pub const DAY: Self = Self { full: 1.0 / 24.0, changed: 0.1 };

    /// The kind of report `number` of a device, counted from 1: its first one
    /// is always full. Each device begins elsewhere in its day.
    pub fn kind(&self, device: usize, number: i64) -> Kind {
        if number <= 1 {
            return Kind::Full { changed: false };
        }
        let phase = fraction(&[&device.to_be_bytes(), b"mix"]);
        let (before, now) = (whole(self.full, phase, number - 1), whole(self.full, phase, number));
        if now <= before {
            return Kind::Unchanged;
        }
        Kind::Full { changed: whole(self.changed, phase, now) > whole(self.changed, phase, before) }
    }
}

/// How many of the first `number` are chosen when `part` of all are.
#[expect(clippy::cast_possible_truncation, reason = "counts of one run are far below 2^52")]
#[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^52")]
fn whole(part: f64, phase: f64, number: i64) -> i64 {
    (part * number as f64 + phase + 1e-9).floor() as i64
}

/// A number from 0 up to 1 that looks random and is always the same.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
pub(super) fn fraction(parts: &[&[u8]]) -> f64 {
    let digest = sha256(&parts.concat());
    let bits = digest.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// Length of the schedule's interval before it is sped up.
const HOUR: f64 = 3600.0;
/// A woken device waits up to this long.
const WAKING: f64 = 600.0;
/// Part of the fleet that wakes at nine o'clock.
const WOKEN: f64 = 0.3;
/// Random part of every interval, so that no two hours are alike.
const JITTER: f64 = 0.1;

/// `count` reports at an even rate, one device after the other.
pub(super) fn paced(devices: usize, count: usize, rate: f64) -> Vec<(Duration, usize)> {
    (0..count).map(|number| (seconds(share(number) / rate), number % devices)).collect()
}

/// Every device once an hour, at its own minute with some jitter, for `length`
/// of the run's time, in which `speedup` hours pass in one.
pub(super) fn hourly(devices: usize, length: Duration, speedup: f64) -> Vec<(Duration, usize)> {
    let end = length.as_secs_f64() * speedup;
    let mut due = Vec::new();
    for device in 0..devices {
        let phase = fraction(&[&device.to_be_bytes(), b"minute"]) * HOUR;
        for hour in 0_u32.. {
            let begin = f64::from(hour) * HOUR + phase;
            if begin >= end {
                break;
            }
            let jitter = fraction(&[&device.to_be_bytes(), &hour.to_be_bytes()]) * JITTER * HOUR;
            due.push((seconds((begin + jitter) / speedup), device));
        }
    }
    due.sort_unstable();
    due
}

/// The usual hour, and within ten minutes of it everybody who wakes.
pub(super) fn storm(devices: usize, speedup: f64) -> Vec<(Duration, usize)> {
    let length = seconds(WAKING / speedup);
    let mut due = hourly(devices, length, speedup);
    for device in 0..devices {
        if fraction(&[&device.to_be_bytes(), b"wakes"]) < WOKEN {
            let after = fraction(&[&device.to_be_bytes(), b"after"]) * WAKING;
            due.push((seconds(after / speedup), device));
        }
    }
    due.sort_unstable();
    due
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^52")]
fn share(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Kind, Mix, hourly, paced, storm};

    #[test]
    fn one_report_of_a_day_is_full_whatever_the_device() {
        let mut changed = 0;
        for device in 0..200 {
            assert_eq!(Mix::DAY.kind(device, 1), Kind::Full { changed: false });
            for day in 0..10 {
                let hours = (2..26).map(|hour| Mix::DAY.kind(device, day * 24 + hour));
                let full: Vec<Kind> = hours.filter(|kind| *kind != Kind::Unchanged).collect();
                assert_eq!(full.len(), 1, "device {device}, day {day}");
                changed += usize::from(full == [Kind::Full { changed: true }]);
            }
        }
        assert_eq!(changed, 200, "one of ten");
    }

    #[test]
    fn all_or_none_of_the_reports_can_be_full() {
        let all = Mix { full: 1.0, changed: 1.0 };
        let none = Mix { full: 0.0, changed: 0.0 };
        for number in 2..2000 {
            assert_eq!(all.kind(7, number), Kind::Full { changed: true });
            assert_eq!(none.kind(7, number), Kind::Unchanged);
        }
    }

    #[test]
    fn every_device_reports_once_in_every_hour() {
        let due = hourly(100, Duration::from_secs(20), 360.0);
        assert_eq!(due.len(), 200, "two hours");
        assert!(due.is_sorted());
        for device in 0..100 {
            let times: Vec<Duration> =
                due.iter().filter(|(_, who)| *who == device).map(|(at, _)| *at).collect();
            let gap = times[1].abs_diff(times[0]);
            assert!(gap > Duration::from_secs(8) && gap < Duration::from_secs(12), "{gap:?}");
        }
    }

    #[test]
    fn three_of_ten_macs_wake_within_ten_minutes() {
        let due = storm(10_000, 10.0);
        let usual = hourly(10_000, Duration::from_mins(1), 10.0).len();
        assert!((2_800..3_200).contains(&(due.len() - usual)));
        assert!(due.iter().all(|(at, _)| *at < Duration::from_secs(97)));
    }

    #[test]
    fn a_paced_run_is_even() {
        let due = paced(3, 5, 10.0);
        let expected = [(0, 0), (100, 1), (200, 2), (300, 0), (400, 1)];
        assert_eq!(due, expected.map(|(ms, device)| (Duration::from_millis(ms), device)));
    }
}
