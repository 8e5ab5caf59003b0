//! Telling changes, in PostgreSQL.

use super::{Session, StoreError};
use crate::store::stream::NewEvent;

/// Numbers events at the log's size, within the transaction that has locked
/// the log's head: whoever numbered before has committed, and is seen.
pub(super) fn publish(
    db: &mut Session,
    log_size: u64,
    events: &[NewEvent],
) -> Result<(), StoreError> {
    const NEWEST: &str = "SELECT coalesce(max(number), 0) FROM stream_event WHERE log_size = $1";
    const INSERT: &str = "
        INSERT INTO stream_event (log_size, number, device_id, at_ms, data)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[])";
    let size = i64::try_from(log_size).unwrap_or(i64::MAX);
    let newest: i64 = match db.row(NEWEST, &[&size])? {
        Some(row) => row.try_get(0)?,
        None => 0,
    };
    let sizes = vec![size; events.len()];
    let numbers: Vec<i64> = (newest + 1..).take(events.len()).collect();
    let devices: Vec<&str> = events.iter().map(|event| event.device_id.as_str()).collect();
    let times: Vec<i64> = events.iter().map(|event| event.at.as_millisecond()).collect();
    let data: Vec<&str> = events.iter().map(|event| event.data.as_str()).collect();
    db.execute(INSERT, &[&sizes, &numbers, &devices, &times, &data])?;
    Ok(())
}
