//! What people did: every change, export and sign-in, and every look at a
//! person or a device.
//!
//! Each act is a row that can be searched and an entry of the tamper-evident
//! log, written in one transaction with what was done. The entry names ids and
//! the digest of the row, so that a changed row shows while no name stays in
//! the log for ever.

use jiff::Timestamp;
use shared::keys::sha256;

use crate::fleet::state::Lifecycle;
use crate::log::entry::Event;

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// Somebody who is signed in.
    Account,
    /// A program with an API token.
    Token,
    /// Whoever may run `muster-server` on the collector's machine.
    Command,
    /// The collector by itself.
    Collector,
    /// Somebody who is not known.
    Nobody,
}

impl ActorKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Account, Self::Token, Self::Command, Self::Collector, Self::Nobody];

    /// The word in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Token => "token",
            Self::Command => "command",
            Self::Collector => "collector",
            Self::Nobody => "nobody",
        }
    }

    /// The kind of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What a step in a device's life is called.
pub fn device_action(from: Lifecycle, to: Lifecycle) -> &'static str {
    match (from, to) {
        (Lifecycle::Pending, Lifecycle::Active) => "device_approved",
        (_, Lifecycle::Active) => "device_resumed",
        (_, Lifecycle::Suspended) => "device_suspended",
        (_, Lifecycle::Revoked) => "device_revoked",
        (_, Lifecycle::Archived) => "device_archived",
        (_, Lifecycle::Pending) => "device_changed",
    }
}

/// Who did something, with the name of that time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// What kind of somebody.
    pub kind: ActorKind,
    /// Id of the account; empty for who has none.
    pub id: String,
    /// Name for people.
    pub name: String,
}

impl Actor {
    /// Whoever runs a command of `muster-server`.
    pub fn command() -> Self {
        Self { kind: ActorKind::Command, id: String::new(), name: "command line".to_owned() }
    }

    /// The collector itself.
    pub fn collector() -> Self {
        Self { kind: ActorKind::Collector, id: String::new(), name: "the collector".to_owned() }
    }

    /// What the log calls the actor for ever: an id rather than a name.
    pub fn for_ever(&self) -> &str {
        if self.id.is_empty() { &self.name } else { &self.id }
    }

    /// Somebody who did not sign in.
    pub fn nobody() -> Self {
        Self { kind: ActorKind::Nobody, id: String::new(), name: "somebody".to_owned() }
    }
}

/// What something was done to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// What it is: `device`, `account`, `session`, ...; empty for nothing.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// Its name at that time.
    pub name: String,
}

impl Object {
    /// An object without a name of its own.
    pub fn new(kind: &'static str, id: impl Into<String>) -> Self {
        Self { kind, id: id.into(), name: String::new() }
    }

    /// The object with a name.
    #[must_use]
    pub fn called(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }
}

/// One thing that somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What, as one word such as `sign_in`.
    pub action: &'static str,
    /// To what.
    pub object: Object,
    /// More, in one sentence without secrets.
    pub detail: String,
    /// Id of the request.
    pub request: String,
    /// Where the request came from.
    pub address: String,
}

impl Act {
    /// An act of the command line.
    pub fn of_command(action: &'static str, object: Object, at: Timestamp) -> Self {
        Self {
            at,
            actor: Actor::command(),
            action,
            object,
            detail: String::new(),
            request: String::new(),
            address: String::new(),
        }
    }

    /// An act of the collector.
    pub fn of_collector(action: &'static str, object: Object, at: Timestamp) -> Self {
        Self { actor: Actor::collector(), ..Self::of_command(action, object, at) }
    }

    /// The act with more about it.
    #[must_use]
    pub fn with(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// The text whose digest the log holds: every field, as a list in JSON.
    pub fn text(&self) -> String {
        let fields = [
            &self.at.as_millisecond().to_string(),
            self.actor.kind.as_str(),
            &self.actor.id,
            &self.actor.name,
            self.action,
            self.object.kind,
            &self.object.id,
            &self.object.name,
            &self.detail,
            &self.request,
            &self.address,
        ];
        // A list of texts: there is nothing that could fail.
        serde_json::to_string(&fields).unwrap_or_default()
    }

    /// The entry of the log.
    pub fn entry(&self) -> String {
        let row = shared::keys::hex(&sha256(self.text().as_bytes()));
        Event::Act {
            action: self.action,
            by: self.actor.kind.as_str(),
            actor: &self.actor.id,
            object_kind: self.object.kind,
            object: &self.object.id,
            row_sha256: &row,
        }
        .at(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::{Act, Object};

    #[test]
    fn the_log_names_ids_and_binds_the_row_without_its_names() {
        let at = "2026-08-23T09:00:00Z".parse().unwrap();
        let object = Object::new("account", "a1").called("Sam Doe");
        let act = Act::of_command("account_added", object, at).with("as viewer");
        let entry = act.entry();
        assert!(entry.contains(r#""action":"account_added","by":"command""#), "{entry}");
        assert!(entry.contains(r#""object_kind":"account","object":"a1""#), "{entry}");
        assert!(!entry.contains("Sam"), "{entry}");
        let other = act.clone().with("as administrator");
        assert_ne!(other.entry(), entry);
    }
}
