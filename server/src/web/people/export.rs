//! The list for spreadsheets and programs: every row of the view.

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::list::Pairs;
use super::query::PeopleQuery;
use crate::people::today;
use crate::shown::people::{PersonShown, shown};
use crate::web::Console;
use crate::web::devices::csv_line;
use crate::web::errors::PageError;
use crate::web::times::date;

/// Names of the columns, in the order of [`cells`].
const COLUMNS: [&str; 16] = [
    "id",
    "name",
    "email",
    "department",
    "first_day",
    "last_day",
    "away_until",
    "has_left",
    "ended_at",
    "status",
    "devices",
    "device_ids",
    "checklists",
    "source",
    "external_id",
    "created_at",
];

#[derive(Serialize)]
struct Document<'a> {
    as_of: Timestamp,
    count: usize,
    people: &'a [PersonShown],
}

async fn people(
    console: &Console,
    pairs: &[(String, String)],
) -> Result<Vec<PersonShown>, PageError> {
    let query = PeopleQuery::parse(pairs).map_err(PageError::BadAddress)?.first();
    let today = today(console.app.clock.now());
    let ask = query.ask(today, None);
    let page = console.records(move |records| Ok(records.people(&ask)?)).await?;
    let catalogue = console.app.rulebook.current().catalogue;
    Ok(page.rows.iter().map(|row| shown(row, &catalogue, today)).collect())
}

/// The list as CSV.
pub(in crate::web) async fn csv(
    State(console): State<Console>,
    Query(pairs): Pairs,
) -> Result<Response, PageError> {
    let mut text = String::new();
    csv_line(&mut text, COLUMNS.iter().map(|name| (*name).to_owned()));
    for person in people(&console, &pairs).await? {
        csv_line(&mut text, cells(person).into_iter());
    }
    Ok(attachment(&console, "csv", "text/csv; charset=utf-8; header=present", text))
}

/// The list as JSON.
pub(in crate::web) async fn json(
    State(console): State<Console>,
    Query(pairs): Pairs,
) -> Result<Response, PageError> {
    let people = people(&console, &pairs).await?;
    let as_of = console.app.clock.now();
    let document = Document { as_of, count: people.len(), people: &people };
    // Texts, numbers and times: there is nothing that could fail.
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    Ok(attachment(&console, "json", "application/json", text))
}

fn cells(person: PersonShown) -> [String; COLUMNS.len()] {
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let joined = |texts: Vec<String>| texts.join(", ");
    [
        person.id,
        person.name,
        person.email,
        person.department,
        day(person.first_day),
        day(person.last_day),
        day(person.away_until),
        person.has_left.to_string(),
        person.ended_at.map(|at| at.to_string()).unwrap_or_default(),
        person.status.unwrap_or_default().to_owned(),
        joined(
            person.devices.iter().map(|one| format!("{} ({})", one.device, one.status)).collect(),
        ),
        joined(person.devices.into_iter().map(|one| one.id).collect()),
        joined(
            person
                .checklists
                .into_iter()
                .map(|one| format!("{} {} of {}", one.title, one.done, one.tasks))
                .collect(),
        ),
        person.source,
        person.external_id.unwrap_or_default(),
        person.created_at.to_string(),
    ]
}

fn attachment(console: &Console, ending: &str, media_type: &'static str, text: String) -> Response {
    let day = date(console.app.clock.now()).replace(' ', "-").to_lowercase();
    let name = format!("attachment; filename=\"muster-people-{day}.{ending}\"");
    let headers =
        [(header::CONTENT_TYPE, media_type.to_owned()), (header::CONTENT_DISPOSITION, name)];
    (headers, text).into_response()
}
