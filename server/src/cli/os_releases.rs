//! `muster-server os-releases`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use shared::os_releases::Catalogue;

use super::place::{database, read_text};
use super::{PlaceOptions, answer};
use crate::clock::Clock;
use crate::exit::{Exit, Failure};
use crate::jobs::stored_rules;
use crate::os_releases::adopt;
use crate::os_releases::feed::FeedError;
use crate::os_releases::fetcher::{self, Moment};
use crate::store::os_releases::Outcome;

mod show;

/// What to do with the catalogue.
#[derive(Debug, Subcommand)]
pub(super) enum OsReleasesCommand {
    /// Judge by the catalogue in a file: Muster's own format or a SOFA feed.
    Import(ImportOptions),
    /// Ask the configured address for a newer catalogue, once, now.
    Fetch(PlaceOptions),
    /// Show the catalogue in force: its age, where it comes from, corrections.
    Show(show::ShowOptions),
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
    match command {
        OsReleasesCommand::Import(options) => import(options),
        OsReleasesCommand::Fetch(place) => fetch(place),
        OsReleasesCommand::Show(options) => show::run(options),
    }
}

fn import(options: ImportOptions) -> Result<(), Failure> {
    let shown = options.file.display().to_string();
    let text = read_text(&options.file)?;
    let now = Clock::System.now();
    let place = options.place.place()?;
    let corrections = place.os_releases()?.corrections;
    let catalogue = adopt::read(text.as_bytes(), &corrections, now)
        .map_err(|error| Failure::new(Exit::Data, format!("{shown}: {error}")))?;
    let mut writer = place.writer()?;
    let as_of = catalogue.as_of().to_string();
    let name = options.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    writer.set_catalogue(&catalogue, &name, now).map_err(|error| database(&error))?;
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

fn fetch(place: PlaceOptions) -> Result<(), Failure> {
    let place = place.place()?;
    let settings = place.os_releases()?;
    let Some(source) = settings.feed else {
        let message = "fetching is switched off by `os_releases.url` or `os_releases.fetch` in the configuration file; use `muster-server os-releases import FILE`";
        return Err(Failure::new(Exit::Config, message.to_owned()));
    };
    let mut writer = place.writer()?;
    let clock = Clock::System;
    let known = stored_rules(writer.as_ref()).map_err(|error| database(&error))?.catalogue;
    let begun = fetcher::begin(writer.as_mut(), &source.url, known.sha256(), clock.now());
    let Some(state) = begun.map_err(|error| database(&error))? else {
        let message = "a running collector is fetching at this moment; try again in a minute";
        return Err(Failure::new(Exit::Unavailable, message.to_owned()));
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Software, format!("no runtime: {error}")))?;
    let answered: Result<_, FeedError> =
        runtime.block_on(fetcher::fetch(&source, &state, &settings.corrections, &clock));
    let unusable = if answered.is_ok() { Exit::Data } else { Exit::Unavailable };
    let moment = Moment::of(&clock, &source);
    let judged = fetcher::judge(answered, &state, &known, &settings.corrections, moment);
    writer.end_fetch(&judged.ended, judged.catalogue.as_ref()).map_err(|error| database(&error))?;
    let (url, detail) = (&source.url, &judged.ended.detail);
    match judged.ended.outcome {
        Outcome::Changed => answer(&format!(
            "Fetched {detail} from {url}. A running collector judges by it within a second.\n"
        )),
        Outcome::Same => answer(&format!("There is {detail} at {url}.\n")),
        Outcome::Failed => Err(Failure::new(
            unusable,
            format!("{url}: {detail}; the catalogue of {} stays in force", known.as_of()),
        )),
    }
}
