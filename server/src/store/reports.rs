//! Keeping reports: many in one transaction, each judged as it arrives.

use jiff::Timestamp;
use shared::policy::DeviceStatus;
use shared::statement::Posture;

use super::StoreError;
use crate::app::Rules;
use crate::fleet::chain::Flag;
use crate::fleet::state::Lifecycle;
use crate::log::growth::Growth;

/// A report whose signature and subject were checked, ready to be kept.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The device whose key signed.
    pub device_id: String,
    /// Which of its keys, counted from 0.
    pub chain: i64,
    /// The key's name.
    pub keyid: String,
    /// The very bytes that were signed.
    pub payload: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
    /// Digest of the signature, for the log.
    pub signature_sha256: [u8; 32],
    /// SHA-256 over PAE.
    pub digest: [u8; 32],
    /// The digest that it names as the one before.
    pub previous: [u8; 32],
    /// What the bytes say.
    pub posture: Posture,
    /// For a full report: fingerprint of what it read, times left out.
    pub readings_sha256: Option<[u8; 32]>,
    /// When it was received.
    pub received_at: Timestamp,
    /// Issue time of its nonce, when that is authentic and in time.
    pub nonce_at: Option<Timestamp>,
    /// Whether the certificate had expired.
    pub certificate_expired: bool,
    /// What the checkpoint that it carries is worth.
    pub epoch: Epoch,
}

/// What the checkpoint in a report says of its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Epoch {
    /// It carries none.
    #[default]
    None,
    /// The log was so at that size: the report is not older than that.
    Known,
    /// The log was never so: the device has seen another history.
    Contradicts,
}

/// What became of a batch.
#[derive(Debug)]
pub struct Accepted {
    /// What became of each report, in order.
    pub kept: Vec<Kept>,
    /// What the log gained, if anything.
    pub growth: Option<Growth>,
}

/// What became of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It stands in the database now.
    New {
        /// How the device stands after it.
        status: DeviceStatus,
        /// Whether a required rule fails.
        failing: bool,
        /// What was odd.
        flags: Vec<Flag>,
        /// Where it stands in the log.
        index: u64,
        /// The text that the log holds.
        entry: String,
    },
    /// The same statement was there already.
    Duplicate {
        /// How the device stands.
        status: DeviceStatus,
        /// Whether a required rule fails.
        failing: bool,
        /// When the first copy was received.
        received_at: Timestamp,
        /// What was odd about the first copy.
        flags: Vec<String>,
        /// Where the first copy stands in the log; none when both came in one
        /// batch.
        index: Option<u64>,
    },
    /// Another statement has this sequence; both are kept and the device is
    /// suspended.
    Conflict,
    /// The device may not report; nothing was kept.
    Refused(Lifecycle),
    /// There is no such device; nothing was kept.
    NoDevice,
}

/// Keeps reports and judges devices.
pub trait Reports: Send {
    /// Keeps every report of `batch` in one transaction, in order. When this
    /// returns, what is `New` survives a power cut.
    fn accept(&mut self, batch: &[Incoming], rules: &Rules) -> Result<Accepted, StoreError>;

    /// Judges up to `limit` devices whose standing changes by `now`, each at
    /// the instant of its change. Returns how many there were.
    fn judge_due(
        &mut self,
        now: Timestamp,
        limit: usize,
        rules: &Rules,
    ) -> Result<usize, StoreError>;

    /// Judges up to `limit` devices that were judged by other rules, at `now`.
    /// Returns how many there were.
    fn judge_all(
        &mut self,
        now: Timestamp,
        limit: usize,
        rules: &Rules,
    ) -> Result<usize, StoreError>;
}
