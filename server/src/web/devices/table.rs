//! Rows and headers of the list.

use jiff::Timestamp;

use crate::agent_releases::shelf::Build;
use crate::app::Rules;
use crate::people::today;
use crate::shown::devices::ListQuery;
use crate::shown::devices::columns::ColumnInfo;
use crate::shown::names::{device_name, model_words};
use crate::shown::systems::{Systems, behind, version_words};
use crate::store::views::list::{Column, Order, PageStart};
use crate::store::views::{DeviceRow, Standing};
use crate::web::people::away_words;
use crate::web::problems::{ProblemWord, joined, problem_words, was_words};
use crate::web::times::When;
use crate::web::words::{Mark, key_word};

/// The head of a column, which sorts by it where that is possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) label: &'static str,
    pub(super) class: &'static str,
    pub(super) href: Option<String>,
    /// Value of `aria-sort`; empty when the list is not sorted by it.
    pub(super) sorted: &'static str,
}

/// One device.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug)]
pub(super) struct TableRow {
    pub(super) id: String,
    pub(super) mark: Mark,
    /// What it was before it went silent.
    pub(super) was: &'static str,
    pub(super) name: String,
    pub(super) owner: String,
    pub(super) email: String,
    pub(super) left: bool,
    pub(super) department: String,
    pub(super) serial: String,
    pub(super) labels: Vec<String>,
    pub(super) build: String,
    pub(super) agent: String,
    /// That it is outdated, or its program unknown.
    pub(super) agent_notes: Vec<&'static str>,
    pub(super) enrolled: When,
    pub(super) due: Option<When>,
    pub(super) overdue: bool,
    /// Such as `away until 3 Sep 2026`; empty for who is not.
    pub(super) away: String,
    pub(super) model: String,
    pub(super) version: String,
    pub(super) behind: String,
    pub(super) problems: Vec<ProblemWord>,
    pub(super) problems_title: String,
    pub(super) received: Option<When>,
    pub(super) key: &'static str,
    pub(super) recorded: bool,
    pub(super) archived: bool,
}

/// Heads with the address that sorts by each.
pub(super) fn headers(query: &ListQuery, columns: &[ColumnInfo]) -> Vec<Header> {
    let head = |info: &ColumnInfo| {
        let current = info.order == Some(query.order.column);
        let href = info.order.map(|column| {
            let descending =
                if current { !query.order.descending } else { begins_descending(column) };
            let order = Order { column, descending };
            ListQuery { order, from: PageStart::Start, ..query.clone() }.address("/devices")
        });
        Header {
            label: info.label,
            class: info.word,
            href,
            sorted: match (current, query.order.descending) {
                (false, _) => "",
                (true, false) => "ascending",
                (true, true) => "descending",
            },
        }
    };
    columns.iter().map(head).collect()
}

/// The first click shows what people look for in that column.
fn begins_descending(column: Column) -> bool {
    matches!(column, Column::Failing | Column::Enrolled)
}

/// The rows as shown.
pub(super) fn rows(rows: &[DeviceRow], rules: &Rules, now: Timestamp) -> Vec<TableRow> {
    let mut systems = Systems::new(&rules.catalogue, now);
    rows.iter().map(|row| table_row(row, rules, &mut systems, now)).collect()
}

/// That whoever holds the device is away.
pub(in crate::web) fn away(row: &DeviceRow, now: Timestamp) -> String {
    let until = row.owner.as_ref().and_then(|owner| owner.away_until);
    away_words(until, today(now)).unwrap_or_default()
}

/// What is odd about the agent of a device.
fn agent_notes(row: &DeviceRow, rules: &Rules) -> Vec<&'static str> {
    let outdated = rules.releases.is_outdated(&row.agent_version).then_some("outdated");
    let unknown = (row.build == Build::Unknown).then_some("unknown build");
    outdated.into_iter().chain(unknown).collect()
}

fn table_row(
    row: &DeviceRow,
    rules: &Rules,
    systems: &mut Systems<'_>,
    now: Timestamp,
) -> TableRow {
    let catalogue = &rules.catalogue;
    let problems = problem_words(row);
    let owner = row.owner.clone().unwrap_or_default();
    let build = row.system.as_ref().and_then(|system| system.build.clone());
    TableRow {
        id: row.id.clone(),
        mark: Mark::of_device(row, now),
        was: was_words(row, &problems),
        name: device_name(row, catalogue),
        owner: owner.name,
        email: owner.email,
        left: owner.left,
        department: owner.department,
        serial: row.serial.clone().unwrap_or_default(),
        labels: row.labels.clone(),
        build: build.unwrap_or_default(),
        agent: row.agent_version.clone(),
        agent_notes: agent_notes(row, rules),
        enrolled: When::relative(row.enrolled, now),
        due: row.due.map(|due| When::due(due, now)),
        overdue: row.due.is_some_and(|due| due <= now),
        away: away(row, now),
        model: model_words(row, catalogue),
        version: row.system.as_ref().map(version_words).unwrap_or_default(),
        behind: row.system.as_ref().map(|one| behind(systems.facts(one))).unwrap_or_default(),
        problems_title: joined(&problems),
        problems,
        received: row.received.map(|at| When::relative(at, now)),
        key: key_word(&row.key_protection),
        recorded: row.recorded,
        archived: row.standing == Standing::Archived,
    }
}
