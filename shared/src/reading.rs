//! One check's answer as it stands in a report: typed fields, or why not.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize};

/// The fields of an observation; a field that is not known is left out.
pub type Fields = BTreeMap<String, FieldValue>;

/// A field's value, one of the kinds in [`crate::posture::FieldKind`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// True or false.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// Text or one of a closed list of words.
    Text(String),
}

// Written by hand: the derived form would copy every value into a buffer and
// try one kind after the other.
impl<'de> Deserialize<'de> for FieldValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl Visitor<'_> for FieldVisitor {
    type Value = FieldValue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("true, false, a whole number or a text")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<FieldValue, E> {
        Ok(FieldValue::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<FieldValue, E> {
        Ok(FieldValue::Integer(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<FieldValue, E> {
        let unsigned = serde::de::Unexpected::Unsigned(number);
        i64::try_from(number)
            .map(FieldValue::Integer)
            .map_err(|_| E::invalid_value(unsigned, &self))
    }

    fn visit_str<E>(self, text: &str) -> Result<FieldValue, E> {
        Ok(FieldValue::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<FieldValue, E> {
        Ok(FieldValue::Text(text))
    }
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The fields were read.
    Observed,
    /// They could not be read; the reason says why. Never a pass, never a fail.
    Unknown,
    /// The subject does not exist on this platform.
    NotApplicable,
}

/// What one check found in one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The check's id in [`crate::posture::CHECKS`].
    pub id: String,
    /// Version of the check's meaning.
    pub version: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// For `unknown`: one of [`UnknownReason`]'s codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was observed.
    #[serde(default)]
    pub fields: Fields,
    /// Where it was read.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// When, by the device's clock.
    pub observed_at: Timestamp,
}

/// One place that was asked, and the decisive part of its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// `exec:` and the command, `file:` and the path, `presence:` and the path
    /// of a file that was only looked for, `folder:`, or `call:`.
    pub method: String,
    /// Exit status of a command that ran to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// SHA-256 of the raw answer, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The decisive line or lines, at most 240 characters, names replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched: Option<String>,
}

/// Longest text in [`Source::matched`], in characters.
pub const MATCHED_LIMIT: usize = 240;

/// Why nothing could be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownReason {
    /// The program or file is not there.
    Missing,
    /// It did not answer within its deadline.
    TimedOut,
    /// It ended with a status that carries no answer.
    ExitStatus,
    /// It answered in a form that is not known.
    NotUnderstood,
    /// The system refused to let the agent read it.
    PermissionDenied,
    /// It belongs to a user, and nobody is logged in.
    NoConsoleUser,
    /// This macOS version has no way to read it.
    NotReadableHere,
}

impl UnknownReason {
    /// Every reason with its code and the words that follow "Unknown: ".
    pub const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Missing, "missing", "the source is not there or did not start"),
        (Self::TimedOut, "timed-out", "the source did not answer in time"),
        (Self::ExitStatus, "exit-status", "the source reported an error instead of an answer"),
        (Self::NotUnderstood, "not-understood", "the answer has a form that is not known"),
        (Self::PermissionDenied, "permission-denied", "macOS did not allow the agent to read it"),
        (Self::NoConsoleUser, "no-console-user", "nobody was logged in, so it could not be read"),
        (Self::NotReadableHere, "not-readable-here", "this version of macOS does not show it"),
    ];

    /// The code sent in reports.
    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(reason, ..)| *reason == self).map_or("missing", |row| row.1)
    }

    /// The words for a code, also for one from a newer agent.
    pub fn words(code: &str) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, known, _)| *known == code)
            .map_or("the agent could not read it", |row| row.2)
    }
}
