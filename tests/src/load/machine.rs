//! What the machine did meanwhile: the collector's share and everybody else's.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// Counters at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    at: Instant,
    busy: Duration,
    collector: Duration,
    postgres: Duration,
    own: Duration,
    kernel: Duration,
    written: u64,
}

/// The difference of two readings.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// How long it took.
    pub elapsed: Duration,
    /// Processor time of the collectors.
    pub collector: Duration,
    /// Processor time of PostgreSQL.
    pub postgres: Duration,
    /// Processor time of the generator.
    pub own: Duration,
    /// Processor time of all other programs.
    pub others: Duration,
    /// Bytes that collectors and PostgreSQL had written to the disk.
    pub written: u64,
}

impl Reading {
    /// Reads the counters of the programs `collectors`, of this one, and of
    /// everything else. PostgreSQL counts as ours when it is `ours`.
    pub(super) fn take(collectors: &[u32], ours: bool) -> anyhow::Result<Self> {
        let postgres = if ours { processes(|process| process.name == "postgres") } else { vec![] };
        let cpu = |processes: &[Process]| processes.iter().map(|process| process.cpu).sum();
        let collectors: Option<Vec<Process>> = collectors.iter().copied().map(process).collect();
        let collectors = collectors.context("a collector has gone")?;
        Ok(Self {
            at: Instant::now(),
            busy: busy()?,
            collector: cpu(&collectors),
            postgres: cpu(&postgres),
            own: process(std::process::id()).context("/proc is missing")?.cpu,
            // They work for us too: journal, write-back, interrupts.
            kernel: cpu(&processes(|process| process.parent == 2)),
            written: collectors.iter().chain(&postgres).map(|process| written(process.pid)).sum(),
        })
    }

    pub(super) fn since(&self, before: &Self) -> Spent {
        let collector = self.collector.saturating_sub(before.collector);
        let postgres = self.postgres.saturating_sub(before.postgres);
        let own = self.own.saturating_sub(before.own);
        let kernel = self.kernel.saturating_sub(before.kernel);
        let named = collector + postgres + own + kernel;
        Spent {
            elapsed: self.at.duration_since(before.at),
            collector,
            postgres,
            own,
            others: self.busy.saturating_sub(before.busy).saturating_sub(named),
            written: self.written.saturating_sub(before.written),
        }
    }
}

/// Bytes that a process had written to the disk.
fn written(pid: u32) -> u64 {
    let io = fs::read_to_string(format!("/proc/{pid}/io")).unwrap_or_default();
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|bytes| bytes.parse().ok()).unwrap_or(0)
}

impl Spent {
    /// How many cores the other programs kept busy.
    pub fn disturbance(&self) -> f64 {
        self.others.as_secs_f64() / self.elapsed.as_secs_f64()
    }

    /// More than a tenth of a core went to others.
    pub fn is_disturbed(&self) -> bool {
        self.disturbance() > 0.1
    }
}

/// Linux counts in hundredths of a second, whatever the kernel's own clock.
fn ticks(text: &str) -> Duration {
    Duration::from_millis(text.parse::<u64>().unwrap_or(0) * 10)
}

/// Time in programs and in the kernel for them, with what the host took.
fn busy() -> anyhow::Result<Duration> {
    let text = fs::read_to_string("/proc/stat").context("/proc/stat cannot be read")?;
    let line = text.lines().next().unwrap_or_default();
    let field = |index| line.split_whitespace().nth(index).map_or(Duration::ZERO, ticks);
    Ok(field(1) + field(2) + field(3) + field(8))
}

struct Process {
    pid: u32,
    name: String,
    cpu: Duration,
    parent: u32,
}

fn process(pid: u32) -> Option<Process> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold spaces and brackets; the last bracket ends it.
    let (name, fields) = text.rsplit_once(')')?;
    let name = name.split_once('(')?.1.to_owned();
    let mut fields = fields.split_whitespace();
    let parent = fields.nth(1)?.parse().ok()?;
    let (user, system) = (fields.nth(9)?, fields.next()?);
    Some(Process { pid, name, cpu: ticks(user) + ticks(system), parent })
}

/// Every process that `wanted` wants.
fn processes(wanted: impl Fn(&Process) -> bool) -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(process)
        .filter(wanted)
        .collect()
}

/// Processor time of this thread.
pub(super) fn thread_time() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?))
}
