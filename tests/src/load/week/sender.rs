//! One connection that carries the reports of many Macs.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use shared::api::Problem;
use tokio::task::JoinSet;

use super::super::device::{Device, Pen, batch};
use super::super::mix::fraction;
use super::super::wire::Connection;

pub(super) struct Sender {
    connection: Connection,
    pen: Arc<Pen>,
    lines: usize,
    pub(super) devices: Vec<Device>,
}

/// What one moment came to.
#[derive(Default)]
pub(super) struct Sent {
    pub(super) kept: usize,
    pub(super) refused: usize,
    pub(super) most_waiting: usize,
}

/// An hour, a step of it, and how many steps it has.
pub(super) type Moment = (u32, u32, u32);

/// Sends what is due at one moment over every connection.
pub(super) async fn send(
    senders: Vec<Sender>,
    moment: Moment,
    now: Timestamp,
    waiting: &dyn Fn() -> usize,
) -> anyhow::Result<(Sent, Vec<Sender>)> {
    let mut tasks = JoinSet::new();
    for (place, mut sender) in senders.into_iter().enumerate() {
        tasks.spawn(async move {
            let sent = sender.send(moment, now).await;
            sent.map(|sent| (place, sender, sent))
        });
    }
    let (mut all, mut senders) = (Sent::default(), Vec::new());
    while let Some(ended) = tasks.join_next().await {
        let (place, sender, sent) = ended??;
        all.kept += sent.kept;
        all.refused += sent.refused;
        all.most_waiting = all.most_waiting.max(waiting());
        senders.push((place, sender));
    }
    senders.sort_unstable_by_key(|(place, _)| *place);
    Ok((all, senders.into_iter().map(|(_, sender)| sender).collect()))
}

/// Part of an hour by which a Mac is late, at most.
const JITTER: f64 = 0.1;

/// Whether a Mac reports at this moment: its own minute, and some jitter that
/// stays within the hour.
fn is_due(device: usize, (hour, step, steps): Moment) -> bool {
    let minute = fraction(&[&device.to_be_bytes(), b"minute"]) * (1.0 - JITTER);
    let late = fraction(&[&device.to_be_bytes(), &hour.to_be_bytes()]) * JITTER;
    let due = (minute + late) * f64::from(steps);
    due >= f64::from(step) && due < f64::from(step + 1)
}

impl Sender {
    pub(super) fn new(connection: Connection, pen: &Arc<Pen>, lines: usize) -> Self {
        Self { connection, pen: Arc::clone(pen), lines, devices: Vec::new() }
    }

    async fn send(&mut self, moment: Moment, now: Timestamp) -> anyhow::Result<Sent> {
        let mut sent = Sent::default();
        let due: Vec<usize> = (0..self.devices.len())
            .filter(|place| {
                self.devices.get(*place).is_some_and(|device| is_due(device.number, moment))
            })
            .collect();
        for places in due.chunks(self.lines) {
            let mut envelopes = Vec::with_capacity(places.len());
            for place in places {
                let device = self.devices.get_mut(*place).context("no such Mac")?;
                envelopes.push(device.sign(&self.pen, now)?);
            }
            let head = self.connection.exchange(&batch(&envelopes)).await?;
            let body = self.connection.body();
            ensure!(head.status == 200, "{}: {}", head.status, String::from_utf8_lossy(body));
            let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            for (place, line) in places.iter().zip(lines) {
                if serde_json::from_slice::<Problem>(line).is_ok() {
                    sent.refused += 1;
                    continue;
                }
                sent.kept += 1;
                self.devices.get_mut(*place).context("no such Mac")?.learn(line, true)?;
            }
        }
        Ok(sent)
    }
}

#[cfg(test)]
mod tests {
    use super::is_due;

    #[test]
    fn every_mac_reports_once_in_every_hour() {
        for device in 0..500 {
            for hour in 0..30 {
                let times = (0..12).filter(|step| is_due(device, (hour, *step, 12))).count();
                assert_eq!(times, 1, "Mac {device}, hour {hour}");
            }
        }
    }
}
