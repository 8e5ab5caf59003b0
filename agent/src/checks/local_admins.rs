//! How many people may change everything on this Mac?
//!
//! Asks `dscl` who is in the group of administrators and counts, without
//! `root`, whom nobody can log in as, and macOS's own account for setting up.
//!
//! Sent: the number. It shows how many accounts could undo every protection.
//! Never a name, nor a digest of the answer: names are short enough to be
//! guessed from one. Not seen: groups within the group, accounts whose first
//! group it is, and administrators from a directory.

use std::collections::BTreeSet;

use shared::reading::{FieldValue, UnknownReason};

use super::inquiry::{Inquiry, fields};
use super::{Check, Found};
use crate::host::Host;

pub(super) const CHECK: Check = Check {
    id: "local_admins",
    sources: &["exec:/usr/bin/dscl . -read /Groups/admin GroupMembership"],
    read,
    #[cfg(test)]
    full: tests::full,
};

const DSCL: &[&str] = &["/usr/bin/dscl", ".", "-read", "/Groups/admin", "GroupMembership"];
/// Members that are no person.
const NOBODY: &[&str] = &["root", "_mbsetupuser"];

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let outcome =
        ask(&mut inquiry).map(|count| fields([("count", Some(FieldValue::Integer(count)))]));
    inquiry.found(outcome)
}

fn ask(inquiry: &mut Inquiry<'_>) -> Result<i64, UnknownReason> {
    let said = inquiry.run_without_digest(DSCL)?;
    let members = members(said.success()?).ok_or(UnknownReason::NotUnderstood)?;
    let people = members.iter().filter(|name| !NOBODY.contains(name)).count();
    inquiry.matched(&format!("GroupMembership: {} names, {people} of people", members.len()));
    i64::try_from(people).map_err(|_| UnknownReason::NotUnderstood)
}

/// The names after `GroupMembership:`, on its line or on indented ones below.
fn members(answer: &str) -> Option<BTreeSet<&str>> {
    let mut lines = answer.lines().filter(|line| !line.trim().is_empty());
    let on_line = lines.next()?.strip_prefix("GroupMembership:")?;
    let mut members: BTreeSet<&str> = on_line.split_whitespace().collect();
    for line in lines {
        if !line.starts_with([' ', '\t']) {
            return None;
        }
        members.extend(line.split_whitespace());
    }
    // Every Mac has root in it; without, the answer is not that of the group.
    members.contains("root").then_some(members)
}

#[cfg(test)]
mod tests;
