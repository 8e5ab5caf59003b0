//! The audit log for spreadsheets and programs.

use jiff::Timestamp;
use serde::Serialize;

use crate::store::access::audit::Noted;
use crate::web::devices::csv_line;

#[derive(Serialize)]
struct Row<'a> {
    position: u64,
    at: Timestamp,
    actor_kind: &'static str,
    actor: &'a str,
    actor_name: &'a str,
    action: &'a str,
    object_kind: &'a str,
    object: &'a str,
    object_name: &'a str,
    detail: &'a str,
    request: &'a str,
    address: &'a str,
}

#[derive(Serialize)]
struct Document<'a> {
    as_of: Timestamp,
    count: usize,
    acts: Vec<Row<'a>>,
}

const COLUMNS: [&str; 12] = [
    "position",
    "at",
    "actor_kind",
    "actor",
    "actor_name",
    "action",
    "object_kind",
    "object",
    "object_name",
    "detail",
    "request",
    "address",
];

fn row(noted: &Noted) -> Row<'_> {
    let (object_kind, object, object_name) = &noted.object;
    Row {
        position: noted.position,
        at: noted.at,
        actor_kind: noted.actor.kind.as_str(),
        actor: &noted.actor.id,
        actor_name: &noted.actor.name,
        action: &noted.action,
        object_kind,
        object,
        object_name,
        detail: &noted.detail,
        request: &noted.request,
        address: &noted.address,
    }
}

/// One JSON object with all rows.
pub(super) fn json(rows: &[Noted], as_of: Timestamp) -> String {
    let document = Document { as_of, count: rows.len(), acts: rows.iter().map(row).collect() };
    // Texts, numbers and times: there is nothing that could fail.
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

/// CSV as of RFC 4180, with a header line.
pub(super) fn csv(rows: &[Noted]) -> String {
    let mut text = String::new();
    csv_line(&mut text, COLUMNS.iter().map(|name| (*name).to_owned()));
    for noted in rows {
        let row = row(noted);
        let cells = [
            row.position.to_string(),
            row.at.to_string(),
            row.actor_kind.to_owned(),
            row.actor.to_owned(),
            row.actor_name.to_owned(),
            row.action.to_owned(),
            row.object_kind.to_owned(),
            row.object.to_owned(),
            row.object_name.to_owned(),
            row.detail.to_owned(),
            row.request.to_owned(),
            row.address.to_owned(),
        ];
        csv_line(&mut text, cells.into_iter());
    }
    text
}
