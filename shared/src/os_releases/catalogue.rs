//! The catalogue of releases: its format, and what makes one valid.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::corrections::CorrectionNote;
use super::version::Version;

/// Name of the format, in every catalogue.
pub const FORMAT: &str = "muster.os-releases/v1";

/// Every known release of macOS, as of a date.
#[derive(Debug)]
pub struct Catalogue {
    wire: Wire,
    /// By release: its date, or an earlier one that a later version proves.
    published: Vec<Date>,
    /// The major versions, with the day on which each was first out.
    majors: BTreeMap<i64, Date>,
    text: Arc<str>,
    sha256: String,
}

/// The format as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wire {
    pub(super) format: String,
    pub(super) platform: String,
    pub(super) as_of: Date,
    pub(super) releases: Vec<Release>,
    #[serde(default)]
    pub(super) background_security_improvements: Vec<BackgroundImprovement>,
    #[serde(default)]
    pub(super) models: BTreeMap<String, Model>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) corrections: Vec<CorrectionNote>,
}

/// One release of macOS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Its product version.
    pub version: Version,
    /// Its build, where the source names one.
    #[serde(default)]
    pub build: Option<String>,
    /// When it was published, as the source says.
    pub released: Date,
    /// How many security holes it fixed.
    pub cves: u32,
    /// Those of them that were being used in attacks.
    #[serde(default)]
    pub exploited: Vec<String>,
    /// It is for some models only, so another Mac may not miss it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub device_specific: bool,
}

/// A background security improvement: a fix on top of one exact build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackgroundImprovement {
    /// The version it is for.
    pub version: Version,
    /// Its suffix, such as `(a)`.
    pub extra: String,
    /// The build after it.
    #[serde(default)]
    pub build: Option<String>,
    /// The only build that it can be put on.
    pub base_build: String,
    /// When it was published.
    pub released: Date,
    /// How many security holes it fixed.
    pub cves: u32,
}

/// A model of Mac.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What Apple sells it as.
    pub name: String,
    /// The major versions that it can run, the newest first.
    #[serde(default)]
    pub majors: Vec<i64>,
}

/// Why a text is no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// Not JSON, a field missing, one too many, or of the wrong type.
    #[error("the catalogue of releases cannot be read: {0}")]
    Shape(String),
    /// Another format or platform.
    #[error("field `{field}` of the catalogue of releases says `{found}`, must be `{wanted}`")]
    Format {
        /// Which field.
        field: &'static str,
        /// What it says.
        found: String,
        /// What it must say.
        wanted: &'static str,
    },
    /// A value that cannot be right.
    #[error("the catalogue of releases is wrong at `{field}`: {problem}")]
    Value {
        /// Where, such as `releases[3].exploited`.
        field: String,
        /// What is wrong, and what it should be.
        problem: String,
    },
}

static EMBEDDED: LazyLock<Arc<Catalogue>> = LazyLock::new(|| {
    let text = include_str!("macos-releases.json");
    #[expect(clippy::expect_used, reason = "a test reads the same bytes")]
    Arc::new(Catalogue::parse(text.as_bytes()).expect("the embedded catalogue is valid"))
});

impl Catalogue {
    /// The catalogue that was current when this program was built.
    pub fn embedded() -> Arc<Self> {
        Arc::clone(&EMBEDDED)
    }

    /// Reads and checks a catalogue; the releases may stand in any order.
    pub fn parse(text: &[u8]) -> Result<Self, CatalogueError> {
        let text = std::str::from_utf8(text)
            .map_err(|error| CatalogueError::Shape(format!("not UTF-8: {error}")))?;
        let mut wire: Wire =
            serde_json::from_str(text).map_err(|error| CatalogueError::Shape(error.to_string()))?;
        check(&wire)?;
        wire.releases.sort_by_key(|release| release.version);
        let published = published(&wire.releases);
        let sha256 = crate::policy::sha256_hex(text.as_bytes());
        let mut majors = BTreeMap::new();
        for (release, out) in wire.releases.iter().zip(&published) {
            let first = majors.entry(release.version.major()).or_insert(*out);
            *first = (*first).min(*out);
        }
        Ok(Self { wire, published, majors, text: text.into(), sha256 })
    }

    /// The catalogue of these entries, checked like one that was read.
    pub(super) fn from_wire(wire: &Wire) -> Result<Self, CatalogueError> {
        let text = serde_json::to_string(wire)
            .map_err(|error| CatalogueError::Shape(error.to_string()))?;
        Self::parse(text.as_bytes())
    }

    /// The same entries as the knowledge of another day: its source has said
    /// that nothing changed until then.
    pub fn redated(&self, as_of: Date) -> Result<Self, CatalogueError> {
        Self::from_wire(&Wire { as_of, ..self.wire.clone() })
    }

    /// The entries as they stand in a file.
    pub(super) fn wire(&self) -> &Wire {
        &self.wire
    }

    /// What was corrected in what the source said, and what is obsolete.
    pub fn corrections(&self) -> &[CorrectionNote] {
        &self.wire.corrections
    }

    /// The day whose knowledge this is.
    pub fn as_of(&self) -> Date {
        self.wire.as_of
    }

    /// SHA-256 of the catalogue's text, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The catalogue as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What Apple sells the model `id` as, for example `Mac15,12`.
    pub fn model_name(&self, id: &str) -> Option<&str> {
        self.wire.models.get(id).map(|model| model.name.as_str())
    }

    /// Identifier and name of every known model.
    pub fn models(&self) -> impl Iterator<Item = (&str, &str)> {
        self.wire.models.iter().map(|(id, model)| (id.as_str(), model.name.as_str()))
    }

    /// Every release, the oldest version first.
    pub fn releases(&self) -> &[Release] {
        &self.wire.releases
    }

    /// Every background security improvement.
    pub fn improvements(&self) -> &[BackgroundImprovement] {
        &self.wire.background_security_improvements
    }

    /// The newest release of `major`, for all models, that was out on the
    /// day `on`.
    pub fn newest(&self, major: i64, on: Date) -> Option<&Release> {
        self.dated(major)
            .filter(|(release, out)| *out <= on && !release.device_specific)
            .last()
            .map(|(release, _)| release)
    }

    /// The releases of `major` with the day on which each was surely out.
    ///
    /// Some releases carry the date of a later edit in their source. A later
    /// version of the same major proves that they were out before it.
    pub(super) fn dated(&self, major: i64) -> impl Iterator<Item = (&Release, Date)> {
        self.wire
            .releases
            .iter()
            .zip(self.published.iter().copied())
            .filter(move |(release, _)| release.version.major() == major)
    }

    /// The major versions, with the day on which each was first out.
    pub fn majors(&self) -> &BTreeMap<i64, Date> {
        &self.majors
    }
}

/// For each release, the earliest date of it and all newer ones of its major.
fn published(releases: &[Release]) -> Vec<Date> {
    let mut bound: Option<(i64, Date)> = None;
    let mut dates: Vec<Date> = releases
        .iter()
        .rev()
        .map(|release| {
            let major = release.version.major();
            let date = match bound {
                Some((same, newer)) if same == major => newer.min(release.released),
                _ => release.released,
            };
            bound = Some((major, date));
            date
        })
        .collect();
    dates.reverse();
    dates
}

fn check(wire: &Wire) -> Result<(), CatalogueError> {
    let expect = |field, found: &str, wanted| {
        let found = found.to_owned();
        if found == wanted { Ok(()) } else { Err(CatalogueError::Format { field, found, wanted }) }
    };
    expect("format", &wire.format, FORMAT)?;
    expect("platform", &wire.platform, "macos")?;
    if wire.releases.is_empty() {
        return Err(wrong("releases", "the list is empty"));
    }
    let mut seen = BTreeSet::new();
    for (index, release) in wire.releases.iter().enumerate() {
        let version = release.version;
        if !seen.insert(version) {
            let problem = format!("{version} stands in the list twice; keep one entry a version");
            return Err(wrong(&format!("releases[{index}].version"), &problem));
        }
        for hole in &release.exploited {
            if !is_cve(hole) {
                let problem = format!("`{hole}` is no CVE number such as CVE-2026-12345");
                return Err(wrong(&format!("releases[{index}].exploited"), &problem));
            }
        }
    }
    for (index, one) in wire.background_security_improvements.iter().enumerate() {
        let field = |name| format!("background_security_improvements[{index}].{name}");
        if !(one.extra.starts_with('(') && one.extra.ends_with(')')) {
            return Err(wrong(&field("extra"), "must be a letter in brackets, such as (a)"));
        }
        if one.base_build.is_empty() {
            return Err(wrong(&field("base_build"), "is empty; name the build it is put on"));
        }
    }
    Ok(())
}

fn wrong(field: &str, problem: &str) -> CatalogueError {
    CatalogueError::Value { field: field.to_owned(), problem: problem.to_owned() }
}

/// Whether `text` has the form `CVE-year-number`.
pub(super) fn is_cve(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix("CVE-")
        .and_then(|rest| rest.split_once('-'))
        .is_some_and(|(year, number)| year.len() == 4 && digits(year) && digits(number))
}

#[cfg(test)]
mod tests;
