//! Does macOS run from its sealed system volume?
//!
//! Reads the line for `/` in the answer of `mount`: a seal that macOS has
//! verified is named there. `csrutil authenticated-root` is never asked: with
//! two systems installed it waits for input.
//!
//! Sent: whether it is sealed and whether it can be written to. They show
//! whether macOS itself was changed. Nothing of a person; the lines of other
//! volumes are not looked at, and no digest of them is sent.

use shared::reading::{FieldValue, Fields, UnknownReason};

use super::inquiry::{Inquiry, fields};
use super::{Check, Found};
use crate::host::Host;

pub(super) const CHECK: Check = Check {
    id: "system_volume",
    sources: &["exec:/sbin/mount"],
    read,
    #[cfg(test)]
    full: tests::full,
};

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let outcome = ask(&mut inquiry).map(Volume::fields);
    inquiry.found(outcome)
}

fn ask(inquiry: &mut Inquiry<'_>) -> Result<Volume, UnknownReason> {
    let said = inquiry.run_without_digest(&["/sbin/mount"])?;
    let options = root_options(said.success()?).ok_or(UnknownReason::NotUnderstood)?;
    inquiry.matched(&format!("/ ({options})"));
    Volume::parse(options).ok_or(UnknownReason::NotUnderstood)
}

/// How `/` is mounted: the text in the last parentheses of its only line.
fn root_options(answer: &str) -> Option<&str> {
    let mut found = answer.lines().filter_map(|line| {
        let (_, mounted) = line.trim().split_once(" on ")?;
        let (place, options) = mounted.strip_suffix(')')?.rsplit_once(" (")?;
        (place == "/").then_some(options)
    });
    let options = found.next()?;
    found.next().is_none().then_some(options)
}

/// What was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Volume {
    is_sealed: bool,
    is_read_only: bool,
}

impl Volume {
    /// Only APFS has seals, so of another file system nothing is said.
    fn parse(options: &str) -> Option<Self> {
        let mut words = options.split(", ");
        if words.next()? != "apfs" {
            return None;
        }
        let has = |wanted: &str| words.clone().any(|word| word == wanted);
        Some(Self { is_sealed: has("sealed"), is_read_only: has("read-only") })
    }

    fn fields(self) -> Fields {
        fields([
            ("sealed", Some(FieldValue::Flag(self.is_sealed))),
            ("read_only", Some(FieldValue::Flag(self.is_read_only))),
        ])
    }
}

#[cfg(test)]
mod tests;
