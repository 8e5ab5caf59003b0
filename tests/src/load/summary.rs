//! The table that people read.

use std::fmt;
use std::time::Duration;

use super::Options;
use super::client::Load;
use super::machine::Spent;
use super::yardstick::Yardstick;

/// Everything measured in one run.
#[derive(Clone, Debug)]
pub struct Summary {
    /// What was asked for.
    pub options: Options,
    /// What came back.
    pub load: Load,
    /// What the machine did meanwhile.
    pub spent: Spent,
    /// What limits every collector.
    pub yardstick: Yardstick,
    /// Size of a full statement.
    pub statement_bytes: usize,
    /// Growth of the database by each report.
    pub database_bytes: u64,
}

impl Summary {
    /// Durable reports in a second.
    pub fn rate(&self) -> f64 {
        count(self.load.kept) / self.spent.elapsed.as_secs_f64()
    }

    /// Processor time of the collector for one report.
    pub fn cost(&self) -> Duration {
        self.spent.collector.div_f64(count(self.load.kept.max(1)))
    }

    /// [`Self::cost`] in bare signature checks.
    pub fn ratio(&self) -> f64 {
        self.cost().as_secs_f64() / self.yardstick.verify.as_secs_f64()
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

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { options, load, spent, yardstick, .. } = self;
        let kept = count(load.kept.max(1));
        let mut row = |name: &str, value: String| writeln!(out, "{name:<28} {value}");
        row(
            "load",
            format!(
                "{} Macs, {} {} connections, {:.0} % full ({:.0} % of them changed and judged)",
                options.devices,
                options.connections,
                if options.tls { "TLS" } else { "plain" },
                options.full_share * 100.0,
                options.changed_share * 100.0,
            ),
        )?;
        row("statement, full", format!("{} bytes", self.statement_bytes))?;
        row(
            "durable reports",
            format!("{} in {:.2} s: {:.0} /s", load.kept, spent.elapsed.as_secs_f64(), self.rate()),
        )?;
        row("not kept", load.refusals())?;
        let [p50, p95, p99] = [50, 95, 99].map(|percent| millis(load.percentile(percent)));
        row("latency p50, p95, p99", format!("{p50}, {p95}, {p99}"))?;
        row("body, each", format!("{:.0} bytes", count(load.sent) / kept))?;
        row(
            "disk, each",
            format!(
                "{} bytes of database; {:.0} bytes written",
                self.database_bytes,
                count(spent.written) / kept
            ),
        )?;
        row("collector's CPU, each", micros(self.cost()))?;
        row("generator's CPU, each", micros(spent.own.div_f64(kept)))?;
        row(
            "bare P-256 check",
            format!(
                "{}: {:.0} /s a core",
                micros(yardstick.verify),
                1.0 / yardstick.verify.as_secs_f64()
            ),
        )?;
        row(
            "fdatasync of 4 KiB",
            format!("{}: {:.0} /s", micros(yardstick.sync), 1.0 / yardstick.sync.as_secs_f64()),
        )?;
        row("collector's CPU / check", format!("{:.2}", self.ratio()))?;
        row("reports / fdatasync", format!("{:.2}", self.rate() * yardstick.sync.as_secs_f64()))?;
        row(
            "other programs",
            format!(
                "{:.2} cores{}",
                spent.disturbance(),
                if spent.is_disturbed() { ": the run was DISTURBED" } else { "" }
            ),
        )
    }
}
