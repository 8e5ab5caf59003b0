//! Ending a person, and taking that back.

use super::change::{day_of, known};
use super::{Person, PersonChanged, one};
use crate::audit::Act;
use crate::auth::role::Role;
use crate::checklists::ChecklistKind;
use crate::store::StoreError;
use crate::store::access::accounts::{self, administrators};
use crate::store::access::audit::note;
use crate::store::access::checklists::begin_for;
use crate::store::reading::Value;
use crate::store::writing::Writing;

/// Ends a person and everything that lets the person in.
pub(super) fn end(
    db: &mut dyn Writing,
    which: (&str, Option<i64>),
    act: &Act,
) -> Result<PersonChanged, StoreError> {
    let person = match known(db.asked(), which)? {
        Ok(person) if person.ended.is_some() => return Ok(PersonChanged::Done(Box::new(person))),
        Ok(person) => person,
        Err(why_not) => return Ok(why_not),
    };
    match close(db, &person, act)? {
        Some(why_not) => Ok(why_not),
        None => done(db, &person, act),
    }
}

/// Ends a person whom the directory does not see any more.
pub(super) fn remove(
    db: &mut dyn Writing,
    id: &str,
    act: &Act,
) -> Result<PersonChanged, StoreError> {
    const REMOVE: &str = "UPDATE person SET removed_ms = $1 WHERE id = $2";
    let person = match known(db.asked(), (id, None))? {
        Ok(person) if person.removed.is_some() => return Ok(PersonChanged::Missing),
        Ok(person) => person,
        Err(why_not) => return Ok(why_not),
    };
    if person.ended.is_none()
        && let Some(why_not) = close(db, &person, act)?
    {
        return Ok(why_not);
    }
    db.change(REMOVE, &[Value::time(act.at), Value::text(id)])?;
    done(db, &person, act)
}

/// Closes everything of a person; the reason when that cannot be.
fn close(
    db: &mut dyn Writing,
    person: &Person,
    act: &Act,
) -> Result<Option<PersonChanged>, StoreError> {
    const END: &str = "UPDATE person SET ended_ms = $1, changed_ms = $2, version = version + 1
        WHERE id = $3 AND version = $4";
    const INVITATIONS: &str = "UPDATE invitation SET expires_ms = $1
        WHERE person_id = $2 AND used_ms IS NULL AND expires_ms > $3";
    if !close_account(db, person, act)? {
        return Ok(Some(PersonChanged::LastAdministrator));
    }
    let (now, id) = (Value::time(act.at), Value::text(&person.id));
    let values = [now.clone(), now.clone(), id.clone(), Value::Number(person.version)];
    if db.change(END, &values)? == 0 {
        return Ok(Some(PersonChanged::Stale));
    }
    db.change(INVITATIONS, &[now.clone(), id.clone(), now])?;
    let day = person.last_day.unwrap_or_else(|| day_of(act.at));
    begin_for(db, ChecklistKind::Offboarding, &person.id, day, act)?;
    Ok(None)
}

/// Closes the account that belongs to the person by mail address; false when
/// nobody would be left who can change accounts.
fn close_account(db: &mut dyn Writing, person: &Person, act: &Act) -> Result<bool, StoreError> {
    const ALONE: &str = "UPDATE account SET seen_ms = seen_ms WHERE role = 'administrator'";
    const DISABLE: &str = "UPDATE account SET disabled_ms = $1, version = version + 1
        WHERE id = $2 AND disabled_ms IS NULL";
    const SESSIONS: &str = "DELETE FROM console_session WHERE account_id = $1";
    const TOKENS: &str = "UPDATE api_token SET revoked_ms = $1
        WHERE account_id = $2 AND revoked_ms IS NULL";
    const LINKS: &str = "UPDATE sign_in_link SET expires_ms = $1
        WHERE account_id = $2 AND used_ms IS NULL AND expires_ms > $3";
    // Of two who would each leave the other as the last one, one waits here.
    db.change(ALONE, &[])?;
    let email = Value::text(&person.email.to_lowercase());
    let Some(account) = accounts::one(db.asked(), "a.email = $1", &[email])? else {
        return Ok(true);
    };
    let counts = account.role == Role::Administrator && account.is_open(act.at);
    if counts && administrators(db.asked(), act.at, &account.id)? == 0 {
        return Ok(false);
    }
    let (now, id) = (Value::time(act.at), Value::text(&account.id));
    db.change(DISABLE, &[now.clone(), id.clone()])?;
    db.change(SESSIONS, std::slice::from_ref(&id))?;
    db.change(TOKENS, &[now.clone(), id.clone()])?;
    db.change(LINKS, &[now.clone(), id, now])?;
    Ok(true)
}

/// Takes an end back.
pub(super) fn reopen(
    db: &mut dyn Writing,
    which: (&str, Option<i64>),
    act: &Act,
) -> Result<PersonChanged, StoreError> {
    let person = match known(db.asked(), which)? {
        Ok(person) if person.ended.is_none() => return Ok(PersonChanged::Done(Box::new(person))),
        Ok(person) => person,
        Err(why_not) => return Ok(why_not),
    };
    if !open(db, &person, act)? {
        return Ok(PersonChanged::Stale);
    }
    done(db, &person, act)
}

/// Opens a person who has ended; false when somebody else was faster.
pub(super) fn open(db: &mut dyn Writing, person: &Person, act: &Act) -> Result<bool, StoreError> {
    // A last day that is over would say that the person has left.
    const OPEN: &str = "UPDATE person SET ended_ms = NULL, removed_ms = NULL,
            last_day = CASE WHEN last_day < $1 THEN NULL ELSE last_day END,
            changed_ms = $2, version = version + 1 WHERE id = $3 AND version = $4";
    const ACCOUNT: &str = "UPDATE account SET disabled_ms = NULL, version = version + 1
        WHERE email = $1 AND role = 'employee' AND disabled_ms = $2";
    let values = [
        Value::text(&day_of(act.at).to_string()),
        Value::time(act.at),
        Value::text(&person.id),
        Value::Number(person.version),
    ];
    if db.change(OPEN, &values)? == 0 {
        return Ok(false);
    }
    let email = Value::text(&person.email.to_lowercase());
    db.change(ACCOUNT, &[email, Value::time_or_null(person.ended)])?;
    Ok(true)
}

fn done(db: &mut dyn Writing, before: &Person, act: &Act) -> Result<PersonChanged, StoreError> {
    let after = one(db.asked(), "p.id = $1", &[Value::text(&before.id)])?;
    note(db, act)?;
    Ok(after.map_or(PersonChanged::Missing, |after| PersonChanged::Done(Box::new(after))))
}
