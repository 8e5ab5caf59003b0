//! What the collector knows of a person's Macs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use shared::policy::FindingStatus;

use crate::fleet::state::Lifecycle;

/// The rule about the encrypted disk.
pub const ENCRYPTION: &str = "disk-encryption";

/// Everything that tasks of one person are decided by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Every Mac that the person holds or has held.
    pub macs: Vec<Mac>,
}

/// A Mac that a person holds or has held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mac {
    /// Its id.
    pub device: String,
    /// How people call it: the serial number, where it is known.
    pub name: String,
    /// Until when the person held it; none while it is so.
    pub held_until: Option<Timestamp>,
    /// Where it is in its life.
    pub lifecycle: Lifecycle,
    /// Whether it is known to be silent.
    pub is_silent: bool,
    /// Its newest report.
    pub report: Option<Report>,
    /// How the rules stand that are asked about.
    pub rules: BTreeMap<String, Standing>,
    /// Keys that may sign for it.
    pub active_keys: u64,
    /// When the same Mac was enrolled anew, under another key.
    pub came_back: Option<Timestamp>,
    /// When its agent said, signed, that it was removed.
    pub removed: Option<Timestamp>,
}

/// A report, as the log proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Which of the device's keys signed it.
    pub chain: i64,
    /// Its number.
    pub sequence: i64,
    /// SHA-256 of what was signed.
    pub statement_sha256: String,
    /// Its place in the log.
    pub log_position: Option<i64>,
    /// When it was received.
    pub received: Timestamp,
}

/// How a rule stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The word for it.
    pub status: FindingStatus,
    /// Why, in one sentence.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

impl Mac {
    /// Whether the person holds it and it is watched.
    pub fn is_present(&self) -> bool {
        self.held_until.is_none()
            && !matches!(self.lifecycle, Lifecycle::Revoked | Lifecycle::Archived)
    }

    /// Whether the person held it at `at` or later.
    pub fn was_held_after(&self, at: Timestamp) -> bool {
        self.held_until.is_none_or(|until| until >= at)
    }

    /// Whether no report of it is ever taken again.
    pub fn is_refused(&self) -> bool {
        match self.lifecycle {
            Lifecycle::Archived => true,
            Lifecycle::Revoked => self.active_keys == 0,
            _ => false,
        }
    }

    /// `report 3 of C02X, 20 Aug 2026, 14:02 UTC`.
    pub fn named_report(&self) -> Option<String> {
        let report = self.report.as_ref()?;
        let at = report.received.to_zoned(TimeZone::UTC).strftime("%-d %b %Y, %H:%M UTC");
        Some(format!("report {} of {}, {at}", report.sequence, self.name))
    }
}

/// What was true of a Mac when a task was closed: the task's `fact`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The device.
    pub device: String,
    /// How people call it.
    pub name: String,
    /// Where it was in its life.
    pub lifecycle: String,
    /// The report that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
    /// The rules that were asked about.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<String, Standing>,
}

impl Shown {
    /// A Mac with those of its rules that were asked about.
    pub fn of<'a>(mac: &Mac, rules: impl IntoIterator<Item = &'a str>) -> Self {
        let standing = |rule: &str| Some((rule.to_owned(), mac.rules.get(rule)?.clone()));
        Self {
            device: mac.device.clone(),
            name: mac.name.clone(),
            lifecycle: mac.lifecycle.as_str().to_owned(),
            report: mac.report.clone(),
            rules: rules.into_iter().filter_map(standing).collect(),
        }
    }
}
