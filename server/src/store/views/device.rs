//! What a device's page reads.

use jiff::Timestamp;
use shared::policy::{FindingStatus, Mode};

use super::past::{Past, PastAsk};
use super::{DeviceRow, Standing};
use crate::auth::sight::Sight;
use crate::store::StoreError;

/// Everything about one device but its statements' bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRecord {
    /// As in lists.
    pub row: DeviceRow,
    /// `macos`.
    pub platform: String,
    /// Why it is suspended, revoked, ...
    pub lifecycle_reason: String,
    /// What every rule says now.
    pub findings: Vec<FindingRecord>,
    /// What rules said before, the newest first.
    pub former: Vec<FindingRecord>,
    /// Its statuses, the newest first.
    pub statuses: Vec<(Timestamp, Standing)>,
    /// What happened to it beside reports, the newest first.
    pub events: Vec<EventRecord>,
    /// Times without a report, the newest first.
    pub gaps: Vec<Gap>,
    /// Its newest reports.
    pub reports: Vec<ReportRecord>,
}

impl DeviceRecord {
    /// The record without what `sight` may not see. How the device stands now
    /// stays, but not since when, where that was before.
    #[must_use]
    pub fn seen(mut self, sight: Sight) -> Self {
        if sight.is_whole() {
            return self;
        }
        self.former.retain(|finding| finding.until.is_none_or(|until| sight.sees(until)));
        for finding in self.findings.iter_mut().chain(&mut self.former) {
            if !sight.sees(finding.from) {
                finding.from = sight.clip(finding.from);
                finding.began.clone_from(&finding.reason);
            }
            finding.episode = finding.episode.map(|at| sight.clip(at));
        }
        // The newest first: of those before, only the one that held then.
        let before = self.statuses.iter().position(|(at, _)| !sight.sees(*at));
        if let Some(before) = before {
            self.statuses.truncate(before + 1);
            self.statuses.iter_mut().for_each(|(at, _)| *at = sight.clip(*at));
        }
        self.events.retain(|event| sight.sees(event.at));
        self.gaps.retain(|gap| sight.sees(gap.from));
        self.reports.retain(|report| sight.sees(report.received));
        self.row.since = sight.clip(self.row.since);
        for problem in &mut self.row.problems {
            problem.since = sight.clip(problem.since);
        }
        self
    }
}

/// An interval in which a rule had one status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingRecord {
    /// The rule's id.
    pub rule: String,
    /// Since when.
    pub from: Timestamp,
    /// Until when; none for the present one.
    pub until: Option<Timestamp>,
    /// How it ended.
    pub status: FindingStatus,
    /// Why, as a sentence.
    pub reason: String,
    /// What the sentence was when the interval began.
    pub began: String,
    /// How much the rule mattered.
    pub mode: Mode,
    /// Since when it fails, short passes left out.
    pub episode: Option<Timestamp>,
    /// When its grace ends or ended.
    pub due: Option<Timestamp>,
    /// When what was judged had been read.
    pub reading: Option<Timestamp>,
}

/// Something that happened to a device beside its reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRecord {
    /// When.
    pub at: Timestamp,
    /// `enrolled`, `suspended`, ...
    pub kind: String,
    /// Who did it.
    pub actor: String,
    /// More about it.
    pub detail: String,
}

/// A time without a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The last report before it.
    pub from: Timestamp,
    /// The first report after it.
    pub until: Timestamp,
}

/// A report without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRecord {
    /// Which key's chain it belongs to.
    pub chain: i64,
    /// Its place in that chain.
    pub sequence: i64,
    /// When it came.
    pub received: Timestamp,
    /// When it was made, by the device's clock.
    pub finished: Timestamp,
    /// `full` or `unchanged`.
    pub kind: String,
    /// What is odd about it.
    pub flags: Vec<String>,
    /// SHA-256 of the signed bytes, in hexadecimal.
    pub digest: String,
}

/// A report with its bytes and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementRecord {
    /// The report.
    pub report: ReportRecord,
    /// Digest of the one before, in hexadecimal.
    pub previous: String,
    /// Name of the key.
    pub keyid: String,
    /// The very bytes that were signed.
    pub payload: Vec<u8>,
    /// The signature over them.
    pub signature: Vec<u8>,
    /// Where it stands in the log; none for those from before the log.
    pub log_position: Option<u64>,
}

/// The public key of one chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// Which chain it signs.
    pub chain: i64,
    /// Its name.
    pub keyid: String,
    /// DER `SubjectPublicKeyInfo`.
    pub spki: Vec<u8>,
    /// `active`, `retired` or `revoked`.
    pub status: String,
}

/// How much of a device's past to read.
#[derive(Clone, Copy, Debug)]
pub struct DeviceAsk {
    /// Number of reports.
    pub reports: u32,
    /// A time without a report longer than this is a gap.
    pub gap: jiff::SignedDuration,
}

/// Reads single devices.
pub trait DeviceViews: Send + Sync {
    /// The device called `id`.
    fn device(&self, id: &str, ask: DeviceAsk) -> Result<Option<DeviceRecord>, StoreError>;

    /// The list row of the device called `id`.
    fn device_row(&self, id: &str) -> Result<Option<DeviceRow>, StoreError>;

    /// One report with its bytes.
    fn statement(
        &self,
        id: &str,
        chain: i64,
        sequence: i64,
    ) -> Result<Option<StatementRecord>, StoreError>;

    /// Reports of a device, the newest first; only those behind the place, which
    /// is a chain and a sequence.
    fn reports(
        &self,
        id: &str,
        behind: Option<(i64, i64)>,
        limit: u32,
    ) -> Result<Vec<ReportRecord>, StoreError>;

    /// What happened to a device, the newest first.
    fn past(&self, id: &str, ask: &PastAsk) -> Result<Vec<Past>, StoreError>;

    /// The public keys of a device, the newest chain first.
    fn keys(&self, id: &str) -> Result<Vec<KeyRecord>, StoreError>;
}
