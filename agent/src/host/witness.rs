//! A host that passes every question on and keeps the answers.
//!
//! What is asked of a Mac is whatever the checks ask, so nobody has to keep a
//! second list of commands to record one or to see which sources answer.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::{Answer, FileAnswer, Forced, Host, Space};

/// One question with its answer, in the order in which they were asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A program.
    Command(Vec<String>, Answer),
    /// A file's content.
    File(String, FileAnswer),
    /// Whether something is there.
    Presence(String, bool),
    /// The names in a folder.
    Folder(String, Vec<String>),
}

/// Stands before another host.
pub struct Witness<'h> {
    host: &'h dyn Host,
    asked: Mutex<Vec<Asked>>,
}

impl<'h> Witness<'h> {
    /// Stands before `host`.
    pub fn new(host: &'h dyn Host) -> Self {
        Self { host, asked: Mutex::new(Vec::new()) }
    }

    /// What was asked since it was last asked for.
    pub fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn keep(&self, asked: Asked) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    }
}

impl Host for Witness<'_> {
    fn run(&self, argv: &[&str]) -> Answer {
        let answer = self.host.run(argv);
        let argv = argv.iter().map(|&word| word.to_owned()).collect();
        self.keep(Asked::Command(argv, answer.clone()));
        answer
    }

    fn read(&self, path: &str) -> FileAnswer {
        let answer = self.host.read(path);
        self.keep(Asked::File(path.to_owned(), answer.clone()));
        answer
    }

    fn exists(&self, path: &str) -> bool {
        let is_there = self.host.exists(path);
        self.keep(Asked::Presence(path.to_owned(), is_there));
        is_there
    }

    fn list(&self, path: &str) -> Vec<String> {
        let names = self.host.list(path);
        self.keep(Asked::Folder(path.to_owned(), names.clone()));
        names
    }

    fn now(&self) -> Timestamp {
        self.host.now()
    }

    fn uptime_s(&self) -> Option<i64> {
        self.host.uptime_s()
    }

    fn space(&self) -> Option<Space> {
        self.host.space()
    }

    fn forced(&self, domain: &str, key: &str) -> Forced {
        self.host.forced(domain, key)
    }

    fn is_recorded(&self) -> bool {
        self.host.is_recorded()
    }
}
