//! The only door to the operating system.
//!
//! Everything that is read of the machine goes through [`Host`]. `Live` asks
//! the computer this runs on, `Recorded` answers from a file, so a Mac's
//! behaviour is tested anywhere.

use jiff::Timestamp;

use crate::property_list;

mod cost;
mod live;
mod recorded;
mod witness;

pub use cost::Cost;
pub use live::Live;
pub use recorded::{FORMAT, Recorded, RecordingError};
pub use witness::{Asked, Witness};

/// A computer that can be asked.
pub trait Host: Sync {
    /// Runs a program by its absolute path and waits for it, within a deadline.
    ///
    /// The environment is empty but for a few fixed variables, standard input
    /// is closed, and more output than [`OUTPUT_LIMIT`] ends the program.
    fn run(&self, argv: &[&str]) -> Answer;
    /// Reads a whole file.
    fn read(&self, path: &str) -> FileAnswer;
    /// Says whether something is at `path`, readable or not.
    fn exists(&self, path: &str) -> bool;
    /// Names what is in a folder, sorted; empty when it cannot be listed.
    fn list(&self, path: &str) -> Vec<String>;
    /// Tells the time, in whole seconds.
    fn now(&self) -> Timestamp;
    /// Seconds since the computer started; nothing where that is not known.
    fn uptime_s(&self) -> Option<i64> {
        None
    }
    /// Room on the volume that holds people's files; nothing where that is
    /// not known. A recording does not hold it.
    fn space(&self) -> Option<Space> {
        None
    }
    /// What a configuration profile enforces for `key` of `domain`.
    ///
    /// A Mac is asked by its own interface. Anywhere else, and in recordings,
    /// the file stands in that macOS keeps of it.
    fn forced(&self, domain: &str, key: &str) -> Forced {
        let FileAnswer::Bytes(bytes) = self.read(&managed_file(domain)) else {
            return Forced::Nothing;
        };
        let file = property_list::dictionary(&bytes).unwrap_or_default();
        match file.get(key) {
            None => Forced::Nothing,
            Some(plist::Value::String(text)) => Forced::Text(text.clone()),
            Some(_) => Forced::NotText,
        }
    }
    /// Says whether the answers come from a recording.
    fn is_recorded(&self) -> bool;
}

/// Where macOS keeps what profiles enforce of `domain` for the whole Mac.
pub(crate) fn managed_file(domain: &str) -> String {
    format!("/Library/Managed Preferences/{domain}.plist")
}

/// What a profile enforces for one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forced {
    /// Nothing.
    Nothing,
    /// This text.
    Text(String),
    /// Something that is no text.
    NotText,
}

/// The system that this runs on cannot be read yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is not supported yet, only macOS is; add `--recording FILE` to use a recording of a Mac"
)]
pub struct Unsupported(&'static str);

/// The computer this runs on, unless it is no Mac: another system's `mount`
/// or `stat` must not speak for macOS.
pub fn this_computer() -> Result<Live, Unsupported> {
    match std::env::consts::OS {
        "macos" => Ok(Live::new()),
        "linux" => Err(Unsupported("Linux")),
        "windows" => Err(Unsupported("Windows")),
        other => Err(Unsupported(other)),
    }
}

/// Room on a volume, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Its size.
    pub total: u64,
    /// What is free for people's files.
    pub available: u64,
}

/// Most bytes taken from each of a program's two outputs.
pub const OUTPUT_LIMIT: usize = 1024 * 1024;

/// What a program answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It ran to its end.
    Done {
        /// Exit status; 128 and more for a program that a signal ended.
        exit: i32,
        /// What it printed.
        stdout: Vec<u8>,
        /// What it printed as errors; a few tools answer here.
        stderr: Vec<u8>,
    },
    /// It did not end in time and was killed.
    TimedOut,
    /// It printed more than [`OUTPUT_LIMIT`] and was killed: an answer that is
    /// cut could read as another one.
    Overlong,
    /// It is not there or could not be started.
    Missing,
}

/// What reading a file gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileAnswer {
    /// Its content.
    Bytes(Vec<u8>),
    /// Nothing is there.
    Missing,
    /// Something is there that may not be read, or is no file of sensible size.
    Refused,
}
