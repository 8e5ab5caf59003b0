//! Who this device is to its collector: certificate, address, key.
//!
//! `identity.json` is the one commit point of an enrolment: it names the key's
//! folder, and everything else of that key was written before it. What changes
//! from run to run is in [`progress`], so that this file is written once.

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use shared::log::LogKey;

use crate::device::DeviceFacts;
use crate::state::{StateError, StateFolder};

pub mod keys;
pub mod progress;

/// Name of the file.
const FILE: &str = "identity.json";
/// Name of the file that waits for an enrolment's answer.
const ENROLLING_FILE: &str = "enrolling.json";

/// How the collector's TLS certificate is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// By the collector's own CA and nothing else.
    Pinned,
    /// By the certificate authorities that this computer trusts.
    Web,
}

/// The record of an enrolment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Random id that the collector gave.
    pub device_id: String,
    /// The device certificate, PEM.
    pub certificate: String,
    /// The collector's CA certificate, PEM.
    pub ca: String,
    /// The collector's address.
    pub url: String,
    /// How its TLS certificate is judged.
    pub trust: Trust,
    /// Hardware UUID of the computer that enrolled, when it could be read.
    pub hardware_uuid: Option<String>,
    /// Name of the key's folder.
    pub key: String,
    /// Which token admitted the device.
    pub token_id: String,
    /// When.
    pub enrolled_at: Timestamp,
    /// Who signs the collector's log, as `name+id+key`.
    pub log_key: String,
}

/// Why an identity cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The state was copied to another Mac, or a disk moved.
    #[error(
        "this state belongs to the computer with hardware UUID ending in {stored}, but this one's ends in {live}; run `muster-agent enroll` with a new token"
    )]
    OtherComputer {
        /// End of the UUID that enrolled.
        stored: String,
        /// End of the UUID read now.
        live: String,
    },
    /// The stored certificate is no PEM certificate.
    #[error("the stored certificate cannot be read; run `muster-agent enroll` with a new token")]
    Certificate,
    /// The stored key of the log is no such key.
    #[error(
        "the stored key of the collector's log cannot be read; run `muster-agent enroll` with a new token"
    )]
    LogKey,
    /// The folder failed.
    #[error(transparent)]
    State(#[from] StateError),
}

impl Identity {
    /// The stored identity; none when the device is not enrolled.
    pub fn load(folder: &StateFolder) -> Result<Option<Self>, StateError> {
        folder.read_json(FILE)
    }

    /// Makes this the device's identity.
    pub fn store(&self, folder: &StateFolder) -> Result<(), StateError> {
        folder.write_json(FILE, self)
    }

    /// Forgets who the device was.
    pub fn forget(folder: &StateFolder) -> Result<(), StateError> {
        folder.remove(FILE)
    }

    /// The device certificate, DER.
    pub fn certificate_der(&self) -> Result<Vec<u8>, IdentityError> {
        certificate(&self.certificate).map(|der| der.to_vec()).ok_or(IdentityError::Certificate)
    }

    /// Who signs the collector's log.
    pub fn log(&self) -> Result<LogKey, IdentityError> {
        LogKey::parse(&self.log_key).map_err(|_| IdentityError::LogKey)
    }

    /// Refuses to speak for another computer: a migrated or cloned disk. When
    /// one of the two UUIDs is not known, there is nothing to compare.
    pub fn belongs_to(&self, facts: &DeviceFacts) -> Result<(), IdentityError> {
        match (&self.hardware_uuid, &facts.hardware_uuid) {
            (Some(stored), Some(live)) if !stored.eq_ignore_ascii_case(live) => {
                Err(IdentityError::OtherComputer { stored: ending(stored), live: ending(live) })
            }
            _ => Ok(()),
        }
    }
}

/// The first certificate in a PEM text.
pub fn certificate(pem: &str) -> Option<CertificateDer<'static>> {
    CertificateDer::from_pem_slice(pem.as_bytes()).ok()
}

/// Enough of an identifier to compare it by eye, not enough to keep.
fn ending(text: &str) -> String {
    let skip = text.chars().count().saturating_sub(4);
    text.chars().skip(skip).collect()
}

/// An enrolment that was asked for and not answered yet.
///
/// The token is kept beside the key, which is worth as much, until there is an
/// answer, so that `report` can ask again without a person.
#[derive(Clone, Serialize, Deserialize)]
pub struct Enrolling {
    /// The token as it was given.
    pub token: String,
    /// Name of the new key's folder.
    pub key: String,
    /// Mail address of who holds the Mac, as its settings say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// When it was first asked for.
    pub since: Timestamp,
}

impl Enrolling {
    /// The open enrolment, if there is one.
    pub fn load(folder: &StateFolder) -> Result<Option<Self>, StateError> {
        folder.read_json(ENROLLING_FILE)
    }

    /// Keeps it until the next run.
    pub fn store(&self, folder: &StateFolder) -> Result<(), StateError> {
        folder.write_json(ENROLLING_FILE, self)
    }

    /// Forgets it, with the secret.
    pub fn forget(folder: &StateFolder) -> Result<(), StateError> {
        folder.remove(ENROLLING_FILE)
    }
}

/// Never the token.
impl std::fmt::Debug for Enrolling {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Enrolling(key {}, since {})", self.key, self.since)
    }
}

#[cfg(test)]
mod tests;
