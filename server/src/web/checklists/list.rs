//! The list: what is overdue, what closed by itself today, and all checklists.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::query::ChecklistQuery;
use super::{day_words, due_words, export, state_mark};
use crate::auth::permission::Permission;
use crate::auth::who::Who;
use crate::checklists::kind::day_of;
use crate::checklists::{ChecklistKind, ChecklistState};
use crate::store::access::checklists::{ListAsk, ListedChecklist, ListedTask};
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::shell::{Section, Shell, html};
use crate::web::times::When;
use crate::web::words::{Mark, count, thousands};

/// Rows of a page.
const ROWS: u32 = 50;
/// Rows that are taken away at once.
const EXPORTED: u32 = 100_000;
/// Tasks in each of the two lists on top.
const TASKS: u32 = 20;

#[derive(Template)]
#[template(path = "checklists.html")]
struct ListPage {
    shell: Shell,
    query: ChecklistQuery,
    total: String,
    overdue: Vec<Line>,
    overdue_total: String,
    overdue_more: u64,
    closed: Vec<Line>,
    closed_total: String,
    closed_more: u64,
    kinds: Vec<Pill>,
    states: Vec<Pill>,
    owners: Vec<Pill>,
    rows: Vec<Row>,
    next_href: Option<String>,
    csv_href: String,
    json_href: String,
    may_export: bool,
    may_change: bool,
}

/// A task in one of the lists on top.
struct Line {
    href: String,
    title: String,
    person: String,
    kind: &'static str,
    due: String,
    due_words: String,
    owner: &'static str,
    reopened: bool,
    at: Option<When>,
    detail: String,
}

struct Pill {
    words: String,
    count: Option<u64>,
    href: String,
    chosen: bool,
}

struct Row {
    id: String,
    person: String,
    kind: &'static str,
    mark: Mark,
    day: String,
    done: String,
    next: Option<(String, String, bool)>,
    started: When,
}

impl Line {
    fn of(task: ListedTask, today: jiff::civil::Date, now: Timestamp) -> Self {
        let (event, at, detail) = match task.happened {
            Some((event, at, detail)) => (event, Some(at), detail),
            None => (String::new(), None, String::new()),
        };
        Self {
            href: format!("/checklists/{}", task.checklist),
            title: task.title,
            person: task.person,
            kind: task.kind.title(),
            due: day_words(task.due),
            due_words: due_words(task.due, today),
            owner: owner_word(&task.owner),
            reopened: event == "reopened",
            at: at.map(|at| When::relative(at, now)),
            detail,
        }
    }
}

/// Who sees to a task, where accounts are not looked up.
pub(super) fn owner_word(owner: &str) -> &'static str {
    match owner {
        "it" => "IT",
        "person" => "the person",
        _ => "a colleague",
    }
}

impl Row {
    fn of(list: ListedChecklist, now: Timestamp) -> Self {
        let today = day_of(now);
        let next = list.next_due.map(|due| (day_words(due), due_words(due, today), due < today));
        let checklist = list.checklist;
        Self {
            id: checklist.id,
            person: checklist.person.1,
            kind: checklist.kind.title(),
            mark: state_mark(checklist.state, list.overdue, list.open),
            day: day_words(checklist.day),
            done: format!("{} of {}", list.tasks - list.open, list.tasks),
            next,
            started: When::relative(checklist.started, now),
        }
    }
}

/// The page.
pub(in crate::web) async fn page(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Query(query): Query<ChecklistQuery>,
) -> Result<Html<String>, PageError> {
    let now = console.app.clock.now();
    let (today, midnight) = (day_of(now), midnight(now));
    let ask = query.ask(&who.account.id, ROWS).map_err(PageError::BadAddress)?;
    let (mut found, counts, (overdue, all_overdue), (closed, all_closed)) = console
        .records(move |records| {
            Ok((
                records.checklists(&ask, today)?,
                records.checklist_counts()?,
                records.overdue_tasks(today, TASKS)?,
                records.closed_since(midnight, TASKS)?,
            ))
        })
        .await?;
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let last = found.last().map(|list| query.after(list.checklist.day, &list.checklist.id));
    let open: u64 = sum(&counts, None, Some(ChecklistState::Open));
    let lines = |tasks: Vec<ListedTask>| {
        tasks.into_iter().map(|task| Line::of(task, today, now)).collect::<Vec<_>>()
    };
    html(&ListPage {
        total: count(open, "open", "open"),
        overdue_more: all_overdue.saturating_sub(overdue.len() as u64),
        overdue_total: thousands(all_overdue),
        overdue: lines(overdue),
        closed_more: all_closed.saturating_sub(closed.len() as u64),
        closed_total: thousands(all_closed),
        closed: lines(closed),
        kinds: kinds(&query, &counts),
        states: states(&query, &counts),
        owners: owners(&query),
        next_href: last.filter(|_| more).map(|next| next.address("/checklists")),
        csv_href: query.first().address("/checklists.csv"),
        json_href: query.first().address("/checklists.json"),
        may_export: shell.may(Permission::Export),
        may_change: shell.may(Permission::ChangePeople),
        rows: found.into_iter().map(|list| Row::of(list, now)).collect(),
        query,
        shell: shell.titled("Checklists", Section::Checklists),
    })
}

/// The beginning of the day in UTC.
fn midnight(now: Timestamp) -> Timestamp {
    let begin = day_of(now).to_zoned(TimeZone::UTC).map(|at| at.timestamp());
    begin.unwrap_or_else(|_| now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(now))
}

type Counts = [(ChecklistKind, ChecklistState, u64)];

fn sum(counts: &Counts, kind: Option<ChecklistKind>, state: Option<ChecklistState>) -> u64 {
    let fits = |one: ChecklistKind, is: ChecklistState| {
        kind.is_none_or(|kind| kind == one) && state.is_none_or(|state| state == is)
    };
    counts.iter().filter(|(kind, state, _)| fits(*kind, *state)).map(|(.., count)| count).sum()
}

fn kinds(query: &ChecklistQuery, counts: &Counts) -> Vec<Pill> {
    let state = match query.state.as_str() {
        "" => Some(ChecklistState::Open),
        word => ChecklistState::named(word),
    };
    let pill = |words: &str, word: &str, kind| Pill {
        words: words.to_owned(),
        count: Some(sum(counts, kind, state)),
        href: ChecklistQuery { kind: word.to_owned(), ..query.first() }.address("/checklists"),
        chosen: query.kind == word,
    };
    let all = pill("All", "", None);
    let names = [
        (ChecklistKind::Onboarding, "Joining"),
        (ChecklistKind::Offboarding, "Leaving"),
        (ChecklistKind::Yearly, "Yearly"),
    ];
    let each = names.map(|(kind, words)| pill(words, kind.as_str(), Some(kind)));
    std::iter::once(all).chain(each).collect()
}

fn states(query: &ChecklistQuery, counts: &Counts) -> Vec<Pill> {
    let kind = ChecklistKind::named(&query.kind);
    [
        ("Open", "", Some(ChecklistState::Open)),
        ("Completed", "completed", Some(ChecklistState::Completed)),
        ("Cancelled", "cancelled", Some(ChecklistState::Cancelled)),
        ("Every state", "all", None),
    ]
    .map(|(words, word, state)| Pill {
        words: words.to_owned(),
        count: Some(sum(counts, kind, state)),
        href: ChecklistQuery { state: word.to_owned(), ..query.first() }.address("/checklists"),
        chosen: query.state == word,
    })
    .into()
}

fn owners(query: &ChecklistQuery) -> Vec<Pill> {
    let plain = |words: &str, word: &str| Pill {
        words: words.to_owned(),
        count: None,
        href: ChecklistQuery {
            owner: if query.owner == word { String::new() } else { word.to_owned() },
            ..query.first()
        }
        .address("/checklists"),
        chosen: query.owner == word,
    };
    let overdue = Pill {
        words: "Overdue".to_owned(),
        count: None,
        href: ChecklistQuery {
            overdue: if query.overdue == "yes" { String::new() } else { "yes".to_owned() },
            ..query.first()
        }
        .address("/checklists"),
        chosen: query.overdue == "yes",
    };
    vec![overdue, plain("Mine", "mine"), plain("IT’s", "it"), plain("The person’s", "person")]
}

async fn rows(
    console: &Console,
    who: &Who,
    query: &ChecklistQuery,
) -> Result<(Vec<ListedChecklist>, Timestamp), PageError> {
    let now = console.app.clock.now();
    let ask = query.first().ask(&who.account.id, EXPORTED).map_err(PageError::BadAddress)?;
    let ask = ListAsk { after: None, ..ask };
    let found = console.records(move |records| Ok(records.checklists(&ask, day_of(now))?));
    Ok((found.await?, now))
}

/// The view as CSV.
pub(in crate::web) async fn csv(
    State(console): State<Console>,
    who: Who,
    Query(query): Query<ChecklistQuery>,
) -> Result<Response, PageError> {
    let (rows, _) = rows(&console, &who, &query).await?;
    Ok(export::csv_file("checklists.csv", export::list_csv(&rows)))
}

/// The view as JSON.
pub(in crate::web) async fn json(
    State(console): State<Console>,
    who: Who,
    Query(query): Query<ChecklistQuery>,
) -> Result<Response, PageError> {
    let (rows, now) = rows(&console, &who, &query).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], export::list_json(&rows, now))
        .into_response())
}
