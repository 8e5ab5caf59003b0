//! Releases of the agent that the collector knows, and what is wrong with
//! files of their folder.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use jiff::Timestamp;

use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use super::times::When;
use crate::agent_releases::shelf::{Problem, Shelf};
use crate::auth::permission::Permission;

#[derive(Template)]
#[template(path = "agent_releases.html")]
struct ReleasesPage {
    shell: Shell,
    releases: Vec<Row>,
    problems: Vec<Problem>,
    /// Where packages are put; only for who can do it.
    folder: Option<String>,
}

struct Row {
    version: String,
    since: Option<When>,
    /// The file that is offered; empty when it is not here.
    file: String,
    oldest_macos: String,
    sha256: String,
    executable: String,
}

/// The releases, the newest first.
pub(super) async fn page(
    State(console): State<Console>,
    shell: Shell,
) -> Result<Html<String>, PageError> {
    let known = console.app.rulebook.current().releases;
    let dates = console.records(|records| Ok(records.release_dates()?)).await?;
    let folder = console.app.releases.folder().display().to_string();
    html(&ReleasesPage {
        releases: rows(&known, &dates, console.app.clock.now()),
        problems: known.problems.clone(),
        folder: shell.may(Permission::ChangeFleet).then_some(folder),
        shell: shell.titled("Agent releases", Section::Devices),
    })
}

fn rows(shelf: &Shelf, dates: &BTreeMap<String, Timestamp>, now: Timestamp) -> Vec<Row> {
    let row = |release: &crate::agent_releases::shelf::Release| {
        let manifest = &release.manifest;
        Row {
            version: manifest.version.clone(),
            since: dates.get(&manifest.version).map(|at| When::relative(*at, now)),
            file: release.file().unwrap_or_default().to_owned(),
            oldest_macos: manifest.oldest_macos.clone(),
            sha256: manifest.package.sha256.clone(),
            executable: manifest.executable.sha256.clone(),
        }
    };
    shelf.releases.iter().map(row).collect()
}
