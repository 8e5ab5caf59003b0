//! Which versions of macOS run, and which holes under attack they leave open.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use shared::os_releases::{Catalogue, PatchFacts, Version};

use crate::shown::systems::{behind, facts, version_of, version_words};
use crate::store::views::SystemSeen;
use crate::web::words::{percent, thousands};

/// Versions with a bar of their own; older ones share the last.
const BARS: usize = 10;
/// Holes with a row of their own.
const HOLES: usize = 8;

/// One version with the devices that run it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PatchBar {
    pub(super) version: String,
    pub(super) devices: String,
    pub(super) share: String,
    /// Length of the bar, in per cent of the longest possible.
    pub(super) width: String,
    pub(super) note: String,
    pub(super) is_newest: bool,
}

/// Devices with holes that are known to be used in attacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Exposure {
    pub(super) devices: u64,
    pub(super) holes: Vec<Hole>,
    pub(super) more: usize,
}

/// One hole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hole {
    pub(super) cve: String,
    pub(super) devices: u64,
    pub(super) days: i64,
    pub(super) fixed_in: String,
}

/// Devices and facts by version with its suffix, the newest first.
type Versions = BTreeMap<(Reverse<Option<Version>>, String), (u64, Option<PatchFacts>)>;

/// Bars by version, the newest first, devices of unknown version last.
pub(super) fn bars(
    systems: &[(Option<SystemSeen>, u64)],
    catalogue: &Catalogue,
    now: Timestamp,
) -> Vec<PatchBar> {
    let total: u64 = systems.iter().map(|(_, devices)| devices).sum();
    let mut versions: Versions = BTreeMap::new();
    let mut unknown = 0;
    for (system, devices) in systems {
        let Some(system) = system else {
            unknown += devices;
            continue;
        };
        let key = (Reverse(version_of(system)), version_words(system));
        let row = versions.entry(key).or_insert((0, None));
        row.0 += devices;
        if row.1.is_none() {
            row.1 = facts(catalogue, system, now);
        }
    }
    let mut bars = Vec::new();
    let mut older = 0;
    for ((Reverse(number), version), (devices, facts)) in versions {
        if bars.len() >= BARS {
            older += devices;
            continue;
        }
        let mut bar = bar(version, devices, total);
        bar.note = behind(facts.as_ref());
        bar.is_newest = bar.note.is_empty();
        if let (true, Some(version)) = (bar.is_newest, number) {
            bar.note = format!("newest {}", version.major());
        }
        bars.push(bar);
    }
    bars.extend((older > 0).then(|| bar("Older".to_owned(), older, total)));
    bars.extend((unknown > 0).then(|| bar("Not known".to_owned(), unknown, total)));
    bars
}

fn bar(version: String, devices: u64, total: u64) -> PatchBar {
    PatchBar {
        version,
        devices: thousands(devices),
        share: percent(devices, total),
        width: width(devices, total),
        note: String::new(),
        is_newest: false,
    }
}

/// Per cent with one decimal; every bar can be seen.
fn width(part: u64, whole: u64) -> String {
    let tenths = (part.saturating_mul(1000) / whole.max(1)).clamp(4, 1000);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Holes under attack that devices leave open, the widest first.
pub(super) fn exposure(
    systems: &[(Option<SystemSeen>, u64)],
    catalogue: &Catalogue,
    now: Timestamp,
) -> Exposure {
    let today = now.to_zoned(TimeZone::UTC).date();
    let mut exposed = 0;
    let mut holes: BTreeMap<String, Hole> = BTreeMap::new();
    for (system, devices) in systems {
        let Some(system) = system else { continue };
        let (Some(facts), Some(version)) = (facts(catalogue, system, now), version_of(system))
        else {
            continue;
        };
        if !facts.exploited_cves_missing.is_empty() {
            exposed += devices;
        }
        for cve in &facts.exploited_cves_missing {
            let hole = holes.entry(cve.clone()).or_insert_with(|| Hole {
                cve: cve.clone(),
                devices: 0,
                days: 0,
                fixed_in: String::new(),
            });
            hole.devices += devices;
            if let Some((fixed_in, days)) = fix(catalogue, cve, version, today) {
                hole.days = hole.days.max(days.min(facts.days_exploited.unwrap_or(days)));
                add_version(&mut hole.fixed_in, &fixed_in);
            }
        }
    }
    let mut holes: Vec<Hole> = holes.into_values().collect();
    holes.sort_by_key(|hole| (Reverse(hole.devices), Reverse(hole.days), hole.cve.clone()));
    let more = holes.len().saturating_sub(HOLES);
    holes.truncate(HOLES);
    Exposure { devices: exposed, holes, more }
}

/// The first release of the same major that closes a hole, and how many days
/// it has been out.
fn fix(catalogue: &Catalogue, cve: &str, installed: Version, today: Date) -> Option<(String, i64)> {
    catalogue
        .releases()
        .iter()
        .filter(|release| release.version.major() == installed.major())
        .filter(|release| release.version > installed && release.released <= today)
        .find(|release| release.exploited.iter().any(|one| one == cve))
        .map(|release| {
            let days = i64::from((today - release.released).get_days()).max(0);
            (release.version.to_string(), days)
        })
}

fn add_version(versions: &mut String, version: &str) {
    if !versions.split(", ").any(|one| one == version) {
        if !versions.is_empty() {
            versions.push_str(", ");
        }
        versions.push_str(version);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use shared::os_releases::Catalogue;

    use super::{bars, exposure};
    use crate::store::views::SystemSeen;

    const CATALOGUE: &str = r#"{"format":"muster.os-releases/v1","platform":"macos",
        "as_of":"2026-08-22","releases":[
        {"version":"26.5","released":"2026-06-01","cves":3},
        {"version":"26.6","released":"2026-08-01","cves":9,"exploited":["CVE-2026-1000"]},
        {"version":"26.6.1","released":"2026-08-20","cves":1}]}"#;

    fn fleet() -> Vec<(Option<SystemSeen>, u64)> {
        let seen = |version: &str| {
            Some(SystemSeen { version: version.to_owned(), build: None, extra: None })
        };
        vec![(None, 1), (seen("26.5"), 2), (seen("26.6"), 3), (seen("26.6.1"), 4)]
    }

    fn now() -> Timestamp {
        "2026-08-23T09:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_newest_version_comes_first_and_the_unknown_last() {
        let catalogue = Catalogue::parse(CATALOGUE.as_bytes()).unwrap();
        let rows: Vec<(String, String, String)> = bars(&fleet(), &catalogue, now())
            .into_iter()
            .map(|bar| (bar.version, bar.devices, bar.note))
            .collect();
        let expected = [
            ("26.6.1", "4", "newest 26"),
            ("26.6", "3", "1 behind"),
            ("26.5", "2", "2 behind"),
            ("Not known", "1", ""),
        ];
        let expected = expected.map(|(version, devices, note)| {
            (version.to_owned(), devices.to_owned(), note.to_owned())
        });
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_hole_counts_the_devices_that_miss_its_fix() {
        let catalogue = Catalogue::parse(CATALOGUE.as_bytes()).unwrap();
        let exposure = exposure(&fleet(), &catalogue, now());
        assert_eq!(exposure.devices, 2);
        let hole = exposure.holes.first().unwrap();
        assert_eq!((hole.devices, hole.days, hole.fixed_in.as_str()), (2, 22, "26.6"));
    }
}
