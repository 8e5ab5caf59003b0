//! Checklists: the lists, one checklist with what is done about its tasks,
//! templates, the report about joiners and leavers, and what an employee sees.

pub(super) mod change;
pub(super) mod ending;
mod export;
pub(super) mod list;
pub(super) mod one;
pub(super) mod own;
mod query;
pub(super) mod record;
pub(super) mod report;
pub(super) mod start;
pub(super) mod templates;
mod view;

use jiff::civil::Date;

use super::errors::PageError;
use super::words::Mark;
use crate::audit::Object;
use crate::checklists::ChecklistState;
use crate::checklists::kind::days_between;
use crate::store::access::checklists::{Checklist, WholeChecklist};

const NO_CHECKLIST: PageError = PageError::NotFound("No checklist has this address.");

/// `24 Aug 2026`.
fn day_words(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

/// `today`, `in 3 days`, `2 days overdue`.
fn due_words(due: Date, today: Date) -> String {
    match days_between(today, due) {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        -1 => "1 day overdue".to_owned(),
        days @ 2.. => format!("in {days} days"),
        days => format!("{} days overdue", days.unsigned_abs()),
    }
}

/// Where a checklist is, with how much is late.
fn state_mark(state: ChecklistState, overdue: u64, open: u64) -> Mark {
    let (kind, words) = match state {
        ChecklistState::Completed => ("pass", "Completed".to_owned()),
        ChecklistState::Cancelled => ("archived", "Cancelled".to_owned()),
        ChecklistState::Open if overdue > 0 => ("fail", format!("{overdue} overdue")),
        ChecklistState::Open if open == 0 => ("due", "To be signed off".to_owned()),
        ChecklistState::Open => ("waiting", "Open".to_owned()),
    };
    Mark { kind, words }
}

/// What acts are done to.
fn object(list: &Checklist) -> Object {
    Object::new("checklist", &list.id).called(&list.person.1)
}

/// The newest checkpoint of the log, for what is printed.
async fn checkpoint(console: &super::Console) -> Result<String, PageError> {
    let log = console.app.log.clone();
    let seal = tokio::task::spawn_blocking(move || log.refresh()).await??;
    Ok(seal.checkpoint)
}

/// The checklist with this id.
async fn found(console: &super::Console, id: &str) -> Result<WholeChecklist, PageError> {
    let id = id.to_owned();
    console.records(move |records| Ok(records.checklist(&id)?)).await?.ok_or(NO_CHECKLIST)
}

#[cfg(test)]
mod tests {
    use super::due_words;

    #[test]
    fn a_due_day_is_said_as_seen_from_today() {
        let today = "2026-08-24".parse().unwrap();
        for (due, said) in [
            ("2026-08-24", "today"),
            ("2026-08-25", "tomorrow"),
            ("2026-09-24", "in 31 days"),
            ("2026-08-23", "1 day overdue"),
            ("2026-08-10", "14 days overdue"),
        ] {
            assert_eq!(due_words(due.parse().unwrap(), today), said);
        }
    }
}
