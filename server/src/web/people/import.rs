//! People from a file: looked at first, taken when somebody says so.

use askama::Template;
use axum::extract::{Form, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::audit::Object;
use crate::auth::who::Who;
use crate::people::file::{self, COLUMNS, PeopleFile};
use crate::people::{changes, odd_days};
use crate::store::access::people::{ImportedPerson, ImportedWith};
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::shell::{Section, Shell, html};
use crate::web::upload::Upload;
use crate::web::words::count;

/// Lines that the page shows; the rest is counted.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "people_import.html")]
struct ImportPage {
    shell: Shell,
    columns: String,
    /// Why the file as a whole cannot be used.
    refusal: String,
    /// Lines that cannot be used.
    errors: Vec<String>,
    more_errors: usize,
    /// What the file would do; none before there is a file.
    preview: Option<Preview>,
}

/// What a file would do.
struct Preview {
    summary: String,
    ignored: String,
    rows: Vec<Row>,
    more: usize,
    /// The file, to be sent again.
    text: String,
    is_empty: bool,
}

struct Row {
    name: String,
    email: String,
    what: String,
    /// Shape of what is done.
    is_new: bool,
}

/// The form.
pub(in crate::web) async fn page(shell: Shell) -> Result<Response, PageError> {
    show(shell, String::new(), Vec::new(), None)
}

fn show(
    shell: Shell,
    refusal: String,
    mut errors: Vec<String>,
    preview: Option<Preview>,
) -> Result<Response, PageError> {
    let wrong = !refusal.is_empty() || !errors.is_empty();
    let more_errors = errors.len().saturating_sub(SHOWN);
    errors.truncate(SHOWN);
    let page = ImportPage {
        shell: shell.titled("Import people", Section::People),
        columns: COLUMNS.join(","),
        refusal,
        errors,
        more_errors,
        preview,
    };
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, html(&page)?).into_response())
}

/// Looks at a file.
pub(in crate::web) async fn preview(
    State(console): State<Console>,
    shell: Shell,
    request: Request,
) -> Result<Response, PageError> {
    let upload = Upload::of(request).await?;
    let bytes = upload.part("file").map(|part| part.bytes.clone()).unwrap_or_default();
    if bytes.is_empty() {
        return show(shell, "Choose a file first.".to_owned(), Vec::new(), None);
    }
    let file = match file::read(&bytes) {
        Ok(file) => file,
        Err(error) => return show(shell, sentence(&error), Vec::new(), None),
    };
    let text = crate::sheet::decoded(&bytes).unwrap_or_default().into_owned();
    let errors = file.errors.iter().map(sentence).collect();
    let preview = look(&console, file, text).await?;
    show(shell, String::new(), errors, Some(preview))
}

fn sentence(error: &crate::sheet::SheetError) -> String {
    format!("{}.", crate::shown::names::sentence_case(&error.to_string()))
}

/// What the file would do.
async fn look(console: &Console, file: PeopleFile, text: String) -> Result<Preview, PageError> {
    let ignored = file.ignored.join(", ");
    let rows = console
        .records(move |records| {
            let mut rows = Vec::new();
            for person in &file.people {
                let before = records.person_by_email(&person.email.to_lowercase())?;
                let facts = person.facts(before.as_ref());
                let odd = odd_days(&facts).unwrap_or_default();
                let what = match &before {
                    None => "new".to_owned(),
                    Some(before) if before.facts() == facts => String::new(),
                    Some(before) => changes(before, &facts),
                };
                if what.is_empty() {
                    continue;
                }
                let what = if odd.is_empty() { what } else { format!("{what}. {odd}") };
                rows.push(Row {
                    name: person.name.clone(),
                    email: person.email.clone(),
                    what,
                    is_new: before.is_none(),
                });
            }
            Ok((rows, file.people.len()))
        })
        .await?;
    let (mut rows, all) = rows;
    let added = rows.iter().filter(|row| row.is_new).count();
    let people = |number: usize| count(number as u64, "person", "people");
    let summary = format!(
        "{} new, {} changed, {} as known.",
        people(added),
        people(rows.len() - added),
        people(all - rows.len())
    );
    let (is_empty, more) = (rows.is_empty(), rows.len().saturating_sub(SHOWN));
    rows.truncate(SHOWN);
    Ok(Preview { summary, ignored, rows, more, text, is_empty })
}

/// The file that was looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Confirmed {
    text: String,
}

/// Takes the file.
pub(in crate::web) async fn confirm(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Form(confirmed): Form<Confirmed>,
) -> Result<Response, PageError> {
    let file = match file::read(confirmed.text.as_bytes()) {
        Ok(file) => file,
        Err(error) => return show(shell, sentence(&error), Vec::new(), None),
    };
    let people: Vec<ImportedPerson> = file.people;
    console
        .records(move |records| {
            let act = |id: &str, name: &str, is_new: bool| {
                let action = if is_new { "person_added" } else { "person_changed" };
                who.act(action, Object::new("person", id).called(name)).with("by importing a file")
            };
            Ok(records.import_people(&people, &ImportedWith { source: "csv", act: &act })?)
        })
        .await?;
    Ok(Redirect::to("/people").into_response())
}
