//! One connection with the Macs that report over it, in order: the reports of
//! a Mac build on each other.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use server::clock::Clock;
use shared::api::Problem;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::device::{Device, Pen, batch, request};
use super::wire::{Connection, Dial, Head};

/// What came back.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// Reports answered with 201 or 200: durable.
    pub kept: usize,
    /// Everything that was lost, by what it was.
    pub refused: BTreeMap<String, usize>,
    /// What was sent again until it was kept, by the reason.
    pub again: BTreeMap<String, usize>,
    /// How long each request took, from when it was due.
    pub latencies: Vec<Duration>,
}

impl Load {
    fn add(&mut self, other: Self) {
        self.kept += other.kept;
        self.latencies.extend(other.latencies);
        for (all, more) in [(&mut self.refused, other.refused), (&mut self.again, other.again)] {
            for (what, count) in more {
                *all.entry(what).or_default() += count;
            }
        }
    }

    /// The latency that `percent` of the requests did not exceed, for each.
    pub fn percentiles<const N: usize>(&self, percents: [usize; N]) -> [Duration; N] {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        percents.map(|percent| {
            let rank = (sorted.len() * percent).div_ceil(100);
            sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
        })
    }
}

/// Counts in words.
pub(super) fn classes(counts: &BTreeMap<String, usize>) -> String {
    let words: Vec<String> =
        counts.iter().map(|(what, count)| format!("{count} x {what}")).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// One request to be sent.
pub(super) struct Job {
    /// When, counted from the start of the clock.
    pub(super) due: Duration,
    /// Place of the Mac within its lane.
    pub(super) device: usize,
    /// How many reports it carries: more than one go as a batch.
    pub(super) reports: usize,
    /// Empty when it is signed as it is sent.
    pub(super) request: Vec<u8>,
}

pub(super) struct Lane {
    pub(super) number: usize,
    connection: Connection,
    pub(super) devices: Vec<Device>,
    pub(super) jobs: VecDeque<Job>,
}

/// What a Mac takes from its receipts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Learns {
    /// Its later reports are signed already.
    Nothing,
    /// The checkpoint: its nonces are given out by the generator.
    Checkpoint,
    /// Checkpoint and nonce, as the agent does.
    Everything,
}

/// How the lanes send.
pub(super) struct Plan {
    pub(super) dial: Arc<Dial>,
    pub(super) pen: Arc<Pen>,
    pub(super) start: Instant,
    /// When it is over, even if jobs are left.
    pub(super) end: Option<Instant>,
    /// Whether jobs wait until they are due; how many times faster than life.
    pub(super) speedup: Option<f64>,
    /// What is taken from receipts into the next report.
    pub(super) learns: Learns,
    /// Set when a lane has nothing left and all are to stop.
    pub(super) over: AtomicBool,
}

/// Runs every lane at once.
pub(super) async fn drive(lanes: Vec<Lane>, plan: &Arc<Plan>) -> anyhow::Result<(Vec<Lane>, Load)> {
    let mut tasks = JoinSet::new();
    for mut lane in lanes {
        let plan = Arc::clone(plan);
        tasks.spawn(async move {
            let load = lane.run(&plan).await;
            load.map(|load| (lane, load))
        });
    }
    let (mut lanes, mut load) = (Vec::new(), Load::default());
    while let Some(ended) = tasks.join_next().await {
        let (lane, one) = ended??;
        lanes.push(lane);
        load.add(one);
    }
    lanes.sort_unstable_by_key(|lane| lane.number);
    Ok((lanes, load))
}

/// Times that one report is sent before it is given up.
const TRIES: usize = 100;
/// Wait before a lost connection is opened again.
const RECONNECT: Duration = Duration::from_millis(100);

impl Lane {
    pub(super) fn new(number: usize, connection: Connection) -> Self {
        Self { number, connection, devices: Vec::new(), jobs: VecDeque::new() }
    }

    /// Signs `job` now.
    pub(super) fn sign(&mut self, job: &mut Job, pen: &Pen) -> anyhow::Result<()> {
        let device = self.devices.get_mut(job.device).context("no such Mac")?;
        let now = Clock::System.now();
        job.request = if job.reports == 1 {
            request(&device.sign(pen, now)?)
        } else {
            let spool: anyhow::Result<Vec<_>> =
                (0..job.reports).map(|_| device.sign(pen, now)).collect();
            batch(&spool?)
        };
        Ok(())
    }

    async fn run(&mut self, plan: &Plan) -> anyhow::Result<Load> {
        let mut load = Load::default();
        while let Some(mut job) = self.jobs.pop_front() {
            let due = plan.start + job.due;
            if plan.speedup.is_some() {
                sleep_until(due).await;
            }
            let stops = |end| plan.over.load(Ordering::Relaxed) || Instant::now() >= end;
            if plan.end.is_some_and(stops) {
                self.jobs.push_front(job);
                return Ok(load);
            }
            if job.request.is_empty() {
                self.sign(&mut job, &plan.pen)?;
            }
            let from = if plan.speedup.is_some() { due } else { Instant::now() };
            if self.deliver(&job, plan, &mut load).await? {
                load.latencies.push(from.elapsed());
            }
        }
        plan.over.store(true, Ordering::Relaxed);
        Ok(load)
    }

    /// Sends until there is an answer that stays; says whether all was kept.
    async fn deliver(&mut self, job: &Job, plan: &Plan, load: &mut Load) -> anyhow::Result<bool> {
        for _ in 0..TRIES {
            match self.connection.exchange(&job.request).await {
                Ok(head) if head.status == 503 && plan.speedup.is_some() => {
                    *load.again.entry(self.class(head)).or_default() += 1;
                    let wait = f64::from(head.retry_after.unwrap_or(5));
                    let wait = wait / plan.speedup.unwrap_or(1.0).max(1.0);
                    sleep_until(Instant::now() + Duration::from_secs_f64(wait)).await;
                }
                Ok(head) => return self.count(head, job, plan, load),
                Err(error) => {
                    let what = format!("connection lost: {error}");
                    *load.again.entry(what).or_default() += 1;
                    self.reconnect(plan).await;
                }
            }
        }
        *load.refused.entry("given up".to_owned()).or_default() += job.reports;
        Ok(false)
    }

    async fn reconnect(&mut self, plan: &Plan) {
        sleep_until(Instant::now() + RECONNECT).await;
        let opened: io::Result<Connection> = plan.dial.connect().await;
        // Until it opens, each try fails on the old one.
        if let Ok(connection) = opened {
            self.connection = connection;
        }
    }

    fn count(
        &mut self,
        head: Head,
        job: &Job,
        plan: &Plan,
        load: &mut Load,
    ) -> anyhow::Result<bool> {
        if !matches!(head.status, 200 | 201) {
            *load.refused.entry(self.class(head)).or_default() += job.reports;
            return Ok(false);
        }
        let body = self.connection.body();
        let mut newest = body;
        if job.reports == 1 {
            load.kept += 1;
        } else {
            let mut kept = 0;
            for line in body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                if let Ok(problem) = serde_json::from_slice::<Problem>(line) {
                    let what = format!("{} {}", problem.status, problem.code());
                    *load.refused.entry(what).or_default() += 1;
                } else {
                    kept += 1;
                    newest = line;
                }
            }
            load.kept += kept;
        }
        if plan.learns != Learns::Nothing
            && let Some(device) = self.devices.get_mut(job.device)
        {
            device.learn(newest, plan.learns == Learns::Everything)?;
        }
        Ok(true)
    }

    /// What kind of refusal the newest answer is.
    fn class(&self, head: Head) -> String {
        class(head, self.connection.body())
    }
}

/// Status and problem code.
pub(super) fn class(head: Head, body: &[u8]) -> String {
    let problem: Result<Problem, _> = serde_json::from_slice(body);
    let code = problem.map_or_else(|_| String::new(), |problem| problem.code().to_owned());
    format!("{} {code}", head.status)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Load;

    #[test]
    fn a_percentile_is_the_latency_that_so_many_did_not_exceed() {
        let latencies = (1..=200).rev().map(Duration::from_millis).collect();
        let load = Load { latencies, ..Load::default() };
        let expected = [100, 190, 198, 200].map(Duration::from_millis);
        assert_eq!(load.percentiles([50, 95, 99, 100]), expected);
        assert_eq!(Load::default().percentiles([50]), [Duration::ZERO]);
    }
}
