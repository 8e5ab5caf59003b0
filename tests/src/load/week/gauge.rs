//! What an hour left behind: memory, disk, queue.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::super::collector::DATABASE;

/// One simulated hour.
#[derive(Clone, Debug, Default)]
pub struct Hour {
    /// Which, from 0.
    pub number: u32,
    /// Reports kept.
    pub kept: usize,
    /// Reports refused.
    pub refused: usize,
    /// Memory of the process in bytes, without what files lend it.
    pub memory: u64,
    /// All memory that counts as resident, in bytes.
    pub resident: u64,
    /// Most that waited for the writer.
    pub most_waiting: usize,
    /// What waited when everything was answered.
    pub left_waiting: usize,
    /// Size of the database in bytes.
    pub database: u64,
    /// Size of its write-ahead log in bytes.
    pub wal: u64,
    /// How long it took.
    pub seconds: f64,
}

impl Hour {
    /// Above the lines of the hours.
    pub const HEADLINE: &str = "hour   reports  per s  memory MB  RSS MB  queue, most and left  database MB  WAL MB  seconds";
}

#[expect(clippy::cast_precision_loss, reason = "sizes of one run are far below 2^52")]
pub(super) fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

pub(super) fn giga(bytes: u64) -> f64 {
    mega(bytes) / 1e3
}

impl fmt::Display for Hour {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, kept, seconds, .. } = self;
        let rate = f64::from(u32::try_from(*kept).unwrap_or(u32::MAX)) / seconds.max(1e-9);
        write!(
            out,
            "{number:>4} {kept:>9} {rate:>6.0} {:>10.0} {:>7.0} {:>14} {:>6} {:>12.0} {:>7.0} {seconds:>8.1}",
            mega(self.memory),
            mega(self.resident),
            self.most_waiting,
            self.left_waiting,
            mega(self.database),
            mega(self.wal),
        )
    }
}

pub(super) struct Gauge {
    database: PathBuf,
    wal: PathBuf,
}

impl Gauge {
    pub(super) fn new(folder: &Path) -> Self {
        Self { database: folder.join(DATABASE), wal: folder.join(format!("{DATABASE}-wal")) }
    }

    pub(super) fn read(&self, hour: &mut Hour) -> anyhow::Result<()> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let kilobytes = |name: &str| -> anyhow::Result<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next());
            Ok(number.with_context(|| format!("/proc says no {name}"))?.parse::<u64>()? * 1024)
        };
        hour.memory = kilobytes("RssAnon:")?;
        hour.resident = kilobytes("VmRSS:")?;
        hour.database = std::fs::metadata(&self.database)?.len();
        hour.wal = std::fs::metadata(&self.wal).map_or(0, |file| file.len());
        Ok(())
    }
}

/// Bytes that are free on the disk of `folder`.
pub(super) fn free_bytes(folder: &Path) -> anyhow::Result<u64> {
    let disk = rustix::fs::statvfs(folder).context("the disk cannot be asked for its room")?;
    Ok(disk.f_bavail * disk.f_frsize)
}
