//! Checklists for spreadsheets and programs.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;

use crate::store::access::checklists::ListedChecklist;
use crate::web::devices::csv_line;

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    kind: &'static str,
    title: &'a str,
    state: &'static str,
    person: &'a str,
    person_name: &'a str,
    person_email: &'a str,
    day: String,
    tasks: u64,
    open: u64,
    overdue: u64,
    next_due: Option<String>,
    started: Timestamp,
    ended: Option<Timestamp>,
    template_version: i64,
    log_position: Option<i64>,
}

const COLUMNS: [&str; 16] = [
    "id",
    "kind",
    "title",
    "state",
    "person",
    "person_name",
    "person_email",
    "day",
    "tasks",
    "open",
    "overdue",
    "next_due",
    "started",
    "ended",
    "template_version",
    "log_position",
];

#[derive(Serialize)]
struct Document<'a> {
    as_of: Timestamp,
    count: usize,
    checklists: Vec<Row<'a>>,
}

fn row(list: &ListedChecklist) -> Row<'_> {
    let checklist = &list.checklist;
    Row {
        id: &checklist.id,
        kind: checklist.kind.as_str(),
        title: &checklist.title,
        state: checklist.state.as_str(),
        person: &checklist.person.0,
        person_name: &checklist.person.1,
        person_email: &checklist.person.2,
        day: checklist.day.to_string(),
        tasks: list.tasks,
        open: list.open,
        overdue: list.overdue,
        next_due: list.next_due.map(|due| due.to_string()),
        started: checklist.started,
        ended: checklist.ended,
        template_version: checklist.template_version,
        log_position: checklist.position,
    }
}

/// One JSON object with all rows.
pub(super) fn list_json(rows: &[ListedChecklist], as_of: Timestamp) -> String {
    let rows: Vec<Row<'_>> = rows.iter().map(row).collect();
    let document = Document { as_of, count: rows.len(), checklists: rows };
    // Texts, numbers and times: there is nothing that could fail.
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

/// CSV as of RFC 4180, with a header line.
pub(super) fn list_csv(rows: &[ListedChecklist]) -> String {
    let mut text = String::new();
    csv_line(&mut text, COLUMNS.iter().map(|name| (*name).to_owned()));
    for row in rows.iter().map(row) {
        let cells = [
            row.id.to_owned(),
            row.kind.to_owned(),
            row.title.to_owned(),
            row.state.to_owned(),
            row.person.to_owned(),
            row.person_name.to_owned(),
            row.person_email.to_owned(),
            row.day,
            row.tasks.to_string(),
            row.open.to_string(),
            row.overdue.to_string(),
            row.next_due.unwrap_or_default(),
            row.started.to_string(),
            row.ended.map(|at| at.to_string()).unwrap_or_default(),
            row.template_version.to_string(),
            row.log_position.map(|it| it.to_string()).unwrap_or_default(),
        ];
        csv_line(&mut text, cells.into_iter());
    }
    text
}

/// The answer that a browser keeps as a file.
pub(super) fn csv_file(name: &str, text: String) -> Response {
    file(name, "text/csv; charset=utf-8", text.into_bytes())
}

/// Any file; it is kept, never shown.
pub(super) fn file(name: &str, media_type: &str, bytes: Vec<u8>) -> Response {
    // What does not fit a header is left out of the name.
    let name: String = name
        .chars()
        .filter(|letter| {
            letter.is_ascii() && !letter.is_ascii_control() && !"\"\\/".contains(*letter)
        })
        .take(100)
        .collect();
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, bytes).into_response()
}
