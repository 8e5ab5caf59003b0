//! What pages read, from SQLite.

mod counts;
mod device;
mod fleet;
mod list;
mod sql;

#[cfg(test)]
mod tests;

use rusqlite::{Connection, OptionalExtension as _, Row};
use shared::policy::{FindingStatus, Mode};

use crate::clock::from_ms;
use crate::store::StoreError;
use crate::store::views::{DeviceRow, Owner, Problem, Standing, SystemSeen};

/// How a device stands, for `device d`; the words are those of [`Standing`].
///
/// Reads narrow columns only, so that an index can answer for the whole fleet;
/// most of it is compliant, so that comes first.
const STANDING: &str = "CASE
    WHEN d.lifecycle = 'active' AND d.status = 'compliant' THEN 'compliant'
    WHEN d.lifecycle = 'archived' OR d.status = 'archived' THEN 'archived'
    WHEN d.lifecycle IN ('pending', 'suspended', 'revoked') THEN d.lifecycle
    WHEN d.id IN (SELECT id FROM device WHERE received_ms IS NULL) THEN 'never_reported'
    ELSE d.status END";

/// The same from what a row says.
fn standing(lifecycle: &str, status: &str, never_reported: bool) -> Standing {
    match (lifecycle, status) {
        ("active", "compliant") => Standing::Compliant,
        ("archived", _) | (_, "archived") => Standing::Archived,
        ("pending", _) => Standing::Pending,
        ("suspended", _) => Standing::Suspended,
        ("revoked", _) => Standing::Revoked,
        _ if never_reported => Standing::NeverReported,
        (_, status) => Standing::stored(status),
    }
}

/// The list row of the device called `id`.
fn device_row(db: &Connection, id: &str) -> Result<Option<DeviceRow>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT d.id, d.model, d.serial, d.recorded, d.key_protection, d.agent_version,
                d.enrolled_ms, d.received_ms, d.os_version, d.os_build, d.os_extra,
                d.lifecycle,
                CASE WHEN d.lifecycle = 'active' THEN d.status_since_ms ELSE coalesce(
                  (SELECT max(e.at_ms) FROM event e WHERE e.device_id = d.id), d.status_since_ms)
                END,
                d.was, d.due_ms, p.name, p.email, d.status
           FROM device d LEFT JOIN person p ON p.id = d.person_id WHERE d.id = ?1",
    )?;
    let row = query.query_row([id], read_row).optional()?;
    let Some(mut row) = row else { return Ok(None) };
    row.problems = problems(db, id)?;
    Ok(Some(row))
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<DeviceRow> {
    let version: Option<String> = row.get(8)?;
    let name: Option<String> = row.get(15)?;
    let received: Option<i64> = row.get(7)?;
    let (lifecycle, status): (String, String) = (row.get(11)?, row.get(17)?);
    Ok(DeviceRow {
        id: row.get(0)?,
        model: row.get(1)?,
        serial: row.get(2)?,
        recorded: row.get(3)?,
        key_protection: row.get(4)?,
        agent_version: row.get(5)?,
        enrolled: from_ms(row.get(6)?),
        received: received.map(from_ms),
        system: match version {
            Some(version) => Some(SystemSeen { version, build: row.get(9)?, extra: row.get(10)? }),
            None => None,
        },
        standing: standing(&lifecycle, &status, received.is_none()),
        since: from_ms(row.get(12)?),
        was: row.get::<_, Option<String>>(13)?.map(|word| Standing::stored(&word)),
        due: row.get::<_, Option<i64>>(14)?.map(from_ms),
        owner: match name {
            Some(name) => Some(Owner { name, email: row.get(16)? }),
            None => None,
        },
        problems: Vec::new(),
    })
}

fn problems(db: &Connection, id: &str) -> Result<Vec<Problem>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT rule, mode, status, from_ms, episode_ms, due_ms FROM finding
          WHERE device_id = ?1 AND until_ms IS NULL AND status IN ('fail', 'unknown')
            AND mode IN ('required', 'recommended')
          ORDER BY mode = 'recommended', status = 'unknown', due_ms, rule",
    )?;
    let rows = query.query_map([id], |row| {
        let status = finding_status(&row.get::<_, String>(2)?);
        let from: i64 = row.get(3)?;
        let episode: Option<i64> = row.get(4)?;
        let failing_since = episode.filter(|_| status == FindingStatus::Fail);
        Ok(Problem {
            rule: row.get(0)?,
            mode: mode(&row.get::<_, String>(1)?),
            status,
            since: from_ms(failing_since.unwrap_or(from)),
            due: row.get::<_, Option<i64>>(5)?.map(from_ms),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A word of a newer program is unknown, so that it looks neither passing nor
/// failing.
fn finding_status(word: &str) -> FindingStatus {
    [FindingStatus::Pass, FindingStatus::Fail, FindingStatus::NotApplicable]
        .into_iter()
        .find(|status| status.as_str() == word)
        .unwrap_or(FindingStatus::Unknown)
}

fn mode(word: &str) -> Mode {
    [Mode::Required, Mode::Recommended, Mode::Off]
        .into_iter()
        .find(|mode| mode.as_str() == word)
        .unwrap_or(Mode::Info)
}
