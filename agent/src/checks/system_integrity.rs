//! Does System Integrity Protection guard macOS from changes?
//!
//! Asks `csrutil status`. Only the answer that it is enabled, alone and
//! without a word more, counts as enabled: in a custom configuration the list
//! below the answer says "enabled" for whatever is left on.
//!
//! Sent: the state. It shows whether malware with administrator rights could
//! change macOS itself. Nothing of a person. Not seen: which parts a custom
//! configuration leaves off.

use shared::reading::{Fields, UnknownReason};

use super::inquiry::{Inquiry, fields, text};
use super::{Check, Found, lines};
use crate::host::Host;

pub(super) const CHECK: Check = Check {
    id: "system_integrity",
    sources: &["exec:/usr/bin/csrutil status"],
    read,
    #[cfg(test)]
    full: tests::full,
};

const CSRUTIL: &[&str] = &["/usr/bin/csrutil", "status"];

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let outcome = ask(&mut inquiry).map(State::fields);
    inquiry.found(outcome)
}

fn ask(inquiry: &mut Inquiry<'_>) -> Result<State, UnknownReason> {
    let said = inquiry.run(CSRUTIL)?;
    inquiry.matched(&said.stdout);
    match State::parse(&said.stdout) {
        // Good news needs the tool's word that all is well.
        Some(State::Enabled) => said.success().map(|_| State::Enabled),
        Some(state) => Ok(state),
        None => Err(said.success().err().unwrap_or(UnknownReason::NotUnderstood)),
    }
}

/// State of System Integrity Protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Enabled,
    Disabled,
    /// Some parts are off.
    Custom,
}

impl State {
    fn parse(answer: &str) -> Option<Self> {
        match lines::value(answer, "System Integrity Protection status:")? {
            "enabled." => {
                let said = answer.lines().filter(|line| !line.trim().is_empty());
                let is_alone =
                    said.into_iter().all(|line| line.trim().starts_with("System Integrity"));
                is_alone.then_some(Self::Enabled)
            }
            "disabled." | "disabled (Apple Internal)." => Some(Self::Disabled),
            "unknown (Custom Configuration)."
            | "enabled (Custom Configuration)."
            | "disabled (Custom Configuration)." => Some(Self::Custom),
            _ => None,
        }
    }

    fn fields(self) -> Fields {
        let word = match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Custom => "custom",
        };
        fields([("state", Some(text(word)))])
    }
}

#[cfg(test)]
mod tests;
