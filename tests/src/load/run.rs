//! One run: enrol, connect, first reports, the clock, the table.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, ensure};
use jiff::SignedDuration;
use server::clock::Clock;
use tokio::time::Instant;

use super::collector::{self, Collector, STATE};
use super::device::{Device, Pen};
use super::fleet::{self, Fleet};
use super::hostile::Crowd;
use super::lane::{Job, Lane, Learns, Load, Plan, classes, drive};
use super::machine::Reading;
use super::mix::Mix;
use super::options::{Due, Options, Pace};
use super::place::Ready;
use super::summary::{Phase, Summary};
use super::wire::Dial;
use super::yardstick;

/// Runs once. Writes what it is doing through `say`.
pub fn run(options: &Options, say: &mut dyn FnMut(&str)) -> anyhow::Result<Summary> {
    ensure!(
        options.replicas == 1 || options.place.is_postgres(),
        "`--replicas` is {}, but only PostgreSQL serves more than one collector; add `--database postgres`",
        options.replicas
    );
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
    let folder = folder.path();
    let ready = options.place.ready(folder)?;
    say(&format!(
        "enrolling {} Macs straight into the database, with keys and certificates of their own",
        options.devices
    ));
    // An hour ago: nonces are given out from then on, and must be older than
    // the reports that carry them.
    let enrolled_at = Clock::System.now() - SignedDuration::from_hours(1);
    // One more, for hostile clients.
    let fleet = (options.seed.as_str(), options.devices + 1);
    let mut writer = ready.writer()?;
    let mut fleet = Fleet::enroll(writer.as_mut(), &folder.join(STATE), fleet, enrolled_at)?;
    drop(writer);
    let pen = Pen::new(options.mix, Some((fleet.nonces.clone(), enrolled_at)))?;
    say("measuring bare signature checks and durable writes");
    let full = Pen::new(Mix { full: 1.0, changed: 1.0 }, None)?;
    let sample = fleet::sample(&options.seed, &full, enrolled_at)?;
    let yardstick = yardstick::measure(folder, &sample)?;

    let start = |_| Collector::start(&options.server, folder, &ready.database, options.tls);
    let collectors: Vec<Collector> =
        (0..options.replicas).map(start).collect::<anyhow::Result<_>>()?;
    let tls = if options.tls { Some(collector::connector(&folder.join(STATE))?) } else { None };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let phases = runtime.block_on(async {
        let mut ground = Ground {
            options,
            pids: collectors.iter().map(Collector::pid).collect(),
            dial: Arc::new(Dial::new(collectors.iter().map(|it| it.address).collect(), tls)),
            pen: Arc::new(pen),
            ready: &ready,
            lanes: Vec::new(),
            victim: fleet.devices.pop().context("no Mac")?,
        };
        ground.connect(fleet).await?;
        ground.phases(say).await
    });
    collectors.into_iter().try_for_each(Collector::stop)?;
    Ok(Summary {
        options: options.clone(),
        phases: phases?,
        yardstick,
        statement_bytes: sample.statement_bytes,
    })
}

/// Everything that stays between two phases.
struct Ground<'a> {
    options: &'a Options,
    pids: Vec<u32>,
    dial: Arc<Dial>,
    pen: Arc<Pen>,
    ready: &'a Ready,
    lanes: Vec<Lane>,
    /// An enrolled Mac that hostile clients use.
    victim: Device,
}

/// What a phase came to.
struct Ran {
    load: Load,
    /// What hostile clients got.
    hostile: BTreeMap<String, usize>,
    /// The machine when the clock started.
    begin: Reading,
}

/// How one phase is driven.
struct Drive {
    speedup: Option<f64>,
    stops: bool,
    learns: Learns,
    hostile: usize,
}

impl Ground<'_> {
    async fn connect(&mut self, fleet: Fleet) -> anyhow::Result<()> {
        for number in 0..self.options.connections {
            let connection = self.dial.connect().await.context("cannot connect")?;
            self.lanes.push(Lane::new(number, connection));
        }
        for device in fleet.devices {
            let place = device.number % self.options.connections;
            self.lanes.get_mut(place).context("no lane")?.devices.push(device);
        }
        Ok(())
    }

    async fn phases(&mut self, say: &mut dyn FnMut(&str)) -> anyhow::Result<Vec<Phase>> {
        let Options { devices, live, .. } = *self.options;
        say("sending each Mac's first report");
        let first = (0..devices).map(|device| (std::time::Duration::ZERO, device, 1)).collect();
        let learns = if live { Learns::Everything } else { Learns::Checkpoint };
        let drive = Drive { speedup: None, stops: false, learns, hostile: 0 };
        let Ran { load, .. } = self.phase(first, &drive, true, say).await?;
        ensure!(
            load.kept == devices,
            "only {} of {devices} first reports were kept: {}",
            load.kept,
            classes(&load.refused)
        );
        let learns = if live { Learns::Everything } else { Learns::Nothing };
        let drive = Drive {
            speedup: self.options.speedup(),
            stops: self.options.stops(),
            learns,
            hostile: if let Pace::Hostile(clients) = self.options.pace { clients } else { 0 },
        };
        let main = self.measured("", self.options.schedule(), &drive, say).await?;
        let mut phases = vec![main];
        if self.options.half
            && let Some(rate) = phases.first().map(|phase| phase.rate() / 2.0)
        {
            say("sending what was signed and is left");
            let rest = Drive { speedup: None, stops: false, learns, hostile: 0 };
            self.phase(Vec::new(), &rest, true, say).await?;
            let due = self.options.at_rate(rate);
            let due = due.into_iter().map(|(due, device)| (due, device, 1)).collect();
            let paced = Drive { speedup: Some(1.0), ..rest };
            let name = format!("at {rate:.0} /s");
            phases.push(self.measured(&name, due, &paced, say).await?);
        }
        Ok(phases)
    }

    async fn measured(
        &mut self,
        name: &str,
        due: Vec<Due>,
        drive: &Drive,
        say: &mut dyn FnMut(&str),
    ) -> anyhow::Result<Phase> {
        let (database, wire) = (self.ready.bytes(), self.dial.carried.total());
        let Ran { load, hostile, begin } = self.phase(due, drive, self.options.live, say).await?;
        Ok(Phase {
            name: name.to_owned(),
            load,
            hostile,
            spent: self.reading()?.since(&begin),
            wire_bytes: self.dial.carried.total() - wire,
            database_bytes: self.ready.bytes().saturating_sub(database),
        })
    }

    /// Sends everything that is due.
    async fn phase(
        &mut self,
        due: Vec<Due>,
        how: &Drive,
        live: bool,
        say: &mut dyn FnMut(&str),
    ) -> anyhow::Result<Ran> {
        let mut lanes = std::mem::take(&mut self.lanes);
        if !live && !due.is_empty() {
            say(&format!("signing {} requests", due.len()));
        }
        for (due, device, reports) in due {
            let lane = lanes.get_mut(device % self.options.connections).context("no lane")?;
            let device = device / self.options.connections;
            let mut job = Job { due, device, reports, request: Vec::new() };
            if !live {
                lane.sign(&mut job, &self.pen)?;
            }
            lane.jobs.push_back(job);
        }
        let crowd = match how.hostile {
            0 => None,
            clients => Some(Crowd::start(&self.dial, clients, &mut self.victim, &self.pen)?),
        };
        say("the clock runs");
        let begin = self.reading()?;
        let start = Instant::now();
        let plan = Arc::new(Plan {
            dial: Arc::clone(&self.dial),
            pen: Arc::clone(&self.pen),
            start,
            end: how.stops.then(|| start + self.options.length),
            speedup: how.speedup,
            learns: how.learns,
            over: AtomicBool::new(false),
        });
        let (lanes, load) = drive(lanes, &plan).await?;
        self.lanes = lanes;
        let hostile = match crowd {
            Some(crowd) => crowd.stop().await,
            None => BTreeMap::new(),
        };
        Ok(Ran { load, hostile, begin })
    }

    fn reading(&self) -> anyhow::Result<Reading> {
        Reading::take(&self.pids, self.options.place.is_postgres())
    }
}
