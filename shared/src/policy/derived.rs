//! Facts that are not read but follow: from the catalogue, or from silence.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::known::Readings;
use crate::days::days_between;
use crate::os_releases::{Catalogue, Installed, Version, patch_facts};
use crate::posture::FieldKind;
use crate::reading::{FieldValue, Fields, Outcome};

/// Who adds a derived fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The catalogue of releases and the reading of `os`: agent and collector.
    Catalogue,
    /// A reading and the time: agent and collector.
    Reading,
    /// The collector alone.
    Collector,
}

/// One name that expressions may use after `derived.`.
#[derive(Clone, Copy, Debug)]
pub struct DerivedFact {
    /// The name.
    pub name: &'static str,
    /// What values it takes.
    pub kind: FieldKind,
    /// What it says, and when it is left out.
    pub meaning: &'static str,
    /// Who adds it.
    pub origin: Origin,
}

const fn fact(name: &'static str, kind: FieldKind, meaning: &'static str) -> DerivedFact {
    DerivedFact { name, kind, meaning, origin: Origin::Catalogue }
}

/// Every derived fact.
pub static DERIVED: &[DerivedFact] = &[
    fact("patch_listed", FieldKind::Flag, "the catalogue knows this version, and it is no beta"),
    fact("patch_catalogue_age_days", FieldKind::Integer, "days since the date of the catalogue"),
    fact(
        "patch_major_supported",
        FieldKind::Flag,
        "Apple still mends this major version; left out when the catalogue cannot say",
    ),
    fact("patch_missed", FieldKind::Integer, "newer releases of the same major version"),
    fact(
        "patch_exposed_days",
        FieldKind::Integer,
        "days since the first missed release with security fixes; left out when none is missed",
    ),
    fact(
        "patch_exploited_days",
        FieldKind::Integer,
        "days since a hole under attack was fixed by a missed release; left out when none was",
    ),
    fact("patch_exploited_holes", FieldKind::Integer, "holes under attack that are not fixed"),
    fact("patch_latest", FieldKind::Text, "the newest release of the same major version"),
    DerivedFact {
        name: "malware_data_age_days",
        kind: FieldKind::Integer,
        meaning: "days (UTC) since XProtect's data were installed; left out without a date that can be right",
        origin: Origin::Reading,
    },
    DerivedFact {
        name: "silent_days",
        kind: FieldKind::Integer,
        meaning: "whole days since the last report was received",
        origin: Origin::Collector,
    },
];

/// Derived facts of one device, each with the time of its next change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Derived {
    facts: Fields,
    changes: BTreeMap<String, Timestamp>,
}

impl Derived {
    /// No facts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fact that changes by itself at `changes_at`.
    pub fn set(&mut self, name: &str, value: FieldValue, changes_at: Option<Timestamp>) {
        self.facts.insert(name.to_owned(), value);
        match changes_at {
            Some(at) => self.changes.insert(name.to_owned(), at),
            None => self.changes.remove(name),
        };
    }

    /// The value of a fact.
    pub fn get(&self, name: &str) -> Option<&FieldValue> {
        self.facts.get(name)
    }

    /// When a fact next changes by itself.
    pub fn changes_at(&self, name: &str) -> Option<Timestamp> {
        self.changes.get(name).copied()
    }

    /// Every fact.
    pub fn facts(&self) -> &Fields {
        &self.facts
    }
}

/// What follows at `now` from what was read, and from the catalogue.
pub fn derive(readings: &Readings, catalogue: &Catalogue, now: Timestamp) -> Derived {
    let mut derived = Derived::new();
    derive_os(&mut derived, readings, catalogue, now);
    derive_malware_data(&mut derived, readings, now);
    derived
}

/// Adds what the catalogue says of the version that was read; nothing when no
/// version was.
fn derive_os(derived: &mut Derived, readings: &Readings, catalogue: &Catalogue, now: Timestamp) {
    let text = |name: &str| observed_text(readings, "os", name);
    let Some(version) = text("version").and_then(|text| text.parse::<Version>().ok()) else {
        return;
    };
    let beta = readings.get("os").and_then(|os| os.latest.fields.get("beta"));
    let installed = Installed {
        version,
        build: text("build"),
        extra: text("extra"),
        beta: beta == Some(&FieldValue::Flag(true)),
    };
    let facts = patch_facts(catalogue, &installed, now);
    let midnight = next_utc_midnight(now);
    let count = |items: usize| Some(FieldValue::Integer(i64::try_from(items).unwrap_or(i64::MAX)));
    let rows = [
        ("patch_listed", Some(FieldValue::Flag(facts.listed))),
        ("patch_catalogue_age_days", Some(FieldValue::Integer(facts.catalogue_age_days))),
        ("patch_major_supported", facts.major_supported.map(FieldValue::Flag)),
        ("patch_missed", count(facts.releases_missed.len())),
        ("patch_exposed_days", facts.days_exposed.map(FieldValue::Integer)),
        ("patch_exploited_days", facts.days_exploited.map(FieldValue::Integer)),
        ("patch_exploited_holes", count(facts.exploited_cves_missing.len())),
        ("patch_latest", facts.latest_for_major.map(FieldValue::Text)),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            derived.set(name, value, midnight);
        }
    }
}

/// Adds how old the data against malware are, in days as the catalogue's.
fn derive_malware_data(derived: &mut Derived, readings: &Readings, now: Timestamp) {
    let installed_at = observed_text(readings, "xprotect", "data_installed_at");
    let Some(installed_at) = installed_at.and_then(|text| text.parse::<Timestamp>().ok()) else {
        return;
    };
    let date = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let days = days_between(date(installed_at), date(now));
    // Clocks differ by a little; a date far ahead proves no fresh data.
    if days >= -1 {
        let days = FieldValue::Integer(days.max(0));
        derived.set("malware_data_age_days", days, next_utc_midnight(now));
    }
}

/// A text of a check's latest reading, if that observed something.
fn observed_text<'r>(readings: &'r Readings, check: &str, field: &str) -> Option<&'r str> {
    let latest = &readings.get(check)?.latest;
    match latest.fields.get(field) {
        Some(FieldValue::Text(text)) if latest.outcome == Outcome::Observed => Some(text),
        _ => None,
    }
}

/// Adds how long the collector has heard nothing.
pub fn derive_reporting(derived: &mut Derived, last_received: Timestamp, now: Timestamp) {
    let silent_days = (now.duration_since(last_received).as_hours() / 24).max(0);
    let next = SignedDuration::from_hours((silent_days + 1) * 24);
    let changes_at = last_received.checked_add(next).ok();
    derived.set("silent_days", FieldValue::Integer(silent_days), changes_at);
}

fn next_utc_midnight(now: Timestamp) -> Option<Timestamp> {
    let tomorrow = now.to_zoned(TimeZone::UTC).date().checked_add(1.day()).ok()?;
    tomorrow.to_zoned(TimeZone::UTC).ok().map(|midnight| midnight.timestamp())
}
