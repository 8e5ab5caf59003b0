//! Starting other programs; nothing else in this crate does.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output};

use crate::exit::{Exit, Failure};

/// A program that will be looked up in `PATH`, unless its path is given.
#[expect(clippy::disallowed_methods, reason = "a builder's tools, not a Mac's, are started here")]
pub(crate) fn program(name: impl AsRef<Path>) -> Command {
    Command::new(name.as_ref())
}

/// Waits for a program that speaks to the terminal itself; says whether it
/// succeeded. `advice` says what to do when it is not there.
pub(crate) fn succeeds(command: &mut Command, advice: &str) -> Result<bool, Failure> {
    let status = command.status().map_err(|error| absent(command, &error, advice))?;
    Ok(status.success())
}

/// What a program printed, whether it succeeded or not.
pub(crate) fn answer(command: &mut Command, advice: &str) -> Result<Output, Failure> {
    command.output().map_err(|error| absent(command, &error, advice))
}

fn absent(command: &Command, error: &std::io::Error, advice: &str) -> Failure {
    let name = Path::new(command.get_program()).display();
    let what = match error.kind() {
        ErrorKind::NotFound => "is missing".to_owned(),
        _ => format!("cannot be started: {error}"),
    };
    Failure::new(Exit::Unavailable, format!("`{name}` {what}; {advice}"))
}

/// The last line a program printed as an error, or how it ended.
pub(crate) fn last_words(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().map(str::trim).rfind(|line| !line.is_empty());
    last.map_or_else(|| output.status.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_what_to_do() {
        let failure = succeeds(&mut program("/nowhere/zig"), "install it").unwrap_err();
        assert_eq!(failure.to_string(), "`/nowhere/zig` is missing; install it");
        assert_eq!(failure.exit, Exit::Unavailable);
    }

    #[test]
    fn the_last_words_are_those_before_empty_lines() {
        let output = answer(program("sh").args(["-c", "echo one >&2; echo two >&2; echo >&2"]), "");
        assert_eq!(last_words(&output.unwrap()), "two");
        let output = answer(program("sh").args(["-c", "exit 3"]), "");
        assert_eq!(last_words(&output.unwrap()), "exit status: 3");
    }
}
