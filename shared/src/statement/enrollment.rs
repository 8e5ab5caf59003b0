//! Making and reading what a new device says when it asks to be enrolled.

use super::{
    Digest, Enrollment, OWNER_LIMIT, Predicate, Statement, StatementError, Subject, parse,
};
use crate::names::{PREDICATE_ENROLLMENT, STATEMENT_TYPE, SUBJECT_KEY};

impl Predicate for Enrollment {
    const TYPE: &'static str = PREDICATE_ENROLLMENT;
    fn schema(&self) -> &str {
        &self.schema
    }
    fn crit(&self) -> &[String] {
        &self.crit
    }
    fn consistent(&self) -> Result<(), &'static str> {
        let is_long = self.owner.as_ref().is_some_and(|it| it.chars().count() > OWNER_LIMIT);
        if is_long { Err("`owner` has more than 254 characters") } else { Ok(()) }
    }
}

impl Statement<Enrollment> {
    /// A request about the key whose DER has `spki_sha256`.
    pub fn enrollment(spki_sha256: String, enrollment: Enrollment) -> Self {
        Self {
            kind: STATEMENT_TYPE.to_owned(),
            subject: vec![Subject {
                name: SUBJECT_KEY.to_owned(),
                uri: None,
                digest: Digest { sha256: spki_sha256 },
            }],
            predicate_type: PREDICATE_ENROLLMENT.to_owned(),
            predicate: enrollment,
        }
    }

    /// Reads a request from bytes whose signature was checked.
    pub fn parse(payload: &[u8]) -> Result<Self, StatementError> {
        parse(payload)
    }
}
