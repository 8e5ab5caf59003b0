//! One device from SQLite.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use shared::keys::hex;

use super::{device_row, finding_status, mode};
use crate::clock::from_ms;
use crate::fleet::finding::Finding;
use crate::store::StoreError;
use crate::store::sqlite::Readers;
use crate::store::views::device::{
    DeviceAsk, DeviceRecord, DeviceViews, EventRecord, FindingRecord, Gap, KeyRecord, ReportRecord,
    StatementRecord,
};
use crate::store::views::{DeviceRow, Standing};

/// Reports that are searched for times of silence.
const SEARCHED_FOR_GAPS: u32 = 1000;
/// Most rows of each kind in a timeline.
const PAST: u32 = 60;

impl DeviceViews for Readers {
    fn device(&self, id: &str, ask: DeviceAsk) -> Result<Option<DeviceRecord>, StoreError> {
        self.with(|db| {
            let moment = db.unchecked_transaction()?;
            match device_row(&moment, id)? {
                Some(row) => record(&moment, row, ask).map(Some),
                None => Ok(None),
            }
        })
    }

    fn device_row(&self, id: &str) -> Result<Option<DeviceRow>, StoreError> {
        self.with(|db| device_row(db, id))
    }

    fn statement(
        &self,
        id: &str,
        chain: i64,
        sequence: i64,
    ) -> Result<Option<StatementRecord>, StoreError> {
        self.with(|db| {
            let mut query = db.prepare_cached(
                "SELECT chain, sequence, received_ms, finished_ms, kind, flags, digest,
                        previous, keyid, payload, signature
                   FROM statement WHERE device_id = ?1 AND chain = ?2 AND sequence = ?3",
            )?;
            let row = query.query_row(params![id, chain, sequence], |row| {
                Ok(StatementRecord {
                    report: read_report(row)?,
                    previous: hex(&row.get::<_, Vec<u8>>(7)?),
                    keyid: row.get(8)?,
                    payload: row.get(9)?,
                    signature: row.get(10)?,
                })
            });
            Ok(row.optional()?)
        })
    }

    fn keys(&self, id: &str) -> Result<Vec<KeyRecord>, StoreError> {
        self.with(|db| {
            let mut query = db.prepare_cached(
                "SELECT chain, keyid, spki, status FROM device_key WHERE device_id = ?1
                  ORDER BY chain DESC",
            )?;
            let rows = query.query_map([id], |row| {
                Ok(KeyRecord {
                    chain: row.get(0)?,
                    keyid: row.get(1)?,
                    spki: row.get(2)?,
                    status: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn record(db: &Connection, row: DeviceRow, ask: DeviceAsk) -> Result<DeviceRecord, StoreError> {
    let id = row.id.clone();
    let (platform, lifecycle_reason) = db
        .prepare_cached("SELECT platform, lifecycle_reason FROM device WHERE id = ?1")?
        .query_row([&id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(DeviceRecord {
        platform,
        lifecycle_reason,
        findings: with_newest_reading(db, &id, findings(db, &id, "until_ms IS NULL")?)?,
        former: findings(db, &id, "until_ms IS NOT NULL")?,
        statuses: statuses(db, &id)?,
        events: events(db, &id)?,
        gaps: gaps(db, &id, ask.gap)?,
        reports: reports(db, &id, ask.reports)?,
        row,
    })
}

fn findings(
    db: &Connection,
    id: &str,
    which: &'static str,
) -> Result<Vec<FindingRecord>, StoreError> {
    let sql = format!(
        "SELECT rule, from_ms, until_ms, status, reason, mode, episode_ms, due_ms, reading_ms,
                began
           FROM finding WHERE device_id = ?1 AND {which} ORDER BY from_ms DESC, rule LIMIT 200"
    );
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map([id], |row| {
        let time = |index| row.get::<_, Option<i64>>(index).map(|ms| ms.map(from_ms));
        Ok(FindingRecord {
            rule: row.get(0)?,
            from: from_ms(row.get(1)?),
            until: time(2)?,
            status: finding_status(&row.get::<_, String>(3)?),
            reason: row.get(4)?,
            mode: mode(&row.get::<_, String>(5)?),
            episode: time(6)?,
            due: time(7)?,
            reading: time(8)?,
            began: row.get(9)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A finding's row keeps the reading that led to its words; the device's row
/// knows the newest one that was judged and led to the same.
fn with_newest_reading(
    db: &Connection,
    id: &str,
    mut findings: Vec<FindingRecord>,
) -> Result<Vec<FindingRecord>, StoreError> {
    let text: Option<String> = db
        .prepare_cached("SELECT findings FROM posture WHERE device_id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let Some(text) = text else { return Ok(findings) };
    let present: BTreeMap<String, Finding> = serde_json::from_str(&text)
        .map_err(|error| StoreError::Corrupt { what: "findings", why: error.to_string() })?;
    for finding in &mut findings {
        let newest = present.get(&finding.rule).and_then(|present| present.reading_at);
        finding.reading = newest.or(finding.reading);
    }
    Ok(findings)
}

fn statuses(db: &Connection, id: &str) -> Result<Vec<(jiff::Timestamp, Standing)>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT from_ms, status FROM status_interval WHERE device_id = ?1
          ORDER BY from_ms DESC LIMIT ?2",
    )?;
    let rows = query.query_map(params![id, PAST], |row| {
        Ok((from_ms(row.get(0)?), Standing::stored(&row.get::<_, String>(1)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn events(db: &Connection, id: &str) -> Result<Vec<EventRecord>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT at_ms, kind, actor, detail FROM event WHERE device_id = ?1
          ORDER BY at_ms DESC, number DESC LIMIT ?2",
    )?;
    let rows = query.query_map(params![id, PAST], |row| {
        Ok(EventRecord {
            at: from_ms(row.get(0)?),
            kind: row.get(1)?,
            actor: row.get(2)?,
            detail: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn gaps(db: &Connection, id: &str, longer: SignedDuration) -> Result<Vec<Gap>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT previous, received_ms FROM (
           SELECT received_ms, lag(received_ms) OVER (ORDER BY received_ms) AS previous FROM (
             SELECT received_ms FROM statement WHERE device_id = ?1
              ORDER BY chain DESC, sequence DESC LIMIT ?2))
          WHERE received_ms - previous > ?3 ORDER BY received_ms DESC LIMIT 20",
    )?;
    let longer = i64::try_from(longer.as_millis()).unwrap_or(i64::MAX);
    let rows = query.query_map(params![id, SEARCHED_FOR_GAPS, longer], |row| {
        Ok(Gap { from: from_ms(row.get(0)?), until: from_ms(row.get(1)?) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn reports(db: &Connection, id: &str, limit: u32) -> Result<Vec<ReportRecord>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT chain, sequence, received_ms, finished_ms, kind, flags, digest FROM statement
          WHERE device_id = ?1 ORDER BY chain DESC, sequence DESC LIMIT ?2",
    )?;
    let rows = query.query_map(params![id, limit], read_report)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read_report(row: &Row<'_>) -> rusqlite::Result<ReportRecord> {
    let flags: String = row.get(5)?;
    Ok(ReportRecord {
        chain: row.get(0)?,
        sequence: row.get(1)?,
        received: from_ms(row.get(2)?),
        finished: from_ms(row.get(3)?),
        kind: row.get(4)?,
        flags: flags.split_whitespace().map(str::to_owned).collect(),
        digest: hex(&row.get::<_, Vec<u8>>(6)?),
    })
}
