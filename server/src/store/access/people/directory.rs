//! What a directory asks: whom it means, and everybody in a steady order.

use super::{COLUMNS, Lookup, Person, person};
use crate::store::StoreError;
use crate::store::reading::{Reading, Value};

/// People from `start` on, at most `most`, and how many there are.
pub(super) fn look_up(
    db: &mut dyn Reading,
    what: Option<&Lookup>,
    (start, most): (u64, u64),
) -> Result<(Vec<Person>, u64), StoreError> {
    let small = |text: &String| vec![Value::text(&text.to_lowercase())];
    let (condition, mut values) = match what {
        None => ("true", Vec::new()),
        Some(Lookup::UserName(name)) => (
            "(lower(p.user_name) = $1 OR p.user_name IS NULL AND lower(p.email) = $1)",
            small(name),
        ),
        Some(Lookup::ExternalId(id)) => ("p.external_id = $1", vec![Value::text(id)]),
        Some(Lookup::Email(email)) => ("lower(p.email) = $1", small(email)),
        Some(Lookup::Id(id)) => ("p.id = $1", vec![Value::text(id)]),
    };
    // Whom a directory has removed it does not see.
    let condition = format!("p.removed_ms IS NULL AND {condition}");
    let count = format!("SELECT count(*) FROM person p WHERE {condition}");
    let total = db.only(&count, &values, |row| row.count(0))?;
    let number = |number: u64| Value::Number(i64::try_from(number).unwrap_or(i64::MAX));
    values.extend([number(most), number(start)]);
    let sql = format!(
        "SELECT {COLUMNS} FROM person p WHERE {condition}
         ORDER BY p.created_ms, {} LIMIT ${} OFFSET ${}",
        db.dialect().by_bytes("p.id"),
        values.len() - 1,
        values.len()
    );
    Ok((db.all(&sql, &values, |row| person(row, 0))?, total))
}
