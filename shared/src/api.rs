//! The device API: what agent and collector send each other, beside envelopes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::log::LogReceipt;
use crate::names::PROBLEM_BASE;
use crate::statement::{CatalogueRef, PolicyRef};

/// `POST /v1/enroll`: the token's secret and the signed request.
///
/// The secret travels in the body, next to the envelope and never inside it,
/// so that it is not kept with the evidence.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EnrollRequest {
    /// The token's 32 bytes, base64url without padding.
    pub secret: String,
    /// The enrolment statement, signed by the new key.
    pub envelope: serde_json::Value,
}

/// 201: the device is enrolled.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Enrolled {
    /// The device's random id.
    pub device_id: String,
    /// The device certificate, PEM.
    pub certificate: String,
    /// The collector's CA certificate, PEM.
    pub ca: String,
    /// How the agent is to behave.
    pub settings: Settings,
    /// The policy that the collector judges by.
    pub policy: PolicyRef,
    /// The catalogue of macOS releases that it judges by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<CatalogueRef>,
    /// To be put in the next report.
    pub nonce: String,
    /// Who signs the collector's log, as `name+id+key`.
    pub log_key: String,
}

/// 202: a person has to approve; the same request asks again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pending {
    /// Always `pending`.
    pub status: String,
    /// Why, in one sentence.
    pub reason: String,
}

/// The answer of `POST /v1/unenroll`: the key signs for nobody any more. The
/// same key is answered the same again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FarewellReceipt {
    /// The device whose agent is gone.
    pub device_id: String,
    /// When the collector received the first farewell.
    pub removed_at: Timestamp,
}

/// Settings for agents, all in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Time between reports.
    pub report_every_s: u32,
    /// Time between reports while a required rule fails.
    pub failing_report_every_s: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { report_every_s: 3600, failing_report_every_s: 600 }
    }
}

/// The collector's answer to one report that it has kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// SHA-256 over PAE of the statement that was kept, hexadecimal.
    pub statement_sha256: String,
    /// Its sequence.
    pub sequence: i64,
    /// When the collector received it.
    pub received_at: Timestamp,
    /// `new` or `duplicate`.
    pub outcome: ReceiptOutcome,
    /// The device's status after it, as the policy module writes it.
    pub status: String,
    /// What was odd: `chain-gap`, `chain-break`, `stale`, `clock-skew`, `old`, `certificate-expired`.
    pub flags: Vec<String>,
    /// The policy that judged it.
    pub policy: PolicyRef,
    /// The catalogue of macOS releases in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<CatalogueRef>,
    /// To be put in the next report.
    pub nonce: String,
    /// How the agent is to behave.
    pub settings: Settings,
    /// Where the report stands in the collector's log, with proof.
    pub log: LogReceipt,
}

/// The answer of `GET /v1/policy`: the rules in force, signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyDocument {
    /// Certificate of the key that signed, PEM; the collector's CA issued it.
    pub certificate: String,
    /// Envelope of a [`crate::statement::RulesInForce`] statement.
    pub envelope: serde_json::Value,
}

/// Whether the report was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptOutcome {
    /// Kept now.
    New,
    /// Was here already.
    Duplicate,
}

/// One line of the answer to `POST /v1/attestations/batch`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "nearly every line is a receipt")]
pub enum BatchLine {
    /// The envelope of this line was kept.
    Kept(Receipt),
    /// It was refused.
    Refused(Problem),
}

/// An error, RFC 9457.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// [`PROBLEM_BASE`] and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same for every problem of this type.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened here and what to do, in one sentence.
    pub detail: String,
}

impl Problem {
    /// The last part of the type.
    pub fn code(&self) -> &str {
        self.kind.strip_prefix(PROBLEM_BASE).unwrap_or(&self.kind)
    }
}

/// Every kind of problem of the device API: code, HTTP status, title.
pub const PROBLEMS: &[(&str, u16, &str)] = &[
    ("malformed-envelope", 400, "The envelope cannot be read"),
    ("malformed-request", 400, "The request cannot be read"),
    ("unsupported-payload-type", 415, "The payload type is not supported"),
    ("unsupported-media-type", 415, "The content type is not supported"),
    ("unsupported-predicate", 422, "The statement is of a kind that is not supported"),
    ("malformed-statement", 422, "The signed statement cannot be read"),
    ("unknown-key", 401, "The key is not enrolled here"),
    ("bad-signature", 401, "The signature does not fit"),
    ("subject-mismatch", 422, "The statement is about another certificate"),
    ("key-revoked", 403, "The key was revoked or the device suspended"),
    ("recorded-host", 403, "Reports made from a recording are not accepted here"),
    ("sequence-conflict", 409, "Two different statements have the same sequence"),
    ("token-unknown", 403, "The invitation is not known"),
    ("token-expired", 403, "The invitation has expired"),
    ("token-used", 403, "The invitation was used already"),
    ("token-revoked", 403, "The fleet token was revoked"),
    ("token-spent", 403, "The fleet token is used up"),
    ("too-large", 413, "The body is too large"),
    ("timed-out", 408, "The request took too long"),
    ("rate-limited", 429, "Too many requests"),
    ("unavailable", 503, "The collector is busy"),
    ("not-found", 404, "There is nothing at this address"),
    ("method-not-allowed", 405, "The address does not take this method"),
    ("internal", 500, "The collector failed"),
];

/// The problem called `code`, with `detail` for this case.
pub fn problem(code: &str, detail: impl Into<String>) -> Problem {
    let (_, status, title) = PROBLEMS
        .iter()
        .find(|(known, ..)| *known == code)
        .copied()
        .unwrap_or(("internal", 500, ""));
    Problem {
        kind: format!("{PROBLEM_BASE}{code}"),
        title: title.to_owned(),
        status,
        detail: detail.into(),
    }
}
