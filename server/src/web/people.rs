//! People: who has no compliant laptop, who left and still has one, who comes
//! next week.

pub(super) mod change;
pub(super) mod export;
pub(super) mod import;
pub(super) mod list;
pub(super) mod one;
mod query;

use jiff::Timestamp;
use jiff::civil::Date;
use shared::os_releases::Catalogue;

use super::times::date;
use super::words::Mark;
use crate::shown::names::device_name;
use crate::store::access::people::{OpenChecklist, Person, PersonRow};
use crate::store::views::DeviceRow;

/// A Mac that somebody holds.
pub(super) struct MacView {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) mark: Mark,
}

/// A checklist that is not done.
pub(super) struct OpenView {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) progress: String,
}

/// A person as lists and the person's page show one.
pub(super) struct PersonView {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) department: String,
    pub(super) macs: Vec<MacView>,
    pub(super) checklists: Vec<OpenView>,
    /// Such as `joins 1 Sep 2026`; empty when there is nothing to say.
    pub(super) days: Vec<String>,
    /// Such as `away until 3 Sep 2026`; empty for who is not away.
    pub(super) away: String,
    /// Whether the person has left, and since when.
    pub(super) left: String,
}

impl PersonView {
    fn of(row: &PersonRow, catalogue: &Catalogue, (today, now): (Date, Timestamp)) -> Self {
        let person = &row.person;
        Self {
            id: person.id.clone(),
            name: person.name.clone(),
            email: person.email.clone(),
            department: person.department.clone(),
            macs: row.macs.iter().map(|mac| MacView::of(mac, catalogue, now)).collect(),
            checklists: row.checklists.iter().map(OpenView::of).collect(),
            days: days(person, today),
            away: away_words(person.away_until, today).unwrap_or_default(),
            left: left_words(person, today).unwrap_or_default(),
        }
    }
}

impl MacView {
    fn of(row: &DeviceRow, catalogue: &Catalogue, now: Timestamp) -> Self {
        Self {
            id: row.id.clone(),
            name: device_name(row, catalogue),
            mark: Mark::of_device(row, now),
        }
    }
}

impl OpenView {
    fn of(open: &OpenChecklist) -> Self {
        Self {
            id: open.id.clone(),
            title: open.title.clone(),
            progress: format!("{} of {}", open.done, open.tasks),
        }
    }
}

/// A day as people write it.
pub(super) fn day_words(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

/// That somebody is away; nothing when the day is over.
pub(super) fn away_words(until: Option<Date>, today: Date) -> Option<String> {
    until.filter(|until| *until >= today).map(|until| format!("away until {}", day_words(until)))
}

/// That somebody has left.
fn left_words(person: &Person, today: Date) -> Option<String> {
    if !person.has_left(today) {
        return None;
    }
    Some(match (person.last_day, person.ended) {
        (Some(last), _) if last < today => format!("Left {}", day_words(last)),
        (_, Some(ended)) => format!("Ended {}", date(ended)),
        _ => "Left".to_owned(),
    })
}

fn days(person: &Person, today: Date) -> Vec<String> {
    let first = person.first_day.map(|day| {
        if day >= today {
            format!("Joins {}", day_words(day))
        } else {
            format!("Since {}", day_words(day))
        }
    });
    let last = person
        .last_day
        .filter(|day| *day >= today)
        .map(|day| format!("Last day {}", day_words(day)));
    first.into_iter().chain(last).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::away_words;

    #[test]
    fn somebody_is_away_to_the_end_of_the_day() {
        let until = Some(date(2026, 9, 3));
        let said = |today| away_words(until, today);
        assert_eq!(said(date(2026, 9, 3)).as_deref(), Some("away until 3 Sep 2026"));
        assert_eq!(said(date(2026, 9, 4)), None);
    }
}
