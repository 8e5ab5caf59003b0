//! Ending a person, and taking that back.

use super::change::{day_of, known};
use super::{Person, PersonChanged, one};
use crate::audit::Act;
use crate::auth::role::Role;
use crate::store::StoreError;
use crate::store::access::accounts::{self, administrators};
use crate::store::access::audit::note;
use crate::store::reading::Value;
use crate::store::writing::Writing;

/// Ends a person and everything that lets the person in.
pub(super) fn end(
    db: &mut dyn Writing,
    which: (&str, Option<i64>),
    act: &Act,
) -> Result<PersonChanged, StoreError> {
    const END: &str = "UPDATE person SET ended_ms = $1, changed_ms = $2, version = version + 1
        WHERE id = $3 AND version = $4";
    const INVITATIONS: &str = "UPDATE invitation SET expires_ms = $1
        WHERE person_id = $2 AND used_ms IS NULL AND expires_ms > $3";
    let person = match known(db.asked(), which)? {
        Ok(person) if person.ended.is_some() => return Ok(PersonChanged::Done(Box::new(person))),
        Ok(person) => person,
        Err(why_not) => return Ok(why_not),
    };
    if !close_account(db, &person, act)? {
        return Ok(PersonChanged::LastAdministrator);
    }
    let (now, id) = (Value::time(act.at), Value::text(&person.id));
    let values = [now.clone(), now.clone(), id.clone(), Value::Number(person.version)];
    if db.change(END, &values)? == 0 {
        return Ok(PersonChanged::Stale);
    }
    db.change(INVITATIONS, &[now.clone(), id.clone(), now])?;
    let day = person.last_day.unwrap_or_else(|| day_of(act.at));
    super::begin_offboarding(db, &person.id, day, act)?;
    done(db, &person, act)
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
    // A last day that is over would say that the person has left.
    const OPEN: &str = "UPDATE person SET ended_ms = NULL,
            last_day = CASE WHEN last_day < $1 THEN NULL ELSE last_day END,
            changed_ms = $2, version = version + 1 WHERE id = $3 AND version = $4";
    const ACCOUNT: &str = "UPDATE account SET disabled_ms = NULL, version = version + 1
        WHERE email = $1 AND role = 'employee' AND disabled_ms = $2";
    let person = match known(db.asked(), which)? {
        Ok(person) => person,
        Err(why_not) => return Ok(why_not),
    };
    let Some(ended) = person.ended else { return Ok(PersonChanged::Done(Box::new(person))) };
    let values = [
        Value::text(&day_of(act.at).to_string()),
        Value::time(act.at),
        Value::text(&person.id),
        Value::Number(person.version),
    ];
    if db.change(OPEN, &values)? == 0 {
        return Ok(PersonChanged::Stale);
    }
    let email = Value::text(&person.email.to_lowercase());
    db.change(ACCOUNT, &[email, Value::time(ended)])?;
    done(db, &person, act)
}

fn done(db: &mut dyn Writing, before: &Person, act: &Act) -> Result<PersonChanged, StoreError> {
    let after = one(db.asked(), "p.id = $1", &[Value::text(&before.id)])?;
    note(db, act)?;
    Ok(after.map_or(PersonChanged::Missing, |after| PersonChanged::Done(Box::new(after))))
}
