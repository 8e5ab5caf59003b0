//! What happened to a device, page by page, and its reports.

use super::{Dialect, Fields, Reading, Value};
use crate::store::StoreError;
use crate::store::views::past::{Past, PastAsk, PastPlace};

/// Statuses of the device, then findings of rules, then events.
const EVERYTHING: &str =
    "SELECT x.at_ms, x.name, x.number, x.kind, x.rule, x.word, x.actor, x.detail
    FROM (SELECT from_ms AS at_ms, 'a' AS name, 0 AS number, 'status' AS kind, '' AS rule,
                 status AS word, '' AS actor, '' AS detail
            FROM status_interval WHERE device_id = $1
          UNION ALL
          SELECT from_ms, 'b ' || rule, 0, 'finding', rule, status, '', began
            FROM finding WHERE device_id = $1 AND (mode = 'required' OR mode = 'recommended')
          UNION ALL
          SELECT at_ms, 'c', number, 'event', '', kind, actor, detail
            FROM event WHERE device_id = $1) x";

/// A page of a device's history, the newest first.
pub(super) fn past(db: &mut dyn Reading, id: &str, ask: &PastAsk) -> Result<Vec<Past>, StoreError> {
    let mut values = vec![Value::text(id)];
    let mut sql = EVERYTHING.to_owned();
    let name = db.dialect().by_bytes("x.name");
    if let Some(place) = &ask.behind {
        values.extend([
            Value::time(place.at),
            Value::text(&place.name),
            Value::Number(place.number),
        ]);
        sql.push_str(&behind(db.dialect()));
    }
    if let Some(from) = ask.from {
        values.push(Value::time(from));
        let word = if ask.behind.is_some() { "AND" } else { "WHERE" };
        sql = format!("{sql} {word} x.at_ms >= ${}", values.len());
    }
    values.push(Value::Number(i64::from(ask.limit) + 1));
    let place = values.len();
    let sql = format!("{sql} ORDER BY x.at_ms DESC, {name}, x.number DESC LIMIT ${place}");
    db.all(&sql, &values, read)
}

fn behind(dialect: Dialect) -> String {
    let name = dialect.by_bytes("x.name");
    format!(
        " WHERE (x.at_ms < $2 OR (x.at_ms = $2 AND ({name} > $3
            OR (x.name = $3 AND x.number < $4))))"
    )
}

fn read(row: &dyn Fields) -> Result<Past, StoreError> {
    Ok(Past {
        place: PastPlace { at: row.time(0)?, name: row.string(1)?, number: row.int(2)? },
        kind: row.string(3)?,
        rule: row.string(4)?,
        word: row.string(5)?,
        actor: row.string(6)?,
        detail: row.string(7)?,
    })
}
