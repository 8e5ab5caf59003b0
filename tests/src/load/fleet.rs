//! The fleet: enrolled through the collector's own code.

use server::audit::{Act, Object};
use std::path::Path;

use anyhow::ensure;
use jiff::{SignedDuration, Timestamp};
use server::ca::Ca;
use server::nonce::Nonces;
use server::state_dir::StateDir;
use server::store::devices::{Admission, NewDevice, NewInvitation};
use server::store::place::Store;
use shared::envelope::{Envelope, pae};
use shared::keys::{KeyProtection, Signer as _, hex, sha256, sha256_hex};
use shared::statement::Posture;

use super::device::{Device, Pen};
use super::template::posture;
use super::yardstick::Sample;

/// The collector's file with the secret of its nonces.
const NONCE_FILE: &str = "nonce.key";

pub(super) struct Fleet {
    pub(super) devices: Vec<Device>,
    /// Gives out the collector's nonces.
    pub(super) nonces: Nonces,
}

impl Fleet {
    /// Enrols `count` Macs at `now` in an empty database.
    pub(super) fn enroll(
        writer: &mut dyn Store,
        state: &Path,
        (seed, count): (&str, usize),
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let state = StateDir::open(state)?;
        let ca = Ca::open(&state, now)?;
        let mut secret = [0; 32];
        aws_lc_rs::rand::fill(&mut secret)?;
        state.write(NONCE_FILE, &secret)?;
        let nonces = Nonces::new(&secret);
        let posture = posture()?;
        let mut devices = Vec::with_capacity(count);
        for number in 0..count {
            let mut device = Device::new(seed, number)?;
            enroll(writer, &ca, (&mut device, &posture), now)?;
            devices.push(device);
        }
        Ok(Self { devices, nonces })
    }
}

fn enroll(
    writer: &mut dyn Store,
    ca: &Ca,
    (device, posture): (&mut Device, &Posture),
    at: Timestamp,
) -> anyhow::Result<()> {
    let token_id = hex(&sha256(device.serial.as_bytes()));
    writer.invite(&NewInvitation {
        token_id: token_id.clone(),
        secret_sha256: sha256(b"load"),
        person: format!("Person {}", device.number),
        email: format!("person{}@company.example", device.number),
        serial: None,
        act: Act::of_command("invited", Object::default(), at),
        expires_at: at + SignedDuration::from_hours(72),
    })?;
    let mut claim = posture.device.clone();
    claim.serial = Some(device.serial.clone());
    claim.id.clone_from(&device.id);
    let admission = writer.enroll(&NewDevice {
        token_id,
        secret_sha256: sha256(b"load"),
        keyid: device.keyid.0.clone(),
        spki: device.key.spki().to_vec(),
        payload: Vec::new(),
        signature: Vec::new(),
        statement_sha256: [0; 32],
        claim,
        protection: KeyProtection::SoftwareFile,
        agent_version: posture.agent.version.clone(),
        recorded: false,
        owner: None,
        received_at: at,
        device_id: device.id.clone(),
    })?;
    ensure!(
        matches!(admission, Admission::Admitted { .. }),
        "Mac {}: {admission:?}",
        device.number
    );
    let issued = ca.issue_device(&device.id, &device.keyid.0, device.key.spki(), at)?;
    writer.keep_certificate(&issued, at)?;
    device.certified(sha256_hex(&issued.der));
    Ok(())
}

/// A signed full report, for the bare checks.
pub(super) fn sample(seed: &str, pen: &Pen, at: Timestamp) -> anyhow::Result<Sample> {
    let mut device = Device::new(seed, 0)?;
    device.certified(sha256_hex(b"sample"));
    let Envelope { payload, signature, .. } = device.sign(pen, at)?;
    Ok(Sample {
        message: pae(&payload),
        signature,
        // The point follows 26 bytes that say what it is.
        point: device.key.spki().iter().copied().skip(26).collect(),
        statement_bytes: payload.len(),
    })
}
