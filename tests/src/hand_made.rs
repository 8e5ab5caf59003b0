//! A device that is made by hand: it signs whatever a test wants.
//!
//! It uses nothing of the agent, so it can say what an agent never would, and
//! what it sends names no recording.

#![expect(clippy::expect_used, reason = "a device that cannot be set up fails its test")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use shared::api::Enrolled;
use shared::envelope::{Envelope, pae};
use shared::keys::{KeyId, KeyProtection, Signer as _, SoftwareKey, hex, sha256_hex};
use shared::reading::{FieldValue, Outcome, Reading};
use shared::statement::{
    AgentClaim, DeviceClaim, Digest, Enrollment, Freshness, Posture, ReportKind, RunTime, Spool,
    Statement,
};
use shared::token::Token;

use crate::connection::{Connection, Reply};

/// A key that is not enrolled yet.
pub struct Stranger {
    /// The key.
    pub key: SoftwareKey,
    /// What it says of its computer.
    pub claim: DeviceClaim,
}

/// An enrolled device.
pub struct HandMade {
    /// Its key.
    pub key: SoftwareKey,
    /// What it says of its computer, with its id.
    pub claim: DeviceClaim,
    /// Digest of its certificate, hexadecimal.
    pub certificate_sha256: String,
    /// Sequence of the next statement.
    pub sequence: i64,
    /// Digest of the statement before, hexadecimal.
    pub previous: String,
    /// The newest nonce.
    pub nonce: Option<String>,
}

impl Stranger {
    /// A new key on a computer with this serial number.
    pub fn new(serial: &str) -> Self {
        let claim = DeviceClaim {
            id: String::new(),
            platform: "macos".to_owned(),
            hardware_uuid: None,
            serial: Some(serial.to_owned()),
            model: Some("Mac15,12".to_owned()),
        };
        Self { key: SoftwareKey::generate().expect("a key"), claim }
    }

    /// The signed request to be enrolled with `token`.
    pub fn request(&self, token: &Token, now: Timestamp) -> Value {
        let enrollment = Enrollment {
            schema: "1.0".to_owned(),
            crit: Vec::new(),
            token_id: token.id(),
            spki: STANDARD.encode(self.key.spki()),
            device: self.claim.clone(),
            agent: agent_claim(),
            host: None,
            owner: None,
            time: RunTime { started_at: now, finished_at: now },
        };
        let statement =
            Statement::<Enrollment>::enrollment(sha256_hex(self.key.spki()), enrollment);
        let envelope = sign(&self.key, statement.to_bytes().expect("JSON"));
        let envelope: Value = serde_json::from_str(&envelope.to_json()).expect("JSON");
        json!({"secret": URL_SAFE_NO_PAD.encode(token.secret), "envelope": envelope})
    }

    /// Asks to be enrolled.
    pub async fn ask(&self, connection: &mut Connection, token: &Token, now: Timestamp) -> Reply {
        connection.enroll(self.request(token, now).to_string()).await
    }

    /// The device that `answer` made of the key.
    pub fn admitted(self, answer: &Reply) -> HandMade {
        assert_eq!(answer.status, 201, "{}", answer.text());
        let enrolled: Enrolled = answer.json();
        let certificate = CertificateDer::from_pem_slice(enrolled.certificate.as_bytes());
        let certificate_sha256 = sha256_hex(&certificate.expect("a certificate"));
        HandMade {
            key: self.key,
            claim: DeviceClaim { id: enrolled.device_id, ..self.claim },
            previous: certificate_sha256.clone(),
            certificate_sha256,
            sequence: 1,
            nonce: Some(enrolled.nonce),
        }
    }
}

fn agent_claim() -> AgentClaim {
    AgentClaim {
        version: "1.0.0".to_owned(),
        binary_sha256: None,
        key_protection: KeyProtection::SoftwareFile,
    }
}

fn sign(key: &SoftwareKey, payload: Vec<u8>) -> Envelope {
    let signature = key.sign(&pae(&payload)).expect("a signature");
    Envelope { payload, keyid: KeyId::of(key.spki()), signature }
}

/// Readings of a Mac that is healthy in every rule.
pub fn healthy(now: Timestamp) -> Vec<Reading> {
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let number = FieldValue::Integer(8);
    [
        ("filevault", vec![("state", text("on")), ("source", text("fdesetup"))]),
        ("password_policy", vec![("min_length_at_least", number.clone()), ("min_length", number)]),
        ("firewall", vec![("state", text("on")), ("source", text("socketfilterfw"))]),
        (
            "os",
            vec![
                ("version", text("26.6.2")),
                ("build", text("25G83")),
                ("extra", text("")),
                ("beta", FieldValue::Flag(false)),
            ],
        ),
    ]
    .into_iter()
    .map(|(id, fields)| Reading {
        id: id.to_owned(),
        version: 1,
        outcome: Outcome::Observed,
        reason: None,
        fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        sources: Vec::new(),
        observed_at: now,
    })
    .collect()
}

impl HandMade {
    /// A device that `token` admits at once.
    pub async fn enrolled(
        connection: &mut Connection,
        token: &Token,
        serial: &str,
        now: Timestamp,
    ) -> Self {
        let stranger = Stranger::new(serial);
        let answer = stranger.ask(connection, token, now).await;
        stranger.admitted(&answer)
    }

    /// The next full report of a healthy Mac.
    pub fn statement(&self, now: Timestamp) -> Statement<Posture> {
        let posture = Posture {
            schema: "1.0".to_owned(),
            crit: Vec::new(),
            kind: ReportKind::Full,
            host: None,
            device: self.claim.clone(),
            agent: agent_claim(),
            boot: None,
            sequence: self.sequence,
            previous: Digest { sha256: self.previous.clone() },
            freshness: Freshness { nonce: self.nonce.clone(), checkpoint: None },
            time: RunTime { started_at: now, finished_at: now },
            policy: None,
            unchanged_since: None,
            checks: healthy(now),
            spool: Spool::default(),
        };
        Statement::report(self.certificate_sha256.clone(), posture)
    }

    /// The next report as JSON, to be spoilt.
    pub fn value(&self, now: Timestamp) -> Value {
        serde_json::to_value(self.statement(now)).expect("JSON")
    }

    /// Signs any bytes at all.
    pub fn sign(&self, payload: impl Into<Vec<u8>>) -> Envelope {
        sign(&self.key, payload.into())
    }

    /// Signs the next report and moves on in the chain.
    pub fn next(&mut self, now: Timestamp) -> Envelope {
        let envelope = self.sign(self.statement(now).to_bytes().expect("JSON"));
        self.sequence += 1;
        self.previous = hex(&envelope.digest());
        self.nonce = None;
        envelope
    }
}
