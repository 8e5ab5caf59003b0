//! How `muster-server` ends: the codes of `sysexits.h`, documented.

use std::process::ExitCode;

/// Why a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It did what it was asked.
    Ok,
    /// 64: the command line is wrong.
    Usage,
    /// 65: a file holds something that cannot be used.
    Data,
    /// 69: something that is needed does not answer, such as a taken port.
    Unavailable,
    /// 70: the program is at fault.
    Software,
    /// 73: a file or folder cannot be made.
    CannotCreate,
    /// 74: a file is absent or cannot be read.
    Io,
    /// 78: the configuration is wrong.
    Config,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Usage => 64,
            Self::Data => 65,
            Self::Unavailable => 69,
            Self::Software => 70,
            Self::CannotCreate => 73,
            Self::Io => 74,
            Self::Config => 78,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// One sentence for people, and the code.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What, where and what to do.
    pub message: String,
    /// How the program ends.
    pub exit: Exit,
}

impl Failure {
    /// A failure with this sentence.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { message: message.into(), exit }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Exit::Io, format!("the output could not be written: {error}"))
    }
}
