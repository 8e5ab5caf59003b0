//! Corrections of a feed: dated facts that are merged over every import.
//!
//! A correction names the value it replaces, so that it ends by itself once
//! the source has been mended. What was applied stands in the catalogue.

use std::sync::{Arc, LazyLock};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::catalogue::{Catalogue, CatalogueError, Release, Wire};
use super::version::Version;

mod read;

/// Corrections in the order in which they are applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrections {
    list: Vec<Correction>,
    sha256: String,
}

/// One corrected field of one release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The release.
    pub version: Version,
    /// The right value, and with it the field.
    pub value: Value,
    /// The value that it replaces; none replaces any.
    pub until: Option<Value>,
    /// Why the source is wrong.
    pub reason: String,
    /// Who says so.
    pub source: String,
    /// When it was written.
    pub date: Date,
}

/// The fields of a release that can be corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `released`
    Released(Date),
    /// `build`
    Build(String),
    /// `cves`
    Cves(u32),
    /// `exploited`, sorted
    Exploited(Vec<String>),
    /// `device_specific`
    DeviceSpecific(bool),
}

/// What became of a correction; stands in the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrectionNote {
    /// The release.
    pub version: Version,
    /// The field.
    pub field: String,
    /// The right value.
    pub value: String,
    /// What the source says; none when it does not have the release.
    #[serde(default)]
    pub source_says: Option<String>,
    /// Whether it was applied; if not, it is obsolete.
    pub applied: bool,
    /// Why the source is wrong.
    pub reason: String,
    /// Who says so.
    pub source: String,
    /// When it was written.
    pub date: Date,
}

/// Why a text is no list of corrections, with the place in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct CorrectionsError {
    /// Name of the file.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

static EMBEDDED: LazyLock<Arc<Corrections>> = LazyLock::new(|| {
    let text = include_str!("corrections.toml");
    #[expect(clippy::expect_used, reason = "a test reads the same bytes")]
    Arc::new(Corrections::parse(text, "corrections.toml").expect("the corrections are valid"))
});

impl Corrections {
    /// The corrections that come with the product.
    pub fn embedded() -> Arc<Self> {
        Arc::clone(&EMBEDDED)
    }

    /// Reads corrections from TOML; `file` is named in errors.
    pub fn parse(text: &str, file: &str) -> Result<Self, CorrectionsError> {
        Ok(Self { list: read::list(text, file)?, sha256: crate::keys::sha256_hex(text.as_bytes()) })
    }

    /// These and then `others`, which win.
    #[must_use]
    pub fn and(&self, others: &Self) -> Self {
        let list = self.list.iter().chain(&others.list).cloned().collect();
        let digests = format!("{} {}", self.sha256, others.sha256);
        Self { list, sha256: crate::keys::sha256_hex(digests.as_bytes()) }
    }

    /// Names the corrections by content.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}

impl Value {
    /// Name of the field in a catalogue.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Released(_) => "released",
            Self::Build(_) => "build",
            Self::Cves(_) => "cves",
            Self::Exploited(_) => "exploited",
            Self::DeviceSpecific(_) => "device_specific",
        }
    }

    /// What `release` says in the field of this value.
    fn in_release(&self, release: &Release) -> Self {
        match self {
            Self::Released(_) => Self::Released(release.released),
            Self::Build(_) => Self::Build(release.build.clone().unwrap_or_default()),
            Self::Cves(_) => Self::Cves(release.cves),
            Self::Exploited(_) => {
                let mut holes = release.exploited.clone();
                holes.sort();
                Self::Exploited(holes)
            }
            Self::DeviceSpecific(_) => Self::DeviceSpecific(release.device_specific),
        }
    }

    fn put_into(&self, release: &mut Release) {
        match self.clone() {
            Self::Released(date) => release.released = date,
            Self::Build(build) => release.build = Some(build).filter(|build| !build.is_empty()),
            Self::Cves(cves) => release.cves = cves,
            Self::Exploited(holes) => release.exploited = holes,
            Self::DeviceSpecific(specific) => release.device_specific = specific,
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Released(date) => write!(out, "{date}"),
            Self::Build(build) if build.is_empty() => out.write_str("none"),
            Self::Build(build) => out.write_str(build),
            Self::Cves(cves) => write!(out, "{cves}"),
            Self::Exploited(holes) if holes.is_empty() => out.write_str("none"),
            Self::Exploited(holes) => out.write_str(&holes.join(", ")),
            Self::DeviceSpecific(specific) => out.write_str(if *specific { "yes" } else { "no" }),
        }
    }
}

impl Catalogue {
    /// This catalogue with `corrections` merged over it. What an earlier merge
    /// left in it is known again, so merging twice changes nothing.
    pub fn corrected(&self, corrections: &Corrections) -> Result<Self, CatalogueError> {
        let mut wire = self.wire().clone();
        let former = std::mem::take(&mut wire.corrections);
        for one in &corrections.list {
            let note = one.apply(&mut wire, &former);
            // A later correction of the same field takes the place.
            wire.corrections
                .retain(|known| (known.version, &known.field) != (note.version, &note.field));
            wire.corrections.push(note);
        }
        Self::from_wire(&wire)
    }
}

impl Correction {
    fn apply(&self, wire: &mut Wire, former: &[CorrectionNote]) -> CorrectionNote {
        let mut note = CorrectionNote {
            version: self.version,
            field: self.value.field().to_owned(),
            value: self.value.to_string(),
            source_says: None,
            applied: false,
            reason: self.reason.clone(),
            source: self.source.clone(),
            date: self.date,
        };
        let release = wire.releases.iter_mut().find(|one| one.version == self.version);
        let Some(release) = release else { return note };
        let found = self.value.in_release(release);
        if found == self.value {
            let merged_before = |known: &&CorrectionNote| {
                known.version == note.version && known.field == note.field && known.applied
            };
            if let Some(known) = former.iter().find(merged_before) {
                return CorrectionNote {
                    source_says: known.source_says.clone(),
                    applied: true,
                    ..note
                };
            }
        } else if self.until.as_ref().is_none_or(|until| *until == found) {
            self.value.put_into(release);
            note.applied = true;
        }
        note.source_says = Some(found.to_string());
        note
    }
}

#[cfg(test)]
mod tests;
