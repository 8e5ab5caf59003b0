//! `muster-server os-releases show`

use std::fmt::Write as _;

use clap::Args;
use shared::os_releases::{Catalogue, CorrectionNote};

use super::super::place::database;
use super::super::{PlaceOptions, answer};
use crate::clock::Clock;
use crate::exit::Failure;
use crate::jobs::stored_rules;
use crate::os_releases::shown::{
    Age, age_days, age_words, attempt_words, in_force_since, newest, source_words,
};
use crate::os_releases::source::OsReleases;
use crate::store::os_releases::Keeping;

/// Options of `os-releases show`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ShowOptions {
    #[command(flatten)]
    place: PlaceOptions,
}

pub(super) fn run(options: ShowOptions) -> Result<(), Failure> {
    let place = options.place.place()?;
    let settings = place.os_releases()?;
    place.must_be_there()?;
    let opened = place.database.open().map_err(|error| database(&error))?;
    let catalogue =
        stored_rules(opened.writer.as_ref()).map_err(|error| database(&error))?.catalogue;
    let keeping = opened.views.keeping(catalogue.sha256());
    let keeping = keeping.map_err(|error| database(&error))?;
    answer(&page(&catalogue, &keeping, &settings))
}

fn page(catalogue: &Catalogue, keeping: &Keeping, settings: &OsReleases) -> String {
    let now = Clock::System.now();
    let days = age_days(catalogue, now);
    let mut lines = vec![(
        "In force",
        format!(
            "{} macOS releases as of {}, {}",
            catalogue.releases().len(),
            catalogue.as_of(),
            age_words(days)
        ),
    )];
    match Age::of(days) {
        Age::Fresh => {}
        Age::Warned => lines.push(("", "after 14 days no Mac can be called up to date".to_owned())),
        Age::TooOld => lines.push(("", "too old to call a Mac up to date".to_owned())),
    }
    if let Some(since) = in_force_since(keeping) {
        lines.push(("Since", since.to_string()));
    }
    lines.push(("From", source_words(keeping)));
    for one in newest(catalogue, now) {
        let label = if lines.iter().any(|(label, _)| *label == "Newest") { "" } else { "Newest" };
        lines.push((label, format!("{} of {}", one.version, one.released)));
    }
    match &settings.feed {
        None => lines.push(("Fetching", "switched off".to_owned())),
        Some(source) => {
            let hours = source.every.as_hours();
            lines.push(("Fetching", format!("every {hours} h from {}", source.url)));
        }
    }
    if let Some(at) = keeping.feed.attempted_at {
        lines.push(("Last attempt", format!("{at}. {}", attempt_words(keeping))));
    }
    for note in catalogue.corrections() {
        lines.push(("Correction", correction(note)));
    }
    lines.into_iter().fold(String::new(), |mut text, (label, words)| {
        let label = if label.is_empty() { String::new() } else { format!("{label}:") };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{label:<14}{words}");
        text
    })
}

fn correction(note: &CorrectionNote) -> String {
    let CorrectionNote { version, field, value, reason, .. } = note;
    let says = note.source_says.as_deref().unwrap_or("nothing of it");
    if note.applied {
        format!("{version}, {field}: {value} (the source says {says}). {reason}")
    } else {
        format!("{version}, {field}: obsolete, because the source says {says}")
    }
}
