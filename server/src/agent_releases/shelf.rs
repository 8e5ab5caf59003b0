//! What stands in the folder of releases, decided once and then only looked at.

use std::collections::HashSet;

use axum::body::Bytes;
use shared::agent_release::AgentRelease;

use super::version::AgentVersion;

/// Every release that the collector knows, the newest first.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    /// Releases whose manifest can be read.
    pub releases: Vec<Release>,
    /// What is wrong with files of the folder.
    pub problems: Vec<Problem>,
    /// The newest package, in memory: the bytes that were checked are the
    /// bytes that are handed out.
    pub held: Option<Held>,
    builds: HashSet<String>,
}

/// A release with its package, when that is there.
#[derive(Clone, Debug)]
pub struct Release {
    /// Its version as numbers.
    pub version: AgentVersion,
    /// What its manifest says.
    pub manifest: AgentRelease,
    /// Whether the package is there and is the one that the manifest names.
    pub has_package: bool,
}

impl Release {
    /// The file to download, where there is one.
    pub fn file(&self) -> Option<&str> {
        self.has_package.then_some(self.manifest.package.file.as_str())
    }
}

/// Why a file of the folder is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which file.
    pub file: String,
    /// What is wrong with it and what to do, as a sentence.
    pub why: String,
}

/// A package in memory.
#[derive(Clone, Debug)]
pub struct Held {
    /// Its name.
    pub file: String,
    /// All of it.
    pub bytes: Bytes,
}

/// What the program that signed a report is to the collector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Build {
    /// The collector knows no release, so it says nothing.
    #[default]
    Unjudged,
    /// The program of a release.
    Known,
    /// No release has it, or the report does not name it.
    Unknown,
}

impl Build {
    /// The word in the database; none when nothing is said.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Unjudged => None,
            Self::Known => Some("known"),
            Self::Unknown => Some("unknown"),
        }
    }

    /// What a word of the database means.
    pub fn from_word(word: Option<&str>) -> Self {
        match word {
            Some("known") => Self::Known,
            Some("unknown") => Self::Unknown,
            _ => Self::Unjudged,
        }
    }
}

impl Shelf {
    /// A shelf with these releases and problems.
    pub(super) fn new(mut releases: Vec<Release>, problems: Vec<Problem>) -> Self {
        releases.sort_by(|one, other| other.version.cmp(&one.version));
        let builds = releases
            .iter()
            .map(|release| release.manifest.executable.sha256.to_ascii_lowercase())
            .collect();
        Self { releases, problems, held: None, builds }
    }

    /// The newest release.
    pub fn newest(&self) -> Option<&Release> {
        self.releases.first()
    }

    /// The newest release whose package can be downloaded.
    pub fn offered(&self) -> Option<&Release> {
        self.releases.iter().find(|release| release.has_package)
    }

    /// Whether an agent of this version is older than the newest release. A
    /// version that is no number is neither old nor current.
    pub fn is_outdated(&self, version: &str) -> bool {
        match (AgentVersion::parse(version), self.newest()) {
            (Some(version), Some(newest)) => version < newest.version,
            _ => false,
        }
    }

    /// What a program with this digest is.
    pub fn build(&self, sha256: Option<&str>) -> Build {
        if self.releases.is_empty() {
            return Build::Unjudged;
        }
        let known = sha256.is_some_and(|it| self.builds.contains(&it.to_ascii_lowercase()));
        if known { Build::Known } else { Build::Unknown }
    }
}
