//! Importing a file: what it would change is shown before it does.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use super::upload::Upload;
use crate::audit::Object;
use crate::auth::who::Who;
use crate::expected::columns::OWN;
use crate::expected::import::{Import, read, written};
use crate::expected::{Said, Source};
use crate::store::access::expected::{ImportAsk, Imported};
use crate::web::times::date;
use crate::web::words::{count, thousands};

/// Lines of each kind that are shown; the others are counted.
const SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "expected_import.html")]
struct ImportPage {
    shell: Shell,
    columns: String,
    error: String,
}

#[derive(Template)]
#[template(path = "expected_preview.html")]
struct PreviewPage {
    shell: Shell,
    /// It is done, and this is what was.
    done: bool,
    source: &'static str,
    source_word: &'static str,
    groups: Vec<Group>,
    missed: Vec<String>,
    missed_more: String,
    missed_count: String,
    retired: bool,
    errors: Vec<String>,
    errors_more: String,
    others: String,
    /// The file as the collector has read it.
    rows: String,
    total: String,
    nothing: bool,
}

/// Macs with which the same happens.
struct Group {
    title: &'static str,
    count: String,
    macs: Vec<Mac>,
    more: String,
}

struct Mac {
    serial: String,
    words: String,
}

/// The form.
pub(in crate::web) async fn page(shell: Shell) -> Result<Html<String>, PageError> {
    form(shell, String::new())
}

fn form(shell: Shell, error: String) -> Result<Html<String>, PageError> {
    let shell = shell.titled("Import expected devices", Section::Expected);
    html(&ImportPage { shell, columns: OWN.join(","), error })
}

/// What a file would change.
pub(in crate::web) async fn preview(
    State(console): State<Console>,
    shell: Shell,
    request: Request,
) -> Result<Response, PageError> {
    let upload = Upload::of(request).await?;
    let wrong = |shell, error: String| {
        Ok((StatusCode::UNPROCESSABLE_ENTITY, form(shell, error)?).into_response())
    };
    let bytes = upload.part("file").map(|part| part.bytes.clone()).unwrap_or_default();
    if bytes.is_empty() {
        return wrong(shell, "Choose a file.".to_owned());
    }
    let import = match read(&bytes) {
        Ok(import) => import,
        Err(error) => return wrong(shell, format!("Nothing was read. {error}.")),
    };
    let source = import.source.unwrap_or(Source::Csv);
    let ask = ImportAsk { said: import.said.clone(), source, retire_missed: None };
    let found = console.records(move |records| Ok(records.preview_import(&ask)?)).await?;
    let page = shown(shell.titled("Preview of the import", Section::Expected), &import, &found);
    Ok(html(&page)?.into_response())
}

/// Imports what was shown.
pub(in crate::web) async fn confirm(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    request: Request,
) -> Result<Response, PageError> {
    let upload = Upload::of(request).await?;
    let odd = || PageError::BadAddress("The preview is damaged; import the file again.".to_owned());
    let source = Source::named(upload.text("source")).ok_or_else(odd)?;
    let import = read(upload.text("rows").as_bytes()).map_err(|_| odd())?;
    let retire = !upload.text("retire").is_empty();
    let day = date(console.app.clock.now());
    let reason = format!("not in the import from {} on {day}", source.title());
    let ask =
        ImportAsk { said: import.said.clone(), source, retire_missed: retire.then_some(reason) };
    let object = Object::new("expected_devices", source.as_str()).called(source.title());
    let act = who.act("expected_imported", object);
    let done = console.records(move |records| Ok(records.import_expected(&ask, &act)?)).await?;
    let import = Import { source: Some(source), ..import };
    let page = shown(shell.titled("Imported", Section::Expected), &import, &done);
    Ok(html(&PreviewPage { done: true, rows: String::new(), ..page })?.into_response())
}

fn more(all: usize) -> String {
    let rest = all.saturating_sub(SHOWN);
    if rest == 0 { String::new() } else { thousands(rest as u64) }
}

fn group(title: &'static str, serials: &[String], said: &[Said]) -> Group {
    let macs = serials.iter().take(SHOWN).map(|serial| {
        let one = said.iter().find(|one| one.serial == *serial);
        let words = one.map(|one| {
            let parts = [
                one.owner_name.clone().or_else(|| one.owner_email.clone()),
                one.model.clone(),
                one.state.map(|state| state.title().to_owned()),
            ];
            let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
            parts.collect::<Vec<_>>().join(" · ")
        });
        Mac { serial: serial.clone(), words: words.unwrap_or_default() }
    });
    Group {
        title,
        count: thousands(serials.len() as u64),
        macs: macs.collect(),
        more: more(serials.len()),
    }
}

fn shown(shell: Shell, import: &Import, found: &Imported) -> PreviewPage {
    let source = import.source.unwrap_or(Source::Csv);
    let total = count(import.said.len() as u64, "Mac", "Macs");
    let kept = Group {
        title: "Left as it is",
        count: thousands(found.kept as u64),
        macs: Vec::new(),
        more: String::new(),
    };
    PreviewPage {
        shell,
        done: false,
        source: source.title(),
        source_word: source.as_str(),
        groups: vec![
            group("Added", &found.added, &import.said),
            group("Changed", &found.changed, &import.said),
            kept,
        ],
        missed: found.missed.iter().take(SHOWN).cloned().collect(),
        missed_more: more(found.missed.len()),
        missed_count: count(found.missed.len() as u64, "Mac", "Macs"),
        retired: found.retired,
        errors: import.errors.iter().take(SHOWN).map(ToString::to_string).collect(),
        errors_more: more(import.errors.len()),
        others: if import.others == 0 {
            String::new()
        } else {
            count(import.others as u64, "other device is", "other devices are")
        },
        rows: written(&import.said),
        nothing: import.said.is_empty(),
        total,
    }
}
