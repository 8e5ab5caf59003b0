//! The table that people read.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::lane::{Load, classes};
use super::machine::Spent;
use super::options::{Options, Pace};
use super::place::Place;
use super::yardstick::Yardstick;

/// Everything measured in one run.
#[derive(Clone, Debug)]
pub struct Summary {
    /// What was asked for.
    pub options: Options,
    /// What was measured, in order.
    pub phases: Vec<Phase>,
    /// What limits every collector.
    pub yardstick: Yardstick,
    /// Size of a full statement.
    pub statement_bytes: usize,
}

/// What was measured while one clock ran.
#[derive(Clone, Debug)]
pub struct Phase {
    /// What is special about it; empty for the first one.
    pub name: String,
    /// What came back.
    pub load: Load,
    /// What hostile clients got.
    pub hostile: BTreeMap<String, usize>,
    /// What the machine did meanwhile.
    pub spent: Spent,
    /// Bytes of requests and answers, TLS included.
    pub wire_bytes: u64,
    /// Growth of the database.
    pub database_bytes: u64,
}

impl Phase {
    /// Durable reports in a second.
    pub fn rate(&self) -> f64 {
        count(self.load.kept) / self.spent.elapsed.as_secs_f64()
    }

    /// Processor time of collectors and PostgreSQL for one report.
    pub fn cost(&self) -> Duration {
        (self.spent.collector + self.spent.postgres).div_f64(count(self.load.kept.max(1)))
    }
}

impl Summary {
    /// Whether every report was kept.
    pub fn is_whole(&self) -> bool {
        self.phases.iter().all(|phase| phase.load.refused.is_empty())
    }

    /// Whether other programs took a part of the machine that counts.
    pub fn is_disturbed(&self) -> bool {
        self.phases.iter().any(|phase| phase.spent.is_disturbed())
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^52")]
fn count(number: impl TryInto<u64>) -> f64 {
    number.try_into().map_or(0.0, |number| number as f64)
}

fn micros(time: Duration) -> String {
    format!("{:.1} us", time.as_secs_f64() * 1e6)
}

fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

fn row(out: &mut fmt::Formatter<'_>, name: &str, value: &str) -> fmt::Result {
    writeln!(out, "{name:<28} {value}")
}

impl fmt::Display for Pace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FlatOut => write!(out, "flat out"),
            Self::Rate(rate) => write!(out, "{rate} reports a second, kept up or not"),
            Self::Hourly(speedup) => write!(out, "every Mac once an hour, {speedup} times faster"),
            Self::Storm(speedup) => {
                write!(out, "nine o'clock: 30 % wake within 10 min, {speedup} times faster")
            }
            Self::Backlog(reports) => write!(out, "{reports} waiting reports of every Mac"),
            Self::Hostile(clients) => {
                write!(out, "flat out, beside {clients} hostile clients of each kind")
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL, made for the run",
            Self::Standby => "PostgreSQL with a synchronous standby, made for the run",
            Self::There(_) => "PostgreSQL that was there",
        })
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { options, yardstick, .. } = self;
        let load = format!(
            "{} Macs, {} {} connections, {:.0} % full ({:.0} % of them changed and judged), signed {}",
            options.devices,
            options.connections,
            if options.tls { "TLS" } else { "plain" },
            options.mix.full * 100.0,
            options.mix.changed * 100.0,
            if options.live { "as they are sent" } else { "ahead" },
        );
        row(out, "load", &load)?;
        row(out, "database", &format!("{}, collectors: {}", options.place, options.replicas))?;
        row(out, "pace", &options.pace.to_string())?;
        row(out, "statement, full", &format!("{} bytes", self.statement_bytes))?;
        let limit = |time: Duration| 1.0 / time.as_secs_f64();
        let verify =
            format!("{}: {:.0} /s a core", micros(yardstick.verify), limit(yardstick.verify));
        row(out, "bare P-256 check", &verify)?;
        let sync = format!("{}: {:.0} /s", micros(yardstick.sync), limit(yardstick.sync));
        row(out, "fdatasync of 4 KiB", &sync)?;
        for phase in &self.phases {
            phase.write(out, *yardstick)?;
        }
        if self.is_disturbed() {
            writeln!(out, "DISTURBED: other programs took more than a tenth of a core.")?;
        }
        Ok(())
    }
}

impl Phase {
    fn write(&self, out: &mut fmt::Formatter<'_>, yardstick: Yardstick) -> fmt::Result {
        let Self { load, spent, .. } = self;
        if !self.name.is_empty() {
            writeln!(out, "-- {}", self.name)?;
        }
        let kept = count(load.kept.max(1));
        let elapsed = spent.elapsed.as_secs_f64();
        let rate = format!("{} in {elapsed:.2} s: {:.0} /s", load.kept, self.rate());
        row(out, "durable reports", &rate)?;
        row(out, "not kept", &classes(&load.refused))?;
        row(out, "sent again", &classes(&load.again))?;
        for (what, count) in &self.hostile {
            row(out, "hostile", &format!("{what}: {count}"))?;
        }
        let [p50, p95, p99] = load.percentiles([50, 95, 99]).map(millis);
        row(out, "latency p50, p95, p99", &format!("{p50}, {p95}, {p99}"))?;
        row(out, "wire, each", &format!("{:.0} bytes", count(self.wire_bytes) / kept))?;
        let disk = format!(
            "{:.0} bytes of database; {:.0} bytes written",
            count(self.database_bytes) / kept,
            count(spent.written) / kept
        );
        row(out, "disk, each", &disk)?;
        row(out, "collector's CPU, each", &micros(spent.collector.div_f64(kept)))?;
        if !spent.postgres.is_zero() {
            row(out, "PostgreSQL's CPU, each", &micros(spent.postgres.div_f64(kept)))?;
        }
        row(out, "generator's CPU, each", &micros(spent.own.div_f64(kept)))?;
        let ratio = self.cost().as_secs_f64() / yardstick.verify.as_secs_f64();
        row(out, "CPU / bare check", &format!("{ratio:.2}"))?;
        let syncs = self.rate() * yardstick.sync.as_secs_f64();
        row(out, "reports / fdatasync", &format!("{syncs:.2}"))?;
        row(out, "other programs", &format!("{:.2} cores", spent.disturbance()))
    }
}
