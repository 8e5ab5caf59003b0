//! `muster-loadgen`: how many signed reports a second this machine keeps.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tests::load::{self, Mix, Options, Pace, run, week};

/// Loads a real collector with signed reports and says what each one cost.
///
/// Starts `muster-server` on loopback over a new database, enrols Macs with
/// keys of their own and sends their reports over connections that stay open.
/// A report counts when it was answered with 201, which the collector sends
/// when it is durable. Bare signature checks and durable writes are measured
/// in the same run, because only the ratios can be compared between machines.
#[derive(Debug, Parser)]
#[command(name = "muster-loadgen", version, after_help = EXIT_CODES)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    fleet: Fleet,
    #[command(flatten)]
    pace: PaceArgs,
    /// Measure although other programs are busy; the table says so.
    #[arg(long)]
    allow_disturbed: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A fleet reports hourly for a simulated week, as fast as the machine can.
    ///
    /// Says after each hour what memory, queue and disk came to, and at the end
    /// whether anything grew (exit code 1). The collector is in this process,
    /// at a clock that is set by hand; everything else is real.
    Week(WeekArgs),
    /// How long the device list takes for a large fleet.
    ///
    /// Fills a database, asks for many views of the list as somebody of IT, and
    /// says for each how long half, nineteen of twenty and all of the requests
    /// took; exit code 1 when nineteen of twenty of all took 50 ms or more.
    Lists(ListsArgs),
}

#[derive(Debug, Args)]
struct ListsArgs {
    /// Macs in the fleet.
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = positive)]
    devices: usize,
    /// How often each view is asked for.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = positive)]
    times: usize,
    /// Run on PostgreSQL instead of SQLite.
    #[arg(long)]
    postgres: bool,
}

#[derive(Debug, Args)]
struct WeekArgs {
    /// Folder for the database [default: the system's temporary one].
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Macs in the fleet.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = positive)]
    devices: usize,
    /// Simulated hours.
    #[arg(long, value_name = "N", default_value_t = 168)]
    hours: u32,
    /// Connections kept open.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = positive)]
    connections: usize,
    /// Reports in one request; full ones are up to 20,000 bytes each.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = positive)]
    lines: usize,
}

#[derive(Debug, Args)]
struct Place {
    /// `sqlite`; `postgres` or `postgres-standby` for a server that is made for
    /// the run; or the address of an empty database, `postgres://...`.
    #[arg(long, value_name = "WHERE", default_value = "sqlite", value_parser = database)]
    database: load::Place,
    /// Collectors that share the database; only with PostgreSQL.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = positive)]
    replicas: usize,
    /// The collector's program [default: `muster-server` beside this one].
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    /// Folder on the disk to be measured [default: the system's temporary one].
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Encrypt the connections.
    #[arg(long)]
    tls: bool,
}

#[derive(Debug, Args)]
struct Fleet {
    /// Macs in the fleet.
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = positive)]
    devices: usize,
    /// Names the fleet; the same name has the same keys.
    #[arg(long, value_name = "TEXT", default_value = "muster")]
    seed: String,
    /// Connections kept open, each with one report under way.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = positive)]
    connections: usize,
    /// What the reports say.
    #[arg(long, value_enum, default_value_t = MixName::Day)]
    mix: MixName,
    /// Part of the reports that is full, 0 to 1; the rest says `unchanged`.
    #[arg(long, value_name = "PART", value_parser = part)]
    full_share: Option<f64>,
    /// Part of the full reports in which a setting changed, 0 to 1.
    #[arg(long, value_name = "PART", value_parser = part)]
    changed_share: Option<f64>,
    /// Sign each report as it is sent, with nonce and checkpoint of the receipt
    /// before, as agents do. Ahead of time is cheaper for the generator; then
    /// all carry the checkpoint of the Mac's first receipt.
    #[arg(long)]
    live: bool,
}

#[derive(Debug, Args)]
struct PaceArgs {
    /// When reports are sent.
    #[arg(long, value_enum, default_value_t = Schedule::Flat, conflicts_with = "rate")]
    schedule: Schedule,
    /// Send so many a second whether or not the collector keeps up; latency
    /// counts from the moment at which a report was due.
    #[arg(long, value_name = "N", value_parser = rate)]
    rate: Option<f64>,
    /// After a flat-out run, run half of the rate that it found.
    #[arg(long)]
    then_half: bool,
    /// Length of the measurement.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = positive)]
    seconds: usize,
    /// How many times faster than life `hourly` and `storm` go.
    #[arg(long, value_name = "N", default_value_t = 360.0, value_parser = rate)]
    speedup: f64,
    /// Reports that wait on each Mac, for `backlog`.
    #[arg(long, value_name = "N", default_value_t = 168, value_parser = positive)]
    spool: usize,
    /// Clients of each kind, for `hostile`.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = positive)]
    clients: usize,
    /// Reports signed ahead [default: 20000 for each second]; the measurement
    /// ends early when they are used up.
    #[arg(long, value_name = "N", value_parser = positive)]
    reports: Option<usize>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum MixName {
    /// One full report in 24, one of ten of those with a change.
    Day,
    /// Every report is full and changes something.
    Full,
    /// No report but the first is full.
    Unchanged,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Schedule {
    /// As fast as the collector takes them.
    Flat,
    /// Every Mac once an hour at its own minute.
    Hourly,
    /// Nine o'clock: three of ten Macs wake within ten minutes.
    Storm,
    /// After an outage: every Mac delivers its spool in batches.
    Backlog,
    /// Flat out, beside slow, broken and lying clients.
    Hostile,
}

const EXIT_CODES: &str = "Exit codes: 0 measured; 1 measured, but reports were not kept, or something grew; \
64 wrong command line; 70 the run failed; 75 measured, but other programs disturbed it: try again, or `--allow-disturbed`.";

fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "must be 1 or more".to_owned())
}

fn database(text: &str) -> Result<load::Place, String> {
    match text {
        "sqlite" => Ok(load::Place::Sqlite),
        "postgres" => Ok(load::Place::Postgres),
        "postgres-standby" => Ok(load::Place::Standby),
        url if url.starts_with("postgres://") => Ok(load::Place::There(url.to_owned())),
        _ => Err("must be sqlite, postgres, postgres-standby or postgres://...".to_owned()),
    }
}

fn part(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|part| (0.0..=1.0).contains(part))
        .ok_or_else(|| "must be between 0 and 1, such as 0.25".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|rate: &f64| rate.is_finite() && *rate > 0.0)
        .ok_or_else(|| "must be more than 0, such as 6000".to_owned())
}

impl Cli {
    fn options(self) -> (Options, bool) {
        let Self { place, fleet, pace, allow_disturbed, .. } = self;
        let beside = || Some(std::env::current_exe().ok()?.with_file_name("muster-server"));
        let mix = match fleet.mix {
            MixName::Day => Mix::DAY,
            MixName::Full => Mix { full: 1.0, changed: 1.0 },
            MixName::Unchanged => Mix { full: 0.0, changed: 0.0 },
        };
        let when = match (pace.rate, pace.schedule) {
            (Some(rate), _) => Pace::Rate(rate),
            (None, Schedule::Flat) => Pace::FlatOut,
            (None, Schedule::Hourly) => Pace::Hourly(pace.speedup),
            (None, Schedule::Storm) => Pace::Storm(pace.speedup),
            (None, Schedule::Backlog) => Pace::Backlog(pace.spool),
            (None, Schedule::Hostile) => Pace::Hostile(pace.clients),
        };
        let options = Options {
            server: place.server.or_else(beside).unwrap_or_else(|| PathBuf::from("muster-server")),
            folder: place.folder,
            place: place.database,
            replicas: place.replicas,
            seed: fleet.seed,
            devices: fleet.devices,
            connections: fleet.connections,
            length: Duration::from_secs(pace.seconds as u64),
            reports: pace.reports,
            mix: Mix {
                full: fleet.full_share.unwrap_or(mix.full),
                changed: fleet.changed_share.unwrap_or(mix.changed),
            },
            tls: place.tls,
            live: fleet.live,
            pace: when,
            half: pace.then_half,
        };
        (options, allow_disturbed)
    }
}

fn main() -> ExitCode {
    let mut cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { 64 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match cli.command.take() {
        Some(Command::Week(week)) => return simulate(week),
        Some(Command::Lists(lists)) => return list(&lists),
        None => {}
    }
    let (options, allow_disturbed) = cli.options();
    // A closed output means that nobody listens.
    let say = &mut |line: &str| drop(writeln!(std::io::stderr(), "{line} ..."));
    match run(&options, say) {
        Ok(summary) => {
            let _ = write!(std::io::stdout(), "{summary}");
            match (summary.is_whole(), summary.is_disturbed() && !allow_disturbed) {
                (false, _) => ExitCode::from(1),
                (true, true) => ExitCode::from(75),
                (true, false) => ExitCode::SUCCESS,
            }
        }
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "muster-loadgen: {error:#}");
    ExitCode::from(70)
}

fn list(args: &ListsArgs) -> ExitCode {
    let options = load::Lists { devices: args.devices, times: args.times, postgres: args.postgres };
    let say = &mut |line: &str| drop(writeln!(std::io::stderr(), "{line} ..."));
    match load::lists(&options, say) {
        Ok(listed) => {
            let _ = write!(std::io::stdout(), "{listed}");
            ExitCode::from(u8::from(!listed.is_quick()))
        }
        Err(error) => failed(&error),
    }
}

fn simulate(args: WeekArgs) -> ExitCode {
    let options = load::Week {
        folder: args.folder,
        devices: args.devices,
        hours: args.hours,
        connections: args.connections,
        lines: args.lines,
    };
    let say = &mut |line: &str| drop(writeln!(std::io::stdout(), "{line}"));
    match week(&options, say) {
        Ok(grown) => {
            let _ = write!(std::io::stdout(), "{grown}");
            ExitCode::from(u8::from(grown.has_grown()))
        }
        Err(error) => failed(&error),
    }
}
