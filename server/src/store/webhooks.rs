//! Webhooks: where they lead, how far they are, and what was sent.
//!
//! A message begins by writing down where it ends, so that an attempt after a
//! crash sends the same events under the same id. What moves a webhook on
//! names the place that it moves from: whoever is late changes nothing.

mod keeping;

use jiff::Timestamp;

use super::StoreError;
use super::stream::Kinds;
use crate::audit::Act;
use crate::siem::Format;
use crate::siem::cursor::Cursor;

/// Whether messages are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// They are.
    Active,
    /// A person has stopped them.
    Paused,
    /// The collector has stopped them, because they failed for too long.
    Disabled,
}

impl State {
    /// The word in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
        }
    }

    fn stored(word: &str) -> Self {
        let all = [Self::Active, Self::Paused];
        all.into_iter().find(|state| state.as_str() == word).unwrap_or(Self::Disabled)
    }
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Random id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Where messages go.
    pub url: String,
    /// How they are written.
    pub format: Format,
    /// What they tell.
    pub kinds: Kinds,
    /// Whether they are sent.
    pub state: State,
    /// Why it is disabled.
    pub reason: String,
    /// Of its secret.
    pub generation: i64,
    /// The secret before holds until then.
    pub rotated_until: Timestamp,
    /// When it was made.
    pub created: Timestamp,
    /// Everything up to here was delivered.
    pub cursor: Cursor,
    /// End of the message that is on its way.
    pub end: Option<Cursor>,
    /// Attempts of that message that failed.
    pub attempts: i64,
    /// Since when it fails.
    pub failing_since: Option<Timestamp>,
    /// No attempt before.
    pub next: Timestamp,
}

/// A webhook to be made.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Random id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Where messages go.
    pub url: String,
    /// How they are written.
    pub format: Format,
    /// What they tell.
    pub kinds: Kinds,
}

/// One attempt to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Counted for each webhook.
    pub number: i64,
    /// When.
    pub at: Timestamp,
    /// Id of the message.
    pub message: String,
    /// Events after this ...
    pub from: Cursor,
    /// ... up to this.
    pub end: Cursor,
    /// How many they were.
    pub events: i64,
    /// Whether it was taken.
    pub is_delivered: bool,
    /// HTTP status of the answer.
    pub status: Option<i64>,
    /// Why it failed.
    pub detail: String,
    /// Time until the answer.
    pub took_ms: i64,
}

/// Where a webhook goes on after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Onward {
    /// To the next message.
    Next,
    /// To another attempt, not before this.
    Again(Timestamp),
    /// Nowhere, until a person looks, for this reason.
    Nowhere(String),
}

/// Keeps webhooks.
pub trait Webhooks: Send + Sync {
    /// All of them, by name.
    fn webhooks(&self) -> Result<Vec<Webhook>, StoreError>;
    /// The one with this id.
    fn webhook(&self, id: &str) -> Result<Option<Webhook>, StoreError>;
    /// What was sent to it, the newest first.
    fn deliveries(&self, id: &str) -> Result<Vec<Delivery>, StoreError>;
    /// Makes one that begins after the newest event.
    fn make_webhook(&self, new: &NewWebhook, act: &Act) -> Result<(), StoreError>;
    /// Stops it, or lets it go on at once; false when there is none.
    fn set_webhook_state(&self, id: &str, state: State, act: &Act) -> Result<bool, StoreError>;
    /// Gives it another secret; the one before holds until `until`.
    fn rotate_webhook(&self, id: &str, until: Timestamp, act: &Act) -> Result<bool, StoreError>;
    /// Removes it with its log; false when there is none.
    fn remove_webhook(&self, id: &str, act: &Act) -> Result<bool, StoreError>;
    /// Writes down where the next message ends; false when it moved meanwhile.
    fn begin_message(&self, webhook: &Webhook, end: Cursor) -> Result<bool, StoreError>;
    /// Writes down an attempt, and where the webhook goes on; `act` is noted
    /// when it goes nowhere. False when it moved meanwhile.
    fn end_attempt(
        &self,
        webhook: &Webhook,
        delivery: &Delivery,
        onward: &Onward,
        act: &Act,
    ) -> Result<bool, StoreError>;
    /// Writes down an attempt that a person asked for, beside the order.
    fn note_resent(&self, id: &str, delivery: &Delivery, act: &Act) -> Result<(), StoreError>;
}
