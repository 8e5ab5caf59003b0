//! Everything that decisions about one device need to know.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shared::policy::{DeviceStatus, Readings};

use super::finding::Finding;
use crate::agent_releases::shelf::Build;

/// A device as it is kept between reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceState {
    /// Random id given at enrolment.
    pub id: String,
    /// Whether it may report.
    pub lifecycle: Lifecycle,
    /// The hardware UUID that it named first.
    pub hardware_uuid: Option<String>,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// When it came back after seven silent days, if ever.
    pub returned_at: Option<Timestamp>,
    /// When its newest report was received.
    pub received_at: Option<Timestamp>,
    /// The newest statement of the newest key.
    pub head: Head,
    /// The newest full report.
    pub full: Option<Place>,
    /// Issue time of the newest nonce that it used.
    pub nonce_at: Option<Timestamp>,
    /// What it last read.
    pub readings: Readings,
    /// Until when reports said that these readings still hold.
    pub confirmed_at: Option<Timestamp>,
    /// How each rule stands, by rule.
    pub findings: BTreeMap<String, Finding>,
    /// How it stands as a whole.
    pub status: DeviceStatus,
    /// Since when.
    pub status_since: Timestamp,
    /// How it stood before it fell silent.
    pub was: Option<DeviceStatus>,
    /// Digests of the policy and the catalogue that judged it.
    pub judged_by: String,
    /// When it may stand otherwise without a new report.
    pub next_change_at: Option<Timestamp>,
    /// What the program that signed its newest report is to the collector.
    pub build: Build,
}

/// Where a device is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    /// Waits for a person to approve it.
    Pending,
    /// Reports are accepted.
    Active,
    /// Reports are refused until a person resumes it.
    Suspended,
    /// Reports are refused for ever.
    Revoked,
    /// No longer watched.
    Archived,
}

impl Lifecycle {
    /// Every word with its meaning.
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Pending, "pending"),
        (Self::Active, "active"),
        (Self::Suspended, "suspended"),
        (Self::Revoked, "revoked"),
        (Self::Archived, "archived"),
    ];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(known, _)| *known == self).map_or("active", |row| row.1)
    }

    /// What a word in the database means.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|row| row.0)
    }
}

/// The last link of a chain of statements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Which of the device's keys, counted from 0.
    pub chain: i64,
    /// Its sequence; 0 before the first statement.
    pub sequence: i64,
    /// Its digest; that of the certificate before the first statement.
    pub digest: [u8; 32],
}

/// Names one statement of the newest chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its sequence.
    pub sequence: i64,
    /// Its digest.
    pub digest: [u8; 32],
}
