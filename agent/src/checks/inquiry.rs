//! One check's questions to the host, and a note of each for the report.

use std::fmt::Write as _;

use aws_lc_rs::digest::{Context, SHA256};
use shared::reading::{FieldValue, Fields, Source, UnknownReason};

use super::Found;
use super::matched::matched;
use crate::host::{Answer, FileAnswer, Host};

/// Asks, and keeps a [`Source`] for each question.
pub(super) struct Inquiry<'h> {
    host: &'h dyn Host,
    sources: Vec<Source>,
}

/// What a program said when it ran to its end.
#[derive(Debug)]
pub(super) struct Said {
    /// Exit status.
    pub(super) exit: i32,
    /// Standard output. What is no UTF-8 becomes a character that no known
    /// answer holds.
    pub(super) stdout: String,
}

impl Said {
    /// The output of a program that reports success.
    pub(super) fn success(&self) -> Result<&str, UnknownReason> {
        if self.exit == 0 { Ok(&self.stdout) } else { Err(UnknownReason::ExitStatus) }
    }
}

impl<'h> Inquiry<'h> {
    /// Begins without sources.
    pub(super) fn new(host: &'h dyn Host) -> Self {
        Self { host, sources: Vec::new() }
    }

    /// Runs a program to its end.
    pub(super) fn run(&mut self, argv: &[&str]) -> Result<Said, UnknownReason> {
        let method = format!("exec:{}", argv.join(" "));
        match self.host.run(argv) {
            Answer::Done { exit, stdout, stderr } => {
                self.note(method, Some(exit), Some(hash(&[&stdout, &stderr])));
                Ok(Said { exit, stdout: String::from_utf8_lossy(&stdout).into_owned() })
            }
            Answer::TimedOut => self.without(method, UnknownReason::TimedOut),
            Answer::Overlong => self.without(method, UnknownReason::NotUnderstood),
            Answer::Missing => self.without(method, UnknownReason::Missing),
        }
    }

    /// Reads a file that every Mac has.
    pub(super) fn read(&mut self, path: &str) -> Result<Vec<u8>, UnknownReason> {
        let method = format!("file:{path}");
        match self.host.read(path) {
            FileAnswer::Bytes(bytes) => {
                self.note(method, None, Some(hash(&[&bytes])));
                Ok(bytes)
            }
            FileAnswer::Missing => self.without(method, UnknownReason::Missing),
            FileAnswer::Refused => self.without(method, UnknownReason::PermissionDenied),
        }
    }

    /// Keeps the decisive lines of the last answer.
    pub(super) fn matched(&mut self, text: &str) {
        if let Some(source) = self.sources.last_mut() {
            source.matched = Some(matched(text)).filter(|text| !text.is_empty());
        }
    }

    /// Ends the inquiry.
    pub(super) fn found(self, outcome: Result<Fields, UnknownReason>) -> Found {
        Found { outcome, sources: self.sources }
    }

    fn note(&mut self, method: String, exit: Option<i32>, sha256: Option<String>) {
        self.sources.push(Source { method, exit, sha256, matched: None });
    }

    fn without<T>(&mut self, method: String, reason: UnknownReason) -> Result<T, UnknownReason> {
        self.note(method, None, None);
        Err(reason)
    }
}

fn hash(parts: &[&[u8]]) -> String {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    context.finish().as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Gathers fields, leaving out those that are not known.
pub(super) fn fields<const N: usize>(fields: [(&str, Option<FieldValue>); N]) -> Fields {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// A field's value as text.
pub(super) fn text(value: impl Into<String>) -> FieldValue {
    FieldValue::Text(value.into())
}
