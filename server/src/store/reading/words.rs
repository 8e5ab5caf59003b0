//! Words of a search, looked up before page and counts are asked.
//!
//! A word such as a name leaves few devices; then every statement finds these
//! by their key and does not look through people and serial numbers again. A
//! word that half of the fleet has stays a condition.

use std::collections::BTreeSet;

use super::conditions::contains;
use super::{Dialect, Reading, Value};
use crate::store::StoreError;
use crate::store::views::list::{Filter, SearchWord};

/// More devices than this are no few.
const FEW: usize = 3000;

/// The filter with narrow words looked up.
pub(super) fn look_up(db: &mut dyn Reading, filter: Filter) -> Result<Filter, StoreError> {
    let mut found: Option<BTreeSet<String>> = filter.found.map(|ids| ids.into_iter().collect());
    let mut wide = Vec::new();
    for word in filter.words {
        match devices(db, &word)? {
            None => wide.push(word),
            Some(ids) => {
                found = Some(match found {
                    Some(before) => before.intersection(&ids).cloned().collect(),
                    None => ids,
                });
            }
        }
    }
    Ok(Filter { words: wide, found: found.map(|ids| ids.into_iter().collect()), ..filter })
}

/// Devices that the word is found in; none when they are not few.
fn devices(
    db: &mut dyn Reading,
    word: &SearchWord,
) -> Result<Option<BTreeSet<String>>, StoreError> {
    let dialect = db.dialect();
    let pattern = Value::text(&contains(&word.text));
    let like = |column: &str| dialect.like(column, "$1");
    // Models and versions are shared by many.
    let version = format!("SELECT DISTINCT os_version FROM device WHERE {}", like("os_version"));
    if !word.models.is_empty() || !few(db, &version, &pattern)?.is_some_and(|all| all.is_empty()) {
        return Ok(None);
    }
    let named = format!("SELECT id FROM person WHERE {} OR {}", like("name"), like("email"));
    let Some(people) = few(db, &named, &pattern)? else { return Ok(None) };
    let serial = format!("SELECT id FROM device WHERE {}", like("serial"));
    let Some(mut ids) = few(db, &serial, &pattern)? else { return Ok(None) };
    if !people.is_empty() {
        ids.extend(held(db, dialect, people)?);
    }
    Ok((ids.len() <= FEW).then_some(ids))
}

/// The texts of an answer; none when they are not few.
fn few(
    db: &mut dyn Reading,
    sql: &str,
    pattern: &Value,
) -> Result<Option<BTreeSet<String>>, StoreError> {
    let sql = format!("{sql} LIMIT {}", FEW + 1);
    let all = db.all(&sql, std::slice::from_ref(pattern), |row| row.string(0))?;
    Ok((all.len() <= FEW).then(|| all.into_iter().collect()))
}

fn held(
    db: &mut dyn Reading,
    dialect: Dialect,
    people: BTreeSet<String>,
) -> Result<Vec<String>, StoreError> {
    let sql = format!("SELECT id FROM device WHERE {}", dialect.among("person_id", "$1"));
    db.all(&sql, &[Value::Texts(people.into_iter().collect())], |row| row.string(0))
}
