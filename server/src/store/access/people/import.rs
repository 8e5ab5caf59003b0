//! Adding and changing many people at once.

use jiff::civil::Date;

use super::change::{insert, welcome, write};
use super::{NewPerson, Person, PersonFacts, one};
use crate::audit::Act;
use crate::store::StoreError;
use crate::store::access::audit::note;
use crate::store::reading::Value;
use crate::store::writing::Writing;

/// What a file says in one column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column<T> {
    /// The file has no such column: what is known stays.
    #[default]
    Absent,
    /// This, which may be nothing.
    Says(T),
}

impl<T> Column<T> {
    /// What is said, or else what was known.
    fn or(self, known: T) -> T {
        match self {
            Self::Absent => known,
            Self::Says(said) => said,
        }
    }
}

/// A person as a file names one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedPerson {
    /// Full name.
    pub name: String,
    /// Mail address; names the person.
    pub email: String,
    /// Department.
    pub department: Column<String>,
    /// First day at work.
    pub first_day: Column<Option<Date>>,
    /// Last day at work.
    pub last_day: Column<Option<Date>>,
    /// Last day of an absence.
    pub away_until: Column<Option<Date>>,
}

impl ImportedPerson {
    /// What the person becomes, known as `before` or not at all.
    pub fn facts(&self, before: Option<&Person>) -> PersonFacts {
        let known = before.map(Person::facts).unwrap_or_default();
        PersonFacts {
            name: self.name.clone(),
            // Another case of letters is no other address.
            email: if known.email.to_lowercase() == self.email.to_lowercase() {
                known.email
            } else {
                self.email.clone()
            },
            department: self.department.clone().or(known.department),
            first_day: self.first_day.or(known.first_day),
            last_day: self.last_day.or(known.last_day),
            away_until: self.away_until.or(known.away_until),
            user_name: known.user_name,
            external_id: known.external_id,
        }
    }
}

/// Where an import comes from, and how its acts are made.
pub struct ImportedWith<'a> {
    /// `csv`, `api`, ...
    pub source: &'static str,
    /// The act for a person of this id and name: added, or else changed.
    pub act: &'a (dyn Fn(&str, &str, bool) -> Act + Sync),
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeopleImport {
    /// People who were not known.
    pub added: u64,
    /// People of whom something else is known now.
    pub changed: u64,
    /// People of whom the file says what is known.
    pub same: u64,
}

/// Imports people; acts are noted when everything is written.
pub(super) fn import(
    db: &mut dyn Writing,
    people: &[ImportedPerson],
    with: &ImportedWith<'_>,
) -> Result<PeopleImport, StoreError> {
    let mut done = PeopleImport::default();
    let (mut acts, mut joined) = (Vec::new(), Vec::new());
    for imported in people {
        let email = Value::text(&imported.email.to_lowercase());
        let before = one(db.asked(), "lower(p.email) = $1", &[email])?;
        let facts = imported.facts(before.as_ref());
        let Some(before) = before else {
            let new = NewPerson {
                id: uuid::Uuid::new_v4().to_string(),
                source: with.source,
                is_ended: false,
                facts: facts.clone(),
            };
            let act = (with.act)(&new.id, &facts.name, true);
            insert(db, &new, act.at)?;
            if let Some(person) = one(db.asked(), "p.id = $1", &[Value::text(&new.id)])? {
                joined.push((person, act.clone()));
            }
            acts.push(act);
            done.added += 1;
            continue;
        };
        if before.facts() == facts {
            done.same += 1;
            continue;
        }
        let act = (with.act)(&before.id, &facts.name, false);
        write(db, &before, &facts, act.at)?;
        acts.push(act);
        done.changed += 1;
    }
    for (person, act) in &joined {
        welcome(db, person, act)?;
    }
    for act in &acts {
        note(db, act)?;
    }
    Ok(done)
}
