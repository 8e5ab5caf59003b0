//! The rules in force: what a collector signs and hands to its agents.
//!
//! Data for the Mac's own display. An agent reads and reports the same
//! whatever stands in it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Digest, PolicyRef, Predicate, Statement, StatementError, Subject, parse};
use crate::keys::sha256_hex;
use crate::names::{PREDICATE_POLICY, STATEMENT_TYPE, SUBJECT_POLICY};
use crate::os_releases::Catalogue;
use crate::policy::Policy;

/// Policy and catalogue of macOS releases, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesInForce {
    /// `1.0`; a higher minor version is accepted.
    pub schema: String,
    /// Names of predicate fields that the reader must understand.
    pub crit: Vec<String>,
    /// When the collector put them in force; never earlier than those before.
    pub issued_at: Timestamp,
    /// The policy.
    pub policy: PolicyText,
    /// The catalogue.
    pub catalogue: CatalogueText,
}

/// A policy with its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyText {
    /// The policy's id.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// SHA-256 of `text`, hexadecimal.
    pub sha256: String,
    /// The policy as it was written, TOML.
    pub text: String,
}

/// A catalogue of macOS releases with its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueText {
    /// The day whose knowledge it is.
    pub as_of: Date,
    /// SHA-256 of `text`, hexadecimal.
    pub sha256: String,
    /// The catalogue, JSON of format `muster.os-releases/v1`.
    pub text: String,
}

/// Names a catalogue by content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueRef {
    /// The day whose knowledge it is.
    pub as_of: Date,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

impl RulesInForce {
    /// These rules, issued at `at`.
    pub fn of(policy: &Policy, catalogue: &Catalogue, at: Timestamp) -> Self {
        Self {
            schema: "1.0".to_owned(),
            crit: Vec::new(),
            issued_at: at,
            policy: PolicyText {
                id: policy.id.clone(),
                version: policy.version,
                sha256: policy.sha256.clone(),
                text: policy.source().to_owned(),
            },
            catalogue: CatalogueText {
                as_of: catalogue.as_of(),
                sha256: catalogue.sha256().to_owned(),
                text: catalogue.text().to_owned(),
            },
        }
    }

    /// The policy's name.
    pub fn policy_ref(&self) -> PolicyRef {
        let PolicyText { id, version, sha256, .. } = self.policy.clone();
        PolicyRef { id, version, sha256 }
    }

    /// The catalogue's name.
    pub fn catalogue_ref(&self) -> CatalogueRef {
        CatalogueRef { as_of: self.catalogue.as_of, sha256: self.catalogue.sha256.clone() }
    }
}

impl Predicate for RulesInForce {
    const TYPE: &'static str = PREDICATE_POLICY;
    fn schema(&self) -> &str {
        &self.schema
    }
    fn crit(&self) -> &[String] {
        &self.crit
    }
    fn consistent(&self) -> Result<(), &'static str> {
        if sha256_hex(self.policy.text.as_bytes()) != self.policy.sha256 {
            return Err("`policy.sha256` is not the digest of `policy.text`");
        }
        if sha256_hex(self.catalogue.text.as_bytes()) != self.catalogue.sha256 {
            return Err("`catalogue.sha256` is not the digest of `catalogue.text`");
        }
        Ok(())
    }
}

impl Statement<RulesInForce> {
    /// A statement about the policy and its catalogue.
    pub fn rules(rules: RulesInForce) -> Self {
        Self {
            kind: STATEMENT_TYPE.to_owned(),
            subject: vec![Subject {
                name: SUBJECT_POLICY.to_owned(),
                uri: None,
                digest: Digest { sha256: rules.policy.sha256.clone() },
            }],
            predicate_type: PREDICATE_POLICY.to_owned(),
            predicate: rules,
        }
    }

    /// Reads the rules from bytes whose signature was checked.
    pub fn parse(payload: &[u8]) -> Result<Self, StatementError> {
        let statement: Self = parse(payload)?;
        if statement.subject_sha256() != statement.predicate.policy.sha256 {
            return Err(StatementError::Inconsistent("`subject` is not the digest of the policy"));
        }
        Ok(statement)
    }
}

#[cfg(test)]
mod tests {
    use super::{CatalogueText, PolicyText, RulesInForce, Statement};
    use crate::keys::sha256_hex;

    fn rules() -> RulesInForce {
        let (policy, catalogue) = ("id = 'a'".to_owned(), "{}".to_owned());
        RulesInForce {
            schema: "1.0".to_owned(),
            crit: Vec::new(),
            issued_at: "2026-08-20T09:00:00Z".parse().unwrap(),
            policy: PolicyText {
                id: "a".to_owned(),
                version: 1,
                sha256: sha256_hex(policy.as_bytes()),
                text: policy,
            },
            catalogue: CatalogueText {
                as_of: "2026-08-19".parse().unwrap(),
                sha256: sha256_hex(catalogue.as_bytes()),
                text: catalogue,
            },
        }
    }

    fn refusal(change: impl FnOnce(&mut Statement<RulesInForce>)) -> String {
        let mut statement = Statement::rules(rules());
        change(&mut statement);
        let bytes = statement.to_bytes().unwrap();
        Statement::<RulesInForce>::parse(&bytes).unwrap_err().to_string()
    }

    #[test]
    fn what_was_written_is_read_back() {
        let bytes = Statement::rules(rules()).to_bytes().unwrap();
        assert_eq!(Statement::<RulesInForce>::parse(&bytes).unwrap().predicate, rules());
    }

    #[test]
    fn texts_that_do_not_fit_their_digests_are_refused() {
        let policy = refusal(|it| it.predicate.policy.text.push(' '));
        assert_eq!(policy, "`policy.sha256` is not the digest of `policy.text`");
        let catalogue = refusal(|it| it.predicate.catalogue.text.push(' '));
        assert_eq!(catalogue, "`catalogue.sha256` is not the digest of `catalogue.text`");
        let subject = refusal(|it| it.subject[0].digest.sha256 = "0".repeat(64));
        assert_eq!(subject, "`subject` is not the digest of the policy");
    }

    #[test]
    fn what_must_be_understood_and_is_not_is_refused() {
        let crit = refusal(|it| it.predicate.crit.push("groups".to_owned()));
        assert_eq!(crit, "`crit` names `groups`, which is unknown");
        let schema = refusal(|it| it.predicate.schema = "2.0".to_owned());
        assert!(schema.contains("major version 1 is expected"), "{schema}");
        let other = refusal(|it| it.predicate_type = "https://x.example/y".to_owned());
        assert!(other.contains("attestation/policy/v1` is expected"), "{other}");
    }
}
