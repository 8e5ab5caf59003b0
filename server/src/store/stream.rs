//! The stream of events: written with the changes that it tells, read by
//! whoever pulls it or is sent it.
//!
//! Changes are numbered under the lock of the log's head, which is held until
//! the transaction ends, and so are the entries of the audit log, because they
//! are entries of the log. So whoever sees an event sees all before it, also
//! when several collectors write to one database, and a cursor skips nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::StoreError;
use super::batch::Writes;
use super::reading::{Fields, Lend, Reading, Value};
use crate::siem::change::{Told, told};
use crate::siem::cursor::Cursor;
use crate::siem::event::{ActTold, DeviceTold, Event, What};

/// A change to be told.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// Which device.
    pub device_id: String,
    /// When it became true.
    pub at: Timestamp,
    /// What, as JSON.
    pub data: String,
}

/// What the changes of a batch tell; nothing for most.
pub(super) fn events_of(writes: &Writes<'_>) -> Vec<NewEvent> {
    let changed = writes.devices.iter().filter(|device| !device.changes.is_empty());
    changed
        .flat_map(|device| {
            told(device.changes).into_iter().map(|(at, told)| NewEvent {
                device_id: device.state.id.clone(),
                at,
                // Words and times: there is nothing that could fail.
                data: serde_json::to_string(&told).unwrap_or_default(),
            })
        })
        .collect()
}

/// Which events are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds {
    /// Changes of findings and devices.
    pub findings: bool,
    /// Entries of the audit log.
    pub audit: bool,
}

/// Reads the stream.
pub trait Streams: Send + Sync {
    /// Up to `limit` events after one place and not after another, in order.
    fn events(
        &self,
        between: (Cursor, Cursor),
        kinds: Kinds,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError>;

    /// The place of the newest event, or a later one that no event has.
    fn stream_end(&self) -> Result<Cursor, StoreError>;
}

impl<L: Lend> Streams for L {
    fn events(
        &self,
        (after, until): (Cursor, Cursor),
        kinds: Kinds,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let mut events = self.lend_at_one_moment(|db| {
            let mut events = Vec::new();
            if kinds.findings {
                events.extend(changes(db, (after, until), limit)?);
            }
            if kinds.audit {
                events.extend(acts(db, (after, until), limit)?);
            }
            Ok(events)
        })?;
        events.sort_by_key(|event| event.cursor);
        events.truncate(limit as usize);
        Ok(events)
    }

    fn stream_end(&self) -> Result<Cursor, StoreError> {
        const NEWEST: &str =
            "SELECT coalesce(max(number), 0) FROM stream_event WHERE log_size = $1";
        self.lend_at_one_moment(|db| {
            let log_size = super::reading::log_head(db)?.size();
            let number = db.only(NEWEST, &[place(log_size)], |row| row.count(0))?;
            Ok(Cursor { log_size, number })
        })
    }
}

/// A number of the log, as a value.
pub(super) fn place(number: u64) -> Value {
    Value::Number(i64::try_from(number).unwrap_or(i64::MAX))
}

fn changes(
    db: &mut dyn Reading,
    (after, until): (Cursor, Cursor),
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    const EVENTS: &str = "
        SELECT log_size, number, at_ms, data, device_id FROM stream_event
        WHERE log_size >= $1 AND (log_size > $1 OR number > $2)
          AND log_size <= $3 AND (log_size < $3 OR number <= $4)
        ORDER BY log_size, number LIMIT $5";
    let values = [
        place(after.log_size),
        place(after.number),
        place(until.log_size),
        place(until.number),
        Value::Number(limit.into()),
    ];
    let rows = db.all(EVENTS, &values, |row| {
        let cursor = Cursor { log_size: row.count(0)?, number: row.count(1)? };
        Ok((cursor, row.time(2)?, row.string(3)?, row.string(4)?))
    })?;
    let devices = devices(db, rows.iter().map(|(.., device)| device.as_str()))?;
    rows.into_iter()
        .map(|(cursor, at, data, device)| {
            let told: Told = serde_json::from_str(&data).map_err(|error| StoreError::Corrupt {
                what: "an event of the stream",
                why: error.to_string(),
            })?;
            let unknown = || DeviceTold { id: device.clone(), ..DeviceTold::default() };
            let device = devices.get(&device).cloned().unwrap_or_else(unknown);
            Ok(Event { cursor, at, what: What::Change(Box::new(device), told) })
        })
        .collect()
}

fn devices<'a>(
    db: &mut dyn Reading,
    ids: impl Iterator<Item = &'a str>,
) -> Result<BTreeMap<String, DeviceTold>, StoreError> {
    let ids: std::collections::BTreeSet<&str> = ids.collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let among = db.dialect().among("id", "$1");
    let sql = format!(
        "SELECT id, person_id, platform, model, serial, os_version, os_build
         FROM device WHERE {among}"
    );
    let found = db.all(&sql, &[Value::texts(ids)], |row| {
        let id = row.string(0)?;
        let device = DeviceTold {
            id: id.clone(),
            person: row.string_or_null(1)?,
            platform: row.string(2)?,
            model: row.string_or_null(3)?,
            serial: row.string_or_null(4)?,
            os_version: row.string_or_null(5)?,
            os_build: row.string_or_null(6)?,
        };
        Ok((id, device))
    })?;
    Ok(found.into_iter().collect())
}

/// An entry at position 7 made the log 8 large, and comes before the changes
/// that were numbered at that size.
fn acts(
    db: &mut dyn Reading,
    (after, until): (Cursor, Cursor),
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    const ACTS: &str = "
        SELECT position, at_ms, actor_kind, actor, actor_name, action, object_kind, object,
               object_name, detail, request, address
        FROM audit WHERE position >= $1 AND position < $2 ORDER BY position LIMIT $3";
    let values = [place(after.log_size), place(until.log_size), Value::Number(limit.into())];
    db.all(ACTS, &values, act)
}

fn act(row: &dyn Fields) -> Result<Event, StoreError> {
    let told = ActTold {
        actor_kind: row.string(2)?,
        actor: row.string(3)?,
        actor_name: row.string(4)?,
        action: row.string(5)?,
        object_kind: row.string(6)?,
        object: row.string(7)?,
        object_name: row.string(8)?,
        detail: row.string(9)?,
        request: row.string(10)?,
        address: row.string(11)?,
    };
    let cursor = Cursor { log_size: row.count(0)? + 1, number: 0 };
    Ok(Event { cursor, at: row.time(1)?, what: What::Act(Box::new(told)) })
}
