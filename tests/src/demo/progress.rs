//! One line for the person who waits.

use std::io::{IsTerminal as _, Write as _};

use jiff::Timestamp;

/// Tells on standard error how far the story is.
pub struct Progress {
    is_terminal: bool,
    is_quiet: bool,
}

impl Progress {
    /// Tells a person who waits.
    pub fn on_stderr() -> Self {
        let progress = Self { is_terminal: std::io::stderr().is_terminal(), is_quiet: false };
        if !progress.is_terminal {
            progress.write("muster-demo: playing 90 days of a fleet that is made up\n");
        }
        progress
    }

    /// Tells nobody.
    pub fn quiet() -> Self {
        Self { is_terminal: false, is_quiet: true }
    }

    /// Shows that `done` of `all` events have happened, up to `at`.
    pub fn show(&mut self, done: usize, all: usize, at: Timestamp) {
        if self.is_terminal {
            let date = at.strftime("%-d %B %Y");
            self.write(&format!(
                "\r\x1b[Kmuster-demo: playing 90 days of a made-up fleet: {done} of {all} reports, {date}"
            ));
        }
    }

    /// Ends the line.
    pub fn end(&mut self, sentence: &str) {
        let start = if self.is_terminal { "\r\x1b[K" } else { "" };
        self.write(&format!("{start}muster-demo: {sentence}\n"));
    }

    fn write(&self, text: &str) {
        if !self.is_quiet {
            // Nobody may be listening; the demo goes on.
            let _ = std::io::stderr().write_all(text.as_bytes());
        }
    }
}
