//! What the console's pages read: records, and the traits that fetch them.

pub mod device;
pub mod expected;
pub mod fleet;
pub mod history;
pub mod list;
pub mod past;
mod standing;

use jiff::Timestamp;
use jiff::civil::Date;
use shared::policy::{FindingStatus, Mode};

pub use self::standing::Standing;
use super::os_releases::KeepingViews;
use crate::agent_releases::shelf::Build;

/// Everything that pages read.
pub trait Views:
    fleet::FleetViews + list::ListViews + device::DeviceViews + expected::ExpectedViews + KeepingViews
{
}

impl<T> Views for T where
    T: fleet::FleetViews
        + list::ListViews
        + device::DeviceViews
        + expected::ExpectedViews
        + KeepingViews
{
}

/// Who holds a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// Full name.
    pub name: String,
    /// Mail address.
    pub email: String,
    /// Department, or nothing.
    pub department: String,
    /// Whether the person has left.
    pub left: bool,
    /// Last day of an absence, which may be over.
    pub away_until: Option<Date>,
}

/// The system that a device last reported.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SystemSeen {
    /// Product version.
    pub version: String,
    /// Build, where known.
    pub build: Option<String>,
    /// Suffix of a background security improvement; empty when there is none.
    pub extra: Option<String>,
}

/// A required or recommended rule that does not pass now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The rule's id.
    pub rule: String,
    /// How much it matters.
    pub mode: Mode,
    /// Failing or unknown.
    pub status: FindingStatus,
    /// Since when; for a failure, short passes left out.
    pub since: Timestamp,
    /// When its grace ends or ended.
    pub due: Option<Timestamp>,
    /// When the exception that was accepted for it ends.
    pub waived_until: Option<Timestamp>,
}

/// A device as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    /// Random id given at enrolment.
    pub id: String,
    /// Who holds it, when somebody does.
    pub owner: Option<Owner>,
    /// Model identifier, such as `Mac15,12`.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Its reports come from a recording.
    pub recorded: bool,
    /// Where it says that its key is kept, as in reports.
    pub key_protection: String,
    /// Version of its agent.
    pub agent_version: String,
    /// When it was enrolled.
    pub enrolled: Timestamp,
    /// When its newest report came.
    pub received: Option<Timestamp>,
    /// The system that it last reported.
    pub system: Option<SystemSeen>,
    /// How it stands.
    pub standing: Standing,
    /// Since when its status holds.
    pub since: Timestamp,
    /// How it stood before it went silent.
    pub was: Option<Standing>,
    /// When the first grace ends or ended.
    pub due: Option<Timestamp>,
    /// What does not pass: required before recommended.
    pub problems: Vec<Problem>,
    /// Labels, in the order of their letters.
    pub labels: Vec<String>,
    /// What its agent's program is to the collector.
    pub build: Build,
    /// When its agent said farewell.
    pub removed: Option<Timestamp>,
    /// A mail address that its profile names and that nobody had here.
    pub owner_claim: Option<String>,
}

impl DeviceRow {
    /// Until when exceptions hold for every required rule that fails; none
    /// when one of them has no exception, or nothing fails.
    pub fn waived_until(&self) -> Option<Timestamp> {
        let mut failing = self.failing().filter(|one| one.mode == Mode::Required).peekable();
        failing.peek()?;
        let until: Option<Vec<Timestamp>> = failing.map(|one| one.waived_until).collect();
        until?.into_iter().min()
    }

    /// Required rules that fail, then recommended ones.
    pub fn failing(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(|problem| problem.status == FindingStatus::Fail)
    }

    /// Required rules that are unknown.
    pub fn unknown(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(|problem| {
            problem.status == FindingStatus::Unknown && problem.mode == Mode::Required
        })
    }
}
