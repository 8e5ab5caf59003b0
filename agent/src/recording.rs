//! Makes a recording of a Mac: what the checks were answered, with everything
//! that names a person, a company or the Mac replaced by a stand-in.
//!
//! A recording shows how a version of macOS answers, so that a parser can be
//! tried on it anywhere. The same thing gets the same stand-in throughout, so
//! the checks read the same from it; whether they do is tried at once.

use jiff::Timestamp;
use serde_json::json;
use shared::posture;
use shared::reading::{Outcome, Reading};

use crate::checks;
use crate::device;
use crate::host::{Asked, FORMAT, Host, Recorded, RecordingError, Witness};

mod entry;
mod names;
mod reduction;
mod stand_ins;

use stand_ins::StandIns;

/// A recording that was just made.
#[derive(Debug)]
pub(crate) struct Recording {
    /// The file's text.
    pub(crate) text: String,
    /// The commands in it, with stand-ins.
    pub(crate) commands: Vec<String>,
    /// The files in it, with stand-ins.
    pub(crate) files: Vec<String>,
    /// What was replaced: a kind and how many different ones.
    pub(crate) replaced: Vec<(&'static str, usize)>,
    /// Checks that read otherwise from the recording than from the Mac.
    pub(crate) differing: Vec<&'static str>,
}

/// Asks everything the checks ask, and records the answers.
pub(crate) fn record(host: &dyn Host) -> Result<Recording, RecordingError> {
    let witness = Witness::new(host);
    let device = device::read(&witness);
    let readings = checks::read_all(&witness);
    let mut asked = witness.take();
    // Who else has an account here may be named in an answer.
    asked.push(Asked::Folder("/Users".to_owned(), host.list("/Users")));

    let mut stand_ins = StandIns::new(names::of_people(&asked));
    stand_ins.add_serial(device.serial.as_deref());
    let entries = entry::entries(&asked, &mut stand_ins);
    let version = checks::text_field(&readings, "os", "version").unwrap_or("of unknown version");
    let label = format!("{}, macOS {version}", device.model.as_deref().unwrap_or("Mac"));
    let document = json!({
        "format": FORMAT,
        "label": label,
        "platform": "macos",
        "recorded_at": host.now(),
        "commands": entries.commands.values().collect::<Vec<_>>(),
        "files": entries.files.values().collect::<Vec<_>>(),
    });
    let text = format!("{document:#}\n");
    let differing = differing(&text, host.now(), &readings)?;
    Ok(Recording {
        text,
        commands: entries.commands.into_keys().collect(),
        files: entries.files.into_keys().collect(),
        replaced: stand_ins.counts(),
        differing,
    })
}

/// Reads the recording as a Mac and names the checks that come out otherwise.
fn differing(
    text: &str,
    now: Timestamp,
    readings: &[Reading],
) -> Result<Vec<&'static str>, RecordingError> {
    let recorded = Recorded::parse("the recording", text.as_bytes())?;
    debug_assert_eq!(recorded.now(), now);
    let again = checks::read_all(&recorded);
    let pairs = checks::ALL.iter().zip(readings.iter().zip(&again));
    Ok(pairs.filter(|(_, (one, two))| !is_same(one, two)).map(|(check, _)| check.id).collect())
}

fn is_same(one: &Reading, other: &Reading) -> bool {
    let is_volatile = |name: &str| {
        let schema = posture::check(&one.id);
        schema.and_then(|schema| schema.field(name)).is_some_and(|field| field.volatile)
    };
    // Free room is not part of a recording, and changes all the time.
    let stable = |reading: &Reading| {
        let fields = reading.fields.iter().filter(|(name, _)| !is_volatile(name));
        fields.map(|(name, value)| (name.clone(), value.clone())).collect::<Vec<_>>()
    };
    let is_volatile_only = stable(one).is_empty() && one.outcome == Outcome::Observed;
    is_volatile_only || (one.outcome == other.outcome && stable(one) == stable(other))
}

#[cfg(test)]
mod tests;
