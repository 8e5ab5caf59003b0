//! Does FileVault encrypt the startup disk?
//!
//! Asks `fdesetup status`, and reads all of its lines: while the disk is
//! being decrypted the first one may still say that FileVault is on. Only
//! when that gives no known answer, `diskutil info` is asked for `FileVault`.
//! Its `Encryption` says something else: on Apple silicon and T2 the disk is
//! always encrypted, with a key that any start of the Mac unlocks.
//!
//! Beside the state, `fdesetup` counts who can unlock the disk and says whether
//! there is a recovery key, and three files show what device management does.
//!
//! Sent: the state, progress in percent, whether encryption waits, how many
//! users can unlock the disk, whether a personal or an institutional recovery
//! key exists, whether a profile asks for the key and keeps FileVault on, and
//! which tool answered. They show whether a lost laptop can be read, and by
//! whom. No user names, no volume names, no keys.
//!
//! Not seen: whether the company's server has the key (a file on the Mac does
//! not prove it), a key kept in a person's own cloud, and other disks.

use shared::reading::{FieldValue, Fields, UnknownReason};

use super::inquiry::{Inquiry, fields, text};
use super::{Check, Found};
use crate::device;
use crate::host::Host;
use crate::property_list;

mod keys;
mod status;

use keys::Keys;
use status::Status;

pub(super) const CHECK: Check = Check {
    id: "filevault",
    sources: &[
        "exec:/usr/bin/fdesetup status",
        "exec:/usr/sbin/diskutil info -plist /",
        "exec:/usr/sbin/sysctl -n hw.model",
        "exec:/usr/bin/fdesetup list",
        "exec:/usr/bin/fdesetup haspersonalrecoverykey",
        "presence:/var/db/FileVaultPRK.dat",
        "presence:/Library/Managed Preferences/com.apple.security.FDERecoveryKeyEscrow.plist",
        "presence:/var/db/ConfigurationProfiles/Settings/com.apple.security.FDERecoveryKeyEscrow.plist",
        "file:/Library/Managed Preferences/com.apple.MCX.plist",
    ],
    read,
    #[cfg(test)]
    full: tests::full,
};

const FDESETUP: &[&str] = &["/usr/bin/fdesetup", "status"];
const DISKUTIL: &[&str] = &["/usr/sbin/diskutil", "info", "-plist", "/"];

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let outcome = ask_fdesetup(&mut inquiry)
        .map(|status| FileVault { status, source: Tool::Fdesetup })
        .or_else(|reason| match ask_diskutil(&mut inquiry) {
            Some(status) => Ok(FileVault { status, source: Tool::Diskutil }),
            // What went wrong first is what people should look at.
            None => Err(reason),
        })
        .map(|filevault| {
            let is_told = filevault.source == Tool::Fdesetup;
            let keys = Keys::ask(&mut inquiry, is_told.then_some(filevault.status.state));
            filevault.fields(keys)
        });
    inquiry.found(outcome)
}

fn ask_fdesetup(inquiry: &mut Inquiry<'_>) -> Result<Status, UnknownReason> {
    let said = inquiry.run(FDESETUP)?;
    inquiry.matched(&said.stdout);
    match Status::parse(&said.stdout) {
        // A tool that was cut short may not have come to its bad news yet,
        // so good news needs its word that all is well.
        Some(status) if status.state == State::On => said.success().map(|_| status),
        Some(status) => Ok(status),
        None => Err(said.success().err().unwrap_or(UnknownReason::NotUnderstood)),
    }
}

fn ask_diskutil(inquiry: &mut Inquiry<'_>) -> Option<Status> {
    let said = inquiry.run(DISKUTIL).ok()?;
    let is_on = filevault_key(said.success().ok()?)?;
    inquiry.matched(&format!("FileVault {is_on}"));
    if !is_on {
        return Some(Status::new(State::Off));
    }
    // Elsewhere a disk under conversion reads the same as one that is done.
    let model = inquiry.run(device::MODEL).ok()?;
    inquiry.matched(&model.stdout);
    let model = device::model(model.success().ok()?)?;
    device::is_apple_silicon(&model).then(|| Status::new(State::On))
}

fn filevault_key(plist: &str) -> Option<bool> {
    property_list::parse(plist.trim().as_bytes())?.as_dictionary()?.get("FileVault")?.as_boolean()
}

/// What was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileVault {
    status: Status,
    source: Tool,
}

impl FileVault {
    fn fields(self, keys: Keys) -> Fields {
        let Status { state, percent, stalled, institutional_key } = self.status;
        let mut all = fields(keys.fields());
        all.extend(fields([
            ("state", Some(text(state.as_str()))),
            ("percent", percent.map(FieldValue::Integer)),
            ("stalled", stalled.map(FieldValue::Flag)),
            ("institutional_key", institutional_key.map(FieldValue::Flag)),
            ("source", Some(text(self.source.as_str()))),
        ]));
        all
    }
}

/// State of FileVault on the startup disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    On,
    Off,
    /// On, but part of the disk is still in the clear.
    Encrypting,
    /// On its way to off.
    Decrypting,
    /// Off until somebody logs in or out.
    Deferred,
    /// Neither on nor off before the next restart.
    RestartPending,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Encrypting => "encrypting",
            Self::Decrypting => "decrypting",
            Self::Deferred => "deferred",
            Self::RestartPending => "restart_pending",
        }
    }
}

/// Which tool answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    Fdesetup,
    Diskutil,
}

impl Tool {
    fn as_str(self) -> &'static str {
        match self {
            Self::Fdesetup => "fdesetup",
            Self::Diskutil => "diskutil",
        }
    }
}

#[cfg(test)]
mod tests;
