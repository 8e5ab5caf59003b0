//! Counts of devices for filters and the overview.

use std::collections::BTreeMap;

use super::conditions::{Sql, Without, conditions};
use super::rows::standing;
use super::{Reading, Value};
use crate::store::StoreError;
use crate::store::views::Standing;
use crate::store::views::list::{Facets, Filter, PageAsk};

/// Devices by standing, in the order of [`Standing::ALL`]; those without
/// devices are left out.
pub(super) fn counts(db: &mut dyn Reading) -> Result<Vec<(Standing, u64)>, StoreError> {
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
    db: &mut dyn Reading,
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
    let never_reported = format!(" AND {}", db.dialect().never_reported());
    for row in by_columns(db, &never_reported, &filter)? {
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

fn by_columns(
    db: &mut dyn Reading,
    which: &str,
    filter: &Filter,
) -> Result<Vec<ByColumns>, StoreError> {
    let mut sql = Sql::new(db.dialect());
    sql.push("SELECT d.lifecycle, d.status, count(*), count(d.person_id) FROM device d WHERE true");
    sql.push(which);
    conditions(&mut sql, filter, Without::Standing);
    sql.push(" GROUP BY 1, 2");
    db.all(&sql.text, &sql.values, |row| {
        Ok(ByColumns {
            lifecycle: row.string(0)?,
            status: row.string(1)?,
            devices: row.count(2)?,
            owned: row.count(3)?,
        })
    })
}

/// Counts for every filter of a list.
pub(super) fn facets(db: &mut dyn Reading, ask: &PageAsk) -> Result<Facets, StoreError> {
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
fn failing(db: &mut dyn Reading, ask: &PageAsk) -> Result<Vec<(String, u64)>, StoreError> {
    let mut sql = Sql::new(db.dialect());
    let rules = sql.value(Value::texts(ask.rules.iter().map(String::as_str)));
    let rule = sql.dialect.among("f.rule", &rules);
    let device = sql.dialect.not_by_index("f.device_id");
    sql.push(&format!(
        "SELECT f.rule, count(*) FROM finding f WHERE f.until_ms IS NULL AND f.status = 'fail'
            AND {rule} AND {device}"
    ));
    if ask.filter.narrows_beside_rules() {
        sql.push(" IN (SELECT d.id FROM device d WHERE true");
        conditions(&mut sql, &ask.filter, Without::Rule);
        sql.push(")");
    } else {
        sql.push(
            " NOT IN (SELECT id FROM device WHERE lifecycle = 'archived'
                UNION ALL SELECT id FROM device WHERE status = 'archived')",
        );
    }
    sql.push(" GROUP BY f.rule");
    let counts: BTreeMap<String, u64> = db
        .all(&sql.text, &sql.values, |row| Ok((row.string(0)?, row.count(1)?)))?
        .into_iter()
        .collect();
    let count = |rule: &String| (rule.clone(), counts.get(rule).copied().unwrap_or(0));
    Ok(ask.rules.iter().map(count).collect())
}
