//! The list with its filters and counts.

use askama::Template;
use axum::extract::{Query as Pairs, State};
use axum::response::Html;

use super::Console;
use super::errors::PageError;
use super::one::Typed;
use super::rows::{Query, Resolve, Row, Show};
use super::shell::{Section, Shell, html};
use crate::auth::permission::Permission;
use crate::expected::State as Place;
use crate::store::views::expected::ExpectedCounts;
use crate::web::words::{count, thousands};

/// Rows of one page.
const ROWS: u32 = 50;

#[derive(Template)]
#[template(path = "expected.html")]
struct ListPage {
    shell: Shell,
    total: String,
    query: Query,
    hidden: Vec<(&'static str, String)>,
    shows: Vec<Choice>,
    states: Vec<Choice>,
    sources: Vec<Choice>,
    rows: Vec<Row>,
    /// This view, to come back to.
    back: String,
    first_href: Option<String>,
    after_href: Option<String>,
    csv_href: String,
    json_href: String,
    may_change: bool,
    may_export: bool,
    /// There is no list at all.
    empty: bool,
    form: Typed,
}

/// One value of a filter.
struct Choice {
    label: &'static str,
    count: String,
    href: String,
    chosen: bool,
}

/// The list.
pub(in crate::web) async fn page(
    State(console): State<Console>,
    shell: Shell,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
) -> Result<Html<String>, PageError> {
    let query = Query::parse(&pairs).map_err(PageError::BadAddress)?;
    let ask = query.ask(Some(ROWS));
    let catalogue = console.app.rulebook.current().catalogue;
    let now = console.app.clock.now();
    let shows_unexpected = query.show == Show::NotExpected;
    let (mut rows, mut keys, counts, population) = console
        .read(move |views| {
            let counts = views.expected_counts(&ask)?;
            let population = views.population()?;
            let (rows, keys): (Vec<Row>, Vec<String>) = if shows_unexpected {
                let found = views.unexpected_devices(&ask)?.into_iter();
                found.map(|one| (Row::unexpected(&one, &catalogue, now), one.id)).unzip()
            } else {
                let found = views.expected_rows(&ask)?.into_iter();
                found.map(|one| (Row::listed(&one, &catalogue, now), one.expected.serial)).unzip()
            };
            Ok((rows, keys, counts, population))
        })
        .await?;
    let more = rows.len() > ROWS as usize;
    rows.truncate(ROWS as usize);
    keys.truncate(ROWS as usize);
    let after = keys.pop().filter(|_| more).unwrap_or_default();
    let page = ListPage { empty: !population.is_listed, ..view(shell, query, &counts, rows) };
    let after_href = more.then(|| Query { after, ..page.query.clone() }.address("/expected"));
    html(&ListPage { after_href, ..page })
}

fn view(shell: Shell, query: Query, counts: &ExpectedCounts, rows: Vec<Row>) -> ListPage {
    let start = Query { after: String::new(), ..query.clone() };
    let total = if query.show == Show::NotExpected { counts.unexpected } else { counts.total };
    let may_change = shell.may(Permission::ChangeFleet);
    ListPage {
        may_change,
        may_export: shell.may(Permission::Export),
        shell: shell.titled("Expected devices", Section::Expected),
        total: count(total, "Mac", "Macs"),
        hidden: query.without_search(),
        shows: shows(&start, counts),
        states: states(&start, counts),
        sources: sources(&start, counts),
        rows,
        back: query.text(),
        first_href: (!query.after.is_empty()).then(|| start.address("/expected")),
        after_href: None,
        csv_href: start.address("/expected.csv"),
        json_href: start.address("/expected.json"),
        empty: false,
        form: Typed::default(),
        query,
    }
}

fn shows(query: &Query, counts: &ExpectedCounts) -> Vec<Choice> {
    Show::ALL
        .iter()
        .map(|(show, _, label)| {
            let chosen = query.show == *show;
            let other = Query { show: if chosen { Show::List } else { *show }, ..query.clone() };
            let number = match show {
                Show::NeverEnrolled => counts.never_enrolled,
                Show::NotExpected => counts.unexpected,
                Show::Claimed | Show::List => counts.claimed,
            };
            Choice { label, count: thousands(number), href: other.address("/expected"), chosen }
        })
        .collect()
}

fn states(query: &Query, counts: &ExpectedCounts) -> Vec<Choice> {
    let of = |state: Place| {
        counts.states.iter().find(|(one, _)| *one == state).map_or(0, |(_, many)| *many)
    };
    Place::ALL
        .into_iter()
        .map(|state| {
            let chosen = query.states.contains(&state);
            let mut states = query.states.clone();
            if chosen {
                states.retain(|one| *one != state);
            } else {
                states.push(state);
            }
            let show = if query.show == Show::NotExpected { Show::List } else { query.show };
            Choice {
                label: state.title(),
                count: thousands(of(state)),
                href: Query { show, states, ..query.clone() }.address("/expected"),
                chosen,
            }
        })
        .collect()
}

fn sources(query: &Query, counts: &ExpectedCounts) -> Vec<Choice> {
    let there = counts.sources.iter().filter(|(one, many)| *many > 0 || query.source == Some(*one));
    there
        .map(|(source, many)| {
            let chosen = query.source == Some(*source);
            let source_now = if chosen { None } else { Some(*source) };
            Choice {
                label: source.title(),
                count: thousands(*many),
                href: Query { source: source_now, ..query.clone() }.address("/expected"),
                chosen,
            }
        })
        .collect()
}
