//! How `muster-agent` ends: one list of exit codes, after `sysexits.h`.

use std::process::ExitCode;

/// What the exit code says to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done; for `check`, all required rules pass.
    Success = 0,
    /// `check`: at least one required rule fails; `doctor`: something needs
    /// attention.
    RuleFails = 1,
    /// `check`: no required rule fails, but at least one is unknown.
    RuleUnknown = 3,
    /// The command line is wrong (`EX_USAGE`).
    Usage = 64,
    /// A file was read, but its content is wrong (`EX_DATAERR`).
    BadInput = 65,
    /// The collector cannot be reached or is away (`EX_UNAVAILABLE`).
    Unavailable = 69,
    /// A fault in this program (`EX_SOFTWARE`).
    Software = 70,
    /// The operating system is not supported (`EX_OSERR`).
    Unsupported = 71,
    /// A file cannot be written (`EX_CANTCREAT`).
    CannotCreate = 73,
    /// A file is absent or cannot be read (`EX_IOERR`).
    Io = 74,
    /// Not now; the same command may work later (`EX_TEMPFAIL`).
    TryLater = 75,
    /// The collector's answer or its certificate is not as agreed (`EX_PROTOCOL`).
    Protocol = 76,
    /// The collector does not accept this device (`EX_NOPERM`).
    NotPermitted = 77,
    /// The configuration is wrong or incomplete (`EX_CONFIG`).
    Config = 78,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_people_script_against_do_not_move() {
        let codes =
            [Exit::Success, Exit::RuleFails, Exit::RuleUnknown, Exit::Usage, Exit::BadInput]
                .map(Exit::code);
        assert_eq!(codes, [0, 1, 3, 64, 65]);
        assert_eq!(Exit::Io.code(), 74);
    }
}
