//! What happened, in one order, for those who keep watch elsewhere.
//!
//! The stream holds every change of a finding and every entry of the audit
//! log. It is pulled with a cursor (`/api/v1/events`) or sent (`webhooks`), as
//! the collector says it or as OCSF. What is here is pure: events go in, JSON
//! comes out.

pub mod change;
pub mod cursor;
pub mod event;
mod native;
pub mod ocsf;

use serde_json::Value;

use self::event::Event;
use crate::app::Rules;

/// How events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// As the collector says it.
    #[default]
    Muster,
    /// As the Open Cybersecurity Schema Framework has it.
    Ocsf,
}

impl Format {
    /// The word in addresses and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Muster => "muster",
            Self::Ocsf => "ocsf",
        }
    }

    /// The format of a word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Muster, Self::Ocsf].into_iter().find(|format| format.as_str() == word)
    }
}

/// What is needed beside events to write them.
#[derive(Clone)]
pub struct Wording {
    /// Titles, reasons and controls of rules, as they are now.
    pub rules: Rules,
    /// The address of the console.
    pub public_url: String,
}

impl Wording {
    /// One event.
    pub fn write(&self, event: &Event, format: Format) -> Value {
        match format {
            Format::Muster => native::write(event, self),
            Format::Ocsf => ocsf::write(event, self),
        }
    }

    /// The page of a device.
    fn page(&self, device: &str) -> String {
        format!("{}/devices/{device}", self.public_url)
    }

    /// What a rule asks; its id when the policy no longer has it.
    fn title<'a>(&'a self, rule: &'a str) -> &'a str {
        self.rules.policy.rule(rule).map_or(rule, |rule| &rule.title)
    }
}
