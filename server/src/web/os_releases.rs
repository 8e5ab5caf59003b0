//! The catalogue of macOS releases: is it fresh, where is it from, and what to
//! do when it grows old.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use shared::os_releases::{Catalogue, CorrectionNote};

use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use super::times::When;
use super::words::thousands;
use crate::os_releases::shown::{
    Age, VALID_DAYS, age_days, age_words, attempt_words, in_force_since, newest, source_words,
};
use crate::os_releases::source::Source;
use crate::store::os_releases::{Keeping, Outcome};

/// How to give the collector a file.
const IMPORT_COMMAND: &str = "muster-server os-releases import FILE";

#[derive(Template)]
#[template(path = "os_releases.html")]
struct OsReleasesPage {
    shell: Shell,
    age: CatalogueAge,
    warning: Option<Warning>,
    source: String,
    since: Option<When>,
    fetching: String,
    attempted: Option<When>,
    attempt: String,
    failed: bool,
    next: Option<When>,
    releases: String,
    newest: Vec<NewestRow>,
    corrections: Vec<CorrectionRow>,
    import: &'static str,
}

/// How old the catalogue of releases is.
pub(super) struct CatalogueAge {
    pub(super) date: String,
    pub(super) words: String,
    /// Too old to call a Mac up to date.
    pub(super) too_old: bool,
}

/// What people are told when the catalogue grows old.
pub(super) struct Warning {
    /// How old it is.
    pub(super) title: String,
    /// What that means, and from when on.
    pub(super) means: String,
    /// Why it is so old.
    pub(super) why: String,
    /// The command that helps.
    pub(super) command: &'static str,
    /// It is too old already.
    pub(super) too_old: bool,
}

struct NewestRow {
    major: i64,
    version: String,
    released: String,
}

struct CorrectionRow {
    version: String,
    field: String,
    value: String,
    source_says: String,
    applied: bool,
    reason: String,
    source: String,
    date: String,
}

impl CatalogueAge {
    /// The age of `catalogue`.
    pub(super) fn of(catalogue: &Catalogue, now: Timestamp) -> Self {
        let days = age_days(catalogue, now);
        Self {
            date: day(catalogue.as_of()),
            words: age_words(days),
            too_old: Age::of(days) == Age::TooOld,
        }
    }
}

impl Warning {
    /// Nothing while the catalogue is young.
    pub(super) fn of(
        catalogue: &Catalogue,
        keeping: &Keeping,
        feed: Option<&Source>,
        now: Timestamp,
    ) -> Option<Self> {
        let days = age_days(catalogue, now);
        let too_old = match Age::of(days) {
            Age::Fresh => return None,
            Age::Warned => false,
            Age::TooOld => true,
        };
        let from = day(catalogue.as_of().saturating_add((VALID_DAYS + 1).days()));
        let (word, verb) = if too_old { ("Since", "is") } else { ("From", "becomes") };
        Some(Self {
            title: format!("The catalogue of macOS releases is {}", age_words(days)),
            means: format!(
                "{word} {from} no Mac can be called up to date: its patch level {verb} unknown, unless it is proven to be behind."
            ),
            why: why(keeping, feed, now),
            command: IMPORT_COMMAND,
            too_old,
        })
    }
}

fn why(keeping: &Keeping, feed: Option<&Source>, now: Timestamp) -> String {
    let state = &keeping.feed;
    if feed.is_none() {
        return "Fetching is switched off in the configuration.".to_owned();
    }
    let Some(at) = state.attempted_at else { return "It was never fetched.".to_owned() };
    let ago = When::relative(at, now).words;
    match state.outcome {
        None => "It is being fetched now.".to_owned(),
        Some(Outcome::Failed) => {
            // What to do about it stands in the next sentence.
            let detail = state.detail.split("; check ").next().unwrap_or_default();
            format!("The last attempt, {ago}, failed: {detail}.")
        }
        Some(Outcome::Same | Outcome::Changed) => format!(
            "The last attempt, {ago}, was answered, but with nothing newer: the address may be a mirror that stands still."
        ),
    }
}

/// The page of the catalogue.
pub(super) async fn page(
    State(console): State<Console>,
    shell: Shell,
) -> Result<Html<String>, PageError> {
    let catalogue = console.app.rulebook.current().catalogue;
    let sha256 = catalogue.sha256().to_owned();
    let keeping = console.read(move |views| views.keeping(&sha256)).await?;
    let feed = console.app.feed.as_deref();
    html(&view(shell, &catalogue, &keeping, feed, console.app.clock.now()))
}

fn view(
    shell: Shell,
    catalogue: &Catalogue,
    keeping: &Keeping,
    feed: Option<&Source>,
    now: Timestamp,
) -> OsReleasesPage {
    let row = |one: crate::os_releases::shown::Newest| NewestRow {
        major: one.major,
        version: one.version,
        released: day(one.released),
    };
    OsReleasesPage {
        shell: shell.titled("macOS releases", Section::None),
        age: CatalogueAge::of(catalogue, now),
        warning: Warning::of(catalogue, keeping, feed, now),
        source: sentence(&source_words(keeping)),
        since: in_force_since(keeping).map(|at| When::relative(at, now)),
        fetching: feed.map_or_else(
            || "Switched off; the catalogue comes with the program or from a file".to_owned(),
            |feed| format!("Every {} from {}", hours(feed.every), feed.url),
        ),
        attempted: keeping.feed.attempted_at.map(|at| When::relative(at, now)),
        attempt: attempt_words(keeping),
        failed: keeping.feed.outcome == Some(Outcome::Failed),
        next: feed
            .filter(|_| keeping.feed.attempted_at.is_some() && keeping.feed.next_at > now)
            .map(|_| When::relative(keeping.feed.next_at, now)),
        releases: thousands(catalogue.releases().len() as u64),
        newest: newest(catalogue, now).into_iter().map(row).collect(),
        corrections: catalogue.corrections().iter().map(correction).collect(),
        import: IMPORT_COMMAND,
    }
}

fn correction(note: &CorrectionNote) -> CorrectionRow {
    CorrectionRow {
        version: note.version.to_string(),
        field: note.field.replace('_', " "),
        value: note.value.clone(),
        source_says: note.source_says.clone().unwrap_or_else(|| "no such release".to_owned()),
        applied: note.applied,
        reason: note.reason.clone(),
        source: note.source.clone(),
        date: day(note.date),
    }
}

fn hours(every: SignedDuration) -> String {
    match every.as_hours() {
        1 => "hour".to_owned(),
        hours => format!("{hours} hours"),
    }
}

fn day(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
}

/// With a capital letter, unless it is an address.
fn sentence(words: &str) -> String {
    if words.contains("://") {
        return words.to_owned();
    }
    crate::shown::names::sentence_case(words)
}
