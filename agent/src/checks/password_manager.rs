//! Is a password manager installed?
//!
//! Lists the folders in which applications lie, also the one of the person in
//! front, and looks for the names of known password managers. Of one that is
//! found, the bundle's `Info.plist` must name its maker, if it can be read.
//! When none but macOS's own is found and it is not known who sits there, all
//! of it is unknown: one folder was not looked into.
//!
//! Sent: which of the known password managers are installed. It shows whether
//! people have a place for good passwords. Names of all other applications
//! stay on the Mac. Not seen: those that live in a browser alone, those in
//! other folders, and whether anybody uses one.

use shared::reading::{FieldValue, Fields, UnknownReason};

use super::console::ConsoleUser;
use super::inquiry::{Inquiry, fields, text};
use super::{Check, Found};
use crate::host::Host;
use crate::property_list;

mod known;

use known::{BUILT_IN, KNOWN, Manager};

pub(super) const CHECK: Check = Check {
    id: "password_manager",
    sources: &[
        "folder:/Applications",
        "file:/Applications/APP/Contents/Info.plist",
        "folder:/System/Applications",
        "file:/System/Applications/APP/Contents/Info.plist",
        "folder:/Applications/Setapp",
        "file:/Applications/Setapp/APP/Contents/Info.plist",
        "exec:/usr/bin/stat -f %Su %u /dev/console",
        "folder:/Users/NAME/Applications",
        "file:/Users/NAME/Applications/APP/Contents/Info.plist",
    ],
    read,
    #[cfg(test)]
    full: tests::full,
};

/// Where applications lie for everybody.
const FOLDERS: &[&str] = &["/Applications", "/System/Applications", "/Applications/Setapp"];

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    for bundle in KNOWN.iter().flat_map(|manager| manager.bundles) {
        inquiry.conceal(bundle, "APP");
    }
    let outcome = look(&mut inquiry);
    inquiry.found(outcome)
}

fn look(inquiry: &mut Inquiry<'_>) -> Result<Fields, UnknownReason> {
    let mut installed = Installed::default();
    for folder in FOLDERS {
        installed.look_into(inquiry, folder);
    }
    let user = ConsoleUser::of(inquiry);
    if let Ok(user) = &user {
        installed.look_into(inquiry, &user.home("Applications"));
    }
    if !installed.has_listed {
        return Err(UnknownReason::Missing);
    }
    match user {
        Err(reason) if installed.managers.iter().all(|id| *id == BUILT_IN) => Err(reason),
        _ => Ok(installed.fields()),
    }
}

/// What was found.
#[derive(Debug, Default)]
struct Installed {
    /// Ids, each once.
    managers: Vec<&'static str>,
    /// At least one folder held something.
    has_listed: bool,
}

impl Installed {
    fn look_into(&mut self, inquiry: &mut Inquiry<'_>, folder: &str) {
        let names = inquiry.list(folder);
        self.has_listed |= !names.is_empty();
        for manager in KNOWN {
            let mut there =
                manager.bundles.iter().filter(|&&known| names.iter().any(|n| n == known));
            let is_found =
                there.any(|bundle| is_of(inquiry, manager, &format!("{folder}/{bundle}")));
            if is_found && !self.managers.contains(&manager.id) {
                self.managers.push(manager.id);
            }
        }
    }

    fn fields(mut self) -> Fields {
        self.managers.sort_unstable();
        let installed = Some(self.managers.join(", ")).filter(|ids| !ids.is_empty());
        fields([
            ("count", i64::try_from(self.managers.len()).ok().map(FieldValue::Integer)),
            ("installed", installed.map(text)),
        ])
    }
}

/// Whether the bundle is the manager's: a bundle can be called anything.
fn is_of(inquiry: &mut Inquiry<'_>, manager: &Manager, bundle: &str) -> bool {
    let plist = inquiry.read_if_there(&format!("{bundle}/Contents/Info.plist"));
    // Without a word on its maker the name is all there is.
    let Some(identifier) = plist.ok().flatten().and_then(|bytes| identifier(&bytes)) else {
        return true;
    };
    let is_of = manager.makers.iter().any(|maker| identifier.starts_with(maker));
    inquiry.matched(if is_of { manager.id } else { "another maker" });
    is_of
}

fn identifier(plist: &[u8]) -> Option<String> {
    let plist = property_list::dictionary(plist)?;
    plist.get("CFBundleIdentifier")?.as_string().map(|text| text.trim().to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
