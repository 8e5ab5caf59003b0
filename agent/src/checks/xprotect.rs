//! Does macOS's own protection against malware run, with fresh data?
//!
//! Asks `xprotect version` and `xprotect status`, which exist from macOS 15
//! on. Where the tool is not there, the version of macOS says whether it
//! should be: before 15 nothing tells which data are in use, and that the
//! files of XProtect exist proves nothing.
//!
//! Sent: the data's version and date, and whether both kinds of scan are on.
//! They show whether known malware would be found. Nothing of a person. Not
//! seen: other vendors' programs, and what a scan found.

use jiff::Timestamp;
use jiff::fmt::strtime;
use shared::reading::{FieldValue, Fields, UnknownReason};

use super::inquiry::{Inquiry, fields, text};
use super::{Check, Found, lines, os};
use crate::host::Host;

pub(super) const CHECK: Check = Check {
    id: "xprotect",
    sources: &[
        "exec:/usr/bin/xprotect version",
        "exec:/usr/bin/xprotect status",
        "file:/System/Library/CoreServices/SystemVersion.plist",
    ],
    read,
    #[cfg(test)]
    full: tests::full,
};

const XPROTECT: &str = "/usr/bin/xprotect";
/// The first major version with the tool.
const FIRST_WITH_TOOL: u32 = 15;

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let data = ask_version(&mut inquiry);
    let scans = ask_status(&mut inquiry);
    let outcome = match (data, scans) {
        (Err(reason), Err(_)) => Err(why(&mut inquiry, reason)),
        (data, scans) => {
            Ok(XProtect { data: data.ok(), scans: scans.unwrap_or_default() }.fields())
        }
    };
    inquiry.found(outcome)
}

/// A tool that is missing where there never was one is no fault of the Mac.
fn why(inquiry: &mut Inquiry<'_>, reason: UnknownReason) -> UnknownReason {
    if reason != UnknownReason::Missing {
        return reason;
    }
    match os::major(inquiry) {
        Ok(major) if major < FIRST_WITH_TOOL => UnknownReason::NotReadableHere,
        _ => reason,
    }
}

fn ask_version(inquiry: &mut Inquiry<'_>) -> Result<Data, UnknownReason> {
    let said = inquiry.run(&[XPROTECT, "version"])?;
    inquiry.matched(&said.stdout);
    Data::parse(said.success()?).ok_or(UnknownReason::NotUnderstood)
}

fn ask_status(inquiry: &mut Inquiry<'_>) -> Result<Scans, UnknownReason> {
    let said = inquiry.run(&[XPROTECT, "status"])?;
    inquiry.matched(&said.stdout);
    let scans = Scans::parse(said.success()?);
    if scans == Scans::default() { Err(UnknownReason::NotUnderstood) } else { Ok(scans) }
}

/// What was observed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct XProtect {
    data: Option<Data>,
    scans: Scans,
}

/// The data in use.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Data {
    version: String,
    installed_at: Option<Timestamp>,
}

impl Data {
    /// `Version: 5360 Installed: 2026-09-18 21:53:58 +0000`.
    fn parse(answer: &str) -> Option<Self> {
        let rest = lines::value(answer, "Version:")?;
        let (version, installed) = match rest.split_once("Installed:") {
            Some((version, installed)) => (version.trim(), Some(installed.trim())),
            None => (rest, None),
        };
        let is_version =
            (1..=10).contains(&version.len()) && version.chars().all(|any| any.is_ascii_digit());
        is_version.then(|| Self {
            version: version.to_owned(),
            installed_at: installed.and_then(instant),
        })
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    // One digit less would be another date.
    if text.len() != "2026-09-18 21:53:58 +0000".len() {
        return None;
    }
    strtime::parse("%Y-%m-%d %H:%M:%S %z", text).ok()?.to_timestamp().ok()
}

/// Which scans are on, where the answer says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Scans {
    launch: Option<bool>,
    background: Option<bool>,
}

impl Scans {
    fn parse(answer: &str) -> Self {
        let scan = |name| match lines::value(answer, name)? {
            "enabled" => Some(true),
            "disabled" => Some(false),
            _ => None,
        };
        Self {
            launch: scan("XProtect launch scans:"),
            background: scan("XProtect background scans:"),
        }
    }
}

impl XProtect {
    fn fields(&self) -> Fields {
        let data = self.data.as_ref();
        let installed_at = data.and_then(|data| data.installed_at);
        fields([
            ("data_version", data.map(|data| text(&data.version))),
            ("data_installed_at", installed_at.map(|at| text(at.to_string()))),
            ("launch_scans", self.scans.launch.map(FieldValue::Flag)),
            ("background_scans", self.scans.background.map(FieldValue::Flag)),
        ])
    }
}

#[cfg(test)]
mod tests;
