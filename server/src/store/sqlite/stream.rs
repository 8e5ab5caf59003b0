//! Telling changes, in SQLite.

use rusqlite::{Connection, params};

use super::StoreError;
use crate::store::stream::NewEvent;

/// Numbers events at the log's size, within the transaction that writes: no
/// other one can be open.
pub(super) fn publish(
    db: &Connection,
    log_size: u64,
    events: &[NewEvent],
) -> Result<(), StoreError> {
    let newest: i64 = db
        .prepare_cached("SELECT coalesce(max(number), 0) FROM stream_event WHERE log_size = ?1")?
        .query_row([log_size], |row| row.get(0))?;
    let mut insert = db.prepare_cached(
        "INSERT INTO stream_event (log_size, number, device_id, at_ms, data)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (number, event) in (newest + 1..).zip(events) {
        insert.execute(params![
            log_size,
            number,
            event.device_id,
            event.at.as_millisecond(),
            event.data
        ])?;
    }
    Ok(())
}
