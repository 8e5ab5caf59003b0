//! Sends the stream of events to addresses of the company, signed.
//!
//! One replica sends, under a lease. A webhook gets its messages in order, one
//! at a time, each at least once: what was delivered is written down after the
//! answer, so after a crash a message is sent again under the same id.

pub mod client;
pub mod message;
pub mod schedule;
pub mod signature;
pub mod target;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;

use self::client::{Client, Sent};
use self::message::{EVENTS, Message, message_id};
use self::schedule::{is_given_up, pause};
use self::signature::Secrets;
use crate::app::Rulebook;
use crate::audit::{Act, Object};
use crate::auth::guard::blocking;
use crate::clock::Clock;
use crate::ingest::queue::{Queue, QueueError};
use crate::jobs::turn::Turn;
use crate::metrics::meters::Meters;
use crate::siem::Wording;
use crate::siem::cursor::Cursor;
use crate::store::StoreError;
use crate::store::access::Records;
use crate::store::webhooks::{Delivery, Onward, State, Webhook};

/// Time between two rounds.
const ROUND: Duration = Duration::from_secs(1);
/// The lease of this work.
const LEASE: &str = "webhooks";
/// Messages to one webhook before the others come.
const MESSAGES: usize = 20;

/// Sends messages to webhooks.
#[derive(Clone)]
pub struct Courier {
    /// The one clock.
    pub clock: Clock,
    /// For the lease.
    pub queue: Queue,
    /// Whose turn it is.
    pub turn: Turn,
    /// Webhooks and the stream.
    pub records: Arc<dyn Records>,
    /// For the wording of events.
    pub rulebook: Rulebook,
    /// The address of the console.
    pub public_url: Arc<str>,
    /// Signs.
    pub secrets: Secrets,
    /// Connects.
    pub client: Client,
    /// Counts.
    pub meters: Meters,
    /// One round at a time in this process; the lease sees to the others.
    pub rounds: Arc<tokio::sync::Mutex<()>>,
}

/// Why a round ended early.
#[derive(Debug, thiserror::Error)]
pub enum CourierError {
    /// The lease could not be asked for.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Courier {
    /// Sends whenever there is something, until `stop` turns true.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut rounds = tokio::time::interval(ROUND);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = rounds.tick() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            let ended = tokio::select! {
                ended = self.round() => ended,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            match ended {
                Ok(()) => {}
                Err(CourierError::Queue(QueueError::Stopped)) => return,
                Err(error) => tracing::error!(%error, "webhooks could not be served"),
            }
        }
    }

    /// Sends everything that is due now, to all webhooks side by side, when it
    /// is this replica's turn.
    pub async fn round(&self) -> Result<(), CourierError> {
        let _round = self.rounds.lock().await;
        let records = Arc::clone(&self.records);
        let all = blocking(move || records.webhooks()).await?;
        let now = self.clock.now();
        let due: Vec<Webhook> = all.into_iter().filter(|webhook| is_due(webhook, now)).collect();
        if due.is_empty() || self.turn.take(&self.queue, LEASE, now).await?.is_none() {
            self.meters.pending(due.len());
            return Ok(());
        }
        let sending = due.into_iter().map(|webhook| self.serve(webhook));
        let mut pending = 0;
        for served in futures_util::future::join_all(sending).await {
            pending += usize::from(served?);
        }
        self.meters.pending(pending);
        Ok(())
    }

    /// Sends to one webhook until nothing is left, or it fails; whether
    /// something is left.
    async fn serve(&self, mut webhook: Webhook) -> Result<bool, CourierError> {
        for _ in 0..MESSAGES {
            let Some((message, end)) = self.next(&webhook).await? else { return Ok(false) };
            let now = self.clock.now();
            if self.turn.take(&self.queue, LEASE, now).await?.is_none() {
                return Ok(true);
            }
            let delivery = self.attempt(&webhook, &message, end).await;
            let onward = onward(&webhook, &delivery);
            if !self.end(&webhook, &delivery, &onward).await? || onward != Onward::Next {
                return Ok(true);
            }
            webhook =
                Webhook { cursor: end, end: None, attempts: 0, failing_since: None, ..webhook };
        }
        Ok(true)
    }

    /// The message that is next for a webhook, if there is something to tell.
    async fn next(&self, webhook: &Webhook) -> Result<Option<(Message, Cursor)>, StoreError> {
        let (records, asked) = (Arc::clone(&self.records), webhook.clone());
        let found = blocking(move || {
            let until = asked.end.unwrap_or(Cursor::END);
            let events = records.events((asked.cursor, until), asked.kinds, EVENTS)?;
            let Some(end) = asked.end.or(events.last().map(|event| event.cursor)) else {
                return Ok(None);
            };
            // A person paused or removed it, or another replica was quicker.
            if asked.end.is_none() && !records.begin_message(&asked, end)? {
                return Ok(None);
            }
            Ok(Some((events, end)))
        });
        let Some((events, end)) = found.await? else { return Ok(None) };
        Ok(Some((Message::of(webhook, end, &events, &self.wording()), end)))
    }

    fn wording(&self) -> Wording {
        Wording { rules: self.rulebook.current(), public_url: self.public_url.to_string() }
    }

    /// Sends a message once.
    async fn attempt(&self, webhook: &Webhook, message: &Message, end: Cursor) -> Delivery {
        let at = self.clock.now();
        let stamp = message.stamp(webhook, &self.secrets, at);
        let began = Instant::now();
        let sent = self.client.send(&webhook.url, message, &stamp).await;
        let took = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let Sent { status, failure } = sent;
        self.meters.delivery(failure.is_none());
        Delivery {
            number: 0,
            at,
            message: message.id.clone(),
            from: webhook.cursor,
            end,
            events: i64::try_from(message.events).unwrap_or(i64::MAX),
            is_delivered: failure.is_none(),
            status: status.map(i64::from),
            detail: failure.unwrap_or_default(),
            took_ms: took,
        }
    }

    /// Writes down what came of an attempt.
    async fn end(
        &self,
        webhook: &Webhook,
        delivery: &Delivery,
        onward: &Onward,
    ) -> Result<bool, StoreError> {
        let object = Object::new("webhook", &webhook.id).called(&webhook.name);
        let act = Act::of_collector("webhook_disabled", object, delivery.at);
        let act = match onward {
            Onward::Nowhere(reason) => act.with(reason.as_str()),
            _ => act,
        };
        let (records, webhook) = (Arc::clone(&self.records), webhook.clone());
        let (delivery, onward) = (delivery.clone(), onward.clone());
        blocking(move || records.end_attempt(&webhook, &delivery, &onward, &act)).await
    }

    /// Sends a message of the log of deliveries again, beside the order, as a
    /// person asked; none when it is not in the log.
    pub async fn resend(
        &self,
        id: &str,
        number: i64,
        act: Act,
    ) -> Result<Option<Delivery>, StoreError> {
        let (records, wanted) = (Arc::clone(&self.records), id.to_owned());
        let found = blocking(move || {
            let Some(webhook) = records.webhook(&wanted)? else { return Ok(None) };
            let log = records.deliveries(&wanted)?;
            let Some(former) = log.into_iter().find(|it| it.number == number) else {
                return Ok(None);
            };
            let range = (former.from, former.end);
            let events = records.events(range, webhook.kinds, EVENTS)?;
            Ok(Some((webhook, former, events)))
        });
        let Some((webhook, former, events)) = found.await? else { return Ok(None) };
        let webhook = Webhook { cursor: former.from, ..webhook };
        let message = Message::of(&webhook, former.end, &events, &self.wording());
        debug_assert_eq!(message.id, message_id(&webhook.id, former.end));
        let delivery = self.attempt(&webhook, &message, former.end).await;
        let (records, sent) = (Arc::clone(&self.records), delivery.clone());
        let id = webhook.id;
        blocking(move || records.note_resent(&id, &sent, &act)).await?;
        Ok(Some(delivery))
    }

    /// Gives the turn back, so that another replica need not wait.
    pub async fn leave(&self) -> Result<(), QueueError> {
        self.turn.leave(&self.queue).await
    }
}

fn is_due(webhook: &Webhook, now: Timestamp) -> bool {
    webhook.state == State::Active && webhook.next <= now
}

/// Where a webhook goes on after an attempt.
fn onward(webhook: &Webhook, delivery: &Delivery) -> Onward {
    if delivery.is_delivered {
        return Onward::Next;
    }
    let since = webhook.failing_since.unwrap_or(delivery.at);
    if delivery.status == Some(410) {
        return Onward::Nowhere("The address answered that it is gone (410).".to_owned());
    }
    if is_given_up(since, delivery.at) {
        let reason = format!("It failed for five days; the last time: {}", delivery.detail);
        return Onward::Nowhere(reason);
    }
    let mut chance = [0];
    // Without random bytes the pause has its plain length.
    let _ = aws_lc_rs::rand::fill(&mut chance);
    let failures = u32::try_from(webhook.attempts).unwrap_or(u32::MAX).saturating_add(1);
    let next = delivery.at.checked_add(pause(failures, chance[0])).unwrap_or(Timestamp::MAX);
    Onward::Again(next)
}
