//! What declarations of device management (DDM) say about updates.
//!
//! macOS keeps them in one file of its own, whose keys are not documented.
//! No file means that there are none.

use plist::{Dictionary, Value};
use shared::reading::UnknownReason;

use super::inquiry::Inquiry;
use crate::property_list;

/// The file, from macOS 26 on.
pub(super) const FILE: &str = "/var/db/softwareupdate/SoftwareUpdateDDMStatePersistence.plist";
const POLICY: &str = "SUCorePersistedStatePolicyFields";

/// The declarations that are in force.
#[derive(Debug, Default)]
pub(super) struct Declared {
    fields: Dictionary,
}

impl Declared {
    /// Reads the file.
    pub(super) fn read(inquiry: &mut Inquiry<'_>) -> Result<Self, UnknownReason> {
        let Some(bytes) = inquiry.read_if_there(FILE)? else { return Ok(Self::default()) };
        let parsed = property_list::dictionary(&bytes).and_then(|file| match file.get(POLICY) {
            None => Some(Self::default()),
            Some(Value::Dictionary(fields)) => Some(Self { fields: fields.clone() }),
            Some(_) => None,
        });
        parsed.ok_or(UnknownReason::NotUnderstood)
    }

    /// A part of the file; `None` when it has another form than is known.
    pub(super) fn part(&self, name: &str) -> Option<Dictionary> {
        match self.fields.get(name) {
            None => Some(Dictionary::new()),
            Some(value) => value.as_dictionary().cloned(),
        }
    }
}
