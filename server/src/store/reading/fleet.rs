//! The fleet as a whole.

use jiff::Timestamp;

use super::conditions::urgency;
use super::counts::counts;
use super::expected::population;
use super::rows::{device_rows, read_system, standing_of};
use super::{Dialect, Lend, Reading, Value, agents};
use crate::clock::from_ms;
use crate::store::StoreError;
use crate::store::views::fleet::{AgentCount, FleetViews, Overview, OverviewAsk, StatusChange};
use crate::store::views::history::{Counts, Sweep};
use crate::store::views::{DeviceRow, Standing, SystemSeen};

impl<L: Lend> FleetViews for L {
    fn overview(&self, ask: OverviewAsk) -> Result<Overview, StoreError> {
        self.lend_at_one_moment(|db| {
            let (attention, attention_total) = attention(db, ask)?;
            let (changes, changes_total) = changes(db, ask)?;
            Ok(Overview {
                standings: counts(db)?,
                silent_since: silent_since(db)?,
                attention,
                attention_total,
                changes,
                changes_total,
                systems: systems(db)?,
                population: population(db)?,
                agents: agents::all(db)?,
            })
        })
    }

    fn agents(&self) -> Result<Vec<AgentCount>, StoreError> {
        self.lend(agents::all)
    }

    fn standings(&self) -> Result<Vec<(Standing, u64)>, StoreError> {
        self.lend(counts)
    }

    fn counts_at(&self, instants: &[Timestamp]) -> Result<Vec<Counts>, StoreError> {
        let instants: Vec<i64> = instants.iter().map(|one| one.as_millisecond()).collect();
        let Some(first) = instants.first().copied() else { return Ok(Vec::new()) };
        self.lend(|db| {
            let mut sweep = Sweep::new(instants.clone());
            match db.dialect() {
                Dialect::Sqlite => sweep_rows(db, first, &mut sweep)?,
                Dialect::Postgres => sweep_sums(db, &instants, &mut sweep)?,
            }
            Ok(sweep.counts())
        })
    }

    fn ping(&self) -> Result<(), StoreError> {
        self.lend(|db| db.each("SELECT 1", &[], &mut |_| Ok(())))
    }
}

/// Within the program, rows are cheap to look at.
fn sweep_rows(db: &mut dyn Reading, first: i64, sweep: &mut Sweep) -> Result<(), StoreError> {
    db.each(
        "SELECT from_ms, until_ms, status FROM status_interval
          WHERE until_ms IS NULL OR until_ms > $1",
        &[Value::Number(first)],
        &mut |row| {
            sweep.add(Standing::stored(row.word(2)?), row.int(0)?, row.number(1)?);
            Ok(())
        },
    )
}

/// Over a network they are not: the database adds up what begins and what ends
/// between two instants.
fn sweep_sums(db: &mut dyn Reading, instants: &[i64], sweep: &mut Sweep) -> Result<(), StoreError> {
    let last = instants.len();
    let (began, ended) = (before("from_ms", 0, last), before("until_ms", 0, last));
    let sql = format!(
        "SELECT status, {began}, count(*) FROM status_interval
          WHERE until_ms IS NULL OR until_ms > $1 GROUP BY 1, 2
         UNION ALL
         SELECT status, {ended}, -count(*) FROM status_interval
          WHERE until_ms > $1 GROUP BY 1, 2"
    );
    let values: Vec<Value> = instants.iter().copied().map(Value::Number).collect();
    db.each(&sql, &values, &mut |row| {
        let before = usize::try_from(row.int(1)?).unwrap_or(0);
        sweep.change(Standing::stored(row.word(0)?), before, row.int(2)?);
        Ok(())
    })
}

/// How many of the instants `$1`, `$2`, ... lie before `time`, when it is at
/// least `low` and at most `high`: bisected, as no function of every engine
/// does it.
fn before(time: &str, low: usize, high: usize) -> String {
    if low == high {
        return low.to_string();
    }
    let middle = usize::midpoint(low, high);
    let (early, late) = (before(time, low, middle), before(time, middle + 1, high));
    format!("CASE WHEN {time} > ${} THEN {late} ELSE {early} END", middle + 1)
}

fn silent_since(db: &mut dyn Reading) -> Result<Option<Timestamp>, StoreError> {
    db.only(
        "SELECT min(received_ms) FROM device WHERE status = 'stale' AND lifecycle = 'active'",
        &[],
        |row| row.time_or_null(0),
    )
}

fn attention(db: &mut dyn Reading, ask: OverviewAsk) -> Result<(Vec<DeviceRow>, u64), StoreError> {
    let (standing, urgency) = (standing_of(db.dialect()), urgency(db.dialect()));
    let id = db.dialect().by_bytes("x.id");
    // Who is away cannot be asked why the Mac is silent.
    let away = db.dialect().by_bytes("coalesce(p.away_until, '')");
    let sql = format!(
        "SELECT x.id, count(*) OVER () FROM (
           SELECT d.id, {standing} AS standing, {urgency} AS urgency, d.status_since_ms AS since,
                  d.person_id FROM device d WHERE NOT (d.lifecycle = 'active' AND d.status = 'compliant')) x
          WHERE x.standing IN ('non_compliant', 'at_risk', 'suspended', 'pending')
             OR x.standing = 'stale' AND NOT EXISTS (SELECT 1 FROM person p
                  WHERE p.id = x.person_id AND {away} >= $1)
             OR x.standing = 'never_reported' AND x.since <= $2
             OR x.standing = 'unknown' AND EXISTS (SELECT 1 FROM finding f
                  WHERE f.device_id = x.id AND f.status = 'unknown' AND f.until_ms IS NULL
                    AND f.mode = 'required' AND f.from_ms <= $2)
          ORDER BY x.urgency, {id} LIMIT $3"
    );
    let values = [
        Value::text(&ask.today.to_string()),
        Value::Number(ask.unknown_before.as_millisecond()),
        Value::Number(ask.attention_limit.into()),
    ];
    let mut total = 0;
    let ids = db.all(&sql, &values, |row| {
        total = row.count(1)?;
        row.string(0)
    })?;
    Ok((device_rows(db, &ids)?, total))
}

fn changes(db: &mut dyn Reading, ask: OverviewAsk) -> Result<(Vec<StatusChange>, u64), StoreError> {
    let after = Value::Number(ask.changed_after.as_millisecond());
    let total = db.only(
        "SELECT (SELECT count(*) FROM status_interval WHERE from_ms > $1)
              + (SELECT count(*) FROM event
                  WHERE at_ms > $1 AND kind IN ('suspended', 'conflict'))",
        std::slice::from_ref(&after),
        |row| row.count(0),
    )?;
    let sql = format!(
        "SELECT x.device_id, x.at, x.became, x.was FROM (
         SELECT i.device_id, i.from_ms AS at, i.status AS became,
                (SELECT b.status FROM status_interval b
                  WHERE b.device_id = i.device_id AND b.from_ms < i.from_ms
                  ORDER BY b.from_ms DESC LIMIT 1) AS was
           FROM status_interval i WHERE i.from_ms > $1
          UNION ALL
         SELECT e.device_id, e.at_ms, 'suspended', d.status
           FROM event e JOIN device d ON d.id = e.device_id
          WHERE e.at_ms > $1 AND e.kind IN ('suspended', 'conflict')) x
          ORDER BY x.became = 'compliant', x.at DESC, {}, {} LIMIT $2",
        db.dialect().by_bytes("x.device_id"),
        db.dialect().by_bytes("x.became"),
    );
    let found = db.all(&sql, &[after, Value::Number(ask.changes_limit.into())], |row| {
        let from = row.text(3)?.map(Standing::stored);
        Ok((row.string(0)?, row.int(1)?, Standing::stored(row.word(2)?), from))
    })?;
    let mut ids: Vec<String> = found.iter().map(|(id, ..)| id.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let devices = device_rows(db, &ids)?;
    let device = |id: &str| devices.iter().find(|row| row.id == id).cloned();
    let changes = found.into_iter().filter_map(|(id, at, to, from)| {
        Some(StatusChange { device: device(&id)?, at: from_ms(at), from, to })
    });
    Ok((changes.collect(), total))
}

fn systems(db: &mut dyn Reading) -> Result<Vec<(Option<SystemSeen>, u64)>, StoreError> {
    let mut systems = db.all(
        "SELECT os_version, os_build, os_extra, count(*) FROM device
          WHERE lifecycle <> 'archived' AND status <> 'archived' GROUP BY 1, 2, 3",
        &[],
        |row| Ok((read_system(row, 0)?, row.count(3)?)),
    )?;
    systems.sort();
    Ok(systems)
}
