//! Who did what: searched, filtered, and taken away as CSV or JSON.

mod export;
mod query;
mod words;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use self::query::AuditQuery;
use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use super::times::{When, date};
use crate::auth::permission::Permission;
use crate::store::access::audit::Noted;

/// Rows on one page.
const ROWS: u32 = 50;
/// Most rows of one export; more are had page by page.
const EXPORT: u32 = 100_000;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    shell: Shell,
    query: AuditQuery,
    actions: Vec<ActionChoice>,
    rows: Vec<Row>,
    next_href: Option<String>,
    may_export: bool,
    csv_href: String,
    json_href: String,
}

struct ActionChoice {
    word: String,
    title: String,
    count: u64,
    chosen: bool,
}

struct Row {
    at: When,
    actor: String,
    /// The account's page, where there is one.
    actor_href: Option<String>,
    action: String,
    object: String,
    object_href: Option<String>,
    detail: String,
    address: String,
    position: u64,
}

/// The newest rows that were asked for.
pub(super) async fn page(
    State(console): State<Console>,
    shell: Shell,
    Query(query): Query<AuditQuery>,
) -> Result<Html<String>, PageError> {
    let ask = query.ask(ROWS).map_err(PageError::BadAddress)?;
    let (found, actions) =
        console.records(move |records| Ok((records.audit(&ask)?, records.actions()?))).await?;
    let now = console.app.clock.now();
    let next = found.rows.last().filter(|_| found.more).map(|row| row.position);
    let actions = actions.into_iter().map(|(word, count)| ActionChoice {
        title: words::action(&word),
        chosen: query.action == word,
        word,
        count,
    });
    let page = AuditPage {
        may_export: shell.may(Permission::Export),
        shell: shell.titled("Audit log", Section::Audit),
        actions: actions.collect(),
        rows: found.rows.iter().map(|row| Row::of(row, now)).collect(),
        next_href: next.map(|position| query.before(position).address("/audit")),
        csv_href: query.address("/audit.csv"),
        json_href: query.address("/audit.json"),
        query,
    };
    html(&page)
}

impl Row {
    fn of(noted: &Noted, now: jiff::Timestamp) -> Self {
        let (kind, id, name) = &noted.object;
        Self {
            at: When::relative(noted.at, now),
            actor: noted.actor.name.clone(),
            actor_href: Some(&noted.actor.id)
                .filter(|id| !id.is_empty())
                .map(|id| format!("/accounts/{id}")),
            action: words::action(&noted.action),
            object: words::object(kind, id, name),
            object_href: match kind.as_str() {
                "device" => Some(format!("/devices/{id}")),
                "account" => Some(format!("/accounts/{id}")),
                "checklist" => Some(format!("/checklists/{id}")),
                "checklist_template" => Some(format!("/checklists/templates/{id}")),
                _ => None,
            },
            detail: noted.detail.clone(),
            address: noted.address.clone(),
            position: noted.position,
        }
    }
}

/// The rows as CSV.
pub(super) async fn csv(
    State(console): State<Console>,
    Query(query): Query<AuditQuery>,
) -> Result<Response, PageError> {
    let rows = rows(&console, &query).await?;
    Ok(attachment(&console, "csv", "text/csv; charset=utf-8", export::csv(&rows)))
}

/// The rows as JSON.
pub(super) async fn json(
    State(console): State<Console>,
    Query(query): Query<AuditQuery>,
) -> Result<Response, PageError> {
    let rows = rows(&console, &query).await?;
    let text = export::json(&rows, console.app.clock.now());
    Ok(attachment(&console, "json", "application/json", text))
}

async fn rows(console: &Console, query: &AuditQuery) -> Result<Vec<Noted>, PageError> {
    let ask = query.ask(EXPORT).map_err(PageError::BadAddress)?;
    Ok(console.records(move |records| Ok(records.audit(&ask)?)).await?.rows)
}

fn attachment(console: &Console, ending: &str, media_type: &'static str, text: String) -> Response {
    let day = date(console.app.clock.now()).replace(' ', "-").to_lowercase();
    let name = format!("attachment; filename=\"muster-audit-{day}.{ending}\"");
    let headers =
        [(header::CONTENT_TYPE, media_type.to_owned()), (header::CONTENT_DISPOSITION, name)];
    (headers, text).into_response()
}
