//! Can anybody log in as a guest?
//!
//! Looks into loginwindow's settings, where the key is absent until somebody
//! changes it, and into what profiles enforce, which comes first. Settings
//! that cannot be read leave it unknown: every Mac has them.
//!
//! Sent: whether a guest may log in, what says so, and whether a profile
//! forbids it. They show whether the Mac can be used without a password.
//! Nothing of a person. Not seen: guest access to shared folders.

use shared::reading::{FieldValue, UnknownReason};

use super::auto_login::LOGINWINDOW;
use super::inquiry::{Inquiry, fields, text};
use super::managed::Managed;
use super::{Check, Found};
use crate::host::Host;
use crate::property_list;

pub(super) const CHECK: Check = Check {
    id: "guest_account",
    sources: &[
        "file:/Library/Preferences/com.apple.loginwindow.plist",
        "file:/Library/Managed Preferences/com.apple.MCX.plist",
    ],
    read,
    #[cfg(test)]
    full: tests::full,
};

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let local = local(&mut inquiry);
    let managed = Managed::read(&mut inquiry, "com.apple.MCX", None).map(|managed| {
        let enables = managed.switch_or("EnableGuestAccount", false)?;
        let disables = managed.switch_or("DisableGuestAccount", false)?;
        Some(Profile { enables, disables })
    });
    // Without a word on profiles the Mac's own setting is all that is known.
    let profile = managed.ok().flatten();
    let outcome = local.map(|local| {
        let (is_on, source) = match profile {
            Some(Profile { disables: true, enables: false }) => (false, "profile"),
            Some(Profile { disables: false, enables: true }) => (true, "profile"),
            _ => (local.unwrap_or(false), if local.is_some() { "setting" } else { "default" }),
        };
        let is_enforced = profile.map(|profile| profile.disables && !profile.enables);
        fields([
            ("enabled", Some(FieldValue::Flag(is_on))),
            ("source", Some(text(source))),
            ("enforced", is_enforced.map(FieldValue::Flag)),
        ])
    });
    inquiry.found(outcome)
}

/// What a profile says; with both, one profile undoes the other.
#[derive(Clone, Copy, Debug)]
struct Profile {
    enables: bool,
    disables: bool,
}

/// The Mac's own setting; none until somebody chose.
fn local(inquiry: &mut Inquiry<'_>) -> Result<Option<bool>, UnknownReason> {
    let bytes = inquiry.read_without_digest(LOGINWINDOW)?;
    let plist = property_list::dictionary(&bytes).ok_or(UnknownReason::NotUnderstood)?;
    let enabled = match plist.get("GuestEnabled") {
        None => None,
        Some(value) => Some(property_list::flag(value).ok_or(UnknownReason::NotUnderstood)?),
    };
    match enabled {
        Some(enabled) => inquiry.matched(&format!("GuestEnabled {enabled}")),
        None => inquiry.matched("no GuestEnabled"),
    }
    Ok(enabled)
}

#[cfg(test)]
mod tests;
