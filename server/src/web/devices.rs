//! The device list: which laptops are not fine, why, since when, whose.

mod export;
mod filters;
mod table;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use shared::policy::Policy;

pub(super) use self::export::line as csv_line;
use self::filters::{Chip, Choice};
use self::table::{Header, TableRow};
use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use super::times::date;
use super::words::{INVITE_COMMAND, count};
pub(super) use crate::shown::devices::encoded;
use crate::shown::devices::{ListQuery, ask};
use crate::shown::row;
use crate::store::views::list::{Facets, Page, PageStart};

/// Rows on one page.
const ROWS: u32 = 50;

/// Pairs of an address's query, in order.
type Pairs = Query<Vec<(String, String)>>;

#[derive(Template)]
#[template(path = "devices.html")]
struct DevicesPage {
    shell: Shell,
    invite: &'static str,
    /// There is no device at all.
    empty: bool,
    total: String,
    query: ListQuery,
    hidden: Vec<(&'static str, String)>,
    standings: Vec<Choice>,
    rules: Vec<Choice>,
    rules_chosen: usize,
    unowned: Choice,
    chips: Vec<Chip>,
    all_href: String,
    headers: Vec<Header>,
    rows: Vec<TableRow>,
    first_href: Option<String>,
    before_href: Option<String>,
    after_href: Option<String>,
    csv_href: String,
    json_href: String,
}

/// The list as a page.
pub(super) async fn page(
    State(console): State<Console>,
    shell: Shell,
    Query(pairs): Pairs,
) -> Result<Html<String>, PageError> {
    let query = ListQuery::parse(&pairs).map_err(PageError::BadAddress)?;
    let rules = console.app.rulebook.current();
    let ask = ask(&query, &rules, Some(ROWS));
    let (page, facets, any) = console
        .read(move |views| Ok((views.devices(&ask)?, views.facets(&ask)?, views.any_device()?)))
        .await?;
    let now = console.app.clock.now();
    let rows = table::rows(&page.rows, &rules.catalogue, now);
    html(&view(shell, query, (page, rows), &facets, (&rules.policy, any)))
}

fn view(
    shell: Shell,
    query: ListQuery,
    (page, rows): (Page, Vec<TableRow>),
    facets: &Facets,
    (policy, any): (&Policy, bool),
) -> DevicesPage {
    let first = query.at(PageStart::Start);
    let csv_href = first.address("/devices.csv");
    let json_href = first.address("/devices.json");
    DevicesPage {
        shell: shell.titled("Devices", Section::Devices),
        invite: INVITE_COMMAND,
        empty: !any,
        total: count(facets.total, "Mac", "Macs"),
        hidden: query.without_search(),
        standings: filters::standings(&query, facets),
        rules: filters::rules(&query, facets, policy),
        rules_chosen: query.rules.len(),
        unowned: filters::unowned(&query, facets),
        chips: filters::chips(&query, policy),
        all_href: query.unfiltered().address("/devices"),
        headers: table::headers(&query),
        rows,
        first_href: page.before.is_some().then(|| first.address("/devices")),
        before_href: page
            .before
            .map(|place| query.at(PageStart::Before(place)).address("/devices")),
        after_href: page.after.map(|place| query.at(PageStart::After(place)).address("/devices")),
        query,
        csv_href,
        json_href,
    }
}

/// The list as CSV: every row of this view.
pub(super) async fn csv(
    State(console): State<Console>,
    Query(pairs): Pairs,
) -> Result<Response, PageError> {
    let text = exported(&console, &pairs, |rows| Ok(export::csv(rows))).await?;
    Ok(attachment(&console, "csv", "text/csv; charset=utf-8; header=present", text))
}

/// The list as JSON: every row of this view.
pub(super) async fn json(
    State(console): State<Console>,
    Query(pairs): Pairs,
) -> Result<Response, PageError> {
    let now = console.app.clock.now();
    let text = exported(&console, &pairs, move |rows| Ok(export::json(rows, now))).await?;
    Ok(attachment(&console, "json", "application/json", text))
}

async fn exported(
    console: &Console,
    pairs: &[(String, String)],
    write: impl FnOnce(&[row::Row]) -> Result<String, crate::store::StoreError> + Send + 'static,
) -> Result<String, PageError> {
    let query = ListQuery::parse(pairs).map_err(PageError::BadAddress)?.at(PageStart::Start);
    let rules = console.app.rulebook.current();
    let now = console.app.clock.now();
    let ask = ask(&query, &rules, None);
    console
        .read(move |views| {
            let page = views.devices(&ask)?;
            write(&row::rows(&page.rows, &rules.catalogue, now))
        })
        .await
}

fn attachment(console: &Console, ending: &str, media_type: &'static str, text: String) -> Response {
    let day = date(console.app.clock.now()).replace(' ', "-").to_lowercase();
    let name = format!("attachment; filename=\"muster-devices-{day}.{ending}\"");
    let headers =
        [(header::CONTENT_TYPE, media_type.to_owned()), (header::CONTENT_DISPOSITION, name)];
    (headers, text).into_response()
}
