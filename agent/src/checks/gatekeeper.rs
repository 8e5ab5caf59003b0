//! Does Gatekeeper look at programs before they run for the first time?
//!
//! Asks `spctl --status`, whose one line and exit status must agree, and reads
//! what a profile enforces. The line about developer ids is not asked for: it
//! is not reliable from macOS 15 on.
//!
//! Sent: whether it is on, and whether a profile enforces that. They show
//! whether any program from the net would be started. Nothing of a person.
//! Not seen: programs that somebody has let through one by one.

use shared::reading::{FieldValue, UnknownReason};

use super::inquiry::{Inquiry, fields};
use super::managed::Managed;
use super::{Check, Found, lines};
use crate::host::Host;

pub(super) const CHECK: Check = Check {
    id: "gatekeeper",
    sources: &[
        "exec:/usr/sbin/spctl --status",
        "file:/Library/Managed Preferences/com.apple.systempolicy.control.plist",
    ],
    read,
    #[cfg(test)]
    full: tests::full,
};

const SPCTL: &[&str] = &["/usr/sbin/spctl", "--status"];
const DOMAIN: &str = "com.apple.systempolicy.control";

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let is_on = ask(&mut inquiry);
    let managed = Managed::read(&mut inquiry, DOMAIN, None).ok();
    let is_enforced = managed.and_then(|managed| managed.switch_or("EnableAssessment", false));
    let outcome = is_on.map(|is_on| {
        fields([
            ("enabled", Some(FieldValue::Flag(is_on))),
            ("enforced", is_enforced.map(FieldValue::Flag)),
        ])
    });
    inquiry.found(outcome)
}

fn ask(inquiry: &mut Inquiry<'_>) -> Result<bool, UnknownReason> {
    let said = inquiry.run(SPCTL)?;
    inquiry.matched(&said.stdout);
    match (lines::only(&said.stdout, "assessments"), said.exit) {
        (Some("assessments enabled"), 0) => Ok(true),
        (Some("assessments disabled"), 0 | 1) => Ok(false),
        _ => Err(said.success().err().unwrap_or(UnknownReason::NotUnderstood)),
    }
}

#[cfg(test)]
mod tests;
