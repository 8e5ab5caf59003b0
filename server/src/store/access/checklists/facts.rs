//! What is known of the Macs of people, for all of them together.

use std::collections::BTreeMap;

use shared::keys::hex;
use shared::policy::FindingStatus;

use super::RefusedReports;
use super::reading::corrupt;
use crate::checklists::Facts;
use crate::checklists::facts::{Mac, Report, Standing};
use crate::fleet::state::Lifecycle;
use crate::store::StoreError;
use crate::store::reading::{Fields, Reading, Value};

/// The Macs of `people` with their rules, by person.
pub(super) fn facts_of(
    db: &mut dyn Reading,
    people: &[String],
) -> Result<BTreeMap<String, Facts>, StoreError> {
    if people.is_empty() {
        return Ok(BTreeMap::new());
    }
    let people = Value::texts(people.iter().map(String::as_str));
    let mut macs = held(db, people)?;
    let devices: Vec<String> = macs.iter().map(|(_, mac)| mac.device.clone()).collect();
    if devices.is_empty() {
        return Ok(BTreeMap::new());
    }
    let devices = Value::texts(devices.iter().map(String::as_str));
    let rules = standings(db, devices.clone())?;
    let sql = active_keys(&db.dialect().among("device_id", "$1"));
    let keys = numbers(db, &sql, devices.clone())?;
    let sql = came_back(&db.dialect().among("d.id", "$1"));
    let back = numbers(db, &sql, devices)?;
    let mut facts: BTreeMap<String, Facts> = BTreeMap::new();
    for (person, mac) in &mut macs {
        mac.rules = rules.get(&mac.device).cloned().unwrap_or_default();
        mac.active_keys = keys.get(&mac.device).map_or(0, |it| u64::try_from(*it).unwrap_or(0));
        mac.came_back = back.get(&mac.device).map(|ms| crate::clock::from_ms(*ms));
        let of = facts.entry(std::mem::take(person)).or_default();
        of.macs.push(mac.clone());
    }
    Ok(facts)
}

/// Every Mac that one of them holds or held; the newest holding of each.
fn held(db: &mut dyn Reading, people: Value) -> Result<Vec<(String, Mac)>, StoreError> {
    let among = db.dialect().among("h.person_id", "$1");
    let sql = format!(
        "SELECT h.person_id, d.id, d.serial, h.until_ms, d.lifecycle, d.status, d.chain,
            d.sequence, d.digest, d.received_ms, s.log_position, d.removed_ms
         FROM holding h JOIN device d ON d.id = h.device_id
         LEFT JOIN statement s
           ON s.device_id = d.id AND s.chain = d.chain AND s.sequence = d.sequence
         WHERE {among} ORDER BY h.person_id, d.id, h.from_ms"
    );
    let mut macs: Vec<(String, Mac)> = Vec::new();
    db.each(&sql, &[people], &mut |row| {
        let (person, mac) = (row.string(0)?, mac(row)?);
        // The later of two holdings of one Mac says until when.
        macs.retain(|(of, it)| *of != person || it.device != mac.device);
        macs.push((person, mac));
        Ok(())
    })?;
    Ok(macs)
}

fn mac(row: &dyn Fields) -> Result<Mac, StoreError> {
    let device = row.string(1)?;
    let short: String = device.chars().take(8).collect();
    let report = match (row.time_or_null(9)?, row.bytes(8)?) {
        (Some(received), Some(digest)) if row.int(7)? > 0 => Some(Report {
            chain: row.int(6)?,
            sequence: row.int(7)?,
            statement_sha256: hex(digest),
            log_position: row.number(10)?,
            received,
        }),
        _ => None,
    };
    Ok(Mac {
        name: row.string_or_null(2)?.unwrap_or(short),
        held_until: row.time_or_null(3)?,
        lifecycle: Lifecycle::from_word(row.word(4)?)
            .ok_or_else(|| corrupt("a device's life", row.word(4).unwrap_or_default()))?,
        is_silent: row.word(5)? == "stale",
        report,
        rules: BTreeMap::new(),
        active_keys: 0,
        came_back: None,
        removed: row.time_or_null(11)?,
        device,
    })
}

/// How each rule stands on these devices.
fn standings(
    db: &mut dyn Reading,
    devices: Value,
) -> Result<BTreeMap<String, BTreeMap<String, Standing>>, StoreError> {
    let among = db.dialect().among("device_id", "$1");
    let sql = format!(
        "SELECT device_id, rule, status, reason, from_ms FROM finding
         WHERE {among} AND until_ms IS NULL"
    );
    let mut all: BTreeMap<String, BTreeMap<String, Standing>> = BTreeMap::new();
    db.each(&sql, &[devices], &mut |row| {
        let status = match row.word(2)? {
            "pass" => FindingStatus::Pass,
            "fail" => FindingStatus::Fail,
            "not_applicable" => FindingStatus::NotApplicable,
            _ => FindingStatus::Unknown,
        };
        let standing = Standing { status, reason: row.string(3)?, since: row.time(4)? };
        all.entry(row.string(0)?).or_default().insert(row.string(1)?, standing);
        Ok(())
    })?;
    Ok(all)
}

/// A number for each device.
fn numbers(
    db: &mut dyn Reading,
    sql: &str,
    devices: Value,
) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows = db.all(sql, &[devices], |row| Ok((row.string(0)?, row.int(1)?)))?;
    Ok(rows.into_iter().collect())
}

/// How many keys may sign for each.
fn active_keys(among: &str) -> String {
    format!(
        "SELECT device_id, count(*) FROM device_key
         WHERE {among} AND status = 'active' GROUP BY device_id"
    )
}

/// When the same Mac was taken in anew, as another device with another key.
fn came_back(among: &str) -> String {
    format!(
        "SELECT d.id, max(n.enrolled_ms) FROM device d
         JOIN device n ON n.serial = d.serial AND n.enrolled_ms > d.enrolled_ms
         WHERE {among} AND n.lifecycle <> 'pending' GROUP BY d.id"
    )
}

/// What the revoked keys of these devices still sent.
pub(super) fn refused(
    db: &mut dyn Reading,
    devices: &[String],
) -> Result<Vec<RefusedReports>, StoreError> {
    let among = db.dialect().among("device_id", "$1");
    let sql = format!(
        "SELECT device_id, attempts, first_ms, last_ms FROM refused_report
         WHERE {among} ORDER BY device_id"
    );
    let devices = Value::texts(devices.iter().map(String::as_str));
    db.all(&sql, &[devices], |row| {
        Ok(RefusedReports {
            device: row.string(0)?,
            attempts: row.int(1)?,
            first: row.time(2)?,
            last: row.time(3)?,
        })
    })
}
