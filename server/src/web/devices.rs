//! The device list: which laptops are not fine, why, since when, whose.

pub(super) mod change;
mod export;
mod filters;
pub(super) mod groups;
pub(super) mod invite;
mod table;
pub(super) mod views;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

pub(super) use self::export::line as csv_line;
use self::filters::{Chip, Choice, Menu};
pub(super) use self::table::away;
use self::table::{Header, TableRow};
use self::views::ViewLink;
use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use super::times::date;
use super::words::{INVITE_COMMAND, count, thousands};
use crate::app::Rules;
use crate::auth::permission::Permission;
use crate::auth::who::Who;
use crate::shown::devices::columns::{ALL, ColumnInfo};
pub(super) use crate::shown::devices::encoded;
use crate::shown::devices::{ListQuery, ask};
use crate::shown::row;
use crate::store::access::saved_views::SavedView;
use crate::store::views::list::{Facets, Page, PageAsk, PageStart};

/// Rows on one page.
const ROWS: u32 = 50;

/// Pairs of an address's query, in order.
type Pairs = Query<Vec<(String, String)>>;

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Template)]
#[template(path = "devices.html")]
struct DevicesPage {
    shell: Shell,
    invite: &'static str,
    may_change: bool,
    /// Letters with a link to the newest agent can be sent.
    may_mail: bool,
    /// There is no device at all.
    empty: bool,
    total: String,
    all: String,
    /// Macs that never enrolled, which no filter of devices knows; empty when
    /// there are none or filters hold.
    never_enrolled: String,
    query: ListQuery,
    hidden: Vec<(&'static str, String)>,
    views: Vec<ViewLink>,
    may_share: bool,
    standings: Vec<Choice>,
    owners: Vec<Choice>,
    menus: Vec<Menu>,
    chips: Vec<Chip>,
    all_href: String,
    groups_href: String,
    columns: Vec<ColumnInfo>,
    choosable: Vec<(ColumnInfo, bool)>,
    hidden_columns: Vec<(&'static str, String)>,
    headers: Vec<Header>,
    rows: Vec<TableRow>,
    first_href: Option<String>,
    before_href: Option<String>,
    after_href: Option<String>,
    csv_href: String,
    json_href: String,
    view_query: String,
}

/// What was read for the page.
struct Read {
    page: Page,
    facets: Facets,
    any: bool,
    views: Vec<SavedView>,
}

/// The list as a page.
pub(super) async fn page(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Query(pairs): Pairs,
) -> Result<Html<String>, PageError> {
    let query = ListQuery::parse(&pairs).map_err(PageError::BadAddress)?;
    let rules = console.app.rulebook.current();
    // The list of expected Macs is not asked where nobody would see it.
    let is_whole = !query.is_filtered();
    let now = console.app.clock.now();
    let ask = looked_up(&console, ask(&query, &rules, now, Some(ROWS))).await?;
    let counted = ask.clone();
    // Page and counts at the same time: somebody waits for both.
    let (page, facets, views, never) = tokio::join!(
        console.read(move |views| Ok((views.devices(&ask)?, views.any_device()?))),
        console.read(move |views| views.facets(&counted)),
        console.records(move |records| Ok(records.saved_views(&who.account.id)?)),
        console.read(move |views| {
            Ok(if is_whole { views.population()?.never_enrolled } else { 0 })
        }),
    );
    let (page, any) = page?;
    let rows = table::rows(&page.rows, &rules, now);
    let read = Read { page, facets: facets?, any, views: views? };
    let never_enrolled = match never? {
        0 => String::new(),
        number => count(number, "more that was never enrolled", "more that were never enrolled"),
    };
    let may_mail = console.app.mailer.is_some() && rules.releases.offered().is_some();
    let rest = view(shell, query, (read, rows), &rules);
    html(&DevicesPage { may_mail, never_enrolled, ..rest })
}

/// The same with words looked up once for everything that follows.
async fn looked_up(console: &Console, ask: PageAsk) -> Result<PageAsk, PageError> {
    if ask.filter.words.is_empty() && ask.filter.silent_since.is_none() {
        return Ok(ask);
    }
    let filter = ask.filter.clone();
    let filter = console.read(move |views| views.look_up(filter)).await?;
    Ok(PageAsk { filter, ..ask })
}

fn view(
    shell: Shell,
    query: ListQuery,
    (read, rows): (Read, Vec<TableRow>),
    rules: &Rules,
) -> DevicesPage {
    let Read { page, facets, any, views } = read;
    let first = query.at(PageStart::Start);
    let shown = query.columns.shown();
    let is_shown = |info: &ColumnInfo| shown.iter().any(|one| one.shown == info.shown);
    let may = |permission| shell.may(permission);
    DevicesPage {
        invite: INVITE_COMMAND,
        may_change: may(Permission::ChangeFleet),
        may_mail: false,
        may_share: may(Permission::ChangeFleet),
        shell: shell.titled("Devices", Section::Devices),
        empty: !any,
        total: count(facets.total, "Mac", "Macs"),
        all: thousands(facets.total),
        never_enrolled: String::new(),
        hidden: query.without_search(),
        views: views::links(&views, &first.query()),
        standings: filters::standings(&query, &facets),
        owners: filters::owners(&query, &facets),
        menus: filters::menus(&query, &facets, rules),
        chips: filters::chips(&query, rules),
        all_href: query.unfiltered().address("/devices"),
        groups_href: first.address("/devices/groups"),
        choosable: ALL.iter().map(|info| (*info, is_shown(info))).collect(),
        hidden_columns: query.without_columns(),
        headers: table::headers(&query, &shown),
        columns: shown,
        rows,
        first_href: page.before.is_some().then(|| first.address("/devices")),
        before_href: page
            .before
            .map(|place| query.at(PageStart::Before(place)).address("/devices")),
        after_href: page.after.map(|place| query.at(PageStart::After(place)).address("/devices")),
        csv_href: first.address("/devices.csv"),
        json_href: first.address("/devices.json"),
        view_query: first.query(),
        query,
    }
}

/// The list as CSV: every row and the columns of this view.
pub(super) async fn csv(
    State(console): State<Console>,
    Query(pairs): Pairs,
) -> Result<Response, PageError> {
    let text = exported(&console, &pairs, export::csv).await?;
    Ok(attachment(&console, "csv", "text/csv; charset=utf-8; header=present", text))
}

/// The list as JSON: every row and the columns of this view.
pub(super) async fn json(
    State(console): State<Console>,
    Query(pairs): Pairs,
) -> Result<Response, PageError> {
    let now = console.app.clock.now();
    let write = move |rows: &[row::Row], columns: &[ColumnInfo]| export::json(rows, columns, now);
    let text = exported(&console, &pairs, write).await?;
    Ok(attachment(&console, "json", "application/json", text))
}

async fn exported(
    console: &Console,
    pairs: &[(String, String)],
    write: impl FnOnce(&[row::Row], &[ColumnInfo]) -> String + Send + 'static,
) -> Result<String, PageError> {
    let query = ListQuery::parse(pairs).map_err(PageError::BadAddress)?.at(PageStart::Start);
    let rules = console.app.rulebook.current();
    let now = console.app.clock.now();
    let ask = ask(&query, &rules, now, None);
    console
        .read(move |views| {
            let page = views.devices(&ask)?;
            let rows = row::rows(&page.rows, &rules, now);
            Ok(write(&rows, &query.columns.shown()))
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
