//! The command line of `muster-agent`.
//!
//! Results go to standard output, and nothing else does. What went wrong goes
//! to standard error, in one line that says what to do.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use shared::names::TOKEN_PREFIX;

use crate::exit::Exit;

mod check;
mod doctor;
mod ending;
mod enroll;
mod failure;
mod input;
mod place;
mod record;
mod report;
mod run;
mod show;
mod status;
mod unenroll;

use failure::Failure;

/// Reads a Mac's security settings, signs what it observed and reports it.
#[derive(Debug, Parser)]
#[command(name = "muster-agent", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check this Mac against a policy, without sending anything.
    Check(check::Args),
    /// Become known to a collector, with the token that IT sent.
    Enroll(enroll::Args),
    /// Read everything once, sign it and deliver what waits.
    Report(report::Args),
    /// Tell the collector that this agent is being removed, and erase its key.
    Unenroll(unenroll::Args),
    /// Stay and report on schedule; this is what the daemon runs.
    Run(run::Args),
    /// Say where this device stands with its collector.
    Status(status::Args),
    /// Show what was last signed and sent, or what is read at all.
    Show(show::Args),
    /// Say whether the agent has what it needs, and what to do.
    Doctor(doctor::Args),
    /// Write down what this Mac answers, with names replaced.
    Record(record::Args),
}

/// Runs the command that `args` name and says how it ended.
pub fn main(args: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    match cli.command {
        Command::Check(args) => check::run(&args).unwrap_or_else(|failure| failure.report()),
        Command::Enroll(args) => enroll::run(&args),
        Command::Report(args) => report::run_command(&args),
        Command::Unenroll(args) => unenroll::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Record(args) => record::run(&args),
    }
}

/// Answers help and version, and refuses a wrong command line in one line.
fn usage(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        return ending::print(|out| write!(out, "{}", error.render()));
    }
    // What follows the first empty line is advice and usage.
    let text = error.to_string();
    let lines: Vec<&str> =
        text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let text = lines.join(" ");
    let what = match error.kind() {
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "no command is given"
        }
        _ => text.strip_prefix("error: ").unwrap_or(&text),
    };
    let what = without_tokens(what);
    let message = format!("{what}; run `muster-agent --help` to see what it takes");
    Failure::new(Exit::Usage, message).report()
}

/// A misplaced argument is named in the error; a token must not be.
fn without_tokens(line: &str) -> String {
    let mut parts = line.split(TOKEN_PREFIX);
    let mut safe = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_token = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
        safe.push_str(TOKEN_PREFIX);
        safe.push_str("...");
        safe.push_str(part.trim_start_matches(is_token));
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::without_tokens;

    #[test]
    fn a_token_never_shows_up_in_an_error() {
        let line = "error: unexpected argument 'mst1.abc-_9' found";
        assert_eq!(without_tokens(line), "error: unexpected argument 'mst1....' found");
        assert_eq!(without_tokens("plain"), "plain");
    }
}
