//! Does the agent have what it needs? One line a subject, with what to do.

use jiff::Timestamp;
use serde::Serialize;

use crate::collector::{Collector, TlsError};
use crate::context::Context;
use crate::delivery::SendError;
use crate::host::Witness;
use crate::identity::Identity;
use crate::state::{StateError, StateFolder};

mod connection;
mod daemon;
mod enrolment;
mod settings;
mod sources;

/// How a subject stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// As it should be.
    Well,
    /// Somebody has to do something.
    Attention,
    /// It could not be seen, and nothing is wrong with that.
    Unknown,
}

/// What is found about one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The subject, in one or two words.
    pub about: String,
    /// How it stands.
    pub standing: Standing,
    /// What was found, in one sentence.
    pub says: String,
    /// What to do, in one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub todo: Option<String>,
}

impl Line {
    fn new(about: &str, standing: Standing, says: impl Into<String>) -> Self {
        Self { about: about.to_owned(), standing, says: says.into(), todo: None }
    }

    fn well(about: &str, says: impl Into<String>) -> Self {
        Self::new(about, Standing::Well, says)
    }

    fn attention(about: &str, says: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { todo: Some(todo.into()), ..Self::new(about, Standing::Attention, says) }
    }

    fn with_todo(self, todo: impl Into<String>) -> Self {
        Self { todo: Some(todo.into()), ..self }
    }

    fn unknown(about: &str, says: impl Into<String>) -> Self {
        Self::new(about, Standing::Unknown, says)
    }
}

/// Looks at everything; each line is handed on as soon as it is known.
pub async fn examine(context: &Context, mut found: impl FnMut(Line)) -> Result<(), StateError> {
    let folder = StateFolder::at(&context.state_dir);
    let now = context.now();
    let identity = match Identity::load(&folder) {
        Err(error) if error.is_denied() => {
            found(enrolment::denied());
            None
        }
        loaded => loaded?,
    };
    match &identity {
        Some(identity) => {
            for line in enrolment::lines(&folder, identity, now)? {
                found(line);
            }
            for line in connection::lines(date(identity, context).await, now) {
                found(line);
            }
        }
        None => {
            for line in enrolment::without_identity(&folder) {
                found(line);
            }
        }
    }
    for line in settings::lines(context, &folder, identity.as_ref()) {
        found(line);
    }
    found(daemon::line(context.host.as_ref()));
    for line in sources::lines(&Witness::new(&context.timed_host())) {
        found(line);
    }
    Ok(())
}

/// The time that the collector tells.
async fn date(identity: &Identity, context: &Context) -> Result<Option<Timestamp>, SendError> {
    let collector = Collector::of(identity, context.clock.clone());
    let url = || identity.url.clone();
    let odd = |error: TlsError| SendError::Protocol { url: url(), reason: error.to_string() };
    collector.map_err(odd)?.date().await
}
