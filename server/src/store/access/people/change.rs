//! Adding a person and changing what is known of one.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::ending::open;
use super::{NewPerson, Person, PersonChanged, PersonFacts, kept, one};
use crate::audit::Act;
use crate::checklists::ChecklistKind;
use crate::store::StoreError;
use crate::store::access::audit::note;
use crate::store::access::checklists::begin_for;
use crate::store::reading::{Reading, Value};
use crate::store::writing::Writing;

/// The day of a moment. Days of people are those of UTC.
pub(super) fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// The mail address as it is compared.
fn small(text: &str) -> Value {
    Value::text(&text.to_lowercase())
}

/// Whether another person than `id` has the mail address or the user name of
/// `facts`.
fn taken(
    db: &mut dyn Reading,
    id: &str,
    facts: &PersonFacts,
) -> Result<Option<PersonChanged>, StoreError> {
    const EMAIL: &str = "lower(p.email) = $1 AND p.id <> $2";
    // Who has no user name goes by the mail address.
    const NAME: &str = "(lower(p.user_name) = $1 OR p.user_name IS NULL AND lower(p.email) = $1)
        AND p.id <> $2";
    if one(db, EMAIL, &[small(&facts.email), Value::text(id)])?.is_some() {
        return Ok(Some(PersonChanged::EmailTaken));
    }
    let name = facts.user_name.as_ref().unwrap_or(&facts.email);
    let other = one(db, NAME, &[small(name), Value::text(id)])?;
    Ok(other.map(|_| PersonChanged::UserNameTaken))
}

/// Writes a new row; nothing when somebody else was faster.
pub(super) fn insert(
    db: &mut dyn Writing,
    new: &NewPerson,
    at: Timestamp,
) -> Result<bool, StoreError> {
    const ADD: &str = "INSERT INTO person (id, name, email, source, user_name, external_id,
            department, first_day, last_day, away_until, ended_ms, created_ms, changed_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING";
    let facts = &new.facts;
    let values = [
        Value::text(&new.id),
        Value::text(&facts.name),
        Value::text(&facts.email),
        Value::text(new.source),
        Value::text_or_null(facts.user_name.as_deref()),
        Value::text_or_null(facts.external_id.as_deref()),
        Value::text(&facts.department),
        kept(facts.first_day),
        kept(facts.last_day),
        kept(facts.away_until),
        Value::time_or_null(new.is_ended.then_some(at)),
        Value::time(at),
        Value::time(at),
    ];
    Ok(db.change(ADD, &values)? == 1)
}

/// Begins onboarding where it is due: with a first day that is not over, or
/// for whom a directory adds.
pub(super) fn welcome(db: &mut dyn Writing, person: &Person, act: &Act) -> Result<(), StoreError> {
    let today = day_of(act.at);
    let comes = person.first_day.is_some_and(|first| first >= today);
    if person.ended.is_none() && (comes || person.source == "scim") {
        let day = person.first_day.unwrap_or(today);
        begin_for(db, ChecklistKind::Onboarding, &person.id, day, act)?;
    }
    Ok(())
}

/// Adds a person.
pub(super) fn add(
    db: &mut dyn Writing,
    new: &NewPerson,
    act: &Act,
) -> Result<PersonChanged, StoreError> {
    if new.source == "scim"
        && let Some(before) = removed(db.asked(), &new.facts)?
    {
        return back(db, &before, new, act);
    }
    if let Some(taken) = taken(db.asked(), &new.id, &new.facts)? {
        return Ok(taken);
    }
    if !insert(db, new, act.at)? {
        return Ok(PersonChanged::EmailTaken);
    }
    let Some(person) = one(db.asked(), "p.id = $1", &[Value::text(&new.id)])? else {
        return Ok(PersonChanged::Missing);
    };
    welcome(db, &person, act)?;
    note(db, act)?;
    Ok(PersonChanged::Done(Box::new(person)))
}

/// Who has the mail address and was removed by a directory.
fn removed(db: &mut dyn Reading, facts: &PersonFacts) -> Result<Option<Person>, StoreError> {
    let found = one(db, "lower(p.email) = $1", &[small(&facts.email)])?;
    Ok(found.filter(|person| person.removed.is_some()))
}

/// A removed person comes back as the same one, with everything that is new.
fn back(
    db: &mut dyn Writing,
    before: &Person,
    new: &NewPerson,
    act: &Act,
) -> Result<PersonChanged, StoreError> {
    const SEEN: &str = "UPDATE person SET removed_ms = NULL, source = $1 WHERE id = $2";
    if let Some(taken) = taken(db.asked(), &before.id, &new.facts)? {
        return Ok(taken);
    }
    let id = Value::text(&before.id);
    let mut opened = new.is_ended || open(db, before, act)?;
    if let Some(person) = one(db.asked(), "p.id = $1", std::slice::from_ref(&id))? {
        opened = opened && write(db, &person, &new.facts, act.at)?;
    }
    if !opened {
        return Ok(PersonChanged::Stale);
    }
    db.change(SEEN, &[Value::text(new.source), id.clone()])?;
    let Some(person) = one(db.asked(), "p.id = $1", &[id])? else {
        return Ok(PersonChanged::Missing);
    };
    welcome(db, &person, act)?;
    note(db, act)?;
    Ok(PersonChanged::Done(Box::new(person)))
}

/// The person with this id and version, or why not.
pub(super) fn known(
    db: &mut dyn Reading,
    (id, version): (&str, Option<i64>),
) -> Result<Result<Person, PersonChanged>, StoreError> {
    let Some(person) = one(db, "p.id = $1", &[Value::text(id)])? else {
        return Ok(Err(PersonChanged::Missing));
    };
    if version.is_some_and(|wanted| wanted != person.version) {
        return Ok(Err(PersonChanged::Stale));
    }
    Ok(Ok(person))
}

/// Writes what changed of `before`; false when somebody else was faster.
pub(super) fn write(
    db: &mut dyn Writing,
    before: &Person,
    facts: &PersonFacts,
    at: Timestamp,
) -> Result<bool, StoreError> {
    const CHANGE: &str = "UPDATE person SET name = $1, email = $2, user_name = $3,
            external_id = $4, department = $5, first_day = $6, last_day = $7, away_until = $8,
            changed_ms = $9, version = version + 1 WHERE id = $10 AND version = $11";
    // The account of an employee goes with the person. One with more rights
    // does not: who changes people may not say who comes in by such an account.
    const MOVE: &str = "UPDATE account SET email = $1, version = version + 1
        WHERE email = $2 AND role = 'employee'
          AND NOT EXISTS (SELECT 1 FROM account o WHERE o.email = $1)";
    let values = [
        Value::text(&facts.name),
        Value::text(&facts.email),
        Value::text_or_null(facts.user_name.as_deref()),
        Value::text_or_null(facts.external_id.as_deref()),
        Value::text(&facts.department),
        kept(facts.first_day),
        kept(facts.last_day),
        kept(facts.away_until),
        Value::time(at),
        Value::text(&before.id),
        Value::Number(before.version),
    ];
    if db.change(CHANGE, &values)? == 0 {
        return Ok(false);
    }
    if facts.email.to_lowercase() != before.email.to_lowercase() {
        db.change(MOVE, &[small(&facts.email), small(&before.email)])?;
    }
    Ok(true)
}

/// Changes a person.
pub(super) fn change(
    db: &mut dyn Writing,
    which: (&str, Option<i64>),
    facts: &PersonFacts,
    act: &Act,
) -> Result<PersonChanged, StoreError> {
    let before = match known(db.asked(), which)? {
        Ok(before) => before,
        Err(why_not) => return Ok(why_not),
    };
    if before.facts() == *facts {
        return Ok(PersonChanged::Done(Box::new(before)));
    }
    if let Some(taken) = taken(db.asked(), &before.id, facts)? {
        return Ok(taken);
    }
    if !write(db, &before, facts, act.at)? {
        return Ok(PersonChanged::Stale);
    }
    let after = one(db.asked(), "p.id = $1", &[Value::text(&before.id)])?;
    note(db, act)?;
    Ok(after.map_or(PersonChanged::Missing, |after| PersonChanged::Done(Box::new(after))))
}
