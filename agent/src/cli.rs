//! The command line of `muster-agent`.

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use crate::exit::Exit;

mod check;

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
}

/// Runs the command that `args` name and says how it ended.
pub fn main(args: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    match cli.command {
        Command::Check(args) => check::run(&args),
    }
}

/// Answers help and version on stdout, and a wrong command line in one line.
#[expect(clippy::print_stderr, clippy::print_stdout, reason = "this is the command line")]
fn usage(error: &clap::Error) -> Exit {
    if error.use_stderr() {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        eprintln!("muster-agent: {first}");
        return Exit::Usage;
    }
    print!("{error}");
    Exit::Success
}
