//! The fleet as a whole from SQLite.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::counts::counts;
use super::sql::urgency;
use super::{STANDING, device_row};
use crate::clock::from_ms;
use crate::store::StoreError;
use crate::store::sqlite::Readers;
use crate::store::views::fleet::{FleetViews, Overview, OverviewAsk, StatusChange};
use crate::store::views::history::{Counts, Sweep};
use crate::store::views::{DeviceRow, Standing, SystemSeen};

impl FleetViews for Readers {
    fn overview(&self, ask: OverviewAsk) -> Result<Overview, StoreError> {
        self.with(|db| {
            // One instant for all of it; nothing is written, so it is dropped.
            let moment = db.unchecked_transaction()?;
            let (attention, attention_total) = attention(&moment, ask)?;
            let (changes, changes_total) = changes(&moment, ask)?;
            Ok(Overview {
                standings: counts(&moment)?,
                silent_since: silent_since(&moment)?,
                attention,
                attention_total,
                changes,
                changes_total,
                systems: systems(&moment)?,
            })
        })
    }

    fn counts_at(&self, instants: &[Timestamp]) -> Result<Vec<Counts>, StoreError> {
        let instants: Vec<i64> = instants.iter().map(|one| one.as_millisecond()).collect();
        let Some(first) = instants.first().copied() else { return Ok(Vec::new()) };
        self.with(|db| {
            let mut sweep = Sweep::new(instants);
            let mut query = db.prepare_cached(
                "SELECT from_ms, until_ms, status FROM status_interval
                  WHERE until_ms IS NULL OR until_ms > ?1",
            )?;
            let mut rows = query.query([first])?;
            while let Some(row) = rows.next()? {
                let word = row.get_ref(2)?.as_str().unwrap_or_default();
                sweep.add(Standing::stored(word), row.get(0)?, row.get(1)?);
            }
            Ok(sweep.counts())
        })
    }

    fn ping(&self) -> Result<(), StoreError> {
        self.with(|db| Ok(db.query_row("SELECT 1", [], |_| Ok(()))?))
    }
}

fn silent_since(db: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT min(received_ms) FROM device WHERE status = 'stale' AND lifecycle = 'active'",
    )?;
    Ok(query.query_row([], |row| row.get::<_, Option<i64>>(0))?.map(from_ms))
}

fn attention(db: &Connection, ask: OverviewAsk) -> Result<(Vec<DeviceRow>, u64), StoreError> {
    let urgency = urgency();
    let sql = format!(
        "SELECT id, count(*) OVER () FROM (
           SELECT d.id, {STANDING} AS standing, {urgency} AS urgency, d.status_since_ms AS since
             FROM device d WHERE NOT (d.lifecycle = 'active' AND d.status = 'compliant'))
          WHERE standing IN ('non_compliant', 'at_risk', 'stale', 'suspended', 'pending')
             OR standing = 'never_reported' AND since <= ?1
             OR standing = 'unknown' AND EXISTS (SELECT 1 FROM finding f
                  WHERE f.device_id = id AND f.status = 'unknown' AND f.until_ms IS NULL
                    AND f.mode = 'required' AND f.from_ms <= ?1)
          ORDER BY urgency, id LIMIT ?2"
    );
    let mut query = db.prepare_cached(&sql)?;
    let values = params![ask.unknown_before.as_millisecond(), ask.attention_limit];
    let rows = query.query_map(values, |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    let (mut devices, mut total) = (Vec::new(), 0);
    for row in rows {
        let (id, of) = row?;
        total = of;
        devices.extend(device_row(db, &id)?);
    }
    Ok((devices, total))
}

fn changes(db: &Connection, ask: OverviewAsk) -> Result<(Vec<StatusChange>, u64), StoreError> {
    let after = ask.changed_after.as_millisecond();
    let total = db
        .prepare_cached(
            "SELECT (SELECT count(*) FROM status_interval WHERE from_ms > ?1)
                  + (SELECT count(*) FROM event
                      WHERE at_ms > ?1 AND kind IN ('suspended', 'conflict'))",
        )?
        .query_row([after], |row| row.get(0))?;
    let mut query = db.prepare_cached(
        "SELECT * FROM (
         SELECT i.device_id, i.from_ms AS at, i.status AS became,
                (SELECT b.status FROM status_interval b
                  WHERE b.device_id = i.device_id AND b.from_ms < i.from_ms
                  ORDER BY b.from_ms DESC LIMIT 1)
           FROM status_interval i WHERE i.from_ms > ?1
          UNION ALL
         SELECT e.device_id, e.at_ms, 'suspended', d.status
           FROM event e JOIN device d ON d.id = e.device_id
          WHERE e.at_ms > ?1 AND e.kind IN ('suspended', 'conflict'))
          ORDER BY became = 'compliant', at DESC, device_id LIMIT ?2",
    )?;
    let mut rows = query.query(params![after, ask.changes_limit])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(device) = device_row(db, &row.get::<_, String>(0)?)? else { continue };
        changes.push(StatusChange {
            device,
            at: from_ms(row.get(1)?),
            to: Standing::stored(&row.get::<_, String>(2)?),
            from: row.get::<_, Option<String>>(3)?.map(|word| Standing::stored(&word)),
        });
    }
    Ok((changes, total))
}

fn systems(db: &Connection) -> Result<Vec<(Option<SystemSeen>, u64)>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT os_version, os_build, os_extra, count(*) FROM device
          WHERE lifecycle <> 'archived' AND status <> 'archived' GROUP BY 1, 2, 3",
    )?;
    let rows = query.query_map([], |row| {
        let version: Option<String> = row.get(0)?;
        let system = match version {
            Some(version) => Some(SystemSeen { version, build: row.get(1)?, extra: row.get(2)? }),
            None => None,
        };
        Ok((system, row.get(3)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
