//! What this Mac was offered, and by when it must be installed.
//!
//! macOS notes the day on which it first offered each update, so how long one
//! has been waiting is known without any catalogue. A declaration of device
//! management names a version and a local time, without a time zone.

use std::cmp::Ordering;
use std::time::SystemTime;

use jiff::Timestamp;
use plist::{Dictionary, Value};
use shared::reading::FieldValue;

use super::{is_build, numbers};
use crate::checks::automatic_updates::LOCAL;
use crate::checks::declared::Declared;
use crate::checks::inquiry::{Inquiry, text};
use crate::property_list;

/// Updates that are waiting, newer than what is installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pending {
    /// Version and time of the first declaration that falls due.
    deadline: Option<(String, String)>,
    /// Version and day of the oldest offer.
    offer: Option<(String, String)>,
}

impl Pending {
    /// Asks what is newer than `version` with `build`; what cannot be read is
    /// left out, since nothing rests on it.
    pub(super) fn ask(inquiry: &mut Inquiry<'_>, version: &str, build: Option<&str>) -> Self {
        let deadline = Declared::read(inquiry).ok().and_then(|declared| {
            let deadline = deadline(&declared.part("Declarations")?, version, build)?;
            inquiry.matched(&format!(
                "TargetOSVersion {}\nTargetLocalDateTime {}",
                deadline.0, deadline.1
            ));
            Some(deadline)
        });
        let settings = inquiry.read_if_there(LOCAL).ok().flatten();
        let offer = settings.and_then(|bytes| {
            let offer = offer(&property_list::dictionary(&bytes)?, version)?;
            inquiry.matched(&format!("first offer of {}: {}", offer.0, offer.1));
            Some(offer)
        });
        Self { deadline, offer }
    }

    pub(super) fn fields(&self) -> [(&'static str, Option<FieldValue>); 4] {
        let (deadline, offer) = (self.deadline.as_ref(), self.offer.as_ref());
        [
            ("deadline_version", deadline.map(|(version, _)| text(version))),
            ("deadline", deadline.map(|(_, at)| text(at))),
            ("offered_version", offer.map(|(version, _)| text(version))),
            ("offered_since", offer.map(|(_, day)| text(day))),
        ]
    }
}

/// The declaration that falls due first, of those not yet met.
fn deadline(
    declarations: &Dictionary,
    version: &str,
    build: Option<&str>,
) -> Option<(String, String)> {
    let of = |declaration: &Value| {
        let declaration = declaration.as_dictionary()?;
        let target = version_of(declaration.get("TargetOSVersion")?)?;
        let at = local_time(declaration.get("TargetLocalDateTime")?)?;
        let wanted = declaration.get("TargetBuildVersion").and_then(Value::as_string);
        let is_other_build = wanted.is_some_and(|one| is_build(one) && build != Some(one));
        let is_due = match compare(&target, version)? {
            Ordering::Greater => true,
            Ordering::Equal => is_other_build && build.is_some(),
            Ordering::Less => false,
        };
        is_due.then_some((target, at))
    };
    declarations.values().filter_map(of).min_by(|one, other| one.1.cmp(&other.1))
}

/// The oldest offer of the same major version that is newer than `version`.
fn offer(settings: &Dictionary, version: &str) -> Option<(String, String)> {
    let dates = settings.get("FirstOfferDateDictionary")?.as_dictionary()?;
    let of = |(identifier, date): (&String, &Value)| {
        let offered = identifier_version(identifier).or_else(|| display(settings, identifier))?;
        let is_newer = compare(&offered, version)? == Ordering::Greater;
        let is_same_major = numbers(&offered)?.first() == numbers(version)?.first();
        let day = time(date)?.get(..10)?.to_owned();
        (is_newer && is_same_major).then_some((offered, day))
    };
    dates.iter().filter_map(of).min_by(|one, other| one.1.cmp(&other.1))
}

/// `MSU_UPDATE_25G229_patch_26.7_minor`.
fn identifier_version(identifier: &str) -> Option<String> {
    let rest = identifier.strip_prefix("MSU_UPDATE_")?;
    let (_, version) = rest.split_once("_patch_")?;
    plausible(version.split('_').next()?)
}

/// The version that is shown for an update of macOS.
fn display(settings: &Dictionary, identifier: &str) -> Option<String> {
    let updates = settings.get("RecommendedUpdates")?.as_array()?;
    let update = updates
        .iter()
        .filter_map(Value::as_dictionary)
        .find(|update| update.get("Identifier").and_then(Value::as_string) == Some(identifier))?;
    let name = update.get("Display Name")?.as_string()?;
    name.starts_with("macOS").then(|| version_of(update.get("Display Version")?)).flatten()
}

/// A version, which macOS has also written as a number.
fn version_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => plausible(text.trim()),
        Value::Integer(number) => plausible(&number.to_string()),
        Value::Real(number) => plausible(&number.to_string()),
        _ => None,
    }
}

fn plausible(version: &str) -> Option<String> {
    let numbers = numbers(version)?;
    let is_version =
        (1..=3).contains(&numbers.len()) && matches!(numbers.first(), Some(10..=15 | 26..=99));
    is_version.then(|| version.to_owned())
}

/// As numbers, where what is not written is 0: `27` is `27.0.0`.
fn compare(one: &str, other: &str) -> Option<Ordering> {
    let padded = |version: &str| {
        let mut numbers = numbers(version)?;
        numbers.resize(3, 0);
        Some(numbers)
    };
    Some(padded(one)?.cmp(&padded(other)?))
}

/// A date as text, from either form that it has had.
fn time(value: &Value) -> Option<String> {
    let text = match value {
        // Its own way to write a date panics at one before the year 0.
        Value::Date(date) => Timestamp::try_from(SystemTime::from(*date)).ok()?.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    text.get(..10)?.parse::<jiff::civil::Date>().ok()?;
    Some(text)
}

/// A local date and time, to the second.
fn local_time(value: &Value) -> Option<String> {
    let text = time(value)?;
    let at: jiff::civil::DateTime = text.get(..19)?.parse().ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}

#[cfg(test)]
mod tests;
