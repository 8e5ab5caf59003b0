//! Rows and headers of the list.

use jiff::Timestamp;
use shared::os_releases::Catalogue;

use crate::shown::devices::{COLUMNS, ListQuery};
use crate::shown::names::{device_name, model_words};
use crate::shown::systems::{Systems, behind, version_words};
use crate::store::views::list::{Column, Order, PageStart};
use crate::store::views::{DeviceRow, Standing};
use crate::web::problems::{ProblemWord, joined, problem_words, was_words};
use crate::web::times::When;
use crate::web::words::{Mark, key_word};

/// The head of a column, which sorts by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) label: &'static str,
    pub(super) class: &'static str,
    pub(super) href: String,
    /// Value of `aria-sort`; empty when the list is not sorted by it.
    pub(super) sorted: &'static str,
}

/// One device.
#[derive(Clone, Debug)]
pub(super) struct TableRow {
    pub(super) id: String,
    pub(super) mark: Mark,
    /// What it was before it went silent.
    pub(super) was: &'static str,
    pub(super) name: String,
    pub(super) owner: String,
    pub(super) email: String,
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
pub(super) fn headers(query: &ListQuery) -> Vec<Header> {
    COLUMNS
        .iter()
        .map(|(column, class)| {
            let current = query.order.column == *column;
            let descending =
                if current { !query.order.descending } else { begins_descending(*column) };
            let order = Order { column: *column, descending };
            let query_then = ListQuery { order, from: PageStart::Start, ..query.clone() };
            Header {
                label: label(*column),
                class,
                href: query_then.address("/devices"),
                sorted: match (current, query.order.descending) {
                    (false, _) => "",
                    (true, false) => "ascending",
                    (true, true) => "descending",
                },
            }
        })
        .collect()
}

/// The first click shows what people look for in that column.
fn begins_descending(column: Column) -> bool {
    matches!(column, Column::Failing)
}

fn label(column: Column) -> &'static str {
    match column {
        Column::Status => "Status",
        Column::Device => "Device",
        Column::Owner => "Owner",
        Column::Model => "Model",
        Column::System => "macOS",
        Column::Failing => "Failing rules",
        Column::Received => "Last report",
        Column::Key => "Key",
    }
}

/// The rows as shown.
pub(super) fn rows(rows: &[DeviceRow], catalogue: &Catalogue, now: Timestamp) -> Vec<TableRow> {
    let mut systems = Systems::new(catalogue, now);
    rows.iter().map(|row| table_row(row, catalogue, &mut systems, now)).collect()
}

fn table_row(
    row: &DeviceRow,
    catalogue: &Catalogue,
    systems: &mut Systems<'_>,
    now: Timestamp,
) -> TableRow {
    let problems = problem_words(row);
    let (name, email) = row
        .owner
        .as_ref()
        .map_or_else(Default::default, |owner| (owner.name.clone(), owner.email.clone()));
    TableRow {
        id: row.id.clone(),
        mark: Mark::of_device(row, now),
        was: was_words(row, &problems),
        name: device_name(row, catalogue),
        owner: name,
        email,
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
