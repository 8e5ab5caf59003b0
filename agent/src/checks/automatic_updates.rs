//! Do updates come by themselves?
//!
//! Up to macOS 15, `com.apple.SoftwareUpdate.plist` tells, and before it what
//! a profile sets. On macOS 26 a declaration of device management comes before
//! both; on 27 it is all that counts, and a Mac without one says nothing that
//! could be read. A key that is not there has its default, which is on; whether
//! macOS itself is installed without asking was chosen when the Mac was set
//! up, so that has none. The file itself is on every Mac.
//!
//! From macOS 15 on there is a doubt: a peer found that the file no longer
//! follows the defaults, and the truth lies behind a private framework. What
//! the file says is still what the settings show, so it is believed.
//!
//! Sent: each switch with where it is set, and whether device management
//! enforces those that matter. They name nobody.
//!
//! Not seen: whether updates arrive (the check `os` tells), how long they are
//! put off, and what the servers that a company runs itself offer.

use plist::{Dictionary, Value};
use shared::reading::{FieldValue, Fields, UnknownReason};

use super::declared::Declared;
use super::inquiry::{Inquiry, text};
use super::managed::Managed;
use super::{Check, Found, os};
use crate::host::Host;
use crate::property_list;

mod settings;

use settings::{APPS, Layers, Origin, SETTINGS, Setting};

pub(super) const CHECK: Check = Check {
    id: "automatic_updates",
    sources: &[
        "file:/System/Library/CoreServices/SystemVersion.plist",
        "file:/var/db/softwareupdate/SoftwareUpdateDDMStatePersistence.plist",
        "file:/Library/Managed Preferences/com.apple.SoftwareUpdate.plist",
        "file:/Library/Preferences/com.apple.SoftwareUpdate.plist",
        "file:/Library/Preferences/com.apple.commerce.plist",
    ],
    read,
    #[cfg(test)]
    full: tests::full,
};

/// Settings and the updates that Apple offers; every Mac has the file.
pub(super) const LOCAL: &str = "/Library/Preferences/com.apple.SoftwareUpdate.plist";
const DOMAIN: &str = "com.apple.SoftwareUpdate";
/// Settings of the App Store.
const STORE: &str = "/Library/Preferences/com.apple.commerce.plist";
const GLOBAL: &str = "SUCoreDDMDeclarationGlobalSettings";

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let outcome = ask(&mut inquiry);
    inquiry.found(outcome)
}

fn ask(inquiry: &mut Inquiry<'_>) -> Result<Fields, UnknownReason> {
    let major = os::major(inquiry)?;
    let declared = if major < 26 { Dictionary::new() } else { ask_declared(inquiry)? };
    if major >= 27 {
        if declared.is_empty() {
            return Err(UnknownReason::NotReadableHere);
        }
        return Ok(observed(&Layers { declared, ..Layers::default() }));
    }
    let profile = Managed::read(inquiry, DOMAIN, None)?;
    let local = inquiry
        .read(LOCAL)
        .and_then(|bytes| property_list::dictionary(&bytes).ok_or(UnknownReason::NotUnderstood));
    if let Ok(local) = &local {
        inquiry.matched(&evidence(local, SETTINGS.iter().map(|one| one.key)));
    }
    let store = ask_store(inquiry);
    let reason = local.as_ref().err().copied();
    let layers = Layers { declared, profile: Some(profile), local: local.ok(), store };
    match reason {
        Some(reason) if SETTINGS.iter().all(|one| layers.find(one).is_none()) => Err(reason),
        _ => Ok(observed(&layers)),
    }
}

/// The settings that declarations enforce.
fn ask_declared(inquiry: &mut Inquiry<'_>) -> Result<Dictionary, UnknownReason> {
    let settings = Declared::read(inquiry)?.part(GLOBAL).ok_or(UnknownReason::NotUnderstood)?;
    if !settings.is_empty() {
        inquiry.matched(&evidence(&settings, settings.keys().map(String::as_str)));
    }
    Ok(settings)
}

/// Settings of the App Store, of which many Macs have none.
fn ask_store(inquiry: &mut Inquiry<'_>) -> Option<Dictionary> {
    let store = property_list::dictionary(&inquiry.read_if_there(STORE).ok()??)?;
    inquiry.matched(&evidence(&store, [APPS.local].into_iter()));
    Some(store)
}

/// `key value` for each of `keys` that is a switch or a number.
fn evidence<'k>(settings: &Dictionary, keys: impl Iterator<Item = &'k str>) -> String {
    let line = |key: &str| match settings.get(key)? {
        Value::Boolean(flag) => Some(format!("{key} {flag}")),
        Value::Integer(number) => Some(format!("{key} {number}")),
        Value::String(text) => Some(format!("{key} {}", text.chars().take(8).collect::<String>())),
        _ => None,
    };
    keys.filter_map(line).collect::<Vec<_>>().join("\n")
}

fn observed(layers: &Layers) -> Fields {
    let mut fields = Fields::new();
    let mut add = |one: &Setting, found: Option<(bool, Origin)>| {
        if let Some((flag, origin)) = found {
            fields.insert(one.name.to_owned(), FieldValue::Flag(flag));
            fields.insert(format!("{}_source", one.name), text(origin.as_str()));
        }
    };
    for one in SETTINGS {
        add(one, layers.find(one));
    }
    add(&APPS.setting, layers.apps());
    let enforced = SETTINGS
        .iter()
        .filter(|one| one.is_asked)
        .all(|one| layers.find(one).is_some_and(|(flag, origin)| flag && origin.is_enforced()));
    fields.insert("enforced".to_owned(), FieldValue::Flag(enforced));
    fields
}

#[cfg(test)]
mod tests;
