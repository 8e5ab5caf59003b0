//! What the agent reads: one file a check, and the list of them.
//!
//! A check asks the [`Host`], parses the answer with a pure function and
//! returns what it observed. It judges nothing: what passes is the policy's
//! business. Whatever it cannot establish is unknown, with a reason.

use std::panic::{AssertUnwindSafe, catch_unwind};

use shared::json;
use shared::posture;
use shared::reading::{FieldValue, Fields, Outcome, Reading, Source, UnknownReason};

use crate::host::Host;

mod activation_lock;
mod auto_login;
mod automatic_updates;
mod console;
mod declared;
mod disk_space;
mod endpoint_protection;
mod filevault;
mod firewall;
mod gatekeeper;
mod guest_account;
mod inquiry;
mod lines;
mod local_admins;
mod managed;
mod matched;
mod mdm;
mod os;
mod password_manager;
mod password_policy;
mod remote_access;
mod screen_lock;
mod system_integrity;
mod system_volume;
mod xprotect;

/// Every check, in the order in which people are shown them.
pub static ALL: &[Check] = &[
    filevault::CHECK,
    password_policy::CHECK,
    firewall::CHECK,
    os::CHECK,
    screen_lock::CHECK,
    system_integrity::CHECK,
    gatekeeper::CHECK,
    auto_login::CHECK,
    automatic_updates::CHECK,
    xprotect::CHECK,
    remote_access::CHECK,
    guest_account::CHECK,
    password_manager::CHECK,
    mdm::CHECK,
    system_volume::CHECK,
    local_admins::CHECK,
    endpoint_protection::CHECK,
    activation_lock::CHECK,
    disk_space::CHECK,
];

/// One subject and how it is read.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Name in reports and policies, as in [`posture::CHECKS`].
    pub id: &'static str,
    /// Everything that may be asked for it, as it stands in reports, with
    /// `NAME`, `UID` and `UUID` in place of what names a person or the Mac, and
    /// `APP` for an application that is looked for.
    pub sources: &'static [&'static str],
    /// Asks the host.
    read: fn(&dyn Host) -> Found,
    /// Macs whose observations together carry every field of the check, and
    /// every word of each closed list.
    #[cfg(test)]
    full: fn() -> Vec<fixture::Mac>,
}

/// What a check found, before it is dated.
#[derive(Debug)]
struct Found {
    outcome: Result<Fields, UnknownReason>,
    sources: Vec<Source>,
}

/// Runs every check.
pub fn read_all(host: &dyn Host) -> Vec<Reading> {
    ALL.iter().map(|check| check.run(host)).collect()
}

/// The text that `check` observed in `field`, among `readings`.
pub(crate) fn text_field<'r>(readings: &'r [Reading], check: &str, field: &str) -> Option<&'r str> {
    match readings.iter().find(|reading| reading.id == check)?.fields.get(field)? {
        FieldValue::Text(text) => Some(text),
        FieldValue::Flag(_) | FieldValue::Integer(_) => None,
    }
}

/// The fields, unless one holds a number or a text that no report can carry:
/// one odd answer must not silence the Mac.
fn reportable(fields: Fields) -> Result<Fields, UnknownReason> {
    let fits = |value: &FieldValue| match value {
        FieldValue::Integer(number) => number.unsigned_abs() <= json::INTEGER_LIMIT.unsigned_abs(),
        FieldValue::Text(text) => text.len() <= json::STRING_LIMIT && !text.contains('\0'),
        FieldValue::Flag(_) => true,
    };
    if fields.values().all(fits) { Ok(fields) } else { Err(UnknownReason::NotUnderstood) }
}

impl Check {
    /// Reads the subject; a fault in the check itself reads as unknown.
    pub fn run(&self, host: &dyn Host) -> Reading {
        let observed_at = host.now();
        // One bad check must not cost the others their reading.
        let found = catch_unwind(AssertUnwindSafe(|| (self.read)(host))).unwrap_or_else(|_| {
            Found { outcome: Err(UnknownReason::NotUnderstood), sources: Vec::new() }
        });
        let (outcome, reason, fields) = match found.outcome.and_then(reportable) {
            Ok(fields) => (Outcome::Observed, None, fields),
            Err(reason) => (Outcome::Unknown, Some(reason.code().to_owned()), Fields::new()),
        };
        Reading {
            id: self.id.to_owned(),
            version: posture::check(self.id).map_or(1, |schema| schema.version),
            outcome,
            reason,
            fields,
            sources: found.sources,
            observed_at,
        }
    }
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod peers_bugs;
#[cfg(test)]
mod tests;
