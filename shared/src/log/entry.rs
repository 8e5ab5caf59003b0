//! The log's entries: what each kind says, byte for byte.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::receipt::ReceiptFault;

/// Version of every entry.
const VERSION: u64 = 1;
/// Kind of a report's entry.
const ATTESTATION: &str = "attestation";

/// The report that an entry is about, as both sides know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported<'a> {
    /// The device's random id.
    pub device: &'a str,
    /// Id of the key that signed.
    pub key: &'a str,
    /// The statement's sequence.
    pub sequence: i64,
    /// SHA-256 over PAE of the statement, hexadecimal.
    pub statement_sha256: &'a str,
    /// SHA-256 of the signature's DER, hexadecimal: it hides the content and
    /// still names the one signature that was received.
    pub signature_sha256: &'a str,
}

/// What bounds the time of a report from below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FreshnessLevel {
    /// A nonce that the collector gave and nobody used before.
    Nonce,
    /// A checkpoint that the log knows.
    Epoch,
    /// Nothing.
    None,
}

/// A report's entry. The order of the fields is that of the text.
#[derive(Serialize, Deserialize)]
struct Attestation<'a> {
    v: u64,
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    device: Cow<'a, str>,
    #[serde(borrow)]
    key: Cow<'a, str>,
    sequence: i64,
    #[serde(borrow)]
    statement_sha256: Cow<'a, str>,
    #[serde(borrow)]
    signature_sha256: Cow<'a, str>,
    received_at: Timestamp,
    freshness: FreshnessLevel,
    flags: Vec<Cow<'a, str>>,
}

/// The entry of a report: the exact text whose hash is the leaf.
pub fn report_entry(
    reported: &Reported<'_>,
    received_at: Timestamp,
    freshness: FreshnessLevel,
    flags: &[&str],
) -> String {
    let entry = Attestation {
        v: VERSION,
        kind: Cow::Borrowed(ATTESTATION),
        device: Cow::Borrowed(reported.device),
        key: Cow::Borrowed(reported.key),
        sequence: reported.sequence,
        statement_sha256: Cow::Borrowed(reported.statement_sha256),
        signature_sha256: Cow::Borrowed(reported.signature_sha256),
        received_at,
        freshness,
        flags: flags.iter().copied().map(Cow::Borrowed).collect(),
    };
    // Strings, numbers and a fixed shape: there is nothing that could fail.
    serde_json::to_string(&entry).unwrap_or_default()
}

/// Whether `text` is the entry of exactly this report. Fields that are not
/// known are those of a newer collector and are left alone.
pub(super) fn check(text: &str, reported: &Reported<'_>) -> Result<(), ReceiptFault> {
    let odd = |reason: String| ReceiptFault::Entry(reason);
    crate::json::check(text.as_bytes()).map_err(|error| odd(error.to_string()))?;
    let entry: Attestation<'_> =
        serde_json::from_str(text).map_err(|error| odd(error.to_string()))?;
    let named = Reported {
        device: &entry.device,
        key: &entry.key,
        sequence: entry.sequence,
        statement_sha256: &entry.statement_sha256,
        signature_sha256: &entry.signature_sha256,
    };
    if entry.v != VERSION || entry.kind != ATTESTATION {
        return Err(odd("it is of another kind".to_owned()));
    }
    if named != *reported {
        return Err(odd("it names another report".to_owned()));
    }
    Ok(())
}
