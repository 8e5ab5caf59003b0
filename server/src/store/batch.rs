//! Keeping a batch of reports in one transaction: what both databases share.
//!
//! Everything that decisions need is read first, for the whole batch; then the
//! [`desk`] decides in memory, and everything is written at once. A database
//! only has to offer [`Books`].

pub mod desk;
pub mod judging;

use shared::log::Frontier;
use shared::policy::Readings;

use super::StoreError;
use super::reports::{Accepted, Incoming, Kept};
use super::stream::{NewEvent, events_of};
use crate::app::Rules;
use crate::fleet::advance::Changes;
use crate::fleet::finding::Finding;
use crate::fleet::state::DeviceState;
use crate::log::growth::Growth;
use desk::Desk;
use jiff::Timestamp;
use shared::statement::Posture;
use std::collections::BTreeMap;

/// What keeping a batch needs from a database, inside one open transaction.
/// Every method takes all that is asked for at once.
pub trait Books {
    /// The devices called `ids`, in that order as far as they exist, locked
    /// until the transaction ends; without readings and findings.
    fn places(&mut self, ids: &[&str]) -> Result<Vec<Loaded>, StoreError>;
    /// Readings and findings of devices, as they were written.
    fn postures(&mut self, ids: &[&str]) -> Result<Vec<StoredPosture>, StoreError>;
    /// Statements that stand at these places.
    fn earlier(&mut self, places: &[Place<'_>]) -> Result<Vec<Earlier>, StoreError>;
    /// Writes what was decided, in order.
    fn write(&mut self, writes: &Writes<'_>) -> Result<(), StoreError>;
    /// The log's edge, locked until the transaction ends.
    fn log_head(&mut self) -> Result<Frontier, StoreError>;
    /// Appends to the log, and keeps the statements that its entries prove.
    fn append(
        &mut self,
        growth: &Growth,
        statements: &[NewStatement<'_>],
    ) -> Result<(), StoreError>;
    /// Tells changes, at the size that the log has now; its head is locked.
    fn publish(&mut self, log_size: u64, events: &[NewEvent]) -> Result<(), StoreError>;
}

/// A device as every report needs it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The device; without readings and findings until they are read too.
    pub state: DeviceState,
    /// Fingerprint of the readings.
    pub readings_sha256: Option<[u8; 32]>,
    /// Required rules that fail.
    pub failing: usize,
}

/// Readings and findings of a device.
#[derive(Clone, Debug)]
pub struct StoredPosture {
    /// Which device.
    pub device_id: String,
    /// Its readings.
    pub readings: Readings,
    /// Its present findings.
    pub findings: BTreeMap<String, Finding>,
}

/// Names a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place<'a> {
    /// The device.
    pub device_id: &'a str,
    /// Which of its keys.
    pub chain: i64,
    /// The sequence.
    pub sequence: i64,
}

/// A statement that was there already.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// The device.
    pub device_id: String,
    /// Which of its keys.
    pub chain: i64,
    /// The sequence.
    pub sequence: i64,
    /// Its digest.
    pub digest: [u8; 32],
    /// When it was received.
    pub received_at: Timestamp,
    /// What was odd about it.
    pub flags: Vec<String>,
    /// Where it stands in the log.
    pub log_position: Option<u64>,
}

/// A statement to be kept.
#[derive(Clone, Debug)]
pub struct NewStatement<'a> {
    /// What was received.
    pub incoming: &'a Incoming,
    /// What is odd, as words with a space between.
    pub flags: String,
    /// Its entry among those that are appended, counted from 0.
    pub entry: usize,
}

/// What is written of a device.
#[derive(Clone, Debug)]
pub struct DeviceWrite<'a> {
    /// As it is now.
    pub state: &'a DeviceState,
    /// Fingerprint of the newest full report's readings, if there was one.
    pub readings_sha256: Option<[u8; 32]>,
    /// Whether readings, findings and standing are written, too.
    pub is_judged: bool,
    /// Intervals that ended and began, in order.
    pub changes: &'a Changes,
    /// What the device says of itself, if that may be new.
    pub claim: Option<&'a Posture>,
}

/// A device that the collector suspends.
#[derive(Clone, Debug)]
pub struct Suspension {
    /// Which.
    pub device_id: String,
    /// Why, for people.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// Everything that a batch changes beside statements and log.
#[derive(Clone, Debug, Default)]
pub struct Writes<'a> {
    /// Devices, in the order of their ids.
    pub devices: Vec<DeviceWrite<'a>>,
    /// Second statements with a sequence that was taken.
    pub contradictions: Vec<&'a Incoming>,
    /// Devices that are suspended.
    pub suspensions: &'a [Suspension],
}

/// Keeps `batch`, in order, within the transaction behind `books`.
pub fn keep(
    books: &mut dyn Books,
    batch: &[Incoming],
    rules: &Rules,
) -> Result<Accepted, StoreError> {
    let mut desk = Desk::open(books, batch, rules)?;
    let mut kept: Vec<Kept> = batch.iter().map(|incoming| desk.take(incoming, rules)).collect();
    let writes = desk.writes();
    let events = events_of(&writes);
    books.write(&writes)?;
    if desk.entries.is_empty() {
        tell(books, &events)?;
        return Ok(Accepted { kept, growth: None });
    }
    // The head is locked last and for the shortest time: everybody waits there.
    let growth = Growth::of(books.log_head()?, std::mem::take(&mut desk.entries));
    for answer in &mut kept {
        if let Kept::New { index, .. } = answer {
            *index += growth.start;
        }
    }
    books.append(&growth, &desk.statements)?;
    if !events.is_empty() {
        books.publish(growth.head.size(), &events)?;
    }
    Ok(Accepted { kept, growth: Some(growth) })
}

/// Tells what changed without anything new in the log.
fn tell(books: &mut dyn Books, events: &[NewEvent]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let log_size = books.log_head()?.size();
    books.publish(log_size, events)
}
