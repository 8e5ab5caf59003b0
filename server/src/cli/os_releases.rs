//! `muster-server os-releases`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use shared::os_releases::{Catalogue, sofa};

use super::place::{database, read_text};
use super::{PlaceOptions, answer};
use crate::clock::Clock;
use crate::exit::{Exit, Failure};
use crate::store::devices::Rulebooks as _;

/// What to do with the catalogue.
#[derive(Debug, Subcommand)]
pub(super) enum OsReleasesCommand {
    /// Judge by the catalogue in a file: Muster's own format or a SOFA feed.
    Import(ImportOptions),
}

/// Options of `os-releases import`.
#[derive(Debug, Args)]
pub(super) struct ImportOptions {
    #[command(flatten)]
    place: PlaceOptions,
    /// The file.
    file: PathBuf,
}

pub(super) fn run(command: OsReleasesCommand) -> Result<(), Failure> {
    let OsReleasesCommand::Import(options) = command;
    let shown = options.file.display().to_string();
    let text = read_text(&options.file)?;
    let now = Clock::System.now();
    let unusable = |why: String| Failure::new(Exit::Data, format!("{shown}: {why}"));
    let catalogue = if is_own(&text) {
        Catalogue::parse(text.as_bytes()).map_err(|error| unusable(error.to_string()))?
    } else {
        let today = now.to_zoned(TimeZone::UTC).date();
        sofa::convert(text.as_bytes(), today).map_err(|error| unusable(error.to_string()))?
    };
    let mut writer = options.place.place()?.writer()?;
    let as_of = catalogue.as_of().to_string();
    writer
        .set_catalogue(catalogue.sha256(), &as_of, catalogue.text(), now)
        .map_err(|error| database(&error))?;
    let embedded = Catalogue::embedded();
    let note = if catalogue.as_of() < embedded.as_of() {
        format!(
            " The catalogue that comes with this program is of {} and newer, so that one stays in force.",
            embedded.as_of()
        )
    } else {
        " A running collector judges by it within a second.".to_owned()
    };
    answer(&format!(
        "Imported {} macOS releases as of {as_of}.{note}\n",
        catalogue.releases().len()
    ))
}

/// Our own files name their format.
fn is_own(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| value.get("format").is_some())
}
