//! People of the company: who joins, who leaves, who holds a Mac.

mod change;
mod directory;
mod ending;
mod import;
mod list;
mod rows;

use jiff::Timestamp;
use jiff::civil::Date;

pub use self::import::{Column, ImportedPerson, ImportedWith, PeopleImport};
pub use self::list::{PeopleAsk, PeopleCounts, PeoplePage, PersonCase};
pub use self::rows::{OpenChecklist, PersonRow};
use crate::audit::Act;
use crate::store::StoreError;
use crate::store::reading::{Fields, Reading, Value};
use crate::store::writing::Transact;

/// A person of the company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Random id.
    pub id: String,
    /// Full name.
    pub name: String,
    /// Mail address, as it was given; names one person in any case of letters.
    pub email: String,
    /// Where the person came from: `invitation`, `csv`, `api`, `scim`, `console`.
    pub source: String,
    /// SCIM's user name; the mail address where there is none.
    pub user_name: Option<String>,
    /// What a directory calls the person.
    pub external_id: Option<String>,
    /// Department, or nothing.
    pub department: String,
    /// First day at work.
    pub first_day: Option<Date>,
    /// Last day at work.
    pub last_day: Option<Date>,
    /// Last day of an absence.
    pub away_until: Option<Date>,
    /// Since when the person is deactivated.
    pub ended: Option<Timestamp>,
    /// Since when a directory does not know the person any more.
    pub removed: Option<Timestamp>,
    /// When the person became known.
    pub created: Timestamp,
    /// The newest change.
    pub changed: Timestamp,
    /// Raised by every change.
    pub version: i64,
}

impl Person {
    /// Whether the person is no longer with the company on that day.
    pub fn has_left(&self, today: Date) -> bool {
        self.ended.is_some() || self.last_day.is_some_and(|last| last < today)
    }

    /// What of the person can be changed, as it is now.
    pub fn facts(&self) -> PersonFacts {
        PersonFacts {
            name: self.name.clone(),
            email: self.email.clone(),
            user_name: self.user_name.clone(),
            external_id: self.external_id.clone(),
            department: self.department.clone(),
            first_day: self.first_day,
            last_day: self.last_day,
            away_until: self.away_until,
        }
    }
}

/// What of a person can be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonFacts {
    /// Full name.
    pub name: String,
    /// Mail address.
    pub email: String,
    /// SCIM's user name; the mail address where there is none.
    pub user_name: Option<String>,
    /// What a directory calls the person.
    pub external_id: Option<String>,
    /// Department, or nothing.
    pub department: String,
    /// First day at work.
    pub first_day: Option<Date>,
    /// Last day at work.
    pub last_day: Option<Date>,
    /// Last day of an absence.
    pub away_until: Option<Date>,
}

/// A person to be added.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Random id.
    pub id: String,
    /// Where the person came from: `csv`, `api`, `scim`, `console`.
    pub source: &'static str,
    /// Whether the person has ended already, as directories may say.
    pub is_ended: bool,
    /// Everything else.
    pub facts: PersonFacts,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonChanged {
    /// It is so now.
    Done(Box<Person>),
    /// There is no such person.
    Missing,
    /// Somebody else changed the person meanwhile.
    Stale,
    /// Another person has this mail address.
    EmailTaken,
    /// Another person has this user name.
    UserNameTaken,
    /// Nobody would be left who can change accounts.
    LastAdministrator,
}

/// By what a directory looks somebody up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// SCIM's user name, which is the mail address where there is no other.
    UserName(String),
    /// What the directory calls the person.
    ExternalId(String),
    /// Mail address.
    Email(String),
    /// Our id.
    Id(String),
}

/// Keeps people.
pub trait People: Send + Sync {
    /// The person with this id.
    fn person(&self, id: &str) -> Result<Option<Person>, StoreError>;
    /// The person with this mail address, in small letters.
    fn person_by_email(&self, email: &str) -> Result<Option<Person>, StoreError>;
    /// One page of people with their Macs and open checklists.
    fn people(&self, ask: &PeopleAsk) -> Result<PeoplePage, StoreError>;
    /// How many people each value of a filter would leave.
    fn count_people(&self, ask: &PeopleAsk) -> Result<PeopleCounts, StoreError>;
    /// The person with Macs and open checklists.
    fn person_row(&self, id: &str) -> Result<Option<PersonRow>, StoreError>;
    /// People as a directory lists them, in the order in which they came:
    /// those from `start` (counted from 0) on, and how many there are.
    fn look_up(
        &self,
        what: Option<&Lookup>,
        part: (u64, u64),
    ) -> Result<(Vec<Person>, u64), StoreError>;
    /// Adds a person. Onboarding begins when the first day is on the day of
    /// the act or later, or when a directory adds the person. One whom a
    /// directory has removed comes back to it as the same person.
    fn add_person(&self, new: &NewPerson, act: &Act) -> Result<PersonChanged, StoreError>;
    /// Changes the person that has this version; any version when none is named.
    fn change_person(
        &self,
        id: &str,
        version: Option<i64>,
        facts: &PersonFacts,
        act: &Act,
    ) -> Result<PersonChanged, StoreError>;
    /// Ends a person: account, sessions, tokens and invitations end with it,
    /// and offboarding begins. What the person holds stays held. One who has
    /// ended before stays as they are.
    fn end_person(
        &self,
        id: &str,
        version: Option<i64>,
        act: &Act,
    ) -> Result<PersonChanged, StoreError>;
    /// Ends a person, whom a directory does not see any more. When it adds
    /// the same person again, that opens this one again.
    fn remove_person(&self, id: &str, act: &Act) -> Result<PersonChanged, StoreError>;
    /// Takes an end back. An employee's account that ended with the person
    /// opens again; an account with more rights stays closed, and tokens stay
    /// revoked.
    fn reopen_person(
        &self,
        id: &str,
        version: Option<i64>,
        act: &Act,
    ) -> Result<PersonChanged, StoreError>;
    /// Adds and changes many in one transaction; the same again does nothing.
    fn import_people(
        &self,
        people: &[ImportedPerson],
        with: &ImportedWith<'_>,
    ) -> Result<PeopleImport, StoreError>;
}

/// Columns of a person `p`.
const COLUMNS: &str = "p.id, p.name, p.email, p.source, p.user_name, p.external_id, p.department,
    p.first_day, p.last_day, p.away_until, p.ended_ms, p.removed_ms, p.created_ms, p.changed_ms,
    p.version";

/// The person in the columns from `at` on.
fn person(row: &dyn Fields, at: usize) -> Result<Person, StoreError> {
    let created = row.time(at + 12)?;
    Ok(Person {
        id: row.string(at)?,
        name: row.string(at + 1)?,
        email: row.string(at + 2)?,
        source: row.string(at + 3)?,
        user_name: row.string_or_null(at + 4)?,
        external_id: row.string_or_null(at + 5)?,
        department: row.string(at + 6)?,
        first_day: day(row, at + 7)?,
        last_day: day(row, at + 8)?,
        away_until: day(row, at + 9)?,
        ended: row.time_or_null(at + 10)?,
        removed: row.time_or_null(at + 11)?,
        created,
        changed: row.time(at + 13)?.max(created),
        version: row.int(at + 14)?,
    })
}

/// A day of the calendar, or none.
fn day(row: &dyn Fields, at: usize) -> Result<Option<Date>, StoreError> {
    let Some(text) = row.text(at)? else { return Ok(None) };
    let day = text
        .parse()
        .map_err(|_| StoreError::Corrupt { what: "a day", why: format!("`{text}` is none") })?;
    Ok(Some(day))
}

/// A day as it is kept.
fn kept(day: Option<Date>) -> Value {
    Value::text_or_null(day.map(|day| day.to_string()).as_deref())
}

/// The person for whom `condition` holds.
fn one(
    db: &mut dyn Reading,
    condition: &str,
    values: &[Value],
) -> Result<Option<Person>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM person p WHERE {condition}");
    db.first(&sql, values, |row| person(row, 0))
}

impl<T: Transact> People for T {
    fn person(&self, id: &str) -> Result<Option<Person>, StoreError> {
        self.lend(|db| one(db, "p.id = $1", &[Value::text(id)]))
    }

    fn person_by_email(&self, email: &str) -> Result<Option<Person>, StoreError> {
        self.lend(|db| one(db, "lower(p.email) = $1", &[Value::text(email)]))
    }

    fn people(&self, ask: &PeopleAsk) -> Result<PeoplePage, StoreError> {
        self.lend(|db| list::page(db, ask))
    }

    fn count_people(&self, ask: &PeopleAsk) -> Result<PeopleCounts, StoreError> {
        self.lend(|db| list::counts(db, ask))
    }

    fn person_row(&self, id: &str) -> Result<Option<PersonRow>, StoreError> {
        self.lend(|db| {
            let Some(found) = one(db, "p.id = $1", &[Value::text(id)])? else { return Ok(None) };
            Ok(rows::rows(db, vec![found])?.pop())
        })
    }

    fn look_up(
        &self,
        what: Option<&Lookup>,
        part: (u64, u64),
    ) -> Result<(Vec<Person>, u64), StoreError> {
        self.lend(|db| directory::look_up(db, what, part))
    }

    fn add_person(&self, new: &NewPerson, act: &Act) -> Result<PersonChanged, StoreError> {
        self.transact(|db| change::add(db, new, act))
    }

    fn change_person(
        &self,
        id: &str,
        version: Option<i64>,
        facts: &PersonFacts,
        act: &Act,
    ) -> Result<PersonChanged, StoreError> {
        self.transact(|db| change::change(db, (id, version), facts, act))
    }

    fn end_person(
        &self,
        id: &str,
        version: Option<i64>,
        act: &Act,
    ) -> Result<PersonChanged, StoreError> {
        self.transact(|db| ending::end(db, (id, version), act))
    }

    fn remove_person(&self, id: &str, act: &Act) -> Result<PersonChanged, StoreError> {
        self.transact(|db| ending::remove(db, id, act))
    }

    fn reopen_person(
        &self,
        id: &str,
        version: Option<i64>,
        act: &Act,
    ) -> Result<PersonChanged, StoreError> {
        self.transact(|db| ending::reopen(db, (id, version), act))
    }

    fn import_people(
        &self,
        people: &[ImportedPerson],
        with: &ImportedWith<'_>,
    ) -> Result<PeopleImport, StoreError> {
        self.transact(|db| import::import(db, people, with))
    }
}
