//! The command line of `muster-server`.

mod admin;
mod config;
mod device;
mod fleet_token;
mod invite;
mod migrate;
mod os_releases;
mod place;
mod serve;
mod settled;

use std::ffi::OsString;
use std::io::Write as _;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use crate::exit::{Exit, Failure};
use place::PlaceOptions;

/// Verifies, keeps, judges and shows what company Macs report.
#[derive(Debug, Parser)]
#[command(name = "muster-server", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 64 wrong command line, 65 unusable file or database, \
69 a port or service is not free, 70 the program is at fault, 73 a file cannot be made, \
74 a file is absent or cannot be read, 78 wrong configuration.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the collector.
    Serve(serve::ServeOptions),
    /// Invite a person to enrol one Mac; prints the token once.
    Invite(invite::InviteOptions),
    /// Tokens for many Macs, for the profile of an MDM.
    #[command(subcommand)]
    FleetToken(fleet_token::FleetTokenCommand),
    /// List devices, or change what one may do.
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// The catalogue of macOS releases.
    #[command(subcommand)]
    OsReleases(os_releases::OsReleasesCommand),
    /// Move a stopped collector from SQLite to PostgreSQL.
    Migrate(migrate::MigrateOptions),
    /// Administrators.
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// The configuration: file, environment, credentials.
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// Runs one command; what went wrong is one line on standard error.
pub fn main(args: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let result = match cli.command {
        Command::Serve(options) => serve::run(options),
        Command::Invite(options) => invite::run(options),
        Command::FleetToken(command) => fleet_token::run(command),
        Command::Device(command) => device::run(command),
        Command::OsReleases(command) => os_releases::run(command),
        Command::Migrate(options) => migrate::run(&options),
        Command::Admin(command) => admin::run(&command),
        Command::Config(command) => config::run(command),
    };
    match result {
        Ok(()) => Exit::Ok,
        Err(failure) => {
            // Standard error is closed: there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "muster-server: {failure}");
            failure.exit
        }
    }
}

/// Answers help and version, and refuses a wrong command line in one line.
fn usage(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        let _ = error.print();
        return Exit::Ok;
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
    // Standard error is closed: there is nobody to tell.
    let _ = writeln!(
        std::io::stderr(),
        "muster-server: {what}; run `muster-server --help` to see what it takes"
    );
    Exit::Usage
}

/// Writes one answer to standard output.
fn answer(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // The reader has seen enough, as `head` does.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
