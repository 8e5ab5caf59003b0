//! People of the company: who joins, who leaves, who holds a Mac.

use jiff::Timestamp;
use jiff::civil::Date;

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
    /// SCIM's user name, where it is not the mail address.
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
    /// When the person became known.
    pub created: Timestamp,
    /// Raised by every change.
    pub version: i64,
}

/// Keeps people.
pub trait People: Send + Sync {
    /// The person with this id.
    fn person(&self, id: &str) -> Result<Option<Person>, StoreError>;
    /// The person with this mail address, in small letters.
    fn person_by_email(&self, email: &str) -> Result<Option<Person>, StoreError>;
}

/// Columns of a person `p`.
const COLUMNS: &str = "p.id, p.name, p.email, p.source, p.user_name, p.external_id, p.department,
    p.first_day, p.last_day, p.away_until, p.ended_ms, p.created_ms, p.version";

/// The person in the columns from `at` on.
fn person(row: &dyn Fields, at: usize) -> Result<Person, StoreError> {
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
        created: row.time(at + 11)?,
        version: row.int(at + 12)?,
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
}
