//! The entries of everything that is not a report: compact JSON, one object.
//!
//! No names, addresses or serial numbers stand here, because nothing is ever
//! taken out of the log: people are named by what they used, devices by their
//! random ids, documents by their digests.

use jiff::Timestamp;
use serde::Serialize;

/// An event that the log proves.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event<'a> {
    /// A device asked to be enrolled and was taken in, or waits.
    Enroll {
        /// The device's random id.
        device: &'a str,
        /// Id of its key.
        key: &'a str,
        /// SHA-256 over PAE of the signed request.
        statement_sha256: &'a str,
        /// Id of the invitation that it used.
        invitation: &'a str,
        /// `active` or `pending`.
        lifecycle: &'a str,
    },
    /// A certificate was issued for a device's key.
    Certificate {
        /// The device.
        device: &'a str,
        /// The key.
        key: &'a str,
        /// SHA-256 of the DER.
        certificate_sha256: &'a str,
    },
    /// A device moved on in its life: approved, suspended, resumed, revoked,
    /// archived.
    Lifecycle {
        /// The device.
        device: &'a str,
        /// Where it is now.
        lifecycle: &'a str,
        /// Who did it.
        actor: &'a str,
    },
    /// The agent said that it is being removed, and its key was revoked.
    Farewell {
        /// The device.
        device: &'a str,
        /// The key that signed.
        key: &'a str,
        /// SHA-256 over PAE of what was signed.
        statement_sha256: &'a str,
        /// SHA-256 of the signature.
        signature_sha256: &'a str,
    },
    /// A second statement with a sequence that was taken.
    Contradiction {
        /// The device.
        device: &'a str,
        /// The key that signed both.
        key: &'a str,
        /// The sequence of both.
        sequence: i64,
        /// Digest of the second.
        statement_sha256: &'a str,
    },
    /// Somebody was invited.
    Invitation {
        /// Id of the invitation.
        invitation: &'a str,
        /// Who invited.
        actor: &'a str,
    },
    /// A policy is in force from now on.
    Policy {
        /// Its id.
        id: &'a str,
        /// Its version.
        version: u32,
        /// Of its text.
        sha256: &'a str,
    },
    /// A catalogue of macOS releases is in force from now on.
    Catalogue {
        /// Its date.
        as_of: &'a str,
        /// Of its text.
        sha256: &'a str,
    },
    /// Policy and catalogue were signed for agents.
    Rules {
        /// Of the policy's text.
        policy_sha256: &'a str,
        /// Of the catalogue's text.
        catalogue_sha256: &'a str,
        /// Of the signed document.
        document_sha256: &'a str,
    },
    /// A checklist was completed, and its record signed.
    ChecklistRecord {
        /// The checklist's random id.
        checklist: &'a str,
        /// SHA-256 over PAE of the signed record.
        record_sha256: &'a str,
    },
    /// Somebody did something; the row of the audit log tells the names.
    Act {
        /// What, such as `sign_in`.
        action: &'a str,
        /// What kind of somebody: `account`, `token`, `command`, ...
        by: &'a str,
        /// Id of the account; empty for who has none.
        actor: &'a str,
        /// What it was done to: `device`, `account`, ...
        object_kind: &'a str,
        /// Id of it.
        object: &'a str,
        /// SHA-256 of the row in the audit log.
        row_sha256: &'a str,
    },
}

#[derive(Serialize)]
struct Line<'a> {
    v: u64,
    #[serde(flatten)]
    event: Event<'a>,
    at: Timestamp,
}

impl Event<'_> {
    /// The text that the log holds.
    pub fn at(self, at: Timestamp) -> String {
        // Strings, numbers and a fixed shape: there is nothing that could fail.
        serde_json::to_string(&Line { v: 1, event: self, at }).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Event;

    #[test]
    fn an_entry_is_one_line_of_json_that_names_its_kind() {
        let event = Event::Lifecycle { device: "d", lifecycle: "revoked", actor: "console" };
        assert_eq!(
            event.at("2026-08-23T09:00:00Z".parse().unwrap()),
            r#"{"v":1,"type":"lifecycle","device":"d","lifecycle":"revoked","actor":"console","at":"2026-08-23T09:00:00Z"}"#
        );
    }
}
