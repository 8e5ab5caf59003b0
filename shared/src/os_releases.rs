//! What is known of macOS releases: dates, builds, and the holes they fixed.
//!
//! Facts only, and pure functions over them. Whether a Mac is up to date is
//! for a policy to say; whether the catalogue is fresh enough, too.

mod catalogue;
mod corrections;
mod facts;
mod news;
pub mod sofa;
mod support;
mod version;

pub use catalogue::{BackgroundImprovement, Catalogue, CatalogueError, FORMAT, Model, Release};
pub use corrections::{Correction, CorrectionNote, Corrections, CorrectionsError, Value};
pub use facts::{Installed, PatchFacts, patch_facts};
pub use news::is_newer_than;
pub use support::{GRACE_AFTER_NEWER_MAJOR_DAYS, QUIET_MAJOR_DAYS, SUPPORTED_MAJORS};
pub use version::{Version, VersionError};
