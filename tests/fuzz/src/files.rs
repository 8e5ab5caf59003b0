//! Files that people, a company or Apple's watchers write.

use std::collections::BTreeMap;

use agent::host::Recorded;
use packaging::mach_o::MachO;
use shared::os_releases::{Catalogue, Corrections, Installed, Version, patch_facts};
use shared::policy::{Derived, FindingStatus, Policy, judge};

use crate::answers::NOW;
use crate::checks::hold;

/// A recording, and every check on it.
pub fn recording(input: &[u8]) {
    let Ok(host) = Recorded::parse("fuzz.json", input) else { return };
    agent::checks::read_all(&host).iter().for_each(hold);
}

/// A policy, and what it says of a Mac that answers nothing.
pub fn policy(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(policy) = Policy::parse(text) else { return };
    let mute = Recorded::mute(NOW);
    let readings = agent::checks::read_all(&mute).into_iter();
    let readings: BTreeMap<_, _> =
        readings.map(|reading| (reading.id.clone(), reading.into())).collect();
    for verdict in judge(&policy, &readings, &Derived::new(), NOW) {
        let is_decided = matches!(verdict.status, FindingStatus::Pass | FindingStatus::Fail);
        let rule = policy.rule(&verdict.rule).expect("a rule of the policy");
        // A rule about readings cannot be decided where there are none.
        assert!(!is_decided || rule.check.is_none(), "{verdict:?}");
    }
}

fn catalogue_holds(catalogue: &Catalogue) {
    let again = Catalogue::parse(catalogue.text().as_bytes()).expect("its own text");
    assert_eq!(again.releases(), catalogue.releases());
    let versions = [Version::new(12, 7, 6), Version::new(26, 6, 2)];
    let newest = catalogue.releases().iter().map(|release| release.version).max();
    for version in versions.into_iter().chain(newest) {
        let installed = Installed { version, build: Some("25G80"), extra: Some(""), beta: false };
        let _ = patch_facts(catalogue, &installed, NOW);
    }
}

/// A catalogue of macOS releases.
pub fn catalogue(input: &[u8]) {
    if let Ok(catalogue) = Catalogue::parse(input) {
        catalogue_holds(&catalogue);
    }
}

/// The public feed of releases.
pub fn sofa(input: &[u8]) {
    let day = NOW.to_zoned(jiff::tz::TimeZone::UTC).date();
    if let Ok(catalogue) = shared::os_releases::sofa::convert(input, day) {
        catalogue_holds(&catalogue);
    }
}

/// Corrections of the catalogue.
pub fn corrections(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(corrections) = Corrections::parse(text, "fuzz.toml") else { return };
    if let Ok(corrected) = Catalogue::embedded().corrected(&corrections) {
        let again = corrected.corrected(&corrections).expect("what could be merged once");
        assert_eq!(again.text(), corrected.text(), "merging twice changed something");
    }
}

/// An executable for macOS.
pub fn mach_o(input: &[u8]) {
    let _ = MachO::read(input);
}
