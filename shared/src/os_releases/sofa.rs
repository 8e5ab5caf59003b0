//! Reads the SOFA feed of the Mac Admins Open Source project.
//!
//! Version 1 and 2 of the feed differ in small ways, and both have had faults:
//! all that is needed is taken, checked, and put into the product's own
//! format. What the feed says beyond that is ignored.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::catalogue::{
    BackgroundImprovement, Catalogue, CatalogueError, FORMAT, Model, Release, Wire,
};
use super::version::Version;

/// Largest feed that is read, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;

/// Why an answer is no usable feed.
#[derive(Debug, thiserror::Error)]
pub enum SofaError {
    /// Larger than any feed.
    #[error("the feed is larger than {LARGEST} bytes; check the address")]
    TooLarge,
    /// A page or a notice instead of data.
    #[error("the answer is {kind} instead of JSON, it starts with `{start}`; check the address")]
    NotJson {
        /// What it looks like.
        kind: &'static str,
        /// Its first characters.
        start: String,
    },
    /// JSON of another shape.
    #[error("the answer is JSON but no macOS feed: {0}; check the address")]
    Shape(String),
    /// A value that cannot be right.
    #[error("the feed is wrong at {at}, field `{field}`: {problem}")]
    Value {
        /// Which entry.
        at: String,
        /// Which field.
        field: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// What came out is no valid catalogue.
    #[error("the feed gives no valid catalogue")]
    Catalogue(#[from] CatalogueError),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Feed {
    #[serde(default)]
    last_check: Option<String>,
    #[serde(rename = "OSVersions")]
    os_versions: Vec<OsVersion>,
    #[serde(default)]
    models: Option<BTreeMap<String, FeedModel>>,
    #[serde(default)]
    background_security_improvements: Option<BTreeMap<String, Vec<Improvement>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OsVersion {
    #[serde(default)]
    latest: Option<Latest>,
    security_releases: Vec<FeedRelease>,
}

/// Version 1 names a build for the newest release only.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Latest {
    #[serde(default)]
    product_version: String,
    #[serde(default)]
    build: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FeedRelease {
    #[serde(default)]
    update_name: String,
    #[serde(default)]
    product_name: Option<String>,
    #[serde(default)]
    product_version: Option<String>,
    #[serde(default)]
    build: Option<String>,
    release_date: String,
    #[serde(rename = "CVEs", default)]
    cves: Option<Holes>,
    #[serde(rename = "ActivelyExploitedCVEs", default)]
    exploited: Option<Vec<String>>,
    #[serde(default)]
    device_scope: Option<String>,
}

/// Version 1 says `id: is exploited`, version 2 `id: {details}`, and an
/// improvement only lists its ids.
#[derive(Deserialize)]
#[serde(untagged, expecting = "`CVEs` is neither a map nor a list of CVE numbers")]
enum Holes {
    ById(BTreeMap<String, serde_json::Value>),
    List(Vec<String>),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Improvement {
    version: String,
    version_extra: String,
    #[serde(default)]
    build: Option<String>,
    posting_date: String,
    #[serde(default)]
    prerequisite_build: Option<String>,
    #[serde(rename = "CVEs", default)]
    cves: Option<Holes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FeedModel {
    marketing_name: String,
    #[serde(rename = "OSVersions", default)]
    os_versions: Vec<i64>,
}

/// The feed as a catalogue.
///
/// `checked_on` is the day for which its source vouches: the date of
/// `timestamp.json` beside the feed, or that of fetching it. The catalogue is
/// dated by that or by the feed's own last check, whichever is earlier.
pub fn convert(feed: &[u8], checked_on: Date) -> Result<Catalogue, SofaError> {
    if feed.len() > LARGEST {
        return Err(SofaError::TooLarge);
    }
    expect_json(feed)?;
    let feed: Feed =
        serde_json::from_slice(feed).map_err(|error| SofaError::Shape(error.to_string()))?;
    let as_of = match feed.last_check.as_deref() {
        Some(text) => date("the feed", "LastCheck", text)?.min(checked_on),
        None => checked_on,
    };
    let mut releases = BTreeMap::new();
    for os in feed.os_versions {
        for one in os.security_releases {
            if let Some(release) = release(one, os.latest.as_ref())? {
                merge(&mut releases, release);
            }
        }
    }
    let mut improvements = Vec::new();
    for one in feed.background_security_improvements.into_iter().flatten().flat_map(|(_, all)| all)
    {
        improvements.extend(improvement(one)?);
    }
    let models = feed.models.unwrap_or_default().into_iter().map(|(id, model)| {
        (id, Model { name: plain(&model.marketing_name), majors: model.os_versions })
    });
    let wire = Wire {
        format: FORMAT.to_owned(),
        platform: "macos".to_owned(),
        as_of,
        releases: releases.into_values().collect(),
        background_security_improvements: improvements,
        models: models.collect(),
        corrections: Vec::new(),
    };
    Ok(Catalogue::from_wire(&wire)?)
}

/// Whether the feed says itself when its makers last looked; version 1 does
/// not, so only the one who fetches it knows how old it is.
pub fn dates_itself(feed: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Check {
        #[serde(rename = "LastCheck")]
        _last_check: String,
    }
    serde_json::from_slice::<Check>(feed).is_ok()
}

/// The old address answers a notice in plain text, and captive portals a page,
/// both with status 200.
fn expect_json(feed: &[u8]) -> Result<(), SofaError> {
    let text = String::from_utf8_lossy(feed.get(..400).unwrap_or(feed));
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let kind = if text.is_empty() {
        "empty"
    } else if text.starts_with('<') {
        "a web page"
    } else if !text.starts_with('{') {
        "plain text"
    } else {
        return Ok(());
    };
    let start = text.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    Err(SofaError::NotJson { kind, start })
}

/// One entry, unless it is about something else than a release of macOS.
fn release(one: FeedRelease, latest: Option<&Latest>) -> Result<Option<Release>, SofaError> {
    let name = plain(&one.update_name);
    if one.product_name.as_deref().is_some_and(|product| plain(product) != "macOS") {
        return Ok(None);
    }
    let version = match one.product_version {
        Some(version) => plain(&version),
        None => name.rsplit(' ').next().unwrap_or_default().to_owned(),
    };
    // A rapid response such as `13.3.1 (a)` is no release of its own.
    if version.contains('(') || name.ends_with(')') {
        return Ok(None);
    }
    let at = if name.is_empty() { version.clone() } else { name };
    let build = one
        .build
        .or_else(|| latest.filter(|latest| latest.product_version == version)?.build.clone());
    let version = parsed(&at, "ProductVersion", &version)?;
    let mut exploited = one.exploited.unwrap_or_default();
    exploited.sort();
    exploited.dedup();
    Ok(Some(Release {
        version,
        build: build.filter(|build| !build.is_empty()),
        released: date(&at, "ReleaseDate", &one.release_date)?,
        cves: count(one.cves),
        exploited,
        device_specific: one.device_scope.as_deref() == Some("device-specific"),
    }))
}

/// Two builds of one version make one release.
fn merge(releases: &mut BTreeMap<Version, Release>, release: Release) {
    let Some(known) = releases.get_mut(&release.version) else {
        releases.insert(release.version, release);
        return;
    };
    known.build = known.build.take().or(release.build);
    known.released = known.released.min(release.released);
    known.cves = known.cves.max(release.cves);
    known.exploited.extend(release.exploited);
    known.exploited.sort();
    known.exploited.dedup();
    known.device_specific &= release.device_specific;
}

/// An improvement, unless the feed does not say which build it is for.
fn improvement(one: Improvement) -> Result<Option<BackgroundImprovement>, SofaError> {
    let Some(base_build) = one.prerequisite_build.filter(|build| !build.is_empty()) else {
        return Ok(None);
    };
    let at = format!("{} {}", one.version, one.version_extra);
    Ok(Some(BackgroundImprovement {
        version: parsed(&at, "Version", &one.version)?,
        extra: plain(&one.version_extra),
        build: one.build.filter(|build| !build.is_empty()),
        base_build,
        released: date(&at, "PostingDate", &one.posting_date)?,
        cves: count(one.cves),
    }))
}

fn count(holes: Option<Holes>) -> u32 {
    let count = match holes {
        None => 0,
        Some(Holes::ById(holes)) => holes.len(),
        Some(Holes::List(mut ids)) => {
            ids.sort();
            ids.dedup();
            ids.len()
        }
    };
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A date, or the date of a date and time.
fn date(at: &str, field: &'static str, text: &str) -> Result<Date, SofaError> {
    text.get(..10).unwrap_or(text).parse().map_err(|_| SofaError::Value {
        at: at.to_owned(),
        field,
        problem: format!("`{text}` is no date such as 2026-08-17"),
    })
}

fn parsed(at: &str, field: &'static str, text: &str) -> Result<Version, SofaError> {
    text.parse().map_err(|error: super::VersionError| SofaError::Value {
        at: at.to_owned(),
        field,
        problem: error.to_string(),
    })
}

/// Text without the no-break spaces that Apple's pages have.
fn plain(text: &str) -> String {
    text.replace('\u{a0}', " ").trim().to_owned()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod traps;
