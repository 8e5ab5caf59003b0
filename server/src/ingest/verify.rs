//! From bytes to a report that may be kept, or to a problem. Touches neither
//! the database nor the disk.

use std::sync::Arc;

use jiff::Timestamp;
use shared::api::{Problem, problem};
use shared::envelope::{Envelope, EnvelopeError, Verified};
use shared::keys::sha256;
use shared::statement::{Farewell, Posture, Statement, StatementError};

use super::key_cache::{DeviceKey, KeyCache};
use super::refusals::Refusals;
use crate::fleet::report::fingerprint;
use crate::fleet::state::Lifecycle;
use crate::nonce::Nonces;
use crate::store::devices::Leaving;
use crate::store::reports::{Epoch, Incoming};

/// What verification needs to know.
#[derive(Clone)]
pub struct Verifier {
    /// Every device key.
    pub keys: KeyCache,
    /// The collector's nonces.
    pub nonces: Nonces,
    /// Whether reports made from recordings are taken: demo and tests alone.
    pub accept_recorded: bool,
    /// What revoked keys try.
    pub refusals: Refusals,
}

impl Verifier {
    /// Whether a key that has proven itself is named; nothing is verified.
    pub fn names_proven_key(&self, body: &[u8]) -> bool {
        let envelope = Envelope::parse(body);
        let key = envelope.ok().and_then(|envelope| self.keys.get(envelope.keyid.as_str()));
        key.is_some_and(|key| key.is_proven())
    }

    /// The key that an envelope names.
    fn key(&self, envelope: &Envelope) -> Result<Arc<DeviceKey>, Problem> {
        self.keys.get(envelope.keyid.as_str()).ok_or_else(|| {
            problem(
                "unknown-key",
                "No device with this key is enrolled here; enrol the device with a new invitation.",
            )
        })
    }

    /// Verifies the farewell of an agent, received at `now`. Whether its key
    /// may still speak is for the store: a farewell that was answered before
    /// is answered again.
    pub fn verify_farewell(&self, body: &[u8], now: Timestamp) -> Result<Leaving, Problem> {
        let envelope = Envelope::parse(body).map_err(|error| envelope_problem(&error))?;
        let key = self.key(&envelope)?;
        let verified = envelope.verify(&key.public);
        key.prove(verified.is_ok());
        let verified = verified.map_err(|error| envelope_problem(&error))?;
        let statement = Statement::<Farewell>::parse(verified.payload)
            .map_err(|error| statement_problem(&error))?;
        let device = &statement.predicate.device.id;
        certificate_expired((statement.subject_sha256(), device), &key, now)?;
        if statement.predicate.host.is_some() && !self.accept_recorded {
            return Err(recorded_host());
        }
        let Verified { digest, .. } = verified;
        Ok(Leaving {
            device_id: key.device_id.clone(),
            keyid: envelope.keyid.0,
            digest,
            payload: envelope.payload,
            signature_sha256: sha256(&envelope.signature),
            signature: envelope.signature,
            received_at: now,
        })
    }

    /// Verifies one envelope received at `now`.
    pub fn verify(&self, body: &[u8], now: Timestamp) -> Result<Incoming, Problem> {
        let envelope = Envelope::parse(body).map_err(|error| envelope_problem(&error))?;
        let key = self.key(&envelope)?;
        let verified = envelope.verify(&key.public);
        key.prove(verified.is_ok());
        let verified = verified.map_err(|error| envelope_problem(&error))?;
        let statement = Statement::<Posture>::parse(verified.payload)
            .map_err(|error| statement_problem(&error))?;
        let device = &statement.predicate.device.id;
        let expired = certificate_expired((statement.subject_sha256(), device), &key, now)?;
        if key.revoked || key.lifecycle == Lifecycle::Revoked {
            self.refusals.count(&key.device_id, now);
        }
        may_report(&key, &statement.predicate, self.accept_recorded)?;
        let previous = digest(&statement.predicate.previous.sha256)?;
        let nonce_at = statement
            .predicate
            .freshness
            .nonce
            .as_deref()
            .and_then(|nonce| self.nonces.issued_at(nonce, &key.device_id, now));
        let Verified { digest, .. } = verified;
        Ok(Incoming {
            device_id: key.device_id.clone(),
            chain: key.chain,
            keyid: envelope.keyid.0,
            digest,
            previous,
            readings_sha256: fingerprint(&statement.predicate),
            posture: statement.predicate,
            received_at: now,
            nonce_at,
            certificate_expired: expired,
            payload: envelope.payload,
            signature_sha256: sha256(&envelope.signature),
            signature: envelope.signature,
            epoch: Epoch::None,
        })
    }
}

/// The subject must be a certificate that this key had; an expired one still
/// signs, and the report is flagged.
fn certificate_expired(
    (subject, device_id): (&str, &str),
    key: &DeviceKey,
    now: Timestamp,
) -> Result<bool, Problem> {
    let certificate = key.certificates.iter().find(|(sha256, _)| sha256 == subject);
    match certificate {
        Some((_, not_after)) if device_id == key.device_id => Ok(*not_after < now),
        Some(_) => Err(problem(
            "subject-mismatch",
            "`device.id` is not the id of the device that holds this key; enrol the device again.",
        )),
        None => Err(problem(
            "subject-mismatch",
            "`subject` is not a certificate of this key; enrol the device again.",
        )),
    }
}

fn may_report(key: &DeviceKey, posture: &Posture, accept_recorded: bool) -> Result<(), Problem> {
    if key.revoked {
        return Err(refused(Lifecycle::Revoked));
    }
    if key.lifecycle != Lifecycle::Active {
        return Err(refused(key.lifecycle));
    }
    if posture.host.is_some() && !accept_recorded {
        return Err(recorded_host());
    }
    Ok(())
}

fn recorded_host() -> Problem {
    problem(
        "recorded-host",
        "The report was made from a recording; only reports of real Macs are accepted here.",
    )
}

/// The problem for a device that may not report.
pub fn refused(lifecycle: Lifecycle) -> Problem {
    problem(
        "key-revoked",
        match lifecycle {
            Lifecycle::Pending => "The device still waits for approval; ask IT to approve it.",
            Lifecycle::Suspended => "The device is suspended; ask IT to look at it and resume it.",
            Lifecycle::Archived => "The device is archived; enrol it again if it is in use.",
            _ => "The key of this device was revoked; enrol it again with a new invitation.",
        },
    )
}

fn digest(hex: &str) -> Result<[u8; 32], Problem> {
    let bytes: Option<Vec<u8>> = (hex.len() == 64 && hex.is_ascii())
        .then(|| {
            hex.as_bytes()
                .chunks(2)
                .map(|pair| {
                    std::str::from_utf8(pair)
                        .ok()
                        .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                })
                .collect()
        })
        .flatten();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
        problem("malformed-statement", "`previous.sha256` must be 64 hexadecimal characters.")
    })
}

/// The problem for an envelope that was refused.
pub fn envelope_problem(error: &EnvelopeError) -> Problem {
    let detail = sentence(&error.to_string());
    match error {
        EnvelopeError::PayloadType(_) => problem("unsupported-payload-type", detail),
        EnvelopeError::BadSignature => problem("bad-signature", detail),
        EnvelopeError::Payload(_) => problem("malformed-statement", detail),
        EnvelopeError::Malformed(_) | EnvelopeError::Key(_) => {
            problem("malformed-envelope", detail)
        }
    }
}

/// The problem for verified bytes that are no usable statement.
pub fn statement_problem(error: &StatementError) -> Problem {
    let detail = sentence(&format!("the statement is not valid: {error}"));
    match error {
        StatementError::Unsupported(_) => problem("unsupported-predicate", detail),
        StatementError::Shape(_) | StatementError::Inconsistent(_) => {
            problem("malformed-statement", detail)
        }
    }
}

/// A fragment as a sentence.
pub fn sentence(fragment: &str) -> String {
    let mut letters = fragment.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let rest = letters.as_str().trim_end_matches('.');
    format!("{first}{rest}.")
}
