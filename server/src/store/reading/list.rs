//! The device list: one page by keyset, and counts.

use std::collections::BTreeMap;

use shared::os_releases::Version;

use super::conditions::{Sql, Without, conditions, order_key};
use super::dialect::LookedUp;
use super::rows::device_rows;
use super::{Fields, Lend, Reading, Value, agents, counts, groups, words};
use crate::store::StoreError;
use crate::store::views::list::{
    Column, Facets, Filter, Groups, Key, ListViews, Page, PageAsk, PageStart, Place,
};

impl<L: Lend> ListViews for L {
    fn devices(&self, ask: &PageAsk) -> Result<Page, StoreError> {
        self.lend(|db| {
            let ask = &agents::looked_up(db, ask)?;
            let from = start(ask);
            let (places, more) = places(db, ask, from)?;
            let backward = matches!(from, PageStart::Before(_));
            if places.is_empty() && !backward {
                return Ok(Page::default());
            }
            let (earlier, later) = match from {
                PageStart::Start => (false, more),
                PageStart::After(_) => (true, more),
                PageStart::Before(_) => (more, true),
            };
            let ids: Vec<String> = places.iter().map(|place| place.id.clone()).collect();
            Ok(Page {
                before: places.first().filter(|_| earlier).cloned(),
                after: places.last().filter(|_| later).cloned(),
                // A device may be gone since its place was read.
                rows: device_rows(db, &ids)?,
            })
        })
    }

    fn look_up(&self, filter: Filter) -> Result<Filter, StoreError> {
        self.lend(|db| words::look_up(db, filter))
    }

    fn groups(&self, ask: &PageAsk) -> Result<Groups, StoreError> {
        self.lend(|db| {
            let ask = agents::looked_up(db, ask)?;
            groups::groups(db, &ask)
        })
    }

    /// Two connections share the work, because somebody waits for it.
    fn facets(&self, ask: &PageAsk) -> Result<Facets, StoreError> {
        let ask = &self.lend(|db| agents::looked_up(db, ask))?;
        std::thread::scope(|scope| {
            let columns = scope.spawn(|| self.lend(|db| counts::by_column(db, ask)));
            let beside = self.lend(|db| counts::beside_columns(db, ask));
            let columns = columns.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let (rules, labels, owner_left, agents) = beside?;
            Ok(Facets { rules, owner_left, labels, agents, ..columns? })
        })
    }

    fn any_device(&self) -> Result<bool, StoreError> {
        self.lend(|db| Ok(db.first("SELECT 1 FROM device LIMIT 1", &[], |_| Ok(()))?.is_some()))
    }
}

/// Where the page begins. A place in another order, as an address that was
/// changed by hand has it, is no place in this one.
fn start(ask: &PageAsk) -> &PageStart {
    match &ask.from {
        PageStart::After(place) | PageStart::Before(place)
            if matches!(place.key, Key::Number(_)) != by_number(ask.order.column) =>
        {
            &PageStart::Start
        }
        from => from,
    }
}

fn by_number(column: Column) -> bool {
    matches!(
        column,
        Column::Status
            | Column::System
            | Column::Failing
            | Column::Received
            | Column::Enrolled
            | Column::Due
    )
}

/// The places of one page in list order, and whether there are more beyond it
/// in the direction of reading.
fn places(
    db: &mut dyn Reading,
    ask: &PageAsk,
    from: &PageStart,
) -> Result<(Vec<Place>, bool), StoreError> {
    let sql = page(db, ask, from)?;
    let numbers = by_number(ask.order.column);
    let mut places = db.all(&sql.text, &sql.values, |row| read_place(row, numbers))?;
    let limit = ask.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let more = places.len() > limit;
    places.truncate(limit);
    if matches!(from, PageStart::Before(_)) {
        places.reverse();
    }
    Ok((places, more))
}

/// The statement that finds the places of one page, and one more.
fn page(db: &mut dyn Reading, ask: &PageAsk, from: &PageStart) -> Result<Sql, StoreError> {
    let mut sql = Sql::new(db.dialect());
    let column = ask.order.column;
    let key = order_key(sql.dialect, column);
    let id = sql.dialect.by_bytes("d.id");
    let join = look_up(db, ask, &mut sql)?;
    sql.push(&format!("SELECT {key} AS place, d.id FROM device d"));
    if matches!(column, Column::Device | Column::Owner | Column::Department) {
        sql.push(" LEFT JOIN person p ON p.id = d.person_id");
    }
    sql.push(join).push(" WHERE true");
    conditions(&mut sql, &ask.filter, Without::Nothing);
    let backward = matches!(from, PageStart::Before(_));
    let (sign, direction) =
        if ask.order.descending == backward { (">", "") } else { ("<", " DESC") };
    if let PageStart::After(place) | PageStart::Before(place) = from {
        let from = sql.value(match &place.key {
            Key::Number(number) => Value::Number(*number),
            Key::Text(text) => Value::text(text),
        });
        let after = sql.value(Value::text(&place.id));
        sql.push(&format!(" AND ({key}, {id}) {sign} ({from}, {after})"));
    }
    sql.push(&format!(" ORDER BY place{direction}, {id}{direction}"));
    if let Some(limit) = ask.limit {
        let limit = sql.value(Value::Number(i64::from(limit) + 1));
        sql.push(&format!(" LIMIT {limit}"));
    }
    Ok(sql)
}

/// Puts the table of looked-up names before a statement that needs it; gives
/// how to join it.
fn look_up(db: &mut dyn Reading, ask: &PageAsk, sql: &mut Sql) -> Result<&'static str, StoreError> {
    let (names, keys, kind, join) = match ask.order.column {
        Column::Model | Column::Device => (
            Value::texts(ask.models.keys().map(String::as_str)),
            Value::texts(ask.models.values().map(String::as_str)),
            LookedUp::Text,
            " LEFT JOIN named ON named.name = d.model",
        ),
        Column::System => {
            let (versions, numbers) = version_numbers(db)?.into_iter().unzip();
            let join = " LEFT JOIN named ON named.name = d.os_version";
            (Value::Texts(versions), Value::Numbers(numbers), LookedUp::Number, join)
        }
        _ => return Ok(""),
    };
    let (names, keys) = (sql.value(names), sql.value(keys));
    let table = sql.dialect.named(&names, &keys, kind);
    sql.push(&table);
    Ok(join)
}

fn read_place(row: &dyn Fields, numbers: bool) -> Result<Place, StoreError> {
    let key = if numbers { Key::Number(row.int(0)?) } else { Key::Text(row.string(0)?) };
    Ok(Place { key, id: row.string(1)? })
}

/// Every version in the fleet as a number, since versions are no texts.
fn version_numbers(db: &mut dyn Reading) -> Result<BTreeMap<String, i64>, StoreError> {
    let versions = db.all(
        "SELECT DISTINCT os_version FROM device WHERE os_version IS NOT NULL",
        &[],
        |row| row.string(0),
    )?;
    Ok(versions.into_iter().map(|text| (text.clone(), version_number(&text))).collect())
}

/// `26.6.2` as 26 006 002; a text that is no version comes before all.
fn version_number(text: &str) -> i64 {
    let Ok(version) = text.parse::<Version>() else { return -1 };
    let text = version.to_string();
    let mut parts = text.split('.').map(|part| part.parse::<i64>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next() * 1000 + next()) * 1000 + next()
}
