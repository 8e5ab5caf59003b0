//! The Macs that a company says it has, beside those that are enrolled.

use std::collections::HashMap;

use super::conditions::{Sql, contains};
use super::rows::device_rows;
use super::{Fields, Lend, Reading, Value};
use crate::expected::{Facts, Source, State};
use crate::store::StoreError;
use crate::store::views::DeviceRow;
use crate::store::views::expected::{
    Claim, Expected, ExpectedAsk, ExpectedCounts, ExpectedRow, ExpectedViews, Population,
    WaitingDevice,
};

/// Columns of a Mac `e` of the list.
pub(in crate::store) const COLUMNS: &str = "e.serial, e.state, e.reason, e.owner_name,
    e.owner_email, e.model, e.asset_tag, e.source, e.added_ms, e.changed_ms, e.version";

/// A watched device with the serial number of `e`: every device but archived
/// ones is counted somewhere, so none of these is counted twice.
const CLAIMED: &str = "EXISTS (SELECT 1 FROM device c WHERE c.serial = e.serial
    AND c.lifecycle <> 'archived')";
/// An enrolled device `d` that is not on the list.
const UNEXPECTED: &str = "d.lifecycle IN ('active', 'pending', 'suspended')
    AND NOT EXISTS (SELECT 1 FROM expected_device e WHERE e.serial = d.serial)";

/// The Mac in the columns of [`COLUMNS`].
pub(in crate::store) fn expected(row: &dyn Fields) -> Result<Expected, StoreError> {
    let corrupt =
        |what, word: &str| StoreError::Corrupt { what, why: format!("`{word}` is unknown") };
    let (state, source) = (row.word(1)?, row.word(7)?);
    Ok(Expected {
        serial: row.string(0)?,
        facts: Facts {
            state: State::named(state).ok_or_else(|| corrupt("a state", state))?,
            reason: row.string(2)?,
            owner_name: row.string(3)?,
            owner_email: row.string(4)?,
            model: row.string(5)?,
            asset_tag: row.string(6)?,
        },
        source: Source::named(source).ok_or_else(|| corrupt("a source", source))?,
        added: row.time(8)?,
        changed: row.time(9)?,
        version: row.int(10)?,
    })
}

/// Which filter a count leaves out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Without {
    Nothing,
    States,
    Source,
    Claim,
}

/// Adds the conditions of `ask` for `e`; a `WHERE true` stands before.
fn conditions(sql: &mut Sql, ask: &ExpectedAsk, without: Without) {
    if without != Without::States && !ask.states.is_empty() {
        sql.push(" AND ");
        sql.push_among("e.state", ask.states.iter().map(|state| state.as_str()));
    }
    if let Some(source) = ask.source.filter(|_| without != Without::Source) {
        let source = sql.value(Value::text(source.as_str()));
        sql.push(&format!(" AND e.source = {source}"));
    }
    match ask.claim.filter(|_| without != Without::Claim) {
        Some(Claim::NeverEnrolled) => {
            sql.push(&format!(" AND e.state = 'in_use' AND NOT {CLAIMED}"));
        }
        Some(Claim::Claimed) => {
            sql.push(&format!(" AND {CLAIMED}"));
        }
        None => {}
    }
    for word in &ask.words {
        let pattern = sql.value(Value::text(&contains(word)));
        let columns = ["e.serial", "e.owner_name", "e.owner_email", "e.model", "e.asset_tag"];
        let any = columns.map(|column| sql.dialect.like(column, &pattern)).join(" OR ");
        sql.push(&format!(" AND ({any})"));
    }
}

fn rows(db: &mut dyn Reading, ask: &ExpectedAsk) -> Result<Vec<ExpectedRow>, StoreError> {
    let mut sql = Sql::new(db.dialect());
    let serial = sql.dialect.by_bytes("e.serial");
    sql.push(&format!("SELECT {COLUMNS} FROM expected_device e WHERE true"));
    conditions(&mut sql, ask, Without::Nothing);
    if let Some(after) = &ask.after {
        let after = sql.value(Value::text(after));
        sql.push(&format!(" AND {serial} > {after}"));
    }
    sql.push(&format!(" ORDER BY {serial}"));
    limit(&mut sql, ask);
    let found = db.all(&sql.text, &sql.values, expected)?;
    let serials: Vec<String> = found.iter().map(|one| one.serial.clone()).collect();
    let mut devices = claims(db, &serials)?;
    let with_device = |expected: Expected| {
        let device = devices.remove(&expected.serial);
        ExpectedRow { expected, device }
    };
    Ok(found.into_iter().map(with_device).collect())
}

fn limit(sql: &mut Sql, ask: &ExpectedAsk) {
    if let Some(limit) = ask.limit {
        let limit = sql.value(Value::Number(i64::from(limit) + 1));
        sql.push(&format!(" LIMIT {limit}"));
    }
}

/// Watched devices by serial number; of several the one that reports.
fn claims(
    db: &mut dyn Reading,
    serials: &[String],
) -> Result<HashMap<String, DeviceRow>, StoreError> {
    const AT_ONCE: usize = 500;
    let mut claims = HashMap::new();
    for serials in serials.chunks(AT_ONCE) {
        let mut sql = Sql::new(db.dialect());
        sql.push("SELECT d.serial, d.id FROM device d WHERE d.lifecycle <> 'archived' AND ");
        sql.push_among("d.serial", serials.iter().map(String::as_str));
        let id = sql.dialect.by_bytes("d.id");
        sql.push(&format!(
            " ORDER BY d.lifecycle = 'active', d.lifecycle = 'suspended',
                d.lifecycle = 'pending', d.enrolled_ms, {id}"
        ));
        let found = db.all(&sql.text, &sql.values, |row| Ok((row.string(0)?, row.string(1)?)))?;
        // The last one of a serial number stays.
        let ids: HashMap<String, String> = found.into_iter().collect();
        let wanted: Vec<String> = ids.values().cloned().collect();
        let mut devices: HashMap<String, DeviceRow> =
            device_rows(db, &wanted)?.into_iter().map(|row| (row.id.clone(), row)).collect();
        claims.extend(
            ids.into_iter().filter_map(|(serial, id)| Some((serial, devices.remove(&id)?))),
        );
    }
    Ok(claims)
}

/// How many Macs fit, by the word in `column`.
fn by_word(
    db: &mut dyn Reading,
    column: &str,
    ask: &ExpectedAsk,
    without: Without,
) -> Result<Vec<(String, u64)>, StoreError> {
    let mut sql = Sql::new(db.dialect());
    sql.push(&format!("SELECT e.{column}, count(*) FROM expected_device e WHERE true"));
    conditions(&mut sql, ask, without);
    sql.push(" GROUP BY 1");
    db.all(&sql.text, &sql.values, |row| Ok((row.string(0)?, row.count(1)?)))
}

fn counted(db: &mut dyn Reading, ask: &ExpectedAsk) -> Result<u64, StoreError> {
    let mut sql = Sql::new(db.dialect());
    sql.push("SELECT count(*) FROM expected_device e WHERE true");
    conditions(&mut sql, ask, Without::Nothing);
    db.only(&sql.text, &sql.values, |row| row.count(0))
}

fn counts(db: &mut dyn Reading, ask: &ExpectedAsk) -> Result<ExpectedCounts, StoreError> {
    let states = by_word(db, "state", ask, Without::States)?;
    let sources = by_word(db, "source", ask, Without::Source)?;
    let with = |claim| ExpectedAsk { claim: Some(claim), ..ask.clone() };
    let of = |all: &[(String, u64)], word: &str| {
        all.iter().find(|(one, _)| one == word).map_or(0, |(_, count)| *count)
    };
    Ok(ExpectedCounts {
        states: State::ALL.iter().map(|one| (*one, of(&states, one.as_str()))).collect(),
        sources: Source::ALL.iter().map(|one| (*one, of(&sources, one.as_str()))).collect(),
        never_enrolled: counted(db, &with(Claim::NeverEnrolled))?,
        claimed: counted(db, &with(Claim::Claimed))?,
        unexpected: count_unexpected(db, ask)?,
        total: counted(db, ask)?,
    })
}

/// Adds the conditions for a device that is not on the list.
fn unexpected_conditions(sql: &mut Sql, ask: &ExpectedAsk) {
    sql.push(UNEXPECTED);
    for word in &ask.words {
        let pattern = sql.value(Value::text(&contains(word)));
        let [serial, model, name, email] = ["d.serial", "d.model", "name", "email"]
            .map(|column| sql.dialect.like(column, &pattern));
        sql.push(&format!(
            " AND ({serial} OR {model}
                OR d.person_id IN (SELECT id FROM person WHERE {name} OR {email}))"
        ));
    }
}

fn count_unexpected(db: &mut dyn Reading, ask: &ExpectedAsk) -> Result<u64, StoreError> {
    if !is_listed(db)? {
        return Ok(0);
    }
    let mut sql = Sql::new(db.dialect());
    sql.push("SELECT count(*) FROM device d WHERE ");
    unexpected_conditions(&mut sql, ask);
    db.only(&sql.text, &sql.values, |row| row.count(0))
}

fn unexpected(db: &mut dyn Reading, ask: &ExpectedAsk) -> Result<Vec<DeviceRow>, StoreError> {
    if !is_listed(db)? {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(db.dialect());
    let id = sql.dialect.by_bytes("d.id");
    sql.push("SELECT d.id FROM device d WHERE ");
    unexpected_conditions(&mut sql, ask);
    if let Some(after) = &ask.after {
        let after = sql.value(Value::text(after));
        sql.push(&format!(" AND {id} > {after}"));
    }
    sql.push(&format!(" ORDER BY {id}"));
    limit(&mut sql, ask);
    let ids = db.all(&sql.text, &sql.values, |row| row.string(0))?;
    device_rows(db, &ids)
}

fn is_listed(db: &mut dyn Reading) -> Result<bool, StoreError> {
    Ok(db.first("SELECT 1 FROM expected_device LIMIT 1", &[], |_| Ok(()))?.is_some())
}

fn waiting(db: &mut dyn Reading, limit: u32) -> Result<Vec<WaitingDevice>, StoreError> {
    let sql = format!(
        "SELECT d.id, d.lifecycle_reason FROM device d WHERE d.lifecycle = 'pending'
          ORDER BY d.enrolled_ms, {} LIMIT $1",
        db.dialect().by_bytes("d.id")
    );
    let found =
        db.all(&sql, &[Value::Number(limit.into())], |row| Ok((row.string(0)?, row.string(1)?)))?;
    let ids: Vec<String> = found.iter().map(|(id, _)| id.clone()).collect();
    let mut reasons: HashMap<String, String> = found.into_iter().collect();
    let devices = device_rows(db, &ids)?;
    let mut sql = Sql::new(db.dialect());
    sql.push(&format!("SELECT {COLUMNS} FROM expected_device e WHERE "));
    sql.push_among("e.serial", devices.iter().filter_map(|row| row.serial.as_deref()));
    let listed = db.all(&sql.text, &sql.values, expected)?;
    let of = |device: &DeviceRow| {
        listed.iter().find(|one| Some(&one.serial) == device.serial.as_ref()).cloned()
    };
    Ok(devices
        .into_iter()
        .map(|device| WaitingDevice {
            reason: reasons.remove(&device.id).unwrap_or_default(),
            expected: of(&device),
            device,
        })
        .collect())
}

/// The list beside what is enrolled.
pub(super) fn population(db: &mut dyn Reading) -> Result<Population, StoreError> {
    if !is_listed(db)? {
        return Ok(Population::default());
    }
    let never = ExpectedAsk { claim: Some(Claim::NeverEnrolled), ..ExpectedAsk::default() };
    Ok(Population {
        is_listed: true,
        never_enrolled: counted(db, &never)?,
        unexpected: count_unexpected(db, &ExpectedAsk::default())?,
    })
}

impl<L: Lend> ExpectedViews for L {
    fn expected_rows(&self, ask: &ExpectedAsk) -> Result<Vec<ExpectedRow>, StoreError> {
        self.lend(|db| rows(db, ask))
    }

    fn expected_counts(&self, ask: &ExpectedAsk) -> Result<ExpectedCounts, StoreError> {
        self.lend(|db| counts(db, ask))
    }

    fn unexpected_devices(&self, ask: &ExpectedAsk) -> Result<Vec<DeviceRow>, StoreError> {
        self.lend(|db| unexpected(db, ask))
    }

    fn population(&self) -> Result<Population, StoreError> {
        self.lend(|db| {
            if !is_listed(db)? {
                return Ok(Population::default());
            }
            let never = ExpectedAsk { claim: Some(Claim::NeverEnrolled), ..ExpectedAsk::default() };
            Ok(Population {
                is_listed: true,
                never_enrolled: counted(db, &never)?,
                unexpected: count_unexpected(db, &ExpectedAsk::default())?,
            })
        })
    }

    fn waiting_devices(&self, limit: u32) -> Result<Vec<WaitingDevice>, StoreError> {
        self.lend(|db| waiting(db, limit))
    }
}
