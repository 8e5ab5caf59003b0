//! What an installed version misses, on a given day.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::catalogue::{Catalogue, Release};
use super::support::major_supported;
use super::version::Version;
use crate::days::days_between;

/// What runs on a Mac.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Installed<'a> {
    /// Its product version.
    pub version: Version,
    /// Its build, where known.
    pub build: Option<&'a str>,
    /// Suffix of a background security improvement: `None` when not known,
    /// empty when there is none.
    pub extra: Option<&'a str>,
    /// The build is one of a beta.
    pub beta: bool,
}

/// What the catalogue says of an installed version; days count by UTC dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchFacts {
    /// The catalogue knows this version, and it is no beta.
    pub listed: bool,
    /// The newest release of the same major.
    pub latest_for_major: Option<String>,
    /// Newer releases of the same major, and improvements not installed.
    pub releases_missed: Vec<String>,
    /// Days since the first missed release that fixed any hole.
    pub days_exposed: Option<i64>,
    /// Holes under attack that the missed releases fixed.
    pub exploited_cves_missing: Vec<String>,
    /// Days since the first missed release that fixed such a hole.
    pub days_exploited: Option<i64>,
    /// Whether the major version is still mended; `None` when not known.
    pub major_supported: Option<bool>,
    /// Days since the date of the catalogue.
    pub catalogue_age_days: i64,
}

/// What `installed` misses at `now`, as far as `catalogue` knows.
///
/// What is said to be missed is proven: an old catalogue only says too little.
pub fn patch_facts(catalogue: &Catalogue, installed: &Installed<'_>, now: Timestamp) -> PatchFacts {
    let today = now.to_zoned(TimeZone::UTC).date();
    let major = installed.version.major();
    let known: Vec<(&Release, Date)> = catalogue.dated(major).collect();
    let missed: Vec<(&Release, Date)> = known
        .iter()
        .copied()
        .filter(|(release, out)| release.version > installed.version && *out <= today)
        .filter(|(release, _)| !release.device_specific)
        .collect();
    let improvements = improvements_missed(catalogue, installed, today);

    let fixed: BTreeSet<&str> = known
        .iter()
        .filter(|(release, _)| release.version <= installed.version)
        .flat_map(|(release, _)| release.exploited.iter().map(String::as_str))
        .collect();
    let open = |release: &Release| release.exploited.iter().any(|id| !fixed.contains(id.as_str()));
    let exploited: BTreeSet<&str> = missed
        .iter()
        .flat_map(|(release, _)| release.exploited.iter().map(String::as_str))
        .filter(|id| !fixed.contains(id))
        .collect();

    let first_fix = missed
        .iter()
        .filter(|(release, _)| release.cves > 0 || !release.exploited.is_empty())
        .map(|(_, out)| *out)
        .chain(improvements.iter().filter(|(_, _, cves)| *cves > 0).map(|(_, out, _)| *out))
        .min();
    let first_exploited = missed.iter().filter(|(one, _)| open(one)).map(|(_, out)| *out).min();

    PatchFacts {
        listed: !installed.beta
            && known.iter().any(|(release, _)| release.version == installed.version),
        latest_for_major: catalogue.newest(major, today).map(|one| one.version.to_string()),
        releases_missed: improvements
            .iter()
            .map(|(name, ..)| name.clone())
            .chain(missed.iter().map(|(release, _)| release.version.to_string()))
            .collect(),
        days_exposed: first_fix.map(|date| days_between(date, today)),
        exploited_cves_missing: exploited.into_iter().map(str::to_owned).collect(),
        days_exploited: first_exploited.map(|date| days_between(date, today)),
        major_supported: major_supported(catalogue, major, today),
        catalogue_age_days: days_between(catalogue.as_of(), today),
    }
}

/// Improvements for exactly this build that are known not to be installed.
fn improvements_missed(
    catalogue: &Catalogue,
    installed: &Installed<'_>,
    today: Date,
) -> Vec<(String, Date, u32)> {
    // Any suffix means that the fix is there; no answer proves nothing.
    if installed.extra != Some("") {
        return Vec::new();
    }
    catalogue
        .improvements()
        .iter()
        .filter(|one| one.version == installed.version && one.released <= today)
        .filter(|one| installed.build == Some(one.base_build.as_str()))
        .map(|one| (format!("{} {}", one.version, one.extra), one.released, one.cves))
        .collect()
}

#[cfg(test)]
mod tests;
