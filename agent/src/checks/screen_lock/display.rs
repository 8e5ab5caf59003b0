//! The answer of `pmset -g custom`: when the display sleeps.
//!
//! A heading for each source of power, then its settings, each on a line of
//! its own: `displaysleep` in minutes, where 0 is never.

use super::Span;
use super::profiles::NotReadable;

/// A setting, or one that nobody can read.
type Minutes = Result<i64, NotReadable>;

pub(super) const PMSET: &[&str] = &["/usr/bin/pmset", "-g", "custom"];

/// Where the power comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Supply {
    Battery,
    Adapter,
    Ups,
    /// One that a later macOS may know.
    Other,
}

/// When the display sleeps, for each source of power.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Display {
    /// `None` where nothing readable says it.
    supplies: Vec<(Supply, Option<i64>)>,
}

impl Display {
    /// Reads every heading; `None` when there is none, or a setting before it.
    pub(super) fn parse(answer: &str) -> Option<Self> {
        let mut supplies: Vec<(Supply, Vec<Minutes>)> = Vec::new();
        for line in answer.lines().filter(|line| !line.trim().is_empty()) {
            match heading(line) {
                Some(supply) => supplies.push((supply, Vec::new())),
                None => supplies.last_mut()?.1.extend(display_sleep(line)),
            }
        }
        if supplies.is_empty() {
            return None;
        }
        let one = |minutes: Vec<Minutes>| {
            let first = minutes.first()?.ok()?;
            minutes.iter().all(|other| *other == Ok(first)).then_some(first)
        };
        let mut supplies: Vec<_> =
            supplies.into_iter().map(|(supply, minutes)| (supply, one(minutes))).collect();
        // Every Mac can run on an adapter: without it the answer is cut short.
        if !supplies.iter().any(|(supply, _)| *supply == Supply::Adapter) {
            supplies.push((Supply::Adapter, None));
        }
        Some(Self { supplies })
    }

    /// A span for each source of power; an unknown one when none is known.
    pub(super) fn spans(&self) -> impl Iterator<Item = Span> {
        let span = |(_, minutes): &(Supply, Option<i64>)| {
            minutes.map_or(Span::UNKNOWN, |minutes| Span::timer(minutes.saturating_mul(60)))
        };
        self.supplies.iter().map(span)
    }

    /// The setting for one source of power; 0 is never.
    pub(super) fn minutes(&self, supply: Supply) -> Option<i64> {
        let mut all = self.supplies.iter().filter(|(one, _)| *one == supply).map(|(_, one)| *one);
        let first = all.next()??;
        all.all(|other| other == Some(first)).then_some(first)
    }

    /// The decisive settings.
    pub(super) fn evidence(&self) -> String {
        let line = |(supply, minutes): &(Supply, Option<i64>)| {
            minutes.map(|minutes| format!("{supply:?}: displaysleep {minutes}"))
        };
        self.supplies.iter().filter_map(line).collect::<Vec<_>>().join("\n")
    }
}

/// `AC Power:`, at the beginning of a line.
fn heading(line: &str) -> Option<Supply> {
    if line.starts_with(char::is_whitespace) {
        return None;
    }
    match line.trim_end().strip_suffix(':')? {
        "Battery Power" => Some(Supply::Battery),
        "AC Power" => Some(Supply::Adapter),
        "UPS Power" => Some(Supply::Ups),
        _ => Some(Supply::Other),
    }
}

/// Whether `line` is about the display, and its minutes if they can be read.
fn display_sleep(line: &str) -> Option<Minutes> {
    let mut words = line.split_whitespace();
    if words.next() != Some("displaysleep") {
        return None;
    }
    let minutes = words.next().filter(|word| word.bytes().all(|any| any.is_ascii_digit()));
    let is_whole = words.next().is_none_or(|word| word.starts_with('('));
    let minutes = minutes.and_then(|word| word.parse().ok()).filter(|_| is_whole);
    Some(minutes.ok_or(NotReadable))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::checks::fixture::mutated;

    fn minutes(answer: &str) -> Option<[Option<i64>; 3]> {
        let display = Display::parse(answer)?;
        Some([Supply::Battery, Supply::Adapter, Supply::Ups].map(|supply| display.minutes(supply)))
    }

    #[test]
    fn every_source_of_power_is_read() {
        let laptop = "Battery Power:\n Sleep On Power Button 1\n displaysleep         2\n\
                      AC Power:\n hibernatefile        /var/vm/sleepimage\n displaysleep         30\n";
        assert_eq!(minutes(laptop), Some([Some(2), Some(30), None]));
        assert_eq!(minutes(&laptop.replace('\n', "\r\n")), Some([Some(2), Some(30), None]));
        assert_eq!(minutes("AC Power:\n displaysleep 0\n"), Some([None, Some(0), None]));
        let ups = format!("{laptop}UPS Power:\n displaysleep 5 (prevented by x)\n");
        assert_eq!(minutes(&ups), Some([Some(2), Some(30), Some(5)]));
    }

    #[test]
    fn a_setting_that_cannot_be_read_is_not_known() {
        for line in [
            "",
            "displaysleep",
            "displaysleep -1",
            "displaysleep 2 3",
            "displaysleep two",
            "displaysleep 2.5",
            "displaysleep 99999999999999999999",
            "DisplaySleep 2",
            "displaysleep 2\n displaysleep 3",
            "disksleep 2",
        ] {
            let answer = format!("AC Power:\n {line}\n");
            assert_eq!(minutes(&answer), Some([None; 3]), "{answer:?}");
            let display = Display::parse(&answer).unwrap();
            assert!(display.spans().all(|span| span == Span::UNKNOWN), "{answer:?}");
        }
        for answer in ["", "\n", " displaysleep 2\n", "displaysleep 2\nAC Power:\n", "usage: pmset"]
        {
            assert_eq!(minutes(answer), None, "{answer:?}");
        }
    }

    /// A laptop's answer that ends after the battery says nothing of the rest.
    #[test]
    fn a_missing_adapter_is_not_known() {
        let display = Display::parse("Battery Power:\n displaysleep 2\n").unwrap();
        assert_eq!(display.spans().collect::<Vec<_>>(), [Span::timer(120), Span::UNKNOWN]);
        let other = Display::parse("AC Power:\n displaysleep 2\nFuel Cell:\n displaysleep 0\n");
        assert!(other.unwrap().spans().any(|span| span == Span::NEVER));
    }

    const KNOWN: &[&str] = &[
        "Battery Power:\n lowpowermode         0\n displaysleep         2\n sleep                1\nAC Power:\n lowpowermode         0\n displaysleep         30\n",
        "AC Power:\n displaysleep         10\n disksleep            10\n",
        "Battery Power:\n displaysleep         0\nAC Power:\n displaysleep         0\n",
        "UPS Power:\n displaysleep         5\n",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        /// The display surely sleeps only by what stands on a line of its own.
        #[test]
        fn only_a_whole_line_makes_the_display_sleep(answer in mutated(KNOWN)) {
            let Some(display) = Display::parse(&answer) else { return Ok(()) };
            for (_, minutes) in &display.supplies {
                let Some(minutes) = minutes else { continue };
                let stands = answer.lines().any(|line| {
                    let words: Vec<&str> = line.split_whitespace().collect();
                    words.first() == Some(&"displaysleep")
                        && words.get(1).and_then(|word| word.parse().ok()) == Some(*minutes)
                });
                prop_assert!(stands && answer.contains(':'), "{:?}", answer);
            }
        }
    }
}
