//! Counts of devices for filters and the overview.

use std::collections::BTreeMap;

use rusqlite::{Connection, params_from_iter};

use super::sql::{Sql, Without, conditions, list};
use super::standing;
use crate::store::StoreError;
use crate::store::views::Standing;
use crate::store::views::list::{Facets, Filter, PageAsk};

/// Through their own index: without statistics, and there are none, the
/// database would rather read every row.
const NEVER_REPORTED: &str = " AND d.id IN (SELECT id FROM device WHERE received_ms IS NULL)";

/// Devices by standing, in the order of [`Standing::ALL`]; those without
/// devices are left out.
pub(super) fn counts(db: &Connection) -> Result<Vec<(Standing, u64)>, StoreError> {
    let counts = by_standing_and_owner(db, &Filter::default())?;
    let sum = |standing: Standing| {
        counts.iter().filter(|((one, _), _)| *one == standing).map(|(_, count)| count).sum()
    };
    let all = Standing::ALL.iter().map(|standing| (*standing, sum(*standing)));
    Ok(all.filter(|(_, count)| *count > 0).collect())
}

/// Devices by standing and whether somebody holds them, whatever the filter
/// asks of these two.
///
/// Counted by the plain columns, which an index answers at once; the few that
/// never reported are counted again and moved.
fn by_standing_and_owner(
    db: &Connection,
    filter: &Filter,
) -> Result<BTreeMap<(Standing, bool), u64>, StoreError> {
    let filter =
        Filter { standings: Standing::ALL.to_vec(), without_owner: false, ..filter.clone() };
    let mut counts: BTreeMap<(Standing, bool), u64> = BTreeMap::new();
    let mut add = |row: &ByColumns, never: bool, sign: fn(u64, u64) -> u64| {
        for (owned, devices) in [(true, row.owned), (false, row.devices - row.owned)] {
            let count = counts.entry((row.standing(never), owned)).or_default();
            *count = sign(*count, devices);
        }
    };
    for row in by_columns(db, "", &filter)? {
        add(&row, false, u64::saturating_add);
    }
    for row in by_columns(db, NEVER_REPORTED, &filter)? {
        add(&row, false, u64::saturating_sub);
        add(&row, true, u64::saturating_add);
    }
    Ok(counts)
}

/// Devices that agree in these columns.
struct ByColumns {
    lifecycle: String,
    status: String,
    devices: u64,
    /// Those of them that somebody holds.
    owned: u64,
}

impl ByColumns {
    fn standing(&self, never_reported: bool) -> Standing {
        standing(&self.lifecycle, &self.status, never_reported)
    }
}

fn by_columns(db: &Connection, which: &str, filter: &Filter) -> Result<Vec<ByColumns>, StoreError> {
    let mut sql = Sql::default();
    sql.push("SELECT d.lifecycle, d.status, count(*), count(d.person_id) FROM device d WHERE 1");
    sql.push(which);
    conditions(&mut sql, filter, Without::Standing);
    sql.push(" GROUP BY 1, 2");
    let mut query = db.prepare_cached(&sql.text)?;
    let rows = query.query_map(params_from_iter(sql.values), |row| {
        Ok(ByColumns {
            lifecycle: row.get(0)?,
            status: row.get(1)?,
            devices: row.get(2)?,
            owned: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Counts for every filter of a list.
pub(super) fn facets(db: &Connection, ask: &PageAsk) -> Result<Facets, StoreError> {
    let filter = &ask.filter;
    let counts = by_standing_and_owner(db, filter)?;
    let shown = |standing: Standing| match filter.standings.as_slice() {
        [] => standing != Standing::Archived,
        chosen => chosen.contains(&standing),
    };
    let sum = |wanted: &dyn Fn(Standing, bool) -> bool| {
        counts.iter().filter(|((one, owned), _)| wanted(*one, *owned)).map(|(_, count)| count).sum()
    };
    let held = |owned: bool| !(filter.without_owner && owned);
    let count =
        |standing: &Standing| (*standing, sum(&|one, owned| one == *standing && held(owned)));
    Ok(Facets {
        standings: Standing::ALL.iter().map(count).collect(),
        rules: failing(db, ask)?,
        without_owner: sum(&|one, owned| shown(one) && !owned),
        total: sum(&|one, owned| shown(one) && held(owned)),
    })
}

/// Devices by failing rule. Begins with what fails: that is little.
fn failing(db: &Connection, ask: &PageAsk) -> Result<Vec<(String, u64)>, StoreError> {
    let mut sql = Sql::default();
    sql.with(
        "SELECT f.rule, count(*) FROM finding f WHERE f.until_ms IS NULL AND f.status = 'fail'
            AND f.rule IN (SELECT value FROM json_each(?))",
        [list(ask.rules.iter().map(String::as_str))],
    );
    // The plus keeps the planner from looking up every device for each rule.
    if ask.filter.narrows_beside_rules() {
        sql.push(" AND +f.device_id IN (SELECT d.id FROM device d WHERE 1");
        conditions(&mut sql, &ask.filter, Without::Rule);
        sql.push(")");
    } else {
        sql.push(
            " AND +f.device_id NOT IN (SELECT id FROM device WHERE lifecycle = 'archived'
                UNION ALL SELECT id FROM device WHERE status = 'archived')",
        );
    }
    sql.push(" GROUP BY f.rule");
    let counts = pairs(db, sql)?;
    let count = |rule: &String| (rule.clone(), counts.get(rule).copied().unwrap_or(0));
    Ok(ask.rules.iter().map(count).collect())
}

fn pairs(db: &Connection, sql: Sql) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut query = db.prepare_cached(&sql.text)?;
    let rows =
        query.query_map(params_from_iter(sql.values), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
