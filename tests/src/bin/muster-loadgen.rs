//! `muster-loadgen`: how many signed reports a second this machine keeps.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tests::load::{Options, run};

/// Loads a real collector with signed reports and says what each one cost.
///
/// Starts `muster-server` on loopback over a new database, enrols Macs with
/// keys of their own, signs reports ahead and sends them over connections that
/// stay open. A report counts when it was answered with 201, which the
/// collector sends when it is durable. Bare signature checks and durable
/// writes are measured in the same run, because only the ratios can be
/// compared between machines.
#[derive(Debug, Parser)]
#[command(name = "muster-loadgen", version, after_help = EXIT_CODES)]
struct Cli {
    /// The collector's program [default: `muster-server` beside this one].
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    /// Folder on the disk to be measured [default: the system's temporary one].
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Macs in the fleet.
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = positive)]
    devices: usize,
    /// Connections kept open, each with one report under way.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = positive)]
    connections: usize,
    /// Length of the measurement.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = positive)]
    seconds: usize,
    /// Reports signed ahead; the measurement ends early when they are used up.
    #[arg(long, value_name = "N", default_value_t = 75_000, value_parser = positive)]
    reports: usize,
    /// Part of the reports that is full, 0 to 1; the rest says `unchanged`.
    #[arg(long, value_name = "PART", default_value_t = 1.0, value_parser = part)]
    full_share: f64,
    /// Part of the full reports in which a setting changed, 0 to 1.
    #[arg(long, value_name = "PART", default_value_t = 1.0, value_parser = part)]
    changed_share: f64,
    /// Encrypt the connections.
    #[arg(long)]
    tls: bool,
}

const EXIT_CODES: &str = "Exit codes: 0 measured; 1 measured, but reports were not kept; \
64 wrong command line; 70 the run failed; 75 measured, but other programs disturbed it: try again.";

fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "must be 1 or more".to_owned())
}

fn part(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|part| (0.0..=1.0).contains(part))
        .ok_or_else(|| "must be between 0 and 1, such as 0.25".to_owned())
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { 64 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let beside = || Some(std::env::current_exe().ok()?.with_file_name("muster-server"));
    let options = Options {
        server: cli.server.or_else(beside).unwrap_or_else(|| PathBuf::from("muster-server")),
        folder: cli.folder,
        devices: cli.devices,
        connections: cli.connections,
        length: Duration::from_secs(cli.seconds as u64),
        reports: cli.reports,
        full_share: cli.full_share,
        changed_share: cli.changed_share,
        tls: cli.tls,
    };
    // A closed output means that nobody listens.
    let say = &mut |line: &str| drop(writeln!(std::io::stderr(), "{line} ..."));
    match run(&options, say) {
        Ok(summary) => {
            let _ = write!(std::io::stdout(), "{summary}");
            match (summary.load.refused.is_empty(), summary.spent.is_disturbed()) {
                (false, _) => ExitCode::from(1),
                (true, true) => ExitCode::from(75),
                (true, false) => ExitCode::SUCCESS,
            }
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "muster-loadgen: {error:#}");
            ExitCode::from(70)
        }
    }
}
