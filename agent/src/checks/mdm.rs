//! Is the Mac enrolled in device management?
//!
//! Asks `profiles status -type enrollment`, which answers from the Mac itself;
//! `profiles show` would ask Apple.
//!
//! Sent: whether it is enrolled, whether a person or Apple's programme
//! approved that, and whether it came by automated enrolment. They show
//! whether settings can be enforced. Nothing of a person. Not sent, nor a
//! digest of it: the server, whose address may hold a secret of this Mac, so
//! an enrolment in another company's management looks the same.

use shared::reading::{FieldValue, UnknownReason};

use super::inquiry::{Inquiry, fields, text};
use super::{Check, Found, lines};
use crate::host::Host;

pub(super) const CHECK: Check = Check {
    id: "mdm",
    sources: &["exec:/usr/bin/profiles status -type enrollment"],
    read,
    #[cfg(test)]
    full: tests::full,
};

const PROFILES: &[&str] = &["/usr/bin/profiles", "status", "-type", "enrollment"];
const ENROLLED: &str = "MDM enrollment:";
const AUTOMATED: &str = "Enrolled via DEP:";

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let outcome = ask(&mut inquiry).map(|(state, automated)| {
        fields([("state", Some(text(state))), ("automated", automated.map(FieldValue::Flag))])
    });
    inquiry.found(outcome)
}

fn ask(inquiry: &mut Inquiry<'_>) -> Result<(&'static str, Option<bool>), UnknownReason> {
    let said = inquiry.run_without_digest(PROFILES)?;
    let answer = said.success()?;
    let decisive = [AUTOMATED, ENROLLED].into_iter().filter_map(|name| lines::only(answer, name));
    let decisive = decisive.collect::<Vec<_>>().join("\n");
    // What follows the word "user" and a space is taken for a name.
    inquiry.matched(&decisive.replace("User Approved", "User-Approved"));
    let state = state(answer).ok_or(UnknownReason::NotUnderstood)?;
    let automated = match lines::value(answer, AUTOMATED) {
        Some("Yes") => Some(true),
        Some("No") => Some(false),
        _ => None,
    };
    Ok((state, automated))
}

/// The word for what the answer says of enrolment.
fn state(answer: &str) -> Option<&'static str> {
    match lines::value(answer, ENROLLED)? {
        "Yes (User Approved)" => Some("approved"),
        "Yes" => Some("not_approved"),
        "No" => Some("none"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
