//! A Mac whose answers are pieces of a fuzzer's input.
//!
//! The first question gets the first piece, the second one the second. The
//! first byte of a piece says how the Mac answers, the rest is what it says.

use std::sync::{Mutex, PoisonError};

use agent::host::{Answer, Asked, FileAnswer, Host, OUTPUT_LIMIT, Space, Witness};
use jiff::Timestamp;

/// When everything is asked: 20 August 2026, which the built-in catalogue knows.
pub const NOW: Timestamp = Timestamp::constant(1_787_216_400, 0);
/// What lies between two pieces; in no answer of a Mac that is known.
const BETWEEN: &[u8] = b"\xff\x00\xfe\n";

/// How a piece is answered with.
mod how {
    pub(super) const SUCCESS: u8 = b'0';
    pub(super) const FAILURE: u8 = b'1';
    pub(super) const TIMED_OUT: u8 = b't';
    pub(super) const MISSING: u8 = b'm';
    pub(super) const OVERLONG: u8 = b'o';
    pub(super) const REFUSED: u8 = b'r';
    pub(super) const STDERR: u8 = b'e';
    pub(super) const STDERR_FAILURE: u8 = b'f';
    /// Exits with the byte behind.
    pub(super) const EXIT: u8 = b'x';
    pub(super) const STDERR_EXIT: u8 = b'y';
}

/// A Mac that answers with the pieces of an input, and then with nothing.
pub struct Answers<'i> {
    rest: Mutex<Option<&'i [u8]>>,
}

impl<'i> Answers<'i> {
    /// Answers with `input`.
    pub fn new(input: &'i [u8]) -> Self {
        Self { rest: Mutex::new(Some(input)) }
    }

    /// How the next question is answered, and with what.
    fn next(&self) -> (u8, &'i [u8]) {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(left) = *rest else { return (how::MISSING, &[]) };
        let end = left.windows(BETWEEN.len()).position(|bytes| bytes == BETWEEN);
        let (piece, behind) = left.split_at(end.unwrap_or(left.len()));
        *rest = behind.strip_prefix(BETWEEN);
        piece.split_first().map_or((how::MISSING, &[]), |(&how, said)| (how, said))
    }
}

impl Host for Answers<'_> {
    fn run(&self, _argv: &[&str]) -> Answer {
        let (how, said) = self.next();
        let done = |exit, stdout: &[u8], stderr: &[u8]| Answer::Done {
            exit,
            stdout: stdout.to_vec(),
            stderr: stderr.to_vec(),
        };
        match how {
            how::TIMED_OUT => Answer::TimedOut,
            how::MISSING | how::REFUSED => Answer::Missing,
            how::OVERLONG => Answer::Overlong,
            _ if said.len() > OUTPUT_LIMIT => Answer::Overlong,
            how::STDERR => done(0, &[], said),
            how::STDERR_FAILURE => done(1, &[], said),
            how::SUCCESS => done(0, said, &[]),
            how::FAILURE => done(1, said, &[]),
            how::EXIT | how::STDERR_EXIT => {
                let (exit, said) = said.split_first().unwrap_or((&1, &[]));
                let (stdout, stderr): (&[u8], &[u8]) =
                    if how == how::EXIT { (said, &[]) } else { (&[], said) };
                done(i32::from(*exit), stdout, stderr)
            }
            // Any other status, with half of the answer on each output.
            other => {
                let (stdout, stderr) = said.split_at(said.len() / 2);
                done(i32::from(other), stdout, stderr)
            }
        }
    }

    fn read(&self, _path: &str) -> FileAnswer {
        match self.next() {
            (how::MISSING | how::TIMED_OUT, _) => FileAnswer::Missing,
            (how::REFUSED | how::OVERLONG, _) => FileAnswer::Refused,
            (_, said) => FileAnswer::Bytes(said.to_vec()),
        }
    }

    fn exists(&self, _path: &str) -> bool {
        self.next().0 != how::MISSING
    }

    fn list(&self, _path: &str) -> Vec<String> {
        let (_, said) = self.next();
        let names = String::from_utf8_lossy(said);
        let mut names: Vec<String> = names.lines().map(str::to_owned).collect();
        names.retain(|name| !name.is_empty() && !name.contains('/'));
        names.sort_unstable();
        names
    }

    fn now(&self) -> Timestamp {
        NOW
    }

    fn uptime_s(&self) -> Option<i64> {
        Some(3600)
    }

    fn space(&self) -> Option<Space> {
        let (_, said) = self.next();
        let (total, available) = (said.first_chunk()?, said.last_chunk()?);
        let space =
            Space { total: u64::from_be_bytes(*total), available: u64::from_be_bytes(*available) };
        Some(space)
    }

    fn is_recorded(&self) -> bool {
        true
    }
}

/// What `host` answers to `ask`, as an input that answers the same.
pub fn transcript(host: &dyn Host, ask: impl FnOnce(&dyn Host)) -> Vec<u8> {
    let witness = Witness::new(host);
    ask(&witness);
    let pieces: Vec<Vec<u8>> = witness.take().iter().map(piece).collect();
    pieces.join(BETWEEN)
}

fn piece(asked: &Asked) -> Vec<u8> {
    let with = |how: u8, said: &[u8]| [&[how], said].concat();
    match asked {
        Asked::Command(_, Answer::Done { exit, stdout, stderr }) => {
            match (exit, stdout.is_empty() && !stderr.is_empty()) {
                (0, false) => with(how::SUCCESS, stdout),
                (0, true) => with(how::STDERR, stderr),
                (1, false) => with(how::FAILURE, stdout),
                (1, true) => with(how::STDERR_FAILURE, stderr),
                (other, is_stderr) => {
                    let (how, said) =
                        if is_stderr { (how::STDERR_EXIT, stderr) } else { (how::EXIT, stdout) };
                    [&[how, u8::try_from(*other).unwrap_or(u8::MAX)], said.as_slice()].concat()
                }
            }
        }
        Asked::Command(_, Answer::TimedOut) => with(how::TIMED_OUT, &[]),
        Asked::Command(_, Answer::Overlong) => with(how::OVERLONG, &[]),
        Asked::Command(_, Answer::Missing) | Asked::File(_, FileAnswer::Missing) => {
            with(how::MISSING, &[])
        }
        Asked::File(_, FileAnswer::Refused) => with(how::REFUSED, &[]),
        Asked::File(_, FileAnswer::Bytes(bytes)) => with(how::SUCCESS, bytes),
        Asked::Presence(_, is_there) => {
            with(if *is_there { how::SUCCESS } else { how::MISSING }, &[])
        }
        Asked::Folder(_, names) => with(how::SUCCESS, names.join("\n").as_bytes()),
    }
}
