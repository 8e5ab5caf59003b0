//! The Macs: enrolled through the collector's own code, reports signed ahead.

use std::path::Path;

use anyhow::{Context as _, ensure};
use hyper::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use server::ca::Ca;
use server::clock::Clock;
use server::nonce::Nonces;
use server::state_dir::StateDir;
use server::store::devices::{Admission, Devices as _, Invitations as _, NewDevice, NewInvitation};
use server::store::sqlite::{Writer, open_writer};
use shared::envelope::{Envelope, pae};
use shared::keys::{KeyId, KeyProtection, Signer as _, SoftwareKey, hex, sha256, sha256_hex};
use shared::reading::FieldValue;
use shared::statement::{Digest, Posture, ReportKind, Statement, Unchanged};

use super::Options;
use super::collector::{DATABASE, STATE};
use super::yardstick::Sample;

/// A full report of a managed Mac, as the agent makes it.
const REPORT: &str = include_str!("../../../shared/benches/full-report.json");
/// The collector's file with the secret of its nonces.
const NONCE_FILE: &str = "nonce.key";

pub(super) struct Fleet {
    macs: Vec<Mac>,
    nonces: Nonces,
    posture: Posture,
    enrolled_at: Timestamp,
    /// Size of the database before the first report.
    pub(super) database_bytes: u64,
}

struct Mac {
    id: String,
    key: SoftwareKey,
    certificate_sha256: String,
    serial: String,
}

/// Bodies ready to be sent, one queue a connection.
pub(super) struct Prepared {
    /// Each Mac's first report.
    pub(super) first: Vec<Vec<Bytes>>,
    pub(super) rest: Vec<Vec<Bytes>>,
    pub(super) sample: Sample,
    /// Size of a full statement.
    pub(super) statement_bytes: usize,
}

impl Fleet {
    /// Enrols `count` Macs in a new database in `folder`.
    pub(super) fn enroll(folder: &Path, count: usize) -> anyhow::Result<Self> {
        // An hour ago: nonces are given out from then on, and must be older
        // than the reports that carry them.
        let now = Clock::System.now() - SignedDuration::from_hours(1);
        let state = StateDir::open(&folder.join(STATE))?;
        let ca = Ca::open(&state, now)?;
        let mut secret = [0; 32];
        aws_lc_rs::rand::fill(&mut secret)?;
        state.write(NONCE_FILE, &secret)?;
        let posture = Statement::<Posture>::parse(REPORT.as_bytes())?.predicate;
        let database = folder.join(DATABASE);
        let connection = open_writer(&database)?;
        // Nothing is promised to anybody yet.
        connection.pragma_update(None, "synchronous", "OFF")?;
        let mut writer = Writer::new(connection);
        let macs: anyhow::Result<Vec<Mac>> =
            (0..count).map(|number| Mac::enroll(&mut writer, &ca, number, now)).collect();
        let macs = macs?;
        drop(writer);
        let database_bytes = std::fs::metadata(&database)?.len();
        let nonces = Nonces::new(&secret);
        Ok(Self { macs, nonces, posture, enrolled_at: now, database_bytes })
    }

    /// Signs every Mac's first report and `options.reports` later ones.
    pub(super) fn prepare(&self, options: &Options) -> anyhow::Result<Prepared> {
        let mut chains: Vec<Chain<'_>> =
            self.macs.iter().map(|mac| Chain::new(self, mac)).collect();
        let queues = || vec![Vec::new(); options.connections];
        let (mut first, mut rest) = (queues(), queues());
        let mut mixed = Mixed::default();
        for number in 0..self.macs.len() + options.reports {
            let place = number % self.macs.len();
            let is_first = number < self.macs.len();
            let chain = chains.get_mut(place).context("no Mac")?;
            let (full, changed) = if is_first { (true, false) } else { mixed.next(options) };
            let body = Bytes::from(chain.sign(full, changed)?.to_json());
            let queue = if is_first { &mut first } else { &mut rest };
            queue.get_mut(place % options.connections).context("no queue")?.push(body);
        }
        let last = chains.first_mut().context("no Mac")?;
        let envelope = last.sign(true, false)?;
        Ok(Prepared {
            first,
            rest,
            statement_bytes: envelope.payload.len(),
            sample: Sample {
                message: pae(&envelope.payload),
                signature: envelope.signature,
                point: last.mac.key.spki().iter().copied().skip(26).collect(),
            },
        })
    }
}

/// Spreads full and changed reports evenly.
#[derive(Default)]
struct Mixed {
    full: f64,
    changed: f64,
}

impl Mixed {
    fn next(&mut self, options: &Options) -> (bool, bool) {
        self.full += options.full_share;
        if self.full < 1.0 - 1e-9 {
            return (false, false);
        }
        self.full -= 1.0;
        self.changed += options.changed_share;
        let changed = self.changed >= 1.0 - 1e-9;
        self.changed -= f64::from(u8::from(changed));
        (true, changed)
    }
}

/// The statements of one Mac, each naming the one before.
struct Chain<'a> {
    fleet: &'a Fleet,
    mac: &'a Mac,
    sequence: i64,
    previous: String,
    full: Option<Unchanged>,
    stealth: bool,
}

impl<'a> Chain<'a> {
    fn new(fleet: &'a Fleet, mac: &'a Mac) -> Self {
        let previous = mac.certificate_sha256.clone();
        Self { fleet, mac, sequence: 0, previous, full: None, stealth: true }
    }

    fn sign(&mut self, full: bool, changed: bool) -> anyhow::Result<Envelope> {
        self.sequence += 1;
        self.stealth ^= changed;
        let mut posture = self.fleet.posture.clone();
        posture.device.id.clone_from(&self.mac.id);
        posture.device.serial = Some(self.mac.serial.clone());
        posture.sequence = self.sequence;
        posture.previous = Digest { sha256: self.previous.clone() };
        let at = self.fleet.enrolled_at + SignedDuration::from_millis(self.sequence);
        posture.freshness.nonce = Some(self.fleet.nonces.issue(&self.mac.id, at));
        posture.time.started_at = at;
        posture.time.finished_at = at;
        for check in &mut posture.checks {
            check.observed_at = at;
            if check.id == "firewall" {
                check.fields.insert("stealth".to_owned(), FieldValue::Flag(self.stealth));
            }
        }
        if !full {
            posture.kind = ReportKind::Unchanged;
            posture.checks.clear();
            posture.unchanged_since.clone_from(&self.full);
        }
        let statement = Statement::report(self.mac.certificate_sha256.clone(), posture);
        let envelope = Envelope::sign(statement.to_bytes()?, &self.mac.key)?;
        self.previous = hex(&envelope.digest());
        if full {
            self.full = Some(Unchanged { sequence: self.sequence, sha256: self.previous.clone() });
        }
        Ok(envelope)
    }
}

impl Mac {
    fn enroll(writer: &mut Writer, ca: &Ca, number: usize, at: Timestamp) -> anyhow::Result<Self> {
        let key = SoftwareKey::generate()?;
        let keyid = KeyId::of(key.spki()).0;
        let serial = format!("ZZLOAD{number:06}");
        let token_id = hex(&sha256(serial.as_bytes()));
        writer.invite(&NewInvitation {
            token_id: token_id.clone(),
            secret_sha256: sha256(b"load"),
            person: format!("Person {number}"),
            email: format!("person{number}@company.example"),
            serial: None,
            created_at: at,
            expires_at: at + SignedDuration::from_hours(72),
        })?;
        let posture = Statement::<Posture>::parse(REPORT.as_bytes())?.predicate;
        let mut claim = posture.device;
        claim.serial = Some(serial.clone());
        let device_id = device_id(number);
        claim.id.clone_from(&device_id);
        let admission = writer.enroll(&NewDevice {
            token_id,
            secret_sha256: sha256(b"load"),
            keyid: keyid.clone(),
            spki: key.spki().to_vec(),
            payload: Vec::new(),
            signature: Vec::new(),
            claim,
            protection: KeyProtection::SoftwareFile,
            agent_version: posture.agent.version,
            recorded: false,
            received_at: at,
            device_id: device_id.clone(),
        })?;
        ensure!(matches!(admission, Admission::Admitted { .. }), "Mac {number}: {admission:?}");
        let issued = ca.issue_device(&device_id, &keyid, key.spki(), at)?;
        writer.keep_certificate(&issued)?;
        let certificate_sha256 = sha256_hex(&issued.der);
        Ok(Self { id: device_id, key, certificate_sha256, serial })
    }
}

/// Looks as random as the ids that the collector gives.
fn device_id(number: usize) -> String {
    let digits = hex(&sha256(&number.to_be_bytes()));
    let part = |from, to| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(12, 15), part(15, 18), part(18, 30))
}
