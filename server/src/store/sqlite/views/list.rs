//! The device list from SQLite: one page by keyset, and counts.

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};
use shared::os_releases::Version;

use super::sql::{Sql, Without, conditions, order_key};
use super::{counts, device_row};
use crate::store::StoreError;
use crate::store::sqlite::Readers;
use crate::store::views::list::{Column, Facets, Key, ListViews, Page, PageAsk, PageStart, Place};

impl ListViews for Readers {
    fn devices(&self, ask: &PageAsk) -> Result<Page, StoreError> {
        self.with(|db| {
            let (places, more) = places(db, ask)?;
            let backward = matches!(ask.from, PageStart::Before(_));
            let (earlier, later) = match &ask.from {
                PageStart::Start => (false, more),
                PageStart::After(_) => (true, more),
                PageStart::Before(_) => (more, true),
            };
            let mut page = Page {
                before: places.first().filter(|_| earlier).cloned(),
                after: places.last().filter(|_| later).cloned(),
                rows: Vec::with_capacity(places.len()),
            };
            if places.is_empty() && !backward {
                page = Page::default();
            }
            for place in &places {
                // A device may be gone since its place was read.
                page.rows.extend(device_row(db, &place.id)?);
            }
            Ok(page)
        })
    }

    fn facets(&self, ask: &PageAsk) -> Result<Facets, StoreError> {
        self.with(|db| counts::facets(db, ask))
    }

    fn any_device(&self) -> Result<bool, StoreError> {
        self.with(|db| Ok(db.prepare_cached("SELECT 1 FROM device LIMIT 1")?.exists([])?))
    }
}

/// The places of one page in list order, and whether there are more beyond it
/// in the direction of reading.
fn places(db: &Connection, ask: &PageAsk) -> Result<(Vec<Place>, bool), StoreError> {
    let key = order_key(ask.order.column);
    let backward = matches!(ask.from, PageStart::Before(_));
    let descending = ask.order.descending != backward;
    let mut sql = Sql::default();
    let looked_up = match ask.order.column {
        Column::Model | Column::Device => Some(("d.model", model_names(ask))),
        Column::System => Some(("d.os_version", version_numbers(db)?)),
        _ => None,
    };
    if let Some((_, names)) = &looked_up {
        let names = Value::Text(names.to_string());
        sql.with(
            "WITH named(name, key) AS MATERIALIZED (SELECT key, value FROM json_each(?)) ",
            [names],
        );
    }
    sql.push(&format!("SELECT {key} AS place, d.id FROM device d"));
    if matches!(ask.order.column, Column::Device | Column::Owner) {
        sql.push(" LEFT JOIN person p ON p.id = d.person_id");
    }
    if let Some((column, _)) = looked_up {
        sql.push(&format!(" LEFT JOIN named ON named.name = {column}"));
    }
    sql.push(" WHERE 1");
    conditions(&mut sql, &ask.filter, Without::Nothing);
    let (sign, direction) = if descending { ("<", " DESC") } else { (">", "") };
    if let PageStart::After(place) | PageStart::Before(place) = &ask.from {
        let values = [place.key.clone().into(), Value::Text(place.id.clone())];
        sql.with(&format!(" AND ({key}, d.id) {sign} (?, ?)"), values);
    }
    sql.push(&format!(" ORDER BY place{direction}, d.id{direction}"));
    if let Some(limit) = ask.limit {
        sql.with(" LIMIT ?", [Value::Integer(i64::from(limit) + 1)]);
    }
    let mut query = db.prepare_cached(&sql.text)?;
    let mut places: Vec<Place> =
        query.query_map(params_from_iter(sql.values), read_place)?.collect::<Result<_, _>>()?;
    let limit = ask.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let more = places.len() > limit;
    places.truncate(limit);
    if backward {
        places.reverse();
    }
    Ok((places, more))
}

fn read_place(row: &Row<'_>) -> rusqlite::Result<Place> {
    let key = match row.get_ref(0)? {
        ValueRef::Integer(number) => Key::Number(number),
        other => Key::Text(other.as_str()?.to_owned()),
    };
    Ok(Place { key, id: row.get(1)? })
}

fn model_names(ask: &PageAsk) -> serde_json::Value {
    ask.models.iter().map(|(id, name)| (id.clone(), name.clone())).collect()
}

/// Every version in the fleet as a number, since versions are no texts.
fn version_numbers(db: &Connection) -> Result<serde_json::Value, StoreError> {
    let mut query =
        db.prepare_cached("SELECT DISTINCT os_version FROM device WHERE os_version IS NOT NULL")?;
    let versions = query.query_map([], |row| row.get::<_, String>(0))?;
    let mut numbers = serde_json::Map::new();
    for version in versions {
        let version = version?;
        let number = version_number(&version);
        numbers.insert(version, number.into());
    }
    Ok(numbers.into())
}

/// `26.6.2` as 26 006 002; a text that is no version comes before all.
fn version_number(text: &str) -> i64 {
    let Ok(version) = text.parse::<Version>() else { return -1 };
    let text = version.to_string();
    let mut parts = text.split('.').map(|part| part.parse::<i64>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next() * 1000 + next()) * 1000 + next()
}
