//! The catalogue of macOS releases in force.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::reply::{Answered, Reply};
use crate::os_releases::shown::{
    Age, age_days, attempt_words, in_force_since, newest, source_words,
};

/// The catalogue of macOS releases in force.
#[derive(Serialize, ToSchema)]
pub(super) struct CatalogueItem {
    /// Its date.
    #[schema(value_type = String, format = Date)]
    as_of: String,
    /// Whole days since that.
    age_days: i64,
    /// Too old to call a Mac up to date.
    too_old: bool,
    /// SHA-256 of its text, in hexadecimal.
    sha256: String,
    /// Where it comes from, in words.
    source: String,
    /// Since when it is in force.
    #[schema(value_type = Option<String>, format = DateTime)]
    in_force_since: Option<Timestamp>,
    /// When the feed was last asked.
    #[schema(value_type = Option<String>, format = DateTime)]
    attempted_at: Option<Timestamp>,
    /// What that came to, in words.
    attempt: String,
    /// The newest release of each major version, the newest first.
    newest: Vec<NewestItem>,
    /// Every release, the newest last.
    releases: Vec<ReleaseItem>,
    /// What is known to be wrong in the source, and is mended.
    corrections: Vec<CorrectionItem>,
}

/// The newest release of one major version.
#[derive(Serialize, ToSchema)]
pub(super) struct NewestItem {
    major: i64,
    version: String,
    #[schema(value_type = String, format = Date)]
    released: String,
}

/// One release.
#[derive(Serialize, ToSchema)]
pub(super) struct ReleaseItem {
    version: String,
    build: Option<String>,
    #[schema(value_type = String, format = Date)]
    released: String,
    /// How many security holes it fixed.
    cves: u32,
    /// Those of them that were being used in attacks.
    exploited: Vec<String>,
    /// It is for some models only.
    device_specific: bool,
}

/// A value of the source that is mended.
#[derive(Serialize, ToSchema)]
pub(super) struct CorrectionItem {
    version: String,
    field: String,
    value: String,
    source_says: Option<String>,
    /// False: the source has mended it itself.
    applied: bool,
    reason: String,
}

pub(super) async fn show(call: Call) -> Answered {
    let catalogue = call.api.app.rulebook.current().catalogue;
    let sha256 = catalogue.sha256().to_owned();
    let keeping = call.read(move |views| views.keeping(&sha256)).await?;
    let (now, days) = (call.now(), age_days(&catalogue, call.now()));
    let releases = catalogue.releases().iter().map(|release| ReleaseItem {
        version: release.version.to_string(),
        build: release.build.clone(),
        released: release.released.to_string(),
        cves: release.cves,
        exploited: release.exploited.clone(),
        device_specific: release.device_specific,
    });
    let corrections = catalogue.corrections().iter().map(|note| CorrectionItem {
        version: note.version.to_string(),
        field: note.field.clone(),
        value: note.value.clone(),
        source_says: note.source_says.clone(),
        applied: note.applied,
        reason: note.reason.clone(),
    });
    Reply::of(&CatalogueItem {
        as_of: catalogue.as_of().to_string(),
        age_days: days,
        too_old: Age::of(days) == Age::TooOld,
        sha256: catalogue.sha256().to_owned(),
        source: source_words(&keeping),
        in_force_since: in_force_since(&keeping),
        attempted_at: keeping.feed.attempted_at,
        attempt: attempt_words(&keeping),
        newest: newest(&catalogue, now)
            .into_iter()
            .map(|one| NewestItem {
                major: one.major,
                version: one.version,
                released: one.released.to_string(),
            })
            .collect(),
        releases: releases.collect(),
        corrections: corrections.collect(),
    })
}
