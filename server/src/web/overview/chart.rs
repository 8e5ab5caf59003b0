//! Compliance over 90 days as one line, with thin bands below it.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use crate::store::views::Standing;
use crate::store::views::history::Counts;
use crate::web::times::date;
use crate::web::words::{percent, thousands};

/// The drawing, in a box of one unit a day and 100 units up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chart {
    /// Units across.
    pub(super) width: usize,
    /// The line, as a path.
    pub(super) line: String,
    /// The surface below it, as a path.
    pub(super) surface: String,
    /// Height of the last point from the top, in per cent of the box.
    pub(super) last_y: String,
    pub(super) last: String,
    pub(super) first_date: String,
    pub(super) summary: String,
    pub(super) bands: Vec<Band>,
    pub(super) table: Vec<Day>,
}

/// Devices that were silent or unknown, as a thin surface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Band {
    pub(super) kind: &'static str,
    pub(super) name: &'static str,
    pub(super) surface: String,
    pub(super) last: String,
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) date: String,
    pub(super) total: u64,
    pub(super) compliant: u64,
    pub(super) share: String,
    pub(super) stale: u64,
    pub(super) unknown: u64,
}

struct Point {
    at: Timestamp,
    total: u64,
    compliant: u64,
    stale: u64,
    unknown: u64,
}

impl Point {
    fn of_day(end: Timestamp, counts: &Counts) -> Self {
        // The instant of midnight ends the day before.
        let at = end.checked_sub(SignedDuration::from_millis(1)).unwrap_or(end);
        let Counts { compliant, unknown, stale, .. } = *counts;
        Self { at, total: counts.total(), compliant, stale, unknown }
    }

    fn of_now(standings: &[(Standing, u64)], never_enrolled: u64, now: Timestamp) -> Self {
        let sum = |wanted: &dyn Fn(Standing) -> bool| {
            standings.iter().filter(|(one, _)| wanted(*one)).map(|(_, count)| count).sum()
        };
        Self {
            at: now,
            total: sum(&|one| one != Standing::Archived) + never_enrolled,
            compliant: sum(&|one| one == Standing::Compliant),
            stale: sum(&|one| one == Standing::Stale),
            unknown: sum(&|one| matches!(one, Standing::Unknown | Standing::NeverReported)),
        }
    }

    fn height(&self, part: u64) -> f64 {
        share(part, self.total)
    }
}

/// Per cent, for drawing only.
#[expect(clippy::cast_precision_loss, reason = "a drawing has a few hundred pixels")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

impl Chart {
    /// The chart of past `days` and the present; none before the second day.
    /// Macs that never enrolled count at present; of the past nobody knows them.
    pub(super) fn new(
        days: &[(Timestamp, Counts)],
        (standings, never_enrolled): (&[(Standing, u64)], u64),
        now: Timestamp,
    ) -> Option<Self> {
        let mut points: Vec<Point> = days
            .iter()
            .map(|(end, counts)| Point::of_day(*end, counts))
            .skip_while(|point| point.total == 0)
            .collect();
        points.push(Point::of_now(standings, never_enrolled, now));
        let [first, .., last] = points.as_slice() else { return None };
        let line = path(&points, |point| 100.0 - point.height(point.compliant));
        let width = points.len() - 1;
        let last_y = 100.0 - last.height(last.compliant);
        Some(Self {
            surface: format!("{line}V100H0z"),
            line,
            width,
            last_y: format!("{last_y:.1}"),
            last: percent(last.compliant, last.total),
            first_date: date(first.at),
            summary: format!(
                "{} of {} Macs were compliant on {}; {} of {} are now.",
                thousands(first.compliant),
                thousands(first.total),
                date(first.at),
                thousands(last.compliant),
                thousands(last.total),
            ),
            bands: vec![
                band("silent", "Silent", &points, |point| point.stale),
                band("unknown", "Unknown", &points, |point| point.unknown),
            ],
            table: points.iter().rev().map(day).collect(),
        })
    }
}

/// The share of `part`, drawn up to a quarter of the fleet so that a few
/// devices can be seen; more fills the band.
fn band(
    kind: &'static str,
    name: &'static str,
    points: &[Point],
    part: impl Fn(&Point) -> u64,
) -> Band {
    let line = path(points, |point| 100.0 - (point.height(part(point)) * 4.0).min(100.0));
    let last = points.last().map_or(0, &part);
    Band { kind, name, surface: format!("{line}V100H0z"), last: thousands(last) }
}

fn path(points: &[Point], y: impl Fn(&Point) -> f64) -> String {
    let mut path = String::from("M");
    for (x, point) in points.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(path, "{}{x} {:.1}", if x == 0 { "" } else { "L" }, y(point));
    }
    path
}

fn day(point: &Point) -> Day {
    Day {
        date: date(point.at),
        total: point.total,
        compliant: point.compliant,
        share: percent(point.compliant, point.total),
        stale: point.stale,
        unknown: point.unknown,
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Chart, Counts, Standing};

    fn now() -> Timestamp {
        "2026-08-23T09:00:00Z".parse().unwrap()
    }

    fn midnight(back: i64) -> Timestamp {
        let today: Timestamp = "2026-08-23T00:00:00Z".parse().unwrap();
        today - SignedDuration::from_hours(24 * back)
    }

    #[test]
    fn the_line_begins_with_the_first_device_and_ends_now() {
        let days = [
            (midnight(2), Counts::default()),
            (midnight(1), Counts { compliant: 1, non_compliant: 3, ..Counts::default() }),
            (midnight(0), Counts { compliant: 2, stale: 2, ..Counts::default() }),
        ];
        let standings = [(Standing::Compliant, 3), (Standing::Suspended, 1)];
        let chart = Chart::new(&days, (&standings, 0), now()).unwrap();
        assert_eq!(chart.line, "M0 75.0L1 50.0L2 25.0");
        assert_eq!(chart.last, "75 %");
        assert_eq!(chart.first_date, "21 Aug 2026");
        let dates: Vec<&str> = chart.table.iter().map(|day| day.date.as_str()).collect();
        assert_eq!(dates, ["23 Aug 2026", "22 Aug 2026", "21 Aug 2026"]);
    }

    #[test]
    fn silent_and_unknown_devices_never_raise_the_line() {
        let days = [(midnight(0), Counts { unknown: 4, stale: 4, ..Counts::default() })];
        let chart = Chart::new(&days, (&[(Standing::NeverReported, 8)], 0), now()).unwrap();
        assert_eq!(chart.line, "M0 100.0L1 100.0");
        assert_eq!(chart.last, "0 %");
    }

    #[test]
    fn one_day_is_no_line() {
        assert_eq!(Chart::new(&[], (&[(Standing::Compliant, 1)], 0), now()), None);
    }
}
