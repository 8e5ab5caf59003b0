//! Made-up Macs for the tests of the checks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::prelude::*;
use shared::reading::{FieldValue, Fields, Outcome, Reading};

use super::Check;
use crate::host::{Answer, FileAnswer, Host, Space};

/// A Mac that answers what a test says, and nothing else.
#[derive(Default)]
pub(super) struct Mac {
    commands: BTreeMap<String, Answer>,
    files: BTreeMap<String, FileAnswer>,
    space: Option<Space>,
    now: Timestamp,
}

impl Mac {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A command that succeeds.
    pub(super) fn says(self, command: &str, stdout: &str) -> Self {
        self.ends(command, 0, stdout)
    }

    pub(super) fn ends(self, command: &str, exit: i32, stdout: &str) -> Self {
        self.answers(command, Answer::Done { exit, stdout: stdout.into(), stderr: Vec::new() })
    }

    pub(super) fn answers(mut self, command: &str, answer: Answer) -> Self {
        self.commands.insert(command.to_owned(), answer);
        self
    }

    /// A command that succeeds and answers on standard error.
    pub(super) fn says_on_stderr(self, command: &str, stderr: &str) -> Self {
        let (stdout, stderr) = (Vec::new(), stderr.into());
        self.answers(command, Answer::Done { exit: 0, stdout, stderr })
    }

    /// A file with this text, such as that of [`plist`].
    pub(super) fn holds_plist(self, path: &str, text: &str) -> Self {
        self.holds(path, FileAnswer::Bytes(text.into()))
    }

    /// Room for people's files, in bytes.
    pub(super) fn with_space(mut self, total: u64, available: u64) -> Self {
        self.space = Some(Space { total, available });
        self
    }

    /// The time at which it is asked.
    pub(super) fn at(mut self, now: &str) -> Self {
        self.now = now.parse().unwrap();
        self
    }

    pub(super) fn holds(mut self, path: &str, answer: FileAnswer) -> Self {
        self.files.insert(path.to_owned(), answer);
        self
    }
}

impl Host for Mac {
    fn run(&self, argv: &[&str]) -> Answer {
        self.commands.get(&argv.join(" ")).cloned().unwrap_or(Answer::Missing)
    }

    fn read(&self, path: &str) -> FileAnswer {
        self.files.get(path).cloned().unwrap_or(FileAnswer::Missing)
    }

    fn exists(&self, path: &str) -> bool {
        self.files.contains_key(path) || !self.list(path).is_empty()
    }

    fn list(&self, path: &str) -> Vec<String> {
        let below = |file: &String| {
            let rest = file.strip_prefix(path)?.strip_prefix('/')?;
            rest.split('/').next().map(str::to_owned)
        };
        let names: BTreeSet<String> = self.files.keys().filter_map(below).collect();
        names.into_iter().collect()
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn space(&self) -> Option<Space> {
        self.space
    }

    fn is_recorded(&self) -> bool {
        true
    }
}

/// A property list with these keys and values.
pub(super) fn plist(keys: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n<dict>\n{keys}</dict>\n</plist>\n"
    )
}

/// The fields of an observation, as `name=value` in order.
#[track_caller]
pub(super) fn observed(check: &Check, mac: &Mac) -> String {
    let reading = check.run(mac);
    assert_eq!(reading.outcome, Outcome::Observed, "{reading:?}");
    shown(&reading.fields)
}

/// The reason why nothing was observed.
#[track_caller]
pub(super) fn unknown(check: &Check, mac: &Mac) -> String {
    let reading = check.run(mac);
    assert_eq!(reading.outcome, Outcome::Unknown, "{reading:?}");
    assert!(reading.fields.is_empty());
    reading.reason.unwrap()
}

fn shown(fields: &Fields) -> String {
    let fields = fields.iter().map(|(name, value)| match value {
        FieldValue::Flag(value) => format!("{name}={value}"),
        FieldValue::Integer(value) => format!("{name}={value}"),
        FieldValue::Text(value) => format!("{name}={value}"),
    });
    fields.collect::<Vec<_>>().join(" ")
}

/// A field's text, or nothing.
pub(super) fn text_field<'r>(reading: &'r Reading, name: &str) -> &'r str {
    match reading.fields.get(name) {
        Some(FieldValue::Text(text)) => text,
        _ => "",
    }
}

/// The evidence of a reading.
pub(super) fn evidence(reading: &Reading) -> Vec<&str> {
    reading.sources.iter().filter_map(|source| source.matched.as_deref()).collect()
}

/// One of `known`, cut, joined, with other case, or with a line put in.
pub(super) fn mutated(known: &'static [&'static str]) -> impl Strategy<Value = String> {
    let one = || proptest::sample::select(known);
    prop_oneof![
        (one(), any::<prop::sample::Index>()).prop_map(|(text, at)| cut(text, at).0),
        (one(), any::<prop::sample::Index>()).prop_map(|(text, at)| cut(text, at).1),
        (one(), one(), any::<prop::sample::Index>(), any::<prop::sample::Index>())
            .prop_map(|(one, other, end, start)| cut(one, end).0 + &cut(other, start).1),
        (one(), one()).prop_map(|(one, other)| format!("{one}{other}")),
        (one(), one()).prop_map(|(one, other)| format!("{}{other}", one.trim_end())),
        one().prop_map(str::to_uppercase),
        one().prop_map(str::to_lowercase),
        (one(), any::<prop::sample::Index>(), "\\PC{0,30}")
            .prop_map(|(text, at, line)| with_line(text, at, &line)),
        (one(), any::<prop::sample::Index>(), "\\PC").prop_map(|(text, at, any)| format!(
            "{}{any}{}",
            cut(text, at).0,
            cut(text, at).1
        )),
    ]
}

fn cut(text: &str, at: prop::sample::Index) -> (String, String) {
    let characters: Vec<char> = text.chars().collect();
    let (before, after) = characters.split_at(at.index(characters.len() + 1));
    (before.iter().collect(), after.iter().collect())
}

fn with_line(text: &str, at: prop::sample::Index, line: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.insert(at.index(lines.len() + 1), line);
    lines.join("\n")
}
