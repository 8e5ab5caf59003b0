//! Which services let others into this Mac from the network?
//!
//! Asks launchd for remote login (SSH), screen sharing, remote Apple events
//! and file sharing. A service that launchd does not know is off, which it
//! says with an exit status of its own; one that it describes is on, also
//! while nobody is connected and its state is "not running". Remote management
//! is on when its flag file is there, whose absence means off.
//!
//! Sent: for each service whether it is on; one whose answer is not known is
//! left out. They show which doors are open. Nothing of a person. When launchd
//! answers for none, all of it is unknown. Not seen: services that come with
//! other programs, and whether the firewall keeps a port closed.

use shared::reading::{FieldValue, Fields, UnknownReason};

use super::inquiry::{Inquiry, Said};
use super::{Check, Found};
use crate::host::Host;

pub(super) const CHECK: Check = Check {
    id: "remote_access",
    sources: &[
        "exec:/bin/launchctl print system/com.openssh.sshd",
        "exec:/bin/launchctl print system/com.apple.screensharing",
        "exec:/bin/launchctl print system/com.apple.AEServer",
        "exec:/bin/launchctl print system/com.apple.smbd",
        "presence:/Library/Application Support/Apple/Remote Desktop/RemoteManagement.launchd",
    ],
    read,
    #[cfg(test)]
    full: tests::full,
};

/// Fields, and the services that launchd calls so.
const SERVICES: &[(&str, &str)] = &[
    ("ssh", "com.openssh.sshd"),
    ("screen_sharing", "com.apple.screensharing"),
    ("remote_apple_events", "com.apple.AEServer"),
    ("file_sharing", "com.apple.smbd"),
];
const MANAGEMENT: &str =
    "/Library/Application Support/Apple/Remote Desktop/RemoteManagement.launchd";
/// launchctl's exit status for a service that is not loaded.
const NOT_FOUND: i32 = 113;

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let mut found = Fields::new();
    let mut first_fault = None;
    for (field, service) in SERVICES {
        match ask(&mut inquiry, service) {
            Ok(is_on) => drop(found.insert((*field).to_owned(), FieldValue::Flag(is_on))),
            // What went wrong first is what people should look at.
            Err(reason) => first_fault = first_fault.or(Some(reason)),
        }
    }
    let is_managed = inquiry.exists(MANAGEMENT);
    let outcome = match first_fault {
        // The absence of a file must not stand for a Mac that answers nothing.
        Some(reason) if found.is_empty() => Err(reason),
        _ => {
            found.insert("remote_management".to_owned(), FieldValue::Flag(is_managed));
            Ok(found)
        }
    };
    inquiry.found(outcome)
}

fn ask(inquiry: &mut Inquiry<'_>, service: &str) -> Result<bool, UnknownReason> {
    let said = inquiry.run(&["/bin/launchctl", "print", &format!("system/{service}")])?;
    let (is_on, line) = is_on(&said, service).ok_or(match said.exit {
        0 | NOT_FOUND => UnknownReason::NotUnderstood,
        _ => UnknownReason::ExitStatus,
    })?;
    inquiry.matched(line);
    Ok(is_on)
}

/// Whether the service is on, and the line that says so.
fn is_on<'s>(said: &'s Said, service: &str) -> Option<(bool, &'s str)> {
    let lines = |text: &'s str| text.lines().map(str::trim).filter(|line| !line.is_empty());
    match said.exit {
        0 => {
            let head = lines(&said.stdout).next()?;
            let name = head.strip_suffix('{')?.trim_end().strip_suffix('=')?.trim_end();
            (name == format!("system/{service}")).then_some((true, head))
        }
        NOT_FOUND => {
            let mut all = lines(&said.stderr).chain(lines(&said.stdout));
            all.find(|line| line.starts_with("Could not find service")).map(|line| (false, line))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
