//! Is the Mac tied to somebody's Apple Account?
//!
//! Reads Find My's settings for whether it is on, which locks a Mac with Apple
//! silicon or a T2 chip to that account. Only when they are not there or not
//! understood, `system_profiler` is asked for the lock itself.
//!
//! Sent: whether it is on, and what said so. A Mac that is tied to a private
//! account cannot be set up again by the company; one that is not has less
//! protection against thieves. Neither is right or wrong. Never which account.

use serde::Deserialize;
use shared::reading::{FieldValue, UnknownReason};

use super::inquiry::{Inquiry, fields, text};
use super::{Check, Found};
use crate::host::Host;
use crate::property_list;

pub(super) const CHECK: Check = Check {
    id: "activation_lock",
    sources: &[
        "file:/Library/Preferences/com.apple.FindMyMac.plist",
        "exec:/usr/sbin/system_profiler -json SPHardwareDataType",
    ],
    read,
    #[cfg(test)]
    full: tests::full,
};

const FIND_MY: &str = "/Library/Preferences/com.apple.FindMyMac.plist";
const PROFILER: &[&str] = &["/usr/sbin/system_profiler", "-json", "SPHardwareDataType"];

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let outcome = read_find_my(&mut inquiry)
        // What went wrong first is what people should look at.
        .or_else(|reason| ask_profiler(&mut inquiry).ok_or(reason))
        .map(|(is_on, source)| {
            fields([("on", Some(FieldValue::Flag(is_on))), ("source", Some(text(source)))])
        });
    inquiry.found(outcome)
}

fn read_find_my(inquiry: &mut Inquiry<'_>) -> Result<(bool, &'static str), UnknownReason> {
    let bytes = inquiry.read(FIND_MY)?;
    let plist = property_list::dictionary(&bytes).ok_or(UnknownReason::NotUnderstood)?;
    let Some(value) = plist.get("FMMEnabled") else {
        inquiry.matched("no FMMEnabled");
        return Ok((false, "default"));
    };
    let is_on = property_list::flag(value).ok_or(UnknownReason::NotUnderstood)?;
    inquiry.matched(&format!("FMMEnabled {is_on}"));
    Ok((is_on, "find_my"))
}

fn ask_profiler(inquiry: &mut Inquiry<'_>) -> Option<(bool, &'static str)> {
    let said = inquiry.run(PROFILER).ok()?;
    let status = lock_status(said.success().ok()?)?;
    let is_on = match status.as_str() {
        "activation_lock_enabled" => true,
        "activation_lock_disabled" => false,
        _ => return None,
    };
    // Never more than this: the answer holds the serial number.
    inquiry.matched(&status);
    Some((is_on, "system_profiler"))
}

/// What is used of `system_profiler`'s answer.
#[derive(Deserialize)]
struct Hardware {
    activation_lock_status: String,
}

#[derive(Deserialize)]
struct Profiles {
    #[serde(rename = "SPHardwareDataType")]
    hardware: Vec<Hardware>,
}

/// The status of the only entry; with several, none could be told to be right.
fn lock_status(answer: &str) -> Option<String> {
    let Profiles { hardware } = serde_json::from_str(answer).ok()?;
    let [one] = <[Hardware; 1]>::try_from(hardware).ok()?;
    Some(one.activation_lock_status)
}

#[cfg(test)]
mod tests;
