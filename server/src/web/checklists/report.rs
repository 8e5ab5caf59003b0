//! Joiners and leavers of a window: whether the checklist was done, and each
//! item against the first or last day.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, Response};
use jiff::civil::Date;
use serde::Deserialize;

use super::{day_words, export, state_mark};
use crate::auth::permission::Permission;
use crate::checklists::kind::{day_of, days_between, due};
use crate::checklists::{ChecklistKind, ChecklistState, TaskState};
use crate::store::access::checklists::{Checklist, KeptTask};
use crate::web::Console;
use crate::web::devices::csv_line;
use crate::web::errors::PageError;
use crate::web::shell::{Section, Shell, html};
use crate::web::words::{Mark, count};

/// Days before today that a window holds when none is named.
const BEFORE: i64 = 90;

/// The window.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::web) struct ReportQuery {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
}

#[derive(Template)]
#[template(path = "checklist_report.html")]
struct ReportPage {
    shell: Shell,
    kind: &'static str,
    kinds: [ChecklistKind; 3],
    from: String,
    until: String,
    sentence: String,
    day_name: &'static str,
    people: Vec<PersonRow>,
    csv_href: String,
    may_export: bool,
    as_of: String,
    checkpoint: String,
}

struct PersonRow {
    name: String,
    email: String,
    day: String,
    href: Option<String>,
    mark: Mark,
    done: String,
    items: Vec<Item>,
}

struct Item {
    title: String,
    state: &'static str,
    kind: &'static str,
    due: String,
    closed: String,
    against: String,
    by: String,
}

type Lists = Vec<(Checklist, Vec<KeptTask>)>;
type People = Vec<((String, String, String), Date)>;

struct Found {
    kind: ChecklistKind,
    window: (Date, Date),
    today: Date,
    lists: Lists,
    /// Who came or went in the window and has no checklist.
    without: People,
}

async fn find(console: &Console, query: &ReportQuery) -> Result<Found, PageError> {
    let today = day_of(console.app.clock.now());
    let kind = match query.kind.as_str() {
        "" => ChecklistKind::Offboarding,
        word => ChecklistKind::named(word)
            .ok_or_else(|| PageError::BadAddress(format!("“{word}” is no kind of checklists.")))?,
    };
    let day = |text: &str, otherwise: Date| match text.trim() {
        "" => Ok(otherwise),
        text => text.parse::<Date>().map_err(|_| {
            PageError::BadAddress(format!("“{text}” is no day. Write it as 2026-08-23."))
        }),
    };
    let window = (day(&query.from, due(today, -BEFORE))?, day(&query.until, today)?);
    let (lists, people) = console
        .records(move |records| {
            let people = match kind {
                ChecklistKind::Yearly => Vec::new(),
                _ => records.people_between(kind, window)?,
            };
            Ok((records.checklists_between(kind, window)?, people))
        })
        .await?;
    let has_list = |id: &str| lists.iter().any(|(list, _)| list.person.0 == id);
    let without = people.into_iter().filter(|((id, ..), _)| !has_list(id)).collect();
    Ok(Found { kind, window, today, lists, without })
}

/// `2 days early`, `on the day`, `1 day late`.
fn against(day: Date, at: Date) -> String {
    let days = days_between(day, at);
    match (days, days.unsigned_abs()) {
        (0, _) => "on the day".to_owned(),
        (..0, 1) => "1 day before".to_owned(),
        (..0, days) => format!("{days} days before"),
        (_, 1) => "1 day after".to_owned(),
        (_, days) => format!("{days} days after"),
    }
}

fn item(task: &KeptTask, list: &Checklist, today: Date) -> Item {
    let closed = task.closed.map(day_of);
    let late = closed.unwrap_or(today) > task.due;
    let (state, kind) = match task.state {
        TaskState::Overridden => ("Overridden", "due"),
        TaskState::Closed if late => ("Done late", "due"),
        TaskState::Closed => ("Done", "pass"),
        TaskState::Open if late => ("Overdue", "fail"),
        TaskState::Open => ("Open", "waiting"),
    };
    Item {
        title: task.task.title.clone(),
        state,
        kind,
        due: day_words(task.due),
        closed: closed.map(day_words).unwrap_or_default(),
        against: closed.map(|at| against(list.day, at)).unwrap_or_default(),
        by: task.closed_by.clone(),
    }
}

fn rows(found: &Found) -> Vec<PersonRow> {
    let listed = found.lists.iter().map(|(list, tasks)| {
        let open = tasks.iter().filter(|task| task.state == TaskState::Open);
        let overdue = open.clone().filter(|task| task.due < found.today).count() as u64;
        let open = open.count();
        PersonRow {
            name: list.person.1.clone(),
            email: list.person.2.clone(),
            day: day_words(list.day),
            href: Some(format!("/checklists/{}", list.id)),
            mark: state_mark(list.state, overdue, open as u64),
            done: format!("{} of {}", tasks.len() - open, tasks.len()),
            items: tasks.iter().map(|task| item(task, list, found.today)).collect(),
        }
    });
    let without = found.without.iter().map(|((_, name, email), day)| PersonRow {
        name: name.clone(),
        email: email.clone(),
        day: day_words(*day),
        href: None,
        mark: Mark { kind: "fail", words: "No checklist".to_owned() },
        done: String::new(),
        items: Vec::new(),
    });
    listed.chain(without).collect()
}

fn sentence(found: &Found) -> String {
    let people = (found.lists.len() + found.without.len()) as u64;
    let completed = found.lists.iter().filter(|(list, _)| list.state == ChecklistState::Completed);
    let completed = completed.count() as u64;
    let (one, many) = match found.kind {
        ChecklistKind::Onboarding => ("person joined", "people joined"),
        ChecklistKind::Offboarding => ("person left", "people left"),
        ChecklistKind::Yearly => ("yearly review", "yearly reviews"),
    };
    let (from, until) = found.window;
    format!(
        "{} from {} to {}; {} completed{}.",
        count(people, one, many),
        day_words(from),
        day_words(until),
        count(completed, "checklist is", "checklists are"),
        match found.without.len() {
            0 => String::new(),
            1 => ", 1 has none".to_owned(),
            more => format!(", {more} have none"),
        }
    )
}

/// The page.
pub(in crate::web) async fn page(
    State(console): State<Console>,
    shell: Shell,
    Query(query): Query<ReportQuery>,
) -> Result<Html<String>, PageError> {
    let found = find(&console, &query).await?;
    let checkpoint = super::checkpoint(&console).await?;
    let (from, until) = (found.window.0.to_string(), found.window.1.to_string());
    let kind = found.kind.as_str();
    html(&ReportPage {
        kind,
        kinds: ChecklistKind::ALL,
        sentence: sentence(&found),
        day_name: found.kind.day_name(),
        people: rows(&found),
        csv_href: format!("/checklists/report.csv?kind={kind}&from={from}&until={until}"),
        may_export: shell.may(Permission::Export),
        as_of: crate::web::times::When::exact(console.app.clock.now()).words,
        checkpoint,
        from,
        until,
        shell: shell.titled("Joiners and leavers", Section::Checklists),
    })
}

/// One line for each item.
pub(in crate::web) async fn csv(
    State(console): State<Console>,
    Query(query): Query<ReportQuery>,
) -> Result<Response, PageError> {
    const COLUMNS: [&str; 14] = [
        "person",
        "person_name",
        "person_email",
        "kind",
        "day",
        "checklist",
        "checklist_state",
        "task",
        "title",
        "due",
        "task_state",
        "closed",
        "days_after_day",
        "days_late",
    ];
    let found = find(&console, &query).await?;
    let mut text = String::new();
    csv_line(&mut text, COLUMNS.iter().map(|name| (*name).to_owned()));
    for (list, tasks) in &found.lists {
        for task in tasks {
            let closed = task.closed.map(day_of);
            let days = |from: Date| {
                closed.map(|at| days_between(from, at).to_string()).unwrap_or_default()
            };
            let cells = [
                list.person.0.clone(),
                list.person.1.clone(),
                list.person.2.clone(),
                list.kind.as_str().to_owned(),
                list.day.to_string(),
                list.id.clone(),
                list.state.as_str().to_owned(),
                task.task.id.clone(),
                task.task.title.clone(),
                task.due.to_string(),
                task.state.as_str().to_owned(),
                task.closed.map(|at| at.to_string()).unwrap_or_default(),
                days(list.day),
                days(task.due),
            ];
            csv_line(&mut text, cells.into_iter());
        }
    }
    for ((id, name, email), day) in &found.without {
        let mut cells = vec![id.clone(), name.clone(), email.clone()];
        cells.extend([found.kind.as_str().to_owned(), day.to_string()]);
        cells.extend([String::new(), "none".to_owned()]);
        cells.resize(COLUMNS.len(), String::new());
        csv_line(&mut text, cells.into_iter());
    }
    Ok(export::csv_file(&format!("{}-report.csv", found.kind.as_str()), text))
}

#[cfg(test)]
mod tests {
    use super::against;

    #[test]
    fn an_item_is_held_against_the_first_or_last_day() {
        let day = "2026-11-28".parse().unwrap();
        for (at, said) in [
            ("2026-11-28", "on the day"),
            ("2026-11-27", "1 day before"),
            ("2026-11-01", "27 days before"),
            ("2026-11-29", "1 day after"),
            ("2026-12-28", "30 days after"),
        ] {
            assert_eq!(against(day, at.parse().unwrap()), said);
        }
    }
}
