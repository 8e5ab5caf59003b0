//! A recording: one JSON file that answers for a Mac.
//!
//! People write and send these files, so unknown keys are refused and every
//! error names the file, the line and the field.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Answer, FileAnswer, Host, OUTPUT_LIMIT};

mod format;

pub use format::{FORMAT, RecordingError};

/// Answers with what a recording holds.
#[derive(Clone, Debug)]
pub struct Recorded {
    label: String,
    now: Timestamp,
    commands: BTreeMap<Vec<String>, Answer>,
    files: BTreeMap<String, FileAnswer>,
}

impl Recorded {
    /// Reads the recording in `bytes`; `name` is what errors call it.
    ///
    /// # Errors
    ///
    /// When it is not a recording of the known format, or contradicts itself.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, RecordingError> {
        format::parse(name, bytes)
    }

    /// A Mac that answers nothing, at `now`.
    pub fn mute(now: Timestamp) -> Self {
        let label = "A computer that answers nothing".to_owned();
        Self { label, now, commands: BTreeMap::new(), files: BTreeMap::new() }
    }

    /// What the recording calls itself.
    pub fn label(&self) -> &str {
        &self.label
    }
}

impl Host for Recorded {
    fn run(&self, argv: &[&str]) -> Answer {
        let argv: Vec<String> = argv.iter().map(|&word| word.to_owned()).collect();
        match self.commands.get(&argv) {
            // A recording must not answer what a Mac could not have answered.
            Some(Answer::Done { stdout, stderr, .. })
                if stdout.len().max(stderr.len()) > OUTPUT_LIMIT =>
            {
                Answer::Overlong
            }
            Some(answer) => answer.clone(),
            None => Answer::Missing,
        }
    }

    fn read(&self, path: &str) -> FileAnswer {
        match self.files.get(path) {
            Some(answer) => answer.clone(),
            None if self.exists(path) => FileAnswer::Refused,
            None => FileAnswer::Missing,
        }
    }

    fn exists(&self, path: &str) -> bool {
        self.files.contains_key(path) || self.below(path).next().is_some()
    }

    fn list(&self, path: &str) -> Vec<String> {
        let names: BTreeSet<&str> =
            self.below(path).filter_map(|rest| rest.split('/').next()).collect();
        names.into_iter().map(str::to_owned).collect()
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn is_recorded(&self) -> bool {
        true
    }
}

impl Recorded {
    /// What follows `folder/` in the recorded paths.
    fn below(&self, folder: &str) -> impl Iterator<Item = &str> {
        let start = format!("{}/", folder.trim_end_matches('/'));
        let from = self.files.range(start.clone()..);
        from.map_while(move |(path, _)| path.strip_prefix(&start)).filter(|rest| !rest.is_empty())
    }
}

#[cfg(test)]
mod tests;
