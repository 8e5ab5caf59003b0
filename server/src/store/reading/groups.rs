//! Devices of a view by label, and what those fail.

use std::collections::BTreeMap;

use super::conditions::{Sql, Without, conditions};
use super::counts::within;
use super::rows::standing_of;
use super::{Reading, Value};
use crate::store::StoreError;
use crate::store::views::Standing;
use crate::store::views::list::{Groups, PageAsk};

pub(super) fn groups(db: &mut dyn Reading, ask: &PageAsk) -> Result<Groups, StoreError> {
    Ok(Groups { labels: labels(db, ask)?, cells: cells(db, ask)? })
}

/// A label with how many of its devices stand how.
type Label = (String, Vec<(Standing, u64)>);

fn labels(db: &mut dyn Reading, ask: &PageAsk) -> Result<Vec<Label>, StoreError> {
    let mut sql = Sql::new(db.dialect());
    let standing = standing_of(sql.dialect);
    sql.push(&format!(
        "SELECT l.label, {standing} AS standing, count(*) FROM device_label l
           JOIN device d ON d.id = l.device_id WHERE true"
    ));
    conditions(&mut sql, &ask.filter, Without::Nothing);
    sql.push(" GROUP BY l.label, standing");
    let mut labels: BTreeMap<String, BTreeMap<Standing, u64>> = BTreeMap::new();
    db.each(&sql.text, &sql.values, &mut |row| {
        let standing = Standing::stored(row.word(1)?);
        *labels.entry(row.string(0)?).or_default().entry(standing).or_default() += row.count(2)?;
        Ok(())
    })?;
    Ok(labels.into_iter().map(|(label, counts)| (label, counts.into_iter().collect())).collect())
}

/// How many devices with a label fail a rule.
fn cells(db: &mut dyn Reading, ask: &PageAsk) -> Result<Vec<(String, String, u64)>, StoreError> {
    let mut sql = Sql::new(db.dialect());
    let rules = sql.value(Value::texts(ask.rules.iter().map(String::as_str)));
    let rule = sql.dialect.among("f.rule", &rules);
    sql.push(&format!(
        "SELECT l.label, f.rule, count(*) FROM finding f
           JOIN device_label l ON l.device_id = f.device_id
          WHERE f.until_ms IS NULL AND f.status = 'fail' AND {rule}"
    ));
    within(&mut sql, ("f.device_id", Without::Nothing), ask);
    sql.push(" GROUP BY l.label, f.rule");
    let mut cells =
        db.all(&sql.text, &sql.values, |row| Ok((row.string(0)?, row.string(1)?, row.count(2)?)))?;
    cells.sort();
    Ok(cells)
}
