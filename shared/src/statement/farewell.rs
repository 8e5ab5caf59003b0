//! An agent's word that it is being removed: the last that its key signs.
//!
//! Whoever administers a Mac can have it said, so it proves that the key is
//! gone, and nothing about the Mac.

use serde::{Deserialize, Serialize};

use super::{
    AgentClaim, DeviceClaim, Digest, Predicate, RunTime, Statement, StatementError, Subject, parse,
};
use crate::names::{PREDICATE_FAREWELL, STATEMENT_TYPE, SUBJECT_DEVICE};

/// What an agent says when it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Farewell {
    /// `1.0`; a higher minor version is accepted.
    pub schema: String,
    /// Names of predicate fields that the reader must understand.
    pub crit: Vec<String>,
    /// `recorded` when the answers came from a recording, not from a Mac.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Which device speaks.
    pub device: DeviceClaim,
    /// Which program signed.
    pub agent: AgentClaim,
    /// By the device's clock.
    pub time: RunTime,
}

impl Predicate for Farewell {
    const TYPE: &'static str = PREDICATE_FAREWELL;
    fn schema(&self) -> &str {
        &self.schema
    }
    fn crit(&self) -> &[String] {
        &self.crit
    }
    fn consistent(&self) -> Result<(), &'static str> {
        Ok(())
    }
}

impl Statement<Farewell> {
    /// A farewell of the device whose certificate has `certificate_sha256`.
    pub fn farewell(certificate_sha256: String, farewell: Farewell) -> Self {
        Self {
            kind: STATEMENT_TYPE.to_owned(),
            subject: vec![Subject {
                name: SUBJECT_DEVICE.to_owned(),
                uri: Some(format!("urn:uuid:{}", farewell.device.id)),
                digest: Digest { sha256: certificate_sha256 },
            }],
            predicate_type: PREDICATE_FAREWELL.to_owned(),
            predicate: farewell,
        }
    }

    /// Reads a farewell from bytes whose signature was checked.
    pub fn parse(payload: &[u8]) -> Result<Self, StatementError> {
        parse(payload)
    }
}

#[cfg(test)]
mod tests {
    use super::Farewell;
    use crate::statement::{Posture, Statement, StatementError};

    const TEXT: &str = r#"{"_type":"https://in-toto.io/Statement/v1",
        "subject":[{"name":"device.der","digest":{"sha256":"aa"}}],
        "predicateType":"https://muster.example/attestation/farewell/v1",
        "predicate":{"schema":"1.0","crit":[],"device":{"id":"d","platform":"macos"},
        "agent":{"version":"1.2.3","key_protection":"software-file"},
        "time":{"started_at":"2026-08-20T09:00:00Z","finished_at":"2026-08-20T09:00:00Z"}}}"#;

    #[test]
    fn a_farewell_is_read_and_is_nothing_else() {
        let read = Statement::<Farewell>::parse(TEXT.as_bytes()).unwrap();
        assert_eq!((read.subject_sha256(), read.predicate.device.id.as_str()), ("aa", "d"));
        let error = Statement::<Posture>::parse(TEXT.as_bytes()).unwrap_err();
        assert!(matches!(error, StatementError::Unsupported(_)), "{error}");
        let other = TEXT.replace("farewell/v1", "posture/v1");
        assert!(Statement::<Farewell>::parse(other.as_bytes()).is_err());
        let newer = TEXT.replace(r#""crit":[]"#, r#""crit":["reason"]"#);
        assert!(Statement::<Farewell>::parse(newer.as_bytes()).is_err());
    }
}
