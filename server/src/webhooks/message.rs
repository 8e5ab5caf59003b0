//! One message: some events in a row, signed as Standard Webhooks has it.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::signature::{Secret, Secrets, signatures};
use crate::siem::Wording;
use crate::siem::cursor::Cursor;
use crate::siem::event::Event;
use crate::store::webhooks::Webhook;

/// A secret that was replaced still signs for so long.
pub const OVERLAP: SignedDuration = SignedDuration::from_hours(24);
/// Most events of one message.
pub const EVENTS: u32 = 100;

/// A message before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `webhook-id`: the same for every attempt, so that a receiver can tell
    /// what it has seen.
    pub id: String,
    /// The body, JSON.
    pub body: String,
    /// How many events it has.
    pub events: usize,
}

/// What a message carries beside its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// `webhook-timestamp`
    pub timestamp: String,
    /// `webhook-signature`
    pub signature: String,
}

/// The name of the message to a webhook that ends at `end`.
pub fn message_id(webhook: &str, end: Cursor) -> String {
    format!("msg_{}_{}_{}", webhook.replace('-', ""), end.log_size, end.number)
}

impl Message {
    /// The message of `events` to `webhook`, which end at `end`.
    pub fn of(webhook: &Webhook, end: Cursor, events: &[Event], wording: &Wording) -> Self {
        let lines: Vec<_> =
            events.iter().map(|event| wording.write(event, webhook.format)).collect();
        let newest = events.last().map(|event| event.at.to_string());
        let body = json!({
            "type": "events",
            "timestamp": newest,
            "data": { "format": webhook.format.as_str(), "cursor": end.to_string(), "events": lines },
        });
        Self { id: message_id(&webhook.id, end), body: body.to_string(), events: events.len() }
    }

    /// Signs it for an attempt at `now`, with every secret that holds.
    pub fn stamp(&self, webhook: &Webhook, secrets: &Secrets, now: Timestamp) -> Stamp {
        let timestamp = now.as_second();
        let secrets = holding(webhook, secrets, now);
        Stamp {
            timestamp: timestamp.to_string(),
            signature: signatures(&secrets, &self.id, timestamp, &self.body),
        }
    }
}

/// The secrets of a webhook that hold at `now`, the newest first.
fn holding(webhook: &Webhook, secrets: &Secrets, now: Timestamp) -> Vec<Secret> {
    let mut all = vec![secrets.secret(&webhook.id, webhook.generation)];
    if webhook.generation > 1 && now < webhook.rotated_until {
        all.push(secrets.secret(&webhook.id, webhook.generation - 1));
    }
    all
}
