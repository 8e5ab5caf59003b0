//! People with what they hold and what is open about them.

use std::collections::HashMap;

use jiff::civil::Date;

use super::{Person, day};
use crate::store::StoreError;
use crate::store::reading::{Reading, Value, device_rows};
use crate::store::views::DeviceRow;

/// A checklist of a person that is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenChecklist {
    /// Its id.
    pub id: String,
    /// `onboarding`, `offboarding`, `yearly`.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// First or last day, from which its due days count.
    pub day: Option<Date>,
    /// Tasks that are not open any more.
    pub done: u64,
    /// All its tasks.
    pub tasks: u64,
}

/// A person as lists show one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    /// The person.
    pub person: Person,
    /// Macs that the person holds now, without archived ones.
    pub macs: Vec<DeviceRow>,
    /// Checklists that are not done.
    pub checklists: Vec<OpenChecklist>,
}

/// People that are asked for at once.
const AT_ONCE: usize = 500;

/// The rows of people, in their order.
pub(super) fn rows(
    db: &mut dyn Reading,
    people: Vec<Person>,
) -> Result<Vec<PersonRow>, StoreError> {
    let mut rows: Vec<PersonRow> = people
        .into_iter()
        .map(|person| PersonRow { person, macs: Vec::new(), checklists: Vec::new() })
        .collect();
    for rows in rows.chunks_mut(AT_ONCE) {
        let ids = Value::texts(rows.iter().map(|row| row.person.id.as_str()));
        let mut macs = macs(db, ids.clone())?;
        let mut checklists = checklists(db, ids)?;
        for row in rows {
            row.macs = macs.remove(&row.person.id).unwrap_or_default();
            row.checklists = checklists.remove(&row.person.id).unwrap_or_default();
        }
    }
    Ok(rows)
}

fn macs(
    db: &mut dyn Reading,
    people: Value,
) -> Result<HashMap<String, Vec<DeviceRow>>, StoreError> {
    let sql = format!(
        "SELECT d.id, d.person_id FROM device d WHERE {} AND d.lifecycle <> 'archived'
            AND d.status <> 'archived' ORDER BY d.enrolled_ms, {}",
        db.dialect().among("d.person_id", "$1"),
        db.dialect().by_bytes("d.id"),
    );
    let held = db.all(&sql, &[people], |row| Ok((row.string(0)?, row.string(1)?)))?;
    let ids: Vec<String> = held.iter().map(|(id, _)| id.clone()).collect();
    let holders: HashMap<String, String> = held.into_iter().collect();
    let mut macs: HashMap<String, Vec<DeviceRow>> = HashMap::new();
    for row in device_rows(db, &ids)? {
        if let Some(holder) = holders.get(&row.id) {
            macs.entry(holder.clone()).or_default().push(row);
        }
    }
    Ok(macs)
}

fn checklists(
    db: &mut dyn Reading,
    people: Value,
) -> Result<HashMap<String, Vec<OpenChecklist>>, StoreError> {
    let sql = format!(
        "SELECT c.person_id, c.id, c.kind, c.title, c.day,
                (SELECT count(*) FROM checklist_task t
                  WHERE t.checklist_id = c.id AND t.state <> 'open'),
                (SELECT count(*) FROM checklist_task t WHERE t.checklist_id = c.id)
           FROM checklist c WHERE {} AND c.state = 'open' ORDER BY {}, {}",
        db.dialect().among("c.person_id", "$1"),
        db.dialect().by_bytes("c.day"),
        db.dialect().by_bytes("c.id"),
    );
    let mut checklists: HashMap<String, Vec<OpenChecklist>> = HashMap::new();
    db.each(&sql, &[people], &mut |row| {
        let open = OpenChecklist {
            id: row.string(1)?,
            kind: row.string(2)?,
            title: row.string(3)?,
            day: day(row, 4)?,
            done: row.count(5)?,
            tasks: row.count(6)?,
        };
        checklists.entry(row.string(0)?).or_default().push(open);
        Ok(())
    })?;
    Ok(checklists)
}
