//! Words of a search and silence, looked up before page and counts are asked.
//!
//! A word such as a name names few devices, and one such as the company's
//! domain leaves few out; then every statement knows these by their key, and
//! does not look through people and serial numbers again. What names neither
//! few nor nearly all stays a condition.

use std::collections::BTreeSet;

use super::conditions::{Sql, contains, is_version, search};
use super::{Reading, Value};
use crate::store::StoreError;
use crate::store::views::list::{Filter, SearchWord};

/// More devices than this are no few.
const FEW: usize = 3000;

type Ids = BTreeSet<String>;

/// The filter with words and silence looked up.
pub(super) fn look_up(db: &mut dyn Reading, filter: Filter) -> Result<Filter, StoreError> {
    let mut filter = filter;
    if let (Some(at), None) = (filter.silent_since, &filter.found) {
        let sql = "SELECT id FROM device WHERE coalesce(received_ms, enrolled_ms) <= $1";
        if let Some(ids) = few(db, sql, &Value::time(at))? {
            filter.found = Some(ids.into_iter().collect());
            filter.silent_since = None;
        }
    }
    for word in std::mem::take(&mut filter.words) {
        filter = match &filter.found {
            Some(found) => Filter { found: Some(within(db, found, &word)?), ..filter },
            None => first(db, filter, word)?,
        };
    }
    Ok(filter)
}

/// Those of `found` that the word is found in.
fn within(
    db: &mut dyn Reading,
    found: &[String],
    word: &SearchWord,
) -> Result<Vec<String>, StoreError> {
    let mut sql = Sql::new(db.dialect());
    sql.push("SELECT d.id FROM device d WHERE ");
    sql.push_among("d.id", found.iter().map(String::as_str));
    sql.push(" AND ");
    search(&mut sql, word);
    let mut ids = db.all(&sql.text, &sql.values, |row| row.string(0))?;
    ids.sort();
    Ok(ids)
}

/// Looks a word up among all devices.
fn first(db: &mut dyn Reading, filter: Filter, word: SearchWord) -> Result<Filter, StoreError> {
    let dialect = db.dialect();
    let pattern = Value::text(&contains(&word.text));
    let like = |column: &str| dialect.like(column, "$1");
    let (name, email) = (like("name"), like("email"));
    let people = format!("SELECT id FROM person WHERE {name} OR {email}");
    let serials = format!("SELECT id FROM device WHERE {}", like("serial"));
    let by_kind = is_version(&word) || !word.models.is_empty();
    if let Some(people) = few(db, &people, &pattern)? {
        // Models and versions are shared by many.
        if !by_kind && let Some(mut ids) = few(db, &serials, &pattern)? {
            ids.extend(held(db, people)?);
            if ids.len() <= FEW {
                return Ok(Filter { found: Some(ids.into_iter().collect()), ..filter });
            }
        }
    } else if let Some(except) = all_but(db, (&name, &email), &word)? {
        let except = except.into_iter().chain(filter.except).collect::<Ids>();
        return Ok(Filter { except: except.into_iter().collect(), ..filter });
    }
    Ok(Filter { words: filter.words.into_iter().chain([word]).collect(), ..filter })
}

/// The few devices that a word of nearly all people is not found in.
fn all_but(
    db: &mut dyn Reading,
    (name, email): (&str, &str),
    word: &SearchWord,
) -> Result<Option<Ids>, StoreError> {
    let pattern = Value::text(&contains(&word.text));
    let others = format!("SELECT id FROM person WHERE NOT ({name} OR {email})");
    let Some(others) = few(db, &others, &pattern)? else { return Ok(None) };
    let unowned = format!("SELECT id FROM device WHERE person_id IS NULL LIMIT {}", FEW + 1);
    let mut ids: Ids = db.all(&unowned, &[], |row| row.string(0))?.into_iter().collect();
    ids.extend(held(db, others)?);
    if ids.len() > FEW {
        return Ok(None);
    }
    let all: Vec<String> = ids.iter().cloned().collect();
    for id in within(db, &all, word)? {
        ids.remove(&id);
    }
    Ok(Some(ids))
}

/// The texts of an answer; none when they are not few.
fn few(db: &mut dyn Reading, sql: &str, value: &Value) -> Result<Option<Ids>, StoreError> {
    let sql = format!("{sql} LIMIT {}", FEW + 1);
    let all = db.all(&sql, std::slice::from_ref(value), |row| row.string(0))?;
    Ok((all.len() <= FEW).then(|| all.into_iter().collect()))
}

/// What these people hold.
fn held(db: &mut dyn Reading, people: Ids) -> Result<Vec<String>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT id FROM device WHERE {}", db.dialect().among("person_id", "$1"));
    db.all(&sql, &[Value::Texts(people.into_iter().collect())], |row| row.string(0))
}
