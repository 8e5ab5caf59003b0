//! What the overview reads: the whole fleet in a few numbers.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::expected::Population;
use super::history::Counts;
use super::{DeviceRow, Standing, SystemSeen};
use crate::agent_releases::shelf::Build;
use crate::store::StoreError;

/// What the overview asks for.
#[derive(Clone, Copy, Debug)]
pub struct OverviewAsk {
    /// Changes after this instant.
    pub changed_after: Timestamp,
    /// A device that is unknown since before this instant needs attention.
    pub unknown_before: Timestamp,
    /// Silence of whoever is away on this day needs no attention.
    pub today: Date,
    /// Longest list of devices that need attention.
    pub attention_limit: u32,
    /// Longest list of changes.
    pub changes_limit: u32,
}

impl OverviewAsk {
    /// What the overview of `now` asks for, with lists of at most `rows`.
    pub fn at(now: Timestamp, rows: u32) -> Self {
        let ago = |hours| now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(now);
        Self {
            changed_after: ago(24),
            unknown_before: ago(3 * 24),
            today: now.to_zoned(TimeZone::UTC).date(),
            attention_limit: rows,
            changes_limit: rows,
        }
    }
}

/// The fleet at one instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// Devices by standing; a standing without devices may be left out.
    pub standings: Vec<(Standing, u64)>,
    /// When the device that is silent longest was last heard.
    pub silent_since: Option<Timestamp>,
    /// Devices that need a person, the most urgent first.
    pub attention: Vec<DeviceRow>,
    /// How many there are in all.
    pub attention_total: u64,
    /// Changes of status: those away from compliance first, then the newest.
    pub changes: Vec<StatusChange>,
    /// How many there were in all.
    pub changes_total: u64,
    /// Devices by the system that they last reported; archived ones left out.
    pub systems: Vec<(Option<SystemSeen>, u64)>,
    /// The list of expected Macs beside what is enrolled.
    pub population: Population,
    /// Agents of the devices that may report.
    pub agents: Vec<AgentCount>,
}

/// How many devices have an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentCount {
    /// The version that it names.
    pub version: String,
    /// What its program is to the collector.
    pub build: Build,
    /// How many.
    pub devices: u64,
}

/// A device went from one status to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusChange {
    /// The device.
    pub device: DeviceRow,
    /// When.
    pub at: Timestamp,
    /// Its status before; none when it is new.
    pub from: Option<Standing>,
    /// Its status after.
    pub to: Standing,
}

/// Reads the fleet as a whole.
pub trait FleetViews: Send + Sync {
    /// The fleet in a few numbers.
    fn overview(&self, ask: OverviewAsk) -> Result<Overview, StoreError>;

    /// Agents of the devices that are watched and may report, by version.
    fn agents(&self) -> Result<Vec<AgentCount>, StoreError>;

    /// Devices by standing; a standing without devices is left out.
    fn standings(&self) -> Result<Vec<(Standing, u64)>, StoreError>;

    /// Devices by status at each of `instants`, which must be ascending.
    fn counts_at(&self, instants: &[Timestamp]) -> Result<Vec<Counts>, StoreError>;

    /// Whether the database answers.
    fn ping(&self) -> Result<(), StoreError>;
}
