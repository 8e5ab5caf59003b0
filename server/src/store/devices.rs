//! Devices, their keys and how they come in.

use jiff::Timestamp;
use shared::keys::KeyProtection;
use shared::os_releases::Catalogue;
use shared::statement::DeviceClaim;

use super::StoreError;
use crate::audit::Act;
use crate::fleet::life::LifeStep;
use crate::fleet::state::Lifecycle;

/// A key with everything that verification needs.
#[derive(Clone, Debug)]
pub struct KeyRecord {
    /// Its name.
    pub keyid: String,
    /// Whose it is.
    pub device_id: String,
    /// Which of the device's keys, counted from 0.
    pub chain: i64,
    /// DER `SubjectPublicKeyInfo`.
    pub spki: Vec<u8>,
    /// `active`, `retired` or `revoked`.
    pub status: String,
    /// Where the device is in its life.
    pub lifecycle: Lifecycle,
    /// Every certificate it had: digest of the DER in hexadecimal, and expiry.
    pub certificates: Vec<(String, Timestamp)>,
}

/// Reads keys for the cache.
pub trait Keys: Send + Sync {
    /// Every key that changed after `version`, with the version now.
    fn changed_since(&self, version: i64) -> Result<(i64, Vec<KeyRecord>), StoreError>;
}

/// A verified request to be enrolled.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// First half of the secret's digest.
    pub token_id: String,
    /// Digest of the secret.
    pub secret_sha256: [u8; 32],
    /// The new key's name.
    pub keyid: String,
    /// The new key, DER.
    pub spki: Vec<u8>,
    /// The signed request.
    pub payload: Vec<u8>,
    /// Its signature.
    pub signature: Vec<u8>,
    /// SHA-256 over PAE of the request.
    pub statement_sha256: [u8; 32],
    /// What the device says of itself.
    pub claim: DeviceClaim,
    /// Where it keeps its key, as it says.
    pub protection: KeyProtection,
    /// Version of the agent.
    pub agent_version: String,
    /// Whether the answers come from a recording.
    pub recorded: bool,
    /// Mail address of who holds it, as the Mac's profile claims.
    pub owner: Option<String>,
    /// When the request was received.
    pub received_at: Timestamp,
    /// Id for the device, if it is taken in.
    pub device_id: String,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The device may report; its certificate, if it has one already.
    Admitted {
        /// The device's id.
        device_id: String,
        /// DER of its newest certificate.
        certificate: Option<Vec<u8>>,
    },
    /// A person has to approve it.
    Waits {
        /// Why, in one sentence.
        reason: String,
    },
    /// No invitation has this secret.
    TokenUnknown,
    /// The invitation is over.
    TokenExpired {
        /// Since when.
        expired_at: Timestamp,
    },
    /// Another key used the invitation.
    TokenUsed,
    /// The fleet token is over.
    FleetTokenExpired {
        /// Since when.
        expired_at: Timestamp,
    },
    /// Somebody ended the fleet token.
    TokenRevoked,
    /// As many Macs as the fleet token admits have used it.
    TokenSpent {
        /// How many they are.
        quota: i64,
    },
    /// The device was suspended, revoked or archived since.
    Refused(Lifecycle),
}

/// An agent's verified word that it is being removed.
#[derive(Clone, Debug)]
pub struct Leaving {
    /// The device whose key signed.
    pub device_id: String,
    /// The key's name.
    pub keyid: String,
    /// SHA-256 over PAE.
    pub digest: [u8; 32],
    /// The very bytes that were signed.
    pub payload: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
    /// Digest of the signature, for the log.
    pub signature_sha256: [u8; 32],
    /// When it was received.
    pub received_at: Timestamp,
}

/// What became of a farewell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewelled {
    /// The key signs for nobody any more, since the first farewell.
    Done {
        /// When that was.
        at: Timestamp,
    },
    /// The device may not speak; nothing was kept.
    Refused(Lifecycle),
    /// There is no such device.
    NoDevice,
}

/// A certificate that was issued.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The key that it is for.
    pub keyid: String,
    /// DER.
    pub der: Vec<u8>,
    /// Begin of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It was taken.
    Done {
        /// Where the device was.
        before: Lifecycle,
    },
    /// The device is not where the step begins.
    Refused {
        /// Where it is.
        now: Lifecycle,
    },
    /// There is no such device.
    Missing,
}

impl Moved {
    /// Where the device was, when the step was taken.
    pub(super) fn before(self) -> Option<Lifecycle> {
        match self {
            Self::Done { before } => Some(before),
            Self::Refused { .. } | Self::Missing => None,
        }
    }
}

/// A device as the command line lists it.
#[derive(Clone, Debug)]
pub struct DeviceLine {
    /// Its id.
    pub id: String,
    /// Name of its owner.
    pub owner: Option<String>,
    /// Model identifier.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Where it is in its life.
    pub lifecycle: Lifecycle,
    /// Why, when a person should know.
    pub lifecycle_reason: String,
    /// How it stands.
    pub status: String,
    /// Newest report.
    pub received_at: Option<Timestamp>,
}

/// Takes devices in and changes their life cycle.
pub trait Devices: Send {
    /// Uses the invitation and takes the device in, in one transaction. The
    /// same request again gives the same answer.
    fn enroll(&mut self, request: &NewDevice) -> Result<Admission, StoreError>;
    /// Keeps a certificate that was issued at `at`.
    fn keep_certificate(&mut self, issued: &Issued, at: Timestamp) -> Result<(), StoreError>;
    /// Moves a device on in its life, and notes the act.
    /// Returns where it was before, or nothing when there is no such device.
    fn set_lifecycle(
        &mut self,
        device_id: &str,
        to: Lifecycle,
        act: &Act,
    ) -> Result<Option<Lifecycle>, StoreError>;
    /// Takes a step in a device's life, if the device is where it begins.
    fn move_on(&mut self, device_id: &str, step: LifeStep, act: &Act) -> Result<Moved, StoreError>;
    /// Keeps a farewell and revokes the key, in one transaction with the entry
    /// of the log. The same key is answered the same again.
    fn farewell(&mut self, leaving: &Leaving) -> Result<Farewelled, StoreError>;
    /// Every device, the newest first.
    fn list(&self) -> Result<Vec<DeviceLine>, StoreError>;
}

/// An invitation to be written.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// First half of the secret's digest.
    pub token_id: String,
    /// Digest of the secret.
    pub secret_sha256: [u8; 32],
    /// Name of the person.
    pub person: String,
    /// Mail address of the person; names the person.
    pub email: String,
    /// The one Mac it is for.
    pub serial: Option<String>,
    /// Who invites, and when.
    pub act: Act,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Invites people.
pub trait Invitations: Send {
    /// Keeps an invitation, and the person if the mail address is new.
    fn invite(&mut self, invitation: &NewInvitation) -> Result<(), StoreError>;
}

/// Keeps what the fleet is judged by.
pub trait Rulebooks: Send {
    /// The policy in force: its text.
    fn policy(&self) -> Result<Option<String>, StoreError>;
    /// The catalogue in force: its text.
    fn catalogue(&self) -> Result<Option<String>, StoreError>;
    /// Raised whenever one of them changes.
    fn rules_version(&self) -> Result<i64, StoreError>;
    /// Puts a catalogue in force that a person gave; `origin` names the file.
    fn set_catalogue(
        &mut self,
        catalogue: &Catalogue,
        origin: &str,
        at: Timestamp,
    ) -> Result<(), StoreError>;
    /// Puts a policy in force.
    fn set_policy(
        &mut self,
        policy: &shared::policy::Policy,
        at: Timestamp,
    ) -> Result<(), StoreError>;
}
