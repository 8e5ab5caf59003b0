//! The in-toto statement: what a device says in a report and at enrolment.
//!
//! Unknown fields are ignored, so that an older collector reads a newer
//! agent's report, save for names in `crit`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::keys::KeyProtection;
use crate::log::Checkpoint;
use crate::names::{PREDICATE_POSTURE, STATEMENT_TYPE, SUBJECT_DEVICE};
use crate::reading::Reading;

mod enrollment;
mod farewell;
mod rules;

/// Most characters of an enrolment's owner: the longest mail address there is.
pub const OWNER_LIMIT: usize = 254;

pub use farewell::Farewell;
pub use rules::{CatalogueRef, CatalogueText, PolicyText, RulesInForce};

/// An in-toto statement with one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement<P> {
    /// Always [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub kind: String,
    /// Exactly one artefact, matched by digest.
    pub subject: Vec<Subject>,
    /// Which predicate follows.
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// What is said about the subject.
    pub predicate: P,
}

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// `device.der`, `device.spki` or `policy.toml`.
    pub name: String,
    /// `urn:uuid:` and the device id, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Digest of the certificate or of the public key.
    pub digest: Digest,
}

/// A SHA-256 digest in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// 64 hexadecimal characters.
    pub sha256: String,
}

/// A report: everything observed in one run, or that nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posture {
    /// `1.0`; a higher minor version is accepted.
    pub schema: String,
    /// Names of predicate fields that the reader must understand.
    pub crit: Vec<String>,
    /// Whether the observations are here or unchanged since an earlier report.
    pub kind: ReportKind,
    /// `recorded` when the answers came from a recording, not from a Mac.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Which device speaks.
    pub device: DeviceClaim,
    /// Which program read and signed.
    pub agent: AgentClaim,
    /// Which boot of the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<Boot>,
    /// 1 for a key's first statement, then one more for each one made.
    pub sequence: i64,
    /// Digest of the statement before; of the certificate for sequence 1.
    pub previous: Digest,
    /// Proof that the report was made after something the collector sent.
    #[serde(default)]
    pub freshness: Freshness,
    /// By the device's clock.
    pub time: RunTime,
    /// The policy that the agent last received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyRef>,
    /// For `unchanged`: the full report that still holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unchanged_since: Option<Unchanged>,
    /// For `full`: every check's reading.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Reading>,
    /// State of the agent's queue.
    pub spool: Spool,
}

/// Kind of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// Holds all observations of one run.
    Full,
    /// Says that no field changed since an earlier full report.
    Unchanged,
}

impl ReportKind {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Unchanged => "unchanged",
        }
    }
}

/// What a device says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceClaim {
    /// Random id given at enrolment.
    pub id: String,
    /// `macos`.
    pub platform: String,
    /// Hardware UUID, when it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hardware_uuid: Option<String>,
    /// Serial number, when it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Model identifier, when it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// The program that signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentClaim {
    /// Version of the agent.
    pub version: String,
    /// SHA-256 of the agent's binary, when it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary_sha256: Option<String>,
    /// Where the key is kept, as the agent says.
    pub key_protection: KeyProtection,
}

/// One boot of the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    /// `kern.bootsessionuuid`.
    pub session: String,
    /// Seconds since boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uptime_s: Option<i64>,
}

/// Lower bound for the time of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// The newest nonce that the collector gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The newest state of the collector's log that the device has verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
}

/// Begin and end of a run by the device's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunTime {
    /// When the run began.
    pub started_at: Timestamp,
    /// When the statement was made.
    pub finished_at: Timestamp,
}

/// Names a policy by content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRef {
    /// The policy's id.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// Points at the full report that still holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unchanged {
    /// That report's sequence.
    pub sequence: i64,
    /// That statement's digest.
    pub sha256: String,
}

/// State of the agent's queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spool {
    /// Statements waiting, this one left out.
    pub queued: i64,
    /// Statements lost to limits since the last one delivered.
    pub dropped: i64,
}

/// What a new device says when it asks to be enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrollment {
    /// `1.0`.
    pub schema: String,
    /// Names of predicate fields that the reader must understand.
    pub crit: Vec<String>,
    /// Id of the token that admits the device; its secret travels beside.
    pub token_id: String,
    /// The new public key, DER in standard base64.
    pub spki: String,
    /// Which computer asks.
    pub device: DeviceClaim,
    /// Which program asks.
    pub agent: AgentClaim,
    /// `recorded` when the answers came from a recording, not from a Mac.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Mail address of who holds the device, as its management claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// By the device's clock.
    pub time: RunTime,
}

/// Why a verified payload is not a statement that can be used.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// A field is missing or of another type.
    #[error("{0}")]
    Shape(#[from] serde_json::Error),
    /// Another predicate or major version, or an unknown name in `crit`.
    #[error("{0}")]
    Unsupported(String),
    /// Fields that contradict each other.
    #[error("{0}")]
    Inconsistent(&'static str),
}

/// What every predicate has in common.
trait Predicate: for<'de> Deserialize<'de> {
    const TYPE: &'static str;
    fn schema(&self) -> &str;
    fn crit(&self) -> &[String];
    fn consistent(&self) -> Result<(), &'static str>;
}

impl Predicate for Posture {
    const TYPE: &'static str = PREDICATE_POSTURE;
    fn schema(&self) -> &str {
        &self.schema
    }
    fn crit(&self) -> &[String] {
        &self.crit
    }
    fn consistent(&self) -> Result<(), &'static str> {
        if self.sequence < 1 {
            return Err("`sequence` must be 1 or more");
        }
        if self.checks.len() > 256 {
            return Err("`checks` has more than 256 entries");
        }
        match (self.kind, &self.unchanged_since) {
            (ReportKind::Unchanged, None) => Err("an unchanged report must name `unchanged_since`"),
            (ReportKind::Unchanged, Some(_)) if !self.checks.is_empty() => {
                Err("an unchanged report must hold no `checks`")
            }
            (ReportKind::Full, Some(_)) => Err("a full report must not name `unchanged_since`"),
            _ => Ok(()),
        }
    }
}

fn parse<P: Predicate>(payload: &[u8]) -> Result<Statement<P>, StatementError> {
    let statement: Statement<serde_json::Value>;
    let typed: Result<Statement<P>, _> = serde_json::from_slice(payload);
    let statement_ok = match typed {
        Ok(ok) => ok,
        Err(error) => {
            // Another predicate has other fields: say that, not "missing field".
            statement = serde_json::from_slice(payload)?;
            if statement.predicate_type != P::TYPE {
                return Err(unsupported_type(&statement.predicate_type, P::TYPE));
            }
            return Err(error.into());
        }
    };
    if statement_ok.kind != STATEMENT_TYPE {
        return Err(StatementError::Unsupported(format!("`_type` must be `{STATEMENT_TYPE}`")));
    }
    if statement_ok.predicate_type != P::TYPE {
        return Err(unsupported_type(&statement_ok.predicate_type, P::TYPE));
    }
    let predicate = &statement_ok.predicate;
    if predicate.schema().split('.').next() != Some("1") {
        return Err(StatementError::Unsupported(format!(
            "`schema` is `{}`, but major version 1 is expected",
            predicate.schema()
        )));
    }
    if let Some(name) = predicate.crit().first() {
        return Err(StatementError::Unsupported(format!(
            "`crit` names `{name}`, which is unknown"
        )));
    }
    if statement_ok.subject.len() != 1 {
        return Err(StatementError::Inconsistent("exactly one `subject` is expected"));
    }
    predicate.consistent().map_err(StatementError::Inconsistent)?;
    Ok(statement_ok)
}

fn unsupported_type(found: &str, expected: &str) -> StatementError {
    let found: String = found.chars().take(120).collect();
    StatementError::Unsupported(format!(
        "`predicateType` is `{found}`, but `{expected}` is expected"
    ))
}

impl Statement<Posture> {
    /// A report about the device whose certificate has `certificate_sha256`.
    pub fn report(certificate_sha256: String, posture: Posture) -> Self {
        Self {
            kind: STATEMENT_TYPE.to_owned(),
            subject: vec![Subject {
                name: SUBJECT_DEVICE.to_owned(),
                uri: Some(format!("urn:uuid:{}", posture.device.id)),
                digest: Digest { sha256: certificate_sha256 },
            }],
            predicate_type: PREDICATE_POSTURE.to_owned(),
            predicate: posture,
        }
    }

    /// Reads a report from bytes whose signature was checked.
    pub fn parse(payload: &[u8]) -> Result<Self, StatementError> {
        parse(payload)
    }
}

impl<P: Serialize> Statement<P> {
    /// Compact JSON, as it is signed.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        // Names in byte order keep golden files stable. A producer's habit,
        // never a check.
        serde_json::to_vec(&crate::json::sorted(serde_json::to_value(self)?))
    }
}

impl<P> Statement<P> {
    /// The digest of the one subject.
    pub fn subject_sha256(&self) -> &str {
        self.subject.first().map_or("", |subject| subject.digest.sha256.as_str())
    }
}

#[cfg(test)]
mod tests;
