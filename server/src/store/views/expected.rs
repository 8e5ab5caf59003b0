//! What pages read of the Macs that a company says it has.

use jiff::Timestamp;

use super::DeviceRow;
use crate::expected::{Facts, Source, State};
use crate::store::StoreError;

/// A Mac of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Serial number in capital letters.
    pub serial: String,
    /// What is said of it.
    pub facts: Facts,
    /// What brought it into the list.
    pub source: Source,
    /// Since when it is on the list.
    pub added: Timestamp,
    /// When something else was said of it.
    pub changed: Timestamp,
    /// Raised by every change.
    pub version: i64,
}

/// Whether a device stands behind a Mac of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is in use, and no device with its serial number is watched.
    NeverEnrolled,
    /// A device with its serial number is watched.
    Claimed,
}

/// Which Macs of the list, by serial number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedAsk {
    /// Any of these; when empty, all.
    pub states: Vec<State>,
    /// What brought them into the list.
    pub source: Option<Source>,
    /// Whether a device stands behind them.
    pub claim: Option<Claim>,
    /// Words that must each be found in serial number, owner, model or the
    /// company's own number.
    pub words: Vec<String>,
    /// Behind this serial number.
    pub after: Option<String>,
    /// At most so many; none for all.
    pub limit: Option<u32>,
}

/// A Mac of the list with the device that stands behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedRow {
    /// The Mac.
    pub expected: Expected,
    /// The device.
    pub device: Option<DeviceRow>,
}

/// How many Macs each value of a filter would leave, the search as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedCounts {
    /// By state.
    pub states: Vec<(State, u64)>,
    /// By source.
    pub sources: Vec<(Source, u64)>,
    /// In use, and never enrolled.
    pub never_enrolled: u64,
    /// With a device.
    pub claimed: u64,
    /// Devices that are not on the list.
    pub unexpected: u64,
    /// With all filters as they are.
    pub total: u64,
}

/// The list beside what is enrolled, in a few numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Population {
    /// Whether there is a list at all.
    pub is_listed: bool,
    /// Macs in use that no watched device stands behind.
    pub never_enrolled: u64,
    /// Devices that are not on the list; 0 while there is none.
    pub unexpected: u64,
}

/// Reads the list.
pub trait ExpectedViews: Send + Sync {
    /// The Macs that were asked for, at most one more than the limit.
    fn expected_rows(&self, ask: &ExpectedAsk) -> Result<Vec<ExpectedRow>, StoreError>;
    /// Counts for the filters of `ask`.
    fn expected_counts(&self, ask: &ExpectedAsk) -> Result<ExpectedCounts, StoreError>;
    /// Devices that are not on the list, by id, at most one more than the
    /// limit; of `ask` words, place and limit count.
    fn unexpected_devices(&self, ask: &ExpectedAsk) -> Result<Vec<DeviceRow>, StoreError>;
    /// The list beside what is enrolled.
    fn population(&self) -> Result<Population, StoreError>;
    /// Devices that wait for approval, those that wait longest first, each
    /// with the reason, and what the list says of its serial number.
    fn waiting_devices(&self, limit: u32) -> Result<Vec<WaitingDevice>, StoreError>;
}

/// A device that somebody has to approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingDevice {
    /// The device.
    pub device: DeviceRow,
    /// Why it waits.
    pub reason: String,
    /// What the list says of its serial number.
    pub expected: Option<Expected>,
}
