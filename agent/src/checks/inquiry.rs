//! One check's questions to the host, and a note of each for the report.

use std::fmt::Write as _;

use aws_lc_rs::digest::{Context, SHA256};
use shared::reading::{FieldValue, Fields, Source, UnknownReason};

use super::Found;
use super::matched::matched;
use crate::host::{Answer, FileAnswer, Host, Space};

/// Asks, and keeps a [`Source`] for each question.
pub(super) struct Inquiry<'h> {
    host: &'h dyn Host,
    sources: Vec<Source>,
    /// Words that name a person or a computer, with what is written in their place.
    concealed: Vec<(String, &'static str)>,
}

/// What a program said when it ran to its end.
#[derive(Debug)]
pub(super) struct Said {
    /// Exit status.
    pub(super) exit: i32,
    /// Standard output. What is no UTF-8 becomes a character that no known
    /// answer holds.
    pub(super) stdout: String,
    /// Standard error, where a few tools answer.
    pub(super) stderr: String,
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
        Self { host, sources: Vec::new(), concealed: Vec::new() }
    }

    /// Runs a program to its end.
    pub(super) fn run(&mut self, argv: &[&str]) -> Result<Said, UnknownReason> {
        self.run_with(argv, |answer| Some(hash(answer)))
    }

    /// Runs a program whose answer is so short that its digest would tell it,
    /// and that names people.
    pub(super) fn run_without_digest(&mut self, argv: &[&str]) -> Result<Said, UnknownReason> {
        self.run_with(argv, |_| None)
    }

    fn run_with(
        &mut self,
        argv: &[&str],
        digest: fn(&[&[u8]]) -> Option<String>,
    ) -> Result<Said, UnknownReason> {
        let words: Vec<String> = argv.iter().map(|word| self.concealed(word)).collect();
        let method = format!("exec:{}", words.join(" "));
        match self.host.run(argv) {
            Answer::Done { exit, stdout, stderr } => {
                self.note(method, Some(exit), digest(&[&stdout, &stderr]));
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                Ok(Said { exit, stdout: text(&stdout), stderr: text(&stderr) })
            }
            Answer::TimedOut => self.without(method, UnknownReason::TimedOut),
            Answer::Overlong => self.without(method, UnknownReason::NotUnderstood),
            Answer::Missing => self.without(method, UnknownReason::Missing),
        }
    }

    /// Reads a file that every Mac has.
    pub(super) fn read(&mut self, path: &str) -> Result<Vec<u8>, UnknownReason> {
        self.read_if_there(path)?.ok_or(UnknownReason::Missing)
    }

    /// Reads a file that every Mac has, and that names people in so few words
    /// that its digest would tell them.
    pub(super) fn read_without_digest(&mut self, path: &str) -> Result<Vec<u8>, UnknownReason> {
        self.read_with(path, |_| None)?.ok_or(UnknownReason::Missing)
    }

    /// Reads a file that need not be there: its absence is an answer.
    pub(super) fn read_if_there(&mut self, path: &str) -> Result<Option<Vec<u8>>, UnknownReason> {
        self.read_with(path, |bytes| Some(hash(bytes)))
    }

    fn read_with(
        &mut self,
        path: &str,
        digest: fn(&[&[u8]]) -> Option<String>,
    ) -> Result<Option<Vec<u8>>, UnknownReason> {
        let method = format!("file:{}", self.concealed(path));
        match self.host.read(path) {
            FileAnswer::Bytes(bytes) => {
                self.note(method, None, digest(&[&bytes]));
                Ok(Some(bytes))
            }
            FileAnswer::Missing => {
                self.note(method, None, None);
                self.matched("(not there)");
                Ok(None)
            }
            FileAnswer::Refused => self.without(method, UnknownReason::PermissionDenied),
        }
    }

    /// Says whether a file is there; what is in it is not read.
    pub(super) fn exists(&mut self, path: &str) -> bool {
        let is_there = self.host.exists(path);
        self.note(format!("presence:{}", self.concealed(path)), None, None);
        self.matched(if is_there { "(there, not read)" } else { "(not there)" });
        is_there
    }

    /// Names what is in a folder; nothing when it cannot be listed. The names
    /// are kept nowhere: they tell what a person uses.
    pub(super) fn list(&mut self, path: &str) -> Vec<String> {
        self.note(format!("folder:{}", self.concealed(path)), None, None);
        self.host.list(path)
    }

    /// Room on the volume that holds people's files.
    pub(super) fn space(&mut self) -> Option<Space> {
        self.note("call:space".to_owned(), None, None);
        self.host.space()
    }

    /// Writes `stand_in` for a word, or a part of a path, in all that follows.
    pub(super) fn conceal(&mut self, word: &str, stand_in: &'static str) {
        self.concealed.push((word.to_owned(), stand_in));
    }

    /// `word`, or each part of a path, with a person's name replaced.
    fn concealed(&self, word: &str) -> String {
        let part = |part: &str| {
            let stand_in = self.concealed.iter().find(|(concealed, _)| concealed == part);
            stand_in.map_or_else(|| part.to_owned(), |(_, stand_in)| (*stand_in).to_owned())
        };
        word.split('/').map(part).collect::<Vec<_>>().join("/")
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
