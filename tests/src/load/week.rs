//! A fleet that reports hourly for a simulated week, as fast as the machine
//! can: does memory grow, or a queue, or a log that is never cut?
//!
//! The collector is in this process, at a clock that is set by hand. Reports
//! are signed by the Macs' own keys and go through the real HTTP address, many
//! Macs in one batch.

mod gauge;
mod sender;

use std::fmt;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use jiff::{SignedDuration, Timestamp};
use server::clock::{Clock, ManualClock};
use server::config::Config;
use server::serve::{Running, start};

use gauge::Gauge;
pub use gauge::Hour;
use sender::{Sender, send};

use super::device::Pen;
use super::fleet::Fleet;
use super::mix::Mix;
use super::place::Place;
use super::wire::Dial;

/// What to do.
#[derive(Clone, Debug)]
pub struct Week {
    /// Where the database stands while the run lasts.
    pub folder: Option<PathBuf>,
    /// How many Macs are enrolled.
    pub devices: usize,
    /// How many hours pass.
    pub hours: u32,
    /// How many connections are kept open.
    pub connections: usize,
    /// Most reports in one request.
    pub lines: usize,
}

/// What it came to.
#[derive(Clone, Debug)]
pub struct Grown {
    /// Reports kept.
    pub kept: usize,
    /// Reports lost.
    pub refused: usize,
    /// Memory of the second day and of the last one, in bytes.
    pub memory: (u64, u64),
    /// The same for what the write-ahead log took on disk.
    pub wal: (u64, u64),
    /// Most that waited in a queue when an hour had ended.
    pub left_waiting: usize,
}

/// When the first hour begins: just after the report was made.
const BEGIN: &str = "2026-08-24T00:00:00Z";
/// Moments of an hour at which the clock stands.
const STEPS: u32 = 12;
/// Disk for each report of an ordinary day, measured: 3050; and some room.
const BYTES_EACH: u64 = 3300;
/// Disk for each Mac with its first report, measured: 15,000; and some room.
const BYTES_FIRST: u64 = 18_000;

/// Runs it; each hour and everything else that people should know goes
/// through `say`.
pub fn week(week: &Week, say: &mut dyn FnMut(&str)) -> anyhow::Result<Grown> {
    ensure!(week.hours >= 4, "`--hours` is {}; give at least 4", week.hours);
    let folder = match &week.folder {
        Some(folder) => tempfile::tempdir_in(folder),
        None => tempfile::tempdir(),
    };
    let folder = folder.context("no temporary folder")?;
    let reports = week.devices as u64 * u64::from(week.hours);
    let needed = reports * BYTES_EACH + week.devices as u64 * BYTES_FIRST;
    let free = gauge::free_bytes(folder.path())?;
    say(&format!(
        "{reports} reports need up to {:.1} GB of disk; {:.1} GB are free",
        gauge::giga(needed),
        gauge::giga(free)
    ));
    ensure!(needed < free, "the disk is too small; name another one with `--folder`");
    let begin: Timestamp = BEGIN.parse()?;
    say(&format!("enrolling {} Macs", week.devices));
    let mut config = Config::local(folder.path());
    config.public_url = Some("http://127.0.0.1:0".to_owned());
    let ready = Place::Sqlite.ready(folder.path())?;
    let fleet = ("week", week.devices);
    let enrolled_at = begin - SignedDuration::from_hours(1);
    let fleet = Fleet::enroll(ready.writer()?.as_mut(), &config.state_dir, fleet, enrolled_at)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let clock = ManualClock::new(begin);
        let running = start(config, Clock::Manual(clock.clone())).await?;
        let stage = Stage { week, begin, clock, running, gauge: Gauge::new(folder.path()) };
        let grown = stage.play(fleet, enrolled_at, say).await?;
        stage.running.stop().await;
        Ok(grown)
    })
}

struct Stage<'a> {
    week: &'a Week,
    begin: Timestamp,
    clock: ManualClock,
    running: Running,
    gauge: Gauge,
}

impl Stage<'_> {
    async fn play(
        &self,
        fleet: Fleet,
        enrolled_at: Timestamp,
        say: &mut dyn FnMut(&str),
    ) -> anyhow::Result<Grown> {
        let pen = Pen::new(Mix::DAY, Some((fleet.nonces, enrolled_at)))?;
        let pen = std::sync::Arc::new(pen);
        let dial = Dial::new(vec![self.running.address], None);
        let mut senders = Vec::new();
        for _ in 0..self.week.connections {
            senders.push(Sender::new(dial.connect().await?, &pen, self.week.lines));
        }
        for (number, device) in fleet.devices.into_iter().enumerate() {
            let place = number % self.week.connections;
            senders.get_mut(place).context("no connection")?.devices.push(device);
        }
        say(Hour::HEADLINE);
        let mut hours = Vec::new();
        for number in 0..self.week.hours {
            let (hour, back) = self.hour(number, senders).await?;
            senders = back;
            say(&hour.to_string());
            hours.push(hour);
        }
        Ok(Grown::of(&hours))
    }

    /// What does not leave the queue. Every report of the hour was answered;
    /// the collector's own timer may put its work in at any moment, and a
    /// backlog would outlast ten transactions.
    async fn left_waiting(&self) -> anyhow::Result<usize> {
        let queue = &self.running.jobs.queue;
        let mut least = queue.waiting();
        for _ in 0..10 {
            queue.run(|_| Ok(())).await?;
            least = least.min(queue.waiting());
        }
        Ok(least)
    }

    async fn hour(
        &self,
        number: u32,
        mut senders: Vec<Sender>,
    ) -> anyhow::Result<(Hour, Vec<Sender>)> {
        let began = Instant::now();
        let mut hour = Hour { number, ..Hour::default() };
        for step in 0..STEPS {
            let length = SignedDuration::from_hours(1) / i32::try_from(STEPS)?;
            let now = self.begin
                + SignedDuration::from_hours(i64::from(number))
                + length * i32::try_from(step)?;
            self.clock.set(now);
            let waiting = || self.running.jobs.queue.waiting();
            let (sent, back) = send(senders, (number, step, STEPS), now, &waiting).await?;
            senders = back;
            hour.kept += sent.kept;
            hour.refused += sent.refused;
            hour.most_waiting = hour.most_waiting.max(sent.most_waiting);
        }
        // The collector's own work of the hour, as its timer would do it.
        self.running.jobs.round().await?;
        hour.left_waiting = self.left_waiting().await?;
        hour.seconds = began.elapsed().as_secs_f64();
        self.gauge.read(&mut hour)?;
        Ok((hour, senders))
    }
}

impl Grown {
    /// The second day against the last one; of a shorter run, the second
    /// quarter against the last.
    fn of(hours: &[Hour]) -> Self {
        let part = (hours.len() / 4).clamp(1, 24);
        let second = hours.iter().skip(part).take(part);
        let last = hours.iter().rev().take(part);
        let most = |of: fn(&Hour) -> u64| {
            let second = second.clone().map(of).max().unwrap_or(0);
            (second, last.clone().map(of).max().unwrap_or(0))
        };
        Self {
            kept: hours.iter().map(|hour| hour.kept).sum(),
            refused: hours.iter().map(|hour| hour.refused).sum(),
            memory: most(|hour| hour.memory),
            wal: most(|hour| hour.wal),
            left_waiting: hours.iter().map(|hour| hour.left_waiting).max().unwrap_or(0),
        }
    }

    /// Whether something grew, or was lost.
    pub fn has_grown(&self) -> bool {
        let more = |(second, last): (u64, u64)| last > second + second / 10 + (16 << 20);
        more(self.memory) || more(self.wal) || self.left_waiting > 0 || self.refused > 0
    }
}

impl fmt::Display for Grown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mega = |(second, last): (u64, u64)| {
            format!("{:.0} MB at first, {:.0} MB at last", gauge::mega(second), gauge::mega(last))
        };
        writeln!(out, "{} reports kept, {} lost", self.kept, self.refused)?;
        writeln!(out, "memory, second day and last: {}", mega(self.memory))?;
        writeln!(out, "write-ahead log, second day and last: {}", mega(self.wal))?;
        writeln!(out, "left in the queue after an hour: {}", self.left_waiting)?;
        writeln!(out, "{}", if self.has_grown() { "GREW" } else { "nothing grew" })
    }
}

#[cfg(test)]
mod tests {
    use super::{Grown, Hour};

    fn hours(memory: impl Fn(u32) -> u64) -> Vec<Hour> {
        let hour = |number| Hour { number, memory: memory(number) << 20, ..Hour::default() };
        (0..168).map(hour).collect()
    }

    #[test]
    fn memory_that_rises_all_week_has_grown_and_that_of_the_first_day_has_not() {
        assert!(Grown::of(&hours(|number| 100 + u64::from(number))).has_grown());
        assert!(!Grown::of(&hours(|number| 100 + u64::from(number.min(24)))).has_grown());
        let lost = Grown { refused: 1, ..Grown::of(&hours(|_| 100)) };
        assert!(lost.has_grown());
    }
}
