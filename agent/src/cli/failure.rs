//! Why a command could not be carried out, for the person who gave it.

use std::fmt::Display;

use super::ending::say;
use crate::exit::Exit;

/// An exit code and one sentence: what, where, and what to do.
#[derive(Debug)]
pub(super) struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    /// Ends with `exit` after saying `message`.
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    /// Says what went wrong on standard error.
    pub(super) fn report(&self) -> Exit {
        say(&format!("muster-agent: {}", one_line(&self.message)));
        self.exit
    }
}

/// `text` without line breaks and what else steers a terminal: parts of it
/// may come from a file that somebody sent.
pub(super) fn one_line(text: impl Display) -> String {
    let text = text.to_string();
    text.chars().map(|any| if any.is_control() { '\u{fffd}' } else { any }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_stays_on_its_line() {
        assert_eq!(one_line("a\nb\u{1b}[31m"), "a\u{fffd}b\u{fffd}[31m");
        assert_eq!(one_line("größer"), "größer");
    }
}
