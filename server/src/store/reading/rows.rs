//! Rows of devices as lists show them.

use std::collections::HashMap;

use shared::policy::{FindingStatus, Mode};

use super::{Dialect, Fields, Reading, Value};
use crate::agent_releases::shelf::Build;
use crate::store::StoreError;
use crate::store::views::{DeviceRow, Owner, Problem, Standing, SystemSeen};

/// How a device stands, for `device d`; the words are those of [`Standing`].
///
/// Reads narrow columns only, so that an index can answer for the whole fleet;
/// most of it is compliant, so that comes first.
pub(super) fn standing_of(dialect: Dialect) -> String {
    let never_reported = dialect.never_reported();
    format!(
        "CASE WHEN d.lifecycle = 'active' AND d.status = 'compliant' THEN 'compliant'
            WHEN d.lifecycle = 'archived' OR d.status = 'archived' THEN 'archived'
            WHEN d.lifecycle IN ('pending', 'suspended', 'revoked') THEN d.lifecycle
            WHEN {never_reported} THEN 'never_reported'
            WHEN {WAIVED} THEN 'waived'
            ELSE d.status END"
    )
}

/// Exceptions hold for every required rule that `device d` fails.
pub(super) const WAIVED: &str = "d.status IN ('non_compliant', 'at_risk') AND d.id IN (
    SELECT w.device_id FROM waiver w WHERE w.ended_ms IS NULL AND NOT EXISTS (
      SELECT 1 FROM finding f WHERE f.device_id = w.device_id AND f.until_ms IS NULL
         AND f.status = 'fail' AND f.mode = 'required' AND NOT EXISTS (
        SELECT 1 FROM waiver v WHERE v.device_id = f.device_id AND v.rule = f.rule
           AND v.ended_ms IS NULL)))";

/// The same from what a row says.
pub(super) fn standing(lifecycle: &str, status: &str, never_reported: bool) -> Standing {
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

/// Devices that are asked for at once.
const AT_ONCE: usize = 500;

/// The list rows of the devices called `ids`, in their order. A device that
/// is gone is left out.
pub(in crate::store) fn device_rows(
    db: &mut dyn Reading,
    ids: &[String],
) -> Result<Vec<DeviceRow>, StoreError> {
    let mut rows = Vec::with_capacity(ids.len());
    for ids in ids.chunks(AT_ONCE) {
        let mut found = at_once(db, ids)?;
        rows.extend(ids.iter().filter_map(|id| found.remove(id)));
    }
    Ok(rows)
}

/// The list row of the device called `id`.
pub(super) fn device_row(db: &mut dyn Reading, id: &str) -> Result<Option<DeviceRow>, StoreError> {
    Ok(device_rows(db, &[id.to_owned()])?.pop())
}

fn at_once(db: &mut dyn Reading, ids: &[String]) -> Result<HashMap<String, DeviceRow>, StoreError> {
    let dialect = db.dialect();
    let values = [Value::texts(ids.iter().map(String::as_str))];
    let sql = format!(
        "SELECT d.id, d.model, d.serial, d.recorded, d.key_protection, d.agent_version,
                d.enrolled_ms, d.received_ms, d.os_version, d.os_build, d.os_extra,
                d.lifecycle,
                CASE WHEN d.lifecycle = 'active' THEN d.status_since_ms ELSE coalesce(
                  (SELECT max(e.at_ms) FROM event e WHERE e.device_id = d.id), d.status_since_ms)
                END,
                d.was, d.due_ms, p.name, p.email, d.status, p.department, p.ended_ms, p.away_until,
                d.agent_build, d.removed_ms, d.owner_claim
           FROM device d LEFT JOIN person p ON p.id = d.person_id WHERE {}",
        dialect.among("d.id", "$1")
    );
    let rows = db.all(&sql, &values, read_row)?;
    let mut rows: HashMap<_, _> = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
    let sql = format!(
        "SELECT device_id, rule, mode, status, from_ms, episode_ms, due_ms FROM finding
          WHERE {} AND until_ms IS NULL AND status IN ('fail', 'unknown')
            AND mode IN ('required', 'recommended')
          ORDER BY mode = 'recommended', status = 'unknown', coalesce(due_ms, -1), {}",
        dialect.among("device_id", "$1"),
        dialect.by_bytes("rule"),
    );
    db.each(&sql, &values, &mut |row| {
        if let Some(device) = rows.get_mut(row.word(0)?) {
            device.problems.push(read_problem(row)?);
        }
        Ok(())
    })?;
    let sql = format!(
        "SELECT device_id, rule, expires_ms FROM waiver WHERE {} AND ended_ms IS NULL",
        dialect.among("device_id", "$1"),
    );
    db.each(&sql, &values, &mut |row| {
        if let Some(device) = rows.get_mut(row.word(0)?) {
            let (rule, until) = (row.word(1)?, row.time(2)?);
            let waived = device.problems.iter_mut().filter(|problem| problem.rule == rule);
            waived.for_each(|problem| problem.waived_until = Some(until));
        }
        Ok(())
    })?;
    for device in rows.values_mut() {
        let fails = matches!(device.standing, Standing::NonCompliant | Standing::AtRisk);
        if fails && device.waived_until().is_some() {
            device.standing = Standing::Waived;
        }
    }
    let sql = format!(
        "SELECT device_id, label FROM device_label WHERE {} ORDER BY {}",
        dialect.among("device_id", "$1"),
        dialect.by_bytes("label"),
    );
    db.each(&sql, &values, &mut |row| {
        if let Some(device) = rows.get_mut(row.word(0)?) {
            device.labels.push(row.string(1)?);
        }
        Ok(())
    })?;
    Ok(rows)
}

fn read_row(row: &dyn Fields) -> Result<DeviceRow, StoreError> {
    let received = row.time_or_null(7)?;
    Ok(DeviceRow {
        id: row.string(0)?,
        model: row.string_or_null(1)?,
        serial: row.string_or_null(2)?,
        recorded: row.flag(3)?,
        key_protection: row.string(4)?,
        agent_version: row.string(5)?,
        enrolled: row.time(6)?,
        received,
        system: read_system(row, 8)?,
        standing: standing(row.word(11)?, row.word(17)?, received.is_none()),
        since: row.time(12)?,
        was: row.text(13)?.map(Standing::stored),
        due: row.time_or_null(14)?,
        owner: match row.string_or_null(15)? {
            Some(name) => Some(Owner {
                name,
                email: row.string(16)?,
                department: row.string(18)?,
                left: row.number(19)?.is_some(),
                away_until: row.text(20)?.and_then(|day| day.parse().ok()),
            }),
            None => None,
        },
        problems: Vec::new(),
        labels: Vec::new(),
        build: Build::from_word(row.text(21)?),
        removed: row.time_or_null(22)?,
        owner_claim: row.string_or_null(23)?,
    })
}

/// A system from three columns, the first of them at `at`.
pub(super) fn read_system(row: &dyn Fields, at: usize) -> Result<Option<SystemSeen>, StoreError> {
    let Some(version) = row.string_or_null(at)? else { return Ok(None) };
    let (build, extra) = (row.string_or_null(at + 1)?, row.string_or_null(at + 2)?);
    Ok(Some(SystemSeen { version, build, extra }))
}

fn read_problem(row: &dyn Fields) -> Result<Problem, StoreError> {
    let status = finding_status(row.word(3)?);
    let failing_since = row.time_or_null(5)?.filter(|_| status == FindingStatus::Fail);
    Ok(Problem {
        rule: row.string(1)?,
        mode: mode(row.word(2)?),
        status,
        since: failing_since.unwrap_or(row.time(4)?),
        due: row.time_or_null(6)?,
        waived_until: None,
    })
}

/// A word of a newer program is unknown, so that it looks neither passing nor
/// failing.
pub(super) fn finding_status(word: &str) -> FindingStatus {
    [FindingStatus::Pass, FindingStatus::Fail, FindingStatus::NotApplicable]
        .into_iter()
        .find(|status| status.as_str() == word)
        .unwrap_or(FindingStatus::Unknown)
}

pub(super) fn mode(word: &str) -> Mode {
    [Mode::Required, Mode::Recommended, Mode::Off]
        .into_iter()
        .find(|mode| mode.as_str() == word)
        .unwrap_or(Mode::Info)
}
