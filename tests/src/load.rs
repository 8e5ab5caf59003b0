//! Load on a real collector: many Macs, prepared reports, one honest table.
//!
//! The collector is the released program in a process of its own. Everything
//! that costs the generator time is done before the clock starts, because both
//! share the machine. What limits every collector is measured beside it in the
//! same run: bare signature checks and durable writes.

mod client;
mod collector;
mod fleet;
mod machine;
mod summary;
mod yardstick;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

pub use summary::Summary;

use collector::Collector;
use fleet::Fleet;

/// What to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program `muster-server`.
    pub server: PathBuf,
    /// Where the database stands while the run lasts.
    pub folder: Option<PathBuf>,
    /// How many Macs are enrolled.
    pub devices: usize,
    /// How many connections are kept open.
    pub connections: usize,
    /// How long at most.
    pub length: Duration,
    /// How many reports are signed before the clock starts.
    pub reports: usize,
    /// Which part of the reports is full; the rest says `unchanged`.
    pub full_share: f64,
    /// Which part of the full reports says something new and is judged.
    pub changed_share: f64,
    /// Whether the connections are encrypted.
    pub tls: bool,
}

/// Runs once. Writes what it is doing through `say`.
pub fn run(options: &Options, say: &mut dyn FnMut(&str)) -> anyhow::Result<Summary> {
    ensure!(
        options.connections <= options.devices,
        "`--connections` is {}, but a Mac reports over one connection at a time; give at least as many `--devices`",
        options.connections
    );
    let folder = match &options.folder {
        Some(folder) => tempfile::tempdir_in(folder),
        None => tempfile::tempdir(),
    };
    let folder = folder.context("no temporary folder")?;

    say(&format!(
        "enrolling {} Macs straight into the database, with keys and certificates of their own",
        options.devices
    ));
    let fleet = Fleet::enroll(folder.path(), options.devices)?;
    say(&format!("signing {} reports", options.devices + options.reports));
    let prepared = fleet.prepare(options)?;
    say("measuring bare signature checks and durable writes");
    let yardstick = yardstick::measure(folder.path(), &prepared.sample)?;

    let collector = Collector::start(&options.server, folder.path(), options.tls)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        let mut connections = client::connect(&collector, options.connections).await?;
        say("sending each Mac's first report");
        let first = client::send(&mut connections, prepared.first, None).await;
        ensure!(
            first.kept == options.devices,
            "only {} of {} first reports were kept: {}",
            first.kept,
            options.devices,
            first.refusals()
        );
        say("the clock runs");
        let before = machine::Reading::take(collector.pid())?;
        let end = Instant::now() + options.length;
        let load = client::send(&mut connections, prepared.rest, Some(end)).await;
        let spent = machine::Reading::take(collector.pid())?.since(&before);
        Ok((load, spent))
    });
    let database = collector.stop()?;
    let (load, spent) = result?;
    let reports = options.devices + load.kept;
    Ok(Summary {
        options: options.clone(),
        load,
        spent,
        yardstick,
        statement_bytes: prepared.statement_bytes,
        database_bytes: database.saturating_sub(fleet.database_bytes) / reports as u64,
    })
}
