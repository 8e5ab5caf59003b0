//! How `muster-packaging` ends: one list of exit codes, after `sysexits.h`.

use std::process::ExitCode;

/// What the exit code says to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, and what was built is as it should be.
    Success = 0,
    /// The build itself failed; the compiler has said why.
    BuildFails = 1,
    /// The command line is wrong (`EX_USAGE`).
    Usage = 64,
    /// An executable or a package is not what a Mac needs (`EX_DATAERR`).
    BadInput = 65,
    /// A program or the network that is needed is not there (`EX_UNAVAILABLE`).
    Unavailable = 69,
    /// A file cannot be written (`EX_CANTCREAT`).
    CannotCreate = 73,
    /// A file is absent or cannot be read (`EX_IOERR`).
    Io = 74,
}

impl Exit {
    /// The number the shell sees.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// Why a command could not be carried out: one sentence that says what, where
/// and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// How the program ends.
    pub exit: Exit,
    message: String,
}

impl Failure {
    /// Ends with `exit` after saying `message`.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_people_script_against_do_not_move() {
        let codes = [Exit::Success, Exit::BuildFails, Exit::Usage, Exit::BadInput, Exit::Io];
        assert_eq!(codes.map(Exit::code), [0, 1, 64, 65, 74]);
    }
}
