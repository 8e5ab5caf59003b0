//! Counts of devices for filters and the overview.

use std::collections::BTreeMap;

use super::conditions::{LEFT, Sql, Without, conditions, fails_since};
use super::rows::{WAIVED, standing};
use super::{Reading, Value, agents};
use crate::store::StoreError;
use crate::store::views::Standing;
use crate::store::views::list::{AgentState, Facets, Filter, PageAsk};

/// Counts by one value.
type Counts = Vec<(String, u64)>;

/// Counts by rule, by label, of owners who have left, and by agent.
pub(super) type Beside = (Counts, Counts, u64, Vec<(AgentState, u64)>);

/// Devices by standing, in the order of [`Standing::ALL`]; those without
/// devices are left out.
pub(super) fn counts(db: &mut dyn Reading) -> Result<Vec<(Standing, u64)>, StoreError> {
    let cells = cells(db, &Filter::default())?;
    let sum = |standing: Standing| {
        cells.iter().filter(|(cell, _)| cell.standing == standing).map(|(_, count)| count.all).sum()
    };
    let all = Standing::ALL.iter().map(|standing| (*standing, sum(*standing)));
    Ok(all.filter(|(_, count)| *count > 0).collect())
}

/// What devices that are counted together agree in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    standing: Standing,
    system: Option<String>,
    model: Option<String>,
    key: String,
}

/// How many they are.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    all: u64,
    /// Those that somebody holds.
    owned: u64,
}

/// Devices by the columns that are counted together, whatever the filter asks
/// of these.
///
/// Counted by the plain columns, which an index answers in its own order; the
/// few that never reported or are waived are counted again and moved.
fn cells(db: &mut dyn Reading, filter: &Filter) -> Result<BTreeMap<Cell, Count>, StoreError> {
    let mut cells: BTreeMap<Cell, Count> = BTreeMap::new();
    let mut add = |cell: Cell, devices: Count, sign: fn(u64, u64) -> u64| {
        let count = cells.entry(cell).or_default();
        count.all = sign(count.all, devices.all);
        count.owned = sign(count.owned, devices.owned);
    };
    by_columns(db, "", filter, &mut |lifecycle, status, cell, count| {
        let standing = standing(lifecycle, status, false);
        add(Cell { standing, ..cell }, count, u64::saturating_add);
    })?;
    let never_reported = format!(" AND {}", db.dialect().never_reported());
    by_columns(db, &never_reported, filter, &mut |lifecycle, status, cell, count| {
        let before = Cell { standing: standing(lifecycle, status, false), ..cell.clone() };
        add(before, count, u64::saturating_sub);
        let standing = standing(lifecycle, status, true);
        add(Cell { standing, ..cell }, count, u64::saturating_add);
    })?;
    let waived = format!(
        " AND d.lifecycle = 'active' AND NOT ({}) AND {WAIVED}",
        db.dialect().never_reported()
    );
    by_columns(db, &waived, filter, &mut |lifecycle, status, cell, count| {
        let before = Cell { standing: standing(lifecycle, status, false), ..cell.clone() };
        add(before, count, u64::saturating_sub);
        add(Cell { standing: Standing::Waived, ..cell }, count, u64::saturating_add);
    })?;
    Ok(cells)
}

/// Is given life cycle, status and the rest of a row.
type EachCell<'a> = &'a mut dyn FnMut(&str, &str, Cell, Count);

fn by_columns(
    db: &mut dyn Reading,
    which: &str,
    filter: &Filter,
    each: EachCell<'_>,
) -> Result<(), StoreError> {
    let mut sql = Sql::new(db.dialect());
    sql.push(
        "SELECT d.lifecycle, d.status, d.os_version, d.model, d.key_protection, count(*),
            count(d.person_id) FROM device d WHERE true",
    );
    sql.push(which);
    conditions(&mut sql, filter, Without::Columns);
    sql.push(" GROUP BY d.lifecycle, d.status, d.os_version, d.model, d.key_protection");
    db.each(&sql.text, &sql.values, &mut |row| {
        let cell = Cell {
            standing: Standing::Unknown,
            system: row.string_or_null(2)?,
            model: row.string_or_null(3)?,
            key: row.string(4)?,
        };
        let count = Count { all: row.count(5)?, owned: row.count(6)? };
        each(row.word(0)?, row.word(1)?, cell, count);
        Ok(())
    })
}

/// What a filter asks of a cell, one column at a time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Standing,
    System,
    Model,
    Key,
    Owner,
    Nothing,
}

fn fits(filter: &Filter, cell: &Cell, but: Asked) -> bool {
    let among = |values: &[String], value: Option<&str>| {
        values.is_empty() || value.is_some_and(|value| values.iter().any(|one| one == value))
    };
    let standing = match filter.standings.as_slice() {
        [] => cell.standing != Standing::Archived,
        chosen => chosen.contains(&cell.standing),
    };
    (but == Asked::Standing || standing)
        && (but == Asked::System || among(&filter.systems, cell.system.as_deref()))
        && (but == Asked::Model || among(&filter.models, cell.model.as_deref()))
        && (but == Asked::Key || among(&filter.keys, Some(&cell.key)))
}

/// Counts for the filters by columns of devices; the rest stays empty.
pub(super) fn by_column(db: &mut dyn Reading, ask: &PageAsk) -> Result<Facets, StoreError> {
    let filter = &ask.filter;
    let cells = cells(db, filter)?;
    // The statement asked already where owners who have left are wanted.
    let unowned_only = filter.without_owner && !filter.owner_left;
    let number = |count: &Count, but: Asked| match but {
        Asked::Owner => count.all - count.owned,
        _ if unowned_only => count.all - count.owned,
        _ => count.all,
    };
    let sum = |but: Asked, wanted: &dyn Fn(&Cell) -> bool| {
        let cells = cells.iter().filter(|(cell, _)| fits(filter, cell, but) && wanted(cell));
        cells.map(|(_, count)| number(count, but)).sum::<u64>()
    };
    let values = |but: Asked, of: &dyn Fn(&Cell) -> Option<&str>| {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for (cell, count) in &cells {
            if let Some(value) = of(cell).filter(|_| fits(filter, cell, but)) {
                *counts.entry(value).or_default() += number(count, but);
            }
        }
        counts.into_iter().map(|(value, count)| (value.to_owned(), count)).collect::<Counts>()
    };
    let standing = |one: &Standing| (*one, sum(Asked::Standing, &|cell| cell.standing == *one));
    let without_owner = if filter.owner_left {
        how_many(db, filter, "d.person_id IS NULL")?
    } else {
        sum(Asked::Owner, &|_| true)
    };
    Ok(Facets {
        standings: Standing::ALL.iter().map(standing).collect(),
        systems: values(Asked::System, &|cell| cell.system.as_deref()),
        models: values(Asked::Model, &|cell| cell.model.as_deref()),
        keys: values(Asked::Key, &|cell| Some(&cell.key)),
        without_owner,
        total: sum(Asked::Nothing, &|_| true),
        ..Facets::default()
    })
}

/// Devices for which `condition` holds, whatever the filter asks of owners.
fn how_many(db: &mut dyn Reading, filter: &Filter, condition: &str) -> Result<u64, StoreError> {
    let mut sql = Sql::new(db.dialect());
    sql.push("SELECT count(*) FROM device d WHERE ").push(condition);
    conditions(&mut sql, filter, Without::Owner);
    db.only(&sql.text, &sql.values, |row| row.count(0))
}

/// Counts for the other filters: by rule, by label, of owners who have left,
/// and by agent.
pub(super) fn beside_columns(db: &mut dyn Reading, ask: &PageAsk) -> Result<Beside, StoreError> {
    let left = how_many(db, &ask.filter, LEFT)?;
    Ok((failing(db, ask)?, labels(db, ask)?, left, agents::count(db, ask)?))
}

/// Devices by failing rule. Begins with what fails: that is little.
fn failing(db: &mut dyn Reading, ask: &PageAsk) -> Result<Counts, StoreError> {
    let mut sql = Sql::new(db.dialect());
    let rules = sql.value(Value::texts(ask.rules.iter().map(String::as_str)));
    let rule = sql.dialect.among("f.rule", &rules);
    sql.push(&format!(
        "SELECT f.rule, count(*) FROM finding f WHERE f.until_ms IS NULL AND f.status = 'fail'
            AND {rule}"
    ));
    fails_since(&mut sql, &ask.filter);
    within(&mut sql, ("f.device_id", Without::Rule), ask);
    sql.push(" GROUP BY f.rule");
    let counts: BTreeMap<String, u64> = db
        .all(&sql.text, &sql.values, |row| Ok((row.string(0)?, row.count(1)?)))?
        .into_iter()
        .collect();
    let count = |rule: &String| (rule.clone(), counts.get(rule).copied().unwrap_or(0));
    Ok(ask.rules.iter().map(count).collect())
}

/// Devices by label; a label without devices in this view is left out.
fn labels(db: &mut dyn Reading, ask: &PageAsk) -> Result<Counts, StoreError> {
    let mut sql = Sql::new(db.dialect());
    sql.push("SELECT l.label, count(*) FROM device_label l WHERE true");
    within(&mut sql, ("l.device_id", Without::Label), ask);
    sql.push(" GROUP BY l.label");
    let mut counts = db.all(&sql.text, &sql.values, |row| Ok((row.string(0)?, row.count(1)?)))?;
    counts.sort();
    Ok(counts)
}

/// Adds that the device in `column` is one of the view, one filter left out.
pub(super) fn within(sql: &mut Sql, (column, without): (&str, Without), ask: &PageAsk) {
    let device = sql.dialect.not_by_index(column);
    let filter = &ask.filter;
    let narrows = match without {
        Without::Rule => filter.narrows_beside_rules(),
        _ => Filter { labels: Vec::new(), ..filter.clone() } != Filter::default(),
    };
    if narrows && filter.is_wide() && without == Without::Rule {
        // Little fails: to find each device costs less than to list the view.
        sql.push(&format!(" AND EXISTS (SELECT 1 FROM device d WHERE d.id = {column}"));
        conditions(sql, filter, without);
        sql.push(")");
    } else if narrows {
        sql.push(&format!(" AND {device} IN (SELECT d.id FROM device d WHERE true"));
        conditions(sql, filter, without);
        sql.push(")");
    } else {
        // Few are archived, and two indexes name them.
        sql.push(&format!(
            " AND {device} NOT IN (SELECT id FROM device WHERE lifecycle = 'archived'
                UNION ALL SELECT id FROM device WHERE status = 'archived')"
        ));
    }
}
