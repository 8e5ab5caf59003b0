//! Changes of the list of Macs that a company says it has.

use std::collections::HashMap;

use super::audit::note;
use crate::audit::Act;
use crate::expected::merge::{Decision, decide, is_missed};
use crate::expected::{Facts, Said, Source, State};
use crate::store::StoreError;
use crate::store::reading::expected::{COLUMNS, expected};
use crate::store::reading::{Reading, Value};
use crate::store::views::expected::Expected;
use crate::store::writing::{Transact, Writing};

/// What an import did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Macs that came onto the list.
    pub added: Vec<String>,
    /// Macs of which something else is said now.
    pub changed: Vec<String>,
    /// Macs that stayed as they were.
    pub kept: usize,
    /// Macs in use or spare that an earlier import of the same source named,
    /// and this one does not.
    pub missed: Vec<String>,
    /// Whether those were marked as retired.
    pub retired: bool,
}

impl Imported {
    /// In one sentence, for the audit log.
    pub fn words(&self) -> String {
        let missed = if self.retired { "retired" } else { "missing" };
        format!(
            "{} added, {} changed, {} as before, {} {missed}",
            self.added.len(),
            self.changed.len(),
            self.kept,
            self.missed.len()
        )
    }
}

/// What an import wants.
#[derive(Clone, Debug)]
pub struct ImportAsk {
    /// What it says of each Mac.
    pub said: Vec<Said>,
    /// Whose it is.
    pub source: Source,
    /// Whether what is missing from it is marked as retired, with this reason.
    pub retire_missed: Option<String>,
}

/// What became of one Mac.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It came onto the list.
    Added,
    /// Something else is said of it now.
    Changed,
    /// It was so before.
    Kept,
    /// Somebody else changed it meanwhile; nothing was written.
    Stale,
}

/// Keeps the list.
pub trait ExpectedDevices: Send + Sync {
    /// The Mac with this serial number, in capital letters.
    fn expected(&self, serial: &str) -> Result<Option<Expected>, StoreError>;
    /// What an import would do; writes nothing.
    fn preview_import(&self, ask: &ImportAsk) -> Result<Imported, StoreError>;
    /// Imports in one transaction, and notes the act with what was done.
    fn import_expected(&self, ask: &ImportAsk, act: &Act) -> Result<Imported, StoreError>;
    /// Says what holds of the Mac with a serial number, which came from there
    /// if it is new. `version` is the one that was seen; none
    /// for whatever there is.
    fn put_expected(
        &self,
        mac: (&str, Source),
        facts: &Facts,
        version: Option<i64>,
        act: &Act,
    ) -> Result<Put, StoreError>;
    /// Takes a Mac off the list; false when it is not on it.
    fn remove_expected(&self, serial: &str, act: &Act) -> Result<bool, StoreError>;
}

/// The Mac with this serial number.
pub(in crate::store) fn one(
    db: &mut dyn Reading,
    serial: &str,
) -> Result<Option<Expected>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM expected_device e WHERE e.serial = $1");
    db.first(&sql, &[Value::text(serial)], expected)
}

/// What is to be written of a Mac: serial number, facts, what brought it.
type Write = (String, Facts, Source);

/// What is to be written, and what was counted.
fn compare(db: &mut dyn Reading, ask: &ImportAsk) -> Result<(Imported, Vec<Write>), StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM expected_device e");
    let mut known: HashMap<String, Expected> =
        db.all(&sql, &[], expected)?.into_iter().map(|one| (one.serial.clone(), one)).collect();
    let mut done = Imported { retired: ask.retire_missed.is_some(), ..Imported::default() };
    let mut writes = Vec::new();
    for said in &ask.said {
        let now = known.remove(&said.serial);
        let from = now.as_ref().map_or(ask.source, |one| one.source);
        match decide(now.as_ref().map(|one| (&one.facts, one.source)), said, ask.source) {
            Decision::Add(facts) => {
                done.added.push(said.serial.clone());
                writes.push((said.serial.clone(), facts, from));
            }
            Decision::Change(facts) => {
                done.changed.push(said.serial.clone());
                writes.push((said.serial.clone(), facts, from));
            }
            Decision::Keep => done.kept += 1,
        }
    }
    for (serial, one) in known {
        if !is_missed(&one.facts, one.source, ask.source) {
            continue;
        }
        if let Some(reason) = &ask.retire_missed {
            let facts = Facts { state: State::Retired, reason: reason.clone(), ..one.facts };
            writes.push((serial.clone(), facts, one.source));
        }
        done.missed.push(serial);
    }
    done.missed.sort_unstable();
    Ok((done, writes))
}

/// Rows of one statement.
const AT_ONCE: usize = 100;

fn write(db: &mut dyn Writing, writes: &[Write], act: &Act) -> Result<(), StoreError> {
    for some in writes.chunks(AT_ONCE) {
        let mut values = Vec::with_capacity(some.len() * 10);
        let mut places = Vec::with_capacity(some.len());
        for (serial, facts, source) in some {
            let first = values.len() + 1;
            let row: Vec<String> = (first..first + 10).map(|at| format!("${at}")).collect();
            places.push(format!("({}, 1)", row.join(", ")));
            values.extend([
                Value::text(serial),
                Value::text(facts.state.as_str()),
                Value::text(&facts.reason),
                Value::text(&facts.owner_name),
                Value::text(&facts.owner_email),
                Value::text(&facts.model),
                Value::text(&facts.asset_tag),
                Value::text(source.as_str()),
                Value::time(act.at),
                Value::time(act.at),
            ]);
        }
        let sql = format!(
            "INSERT INTO expected_device (serial, state, reason, owner_name, owner_email, model,
               asset_tag, source, added_ms, changed_ms, version) VALUES {}
             ON CONFLICT (serial) DO UPDATE SET state = excluded.state, reason = excluded.reason,
               owner_name = excluded.owner_name, owner_email = excluded.owner_email,
               model = excluded.model, asset_tag = excluded.asset_tag,
               changed_ms = excluded.changed_ms, version = expected_device.version + 1",
            places.join(", ")
        );
        db.change(&sql, &values)?;
    }
    Ok(())
}

impl<T: Transact> ExpectedDevices for T {
    fn expected(&self, serial: &str) -> Result<Option<Expected>, StoreError> {
        self.lend(|db| one(db, serial))
    }

    fn preview_import(&self, ask: &ImportAsk) -> Result<Imported, StoreError> {
        self.lend(|db| Ok(compare(db, ask)?.0))
    }

    fn import_expected(&self, ask: &ImportAsk, act: &Act) -> Result<Imported, StoreError> {
        self.transact(|db| {
            let (done, writes) = compare(db.asked(), ask)?;
            write(db, &writes, act)?;
            note(db, &act.clone().with(done.words()))?;
            Ok(done)
        })
    }

    fn put_expected(
        &self,
        (serial, source): (&str, Source),
        facts: &Facts,
        version: Option<i64>,
        act: &Act,
    ) -> Result<Put, StoreError> {
        self.transact(|db| {
            let now = one(db.asked(), serial)?;
            if version.is_some_and(|seen| now.as_ref().is_some_and(|now| now.version != seen)) {
                return Ok(Put::Stale);
            }
            let put = match &now {
                None => Put::Added,
                Some(now) if now.facts == *facts => return Ok(Put::Kept),
                Some(_) => Put::Changed,
            };
            write(db, &[(serial.to_owned(), facts.clone(), source)], act)?;
            note(db, act)?;
            Ok(put)
        })
    }

    fn remove_expected(&self, serial: &str, act: &Act) -> Result<bool, StoreError> {
        const REMOVE: &str = "DELETE FROM expected_device WHERE serial = $1";
        self.transact(|db| {
            let removed = db.change(REMOVE, &[Value::text(serial)])? == 1;
            if removed {
                note(db, act)?;
            }
            Ok(removed)
        })
    }
}
