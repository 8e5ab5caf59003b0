//! One device.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use shared::keys::hex;

use super::past::past;
use super::rows::{device_row, finding_status, mode};
use super::{Fields, Lend, Reading, Value};
use crate::fleet::finding::Finding;
use crate::store::StoreError;
use crate::store::views::device::{
    DeviceAsk, DeviceRecord, DeviceViews, EventRecord, FindingRecord, Gap, KeyRecord, ReportRecord,
    StatementRecord,
};
use crate::store::views::past::{Past, PastAsk};
use crate::store::views::{DeviceRow, Standing};

/// Reports that are searched for times of silence.
const SEARCHED_FOR_GAPS: i64 = 1000;
/// Most rows of each kind in a timeline.
const PAST: i64 = 60;

impl<L: Lend> DeviceViews for L {
    fn device(&self, id: &str, ask: DeviceAsk) -> Result<Option<DeviceRecord>, StoreError> {
        self.lend_at_one_moment(|db| match device_row(db, id)? {
            Some(row) => record(db, row, ask).map(Some),
            None => Ok(None),
        })
    }

    fn device_row(&self, id: &str) -> Result<Option<DeviceRow>, StoreError> {
        self.lend(|db| device_row(db, id))
    }

    fn statement(
        &self,
        id: &str,
        chain: i64,
        sequence: i64,
    ) -> Result<Option<StatementRecord>, StoreError> {
        let values = [Value::text(id), Value::Number(chain), Value::Number(sequence)];
        self.lend(|db| {
            db.first(
                "SELECT chain, sequence, received_ms, finished_ms, kind, flags, digest,
                        previous, keyid, payload, signature, log_position
                   FROM statement WHERE device_id = $1 AND chain = $2 AND sequence = $3",
                &values,
                |row| {
                    Ok(StatementRecord {
                        report: read_report(row)?,
                        previous: hex(row.blob(7)?),
                        keyid: row.string(8)?,
                        payload: row.blob(9)?.to_vec(),
                        signature: row.blob(10)?.to_vec(),
                        log_position: row.number(11)?.and_then(|it| u64::try_from(it).ok()),
                    })
                },
            )
        })
    }

    fn reports(
        &self,
        id: &str,
        behind: Option<(i64, i64)>,
        limit: u32,
    ) -> Result<Vec<ReportRecord>, StoreError> {
        // No chain and no sequence is larger.
        let (chain, sequence) = behind.unwrap_or((i64::MAX, i64::MAX));
        self.lend(|db| reports(db, &Value::text(id), (chain, sequence), limit))
    }

    fn past(&self, id: &str, ask: &PastAsk) -> Result<Vec<Past>, StoreError> {
        self.lend(|db| past(db, id, ask))
    }

    fn keys(&self, id: &str) -> Result<Vec<KeyRecord>, StoreError> {
        self.lend(|db| {
            db.all(
                "SELECT chain, keyid, spki, status FROM device_key WHERE device_id = $1
                  ORDER BY chain DESC",
                &[Value::text(id)],
                |row| {
                    Ok(KeyRecord {
                        chain: row.int(0)?,
                        keyid: row.string(1)?,
                        spki: row.blob(2)?.to_vec(),
                        status: row.string(3)?,
                    })
                },
            )
        })
    }
}

fn record(
    db: &mut dyn Reading,
    row: DeviceRow,
    ask: DeviceAsk,
) -> Result<DeviceRecord, StoreError> {
    let id = Value::text(&row.id);
    let (platform, lifecycle_reason) = db.only(
        "SELECT platform, lifecycle_reason FROM device WHERE id = $1",
        std::slice::from_ref(&id),
        |row| Ok((row.string(0)?, row.string(1)?)),
    )?;
    let present = findings(db, &id, "until_ms IS NULL")?;
    Ok(DeviceRecord {
        platform,
        lifecycle_reason,
        findings: with_newest_reading(db, &id, present)?,
        former: findings(db, &id, "until_ms IS NOT NULL")?,
        statuses: statuses(db, &id)?,
        events: events(db, &id)?,
        gaps: gaps(db, &id, ask.gap)?,
        reports: reports(db, &id, (i64::MAX, i64::MAX), ask.reports)?,
        row,
    })
}

fn findings(
    db: &mut dyn Reading,
    id: &Value,
    which: &'static str,
) -> Result<Vec<FindingRecord>, StoreError> {
    let sql = format!(
        "SELECT rule, from_ms, until_ms, status, reason, mode, episode_ms, due_ms, reading_ms,
                began
           FROM finding WHERE device_id = $1 AND {which} ORDER BY from_ms DESC, {} LIMIT 200",
        db.dialect().by_bytes("rule")
    );
    db.all(&sql, std::slice::from_ref(id), |row| {
        Ok(FindingRecord {
            rule: row.string(0)?,
            from: row.time(1)?,
            until: row.time_or_null(2)?,
            status: finding_status(row.word(3)?),
            reason: row.string(4)?,
            mode: mode(row.word(5)?),
            episode: row.time_or_null(6)?,
            due: row.time_or_null(7)?,
            reading: row.time_or_null(8)?,
            began: row.string(9)?,
        })
    })
}

/// A finding's row keeps the reading that led to its words; the device's row
/// knows the newest one that was judged and led to the same.
fn with_newest_reading(
    db: &mut dyn Reading,
    id: &Value,
    mut findings: Vec<FindingRecord>,
) -> Result<Vec<FindingRecord>, StoreError> {
    let sql = "SELECT findings FROM posture WHERE device_id = $1";
    let text = db.first(sql, std::slice::from_ref(id), |row| row.string(0))?;
    let Some(text) = text else { return Ok(findings) };
    let present: BTreeMap<String, Finding> = serde_json::from_str(&text)
        .map_err(|error| StoreError::Corrupt { what: "findings", why: error.to_string() })?;
    for finding in &mut findings {
        let newest = present.get(&finding.rule).and_then(|present| present.reading_at);
        finding.reading = newest.or(finding.reading);
    }
    Ok(findings)
}

fn statuses(db: &mut dyn Reading, id: &Value) -> Result<Vec<(Timestamp, Standing)>, StoreError> {
    db.all(
        "SELECT from_ms, status FROM status_interval WHERE device_id = $1
          ORDER BY from_ms DESC LIMIT $2",
        &[id.clone(), Value::Number(PAST)],
        |row| Ok((row.time(0)?, Standing::stored(row.word(1)?))),
    )
}

fn events(db: &mut dyn Reading, id: &Value) -> Result<Vec<EventRecord>, StoreError> {
    db.all(
        "SELECT at_ms, kind, actor, detail FROM event WHERE device_id = $1
          ORDER BY at_ms DESC, number DESC LIMIT $2",
        &[id.clone(), Value::Number(PAST)],
        |row| {
            Ok(EventRecord {
                at: row.time(0)?,
                kind: row.string(1)?,
                actor: row.string(2)?,
                detail: row.string(3)?,
            })
        },
    )
}

fn gaps(db: &mut dyn Reading, id: &Value, longer: SignedDuration) -> Result<Vec<Gap>, StoreError> {
    let longer = i64::try_from(longer.as_millis()).unwrap_or(i64::MAX);
    db.all(
        "SELECT y.previous, y.received_ms FROM (
           SELECT x.received_ms, lag(x.received_ms) OVER (ORDER BY x.received_ms) AS previous
             FROM (SELECT received_ms FROM statement WHERE device_id = $1
                    ORDER BY chain DESC, sequence DESC LIMIT $2) x) y
          WHERE y.received_ms - y.previous > $3 ORDER BY y.received_ms DESC LIMIT 20",
        &[id.clone(), Value::Number(SEARCHED_FOR_GAPS), Value::Number(longer)],
        |row| Ok(Gap { from: row.time(0)?, until: row.time(1)? }),
    )
}

fn reports(
    db: &mut dyn Reading,
    id: &Value,
    (chain, sequence): (i64, i64),
    limit: u32,
) -> Result<Vec<ReportRecord>, StoreError> {
    let values =
        [id.clone(), Value::Number(chain), Value::Number(sequence), Value::Number(limit.into())];
    db.all(
        "SELECT chain, sequence, received_ms, finished_ms, kind, flags, digest FROM statement
          WHERE device_id = $1 AND (chain < $2 OR (chain = $2 AND sequence < $3))
          ORDER BY chain DESC, sequence DESC LIMIT $4",
        &values,
        read_report,
    )
}

fn read_report(row: &dyn Fields) -> Result<ReportRecord, StoreError> {
    Ok(ReportRecord {
        chain: row.int(0)?,
        sequence: row.int(1)?,
        received: row.time(2)?,
        finished: row.time(3)?,
        kind: row.string(4)?,
        flags: row.word(5)?.split_whitespace().map(str::to_owned).collect(),
        digest: hex(row.blob(6)?),
    })
}
