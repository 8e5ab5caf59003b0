//! An enrolled computer and a collector in memory, for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use shared::api::{BatchLine, Receipt, ReceiptOutcome, Settings, problem};
use shared::envelope::Envelope;
use shared::keys::{PublicKey, hex};
use shared::log::LogReceipt;
use shared::statement::{PolicyRef, Posture, Statement};

use crate::context::{Clock, Context};
use crate::delivery::{Courier, SendError};
use crate::host::Recorded;
use crate::identity::keys::{KeyFiles, KeyStore as _};
use crate::identity::progress::Progress;
use crate::identity::{Identity, Trust};
use crate::state::StateFolder;

pub(crate) mod log;

use log::{FakeLog, Shows};

/// The id of the enrolled computer.
pub(crate) const DEVICE: &str = "5b0e7a5e";
/// When the tests play.
pub(crate) const START: i64 = 1_790_000_000;

/// A clock that tests move.
#[derive(Clone)]
pub(crate) struct Hand(Arc<AtomicI64>);

impl Hand {
    pub(crate) fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

/// A computer that answers nothing, with its clock.
pub(crate) fn computer(state_dir: &Path) -> (Context, Hand) {
    let hand = Hand(Arc::new(AtomicI64::new(START)));
    let time = hand.clone();
    let clock = Clock::new(move || Timestamp::from_second(time.0.load(Ordering::SeqCst)).unwrap());
    let host = Arc::new(Recorded::mute(Timestamp::UNIX_EPOCH));
    (Context { host, state_dir: state_dir.to_owned(), clock }, hand)
}

/// Makes the computer's state that of an enrolled one.
pub(crate) fn enrolled(state_dir: &Path) -> (Identity, PublicKey) {
    let folder = StateFolder::open(state_dir).unwrap();
    let (key, signer) = KeyFiles(&folder).create().unwrap();
    let pair = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(["device".to_owned()]).unwrap();
    let certificate = params.self_signed(&pair).unwrap().pem();
    Progress::default().store(&folder, &key).unwrap();
    let identity = Identity {
        device_id: DEVICE.to_owned(),
        ca: certificate.clone(),
        certificate,
        url: "https://m.example".to_owned(),
        trust: Trust::Pinned,
        hardware_uuid: None,
        key,
        token_id: "t".to_owned(),
        enrolled_at: Timestamp::from_second(START).unwrap(),
        log_key: log::signer().key().verifier_text(),
    };
    identity.store(&folder).unwrap();
    (identity, PublicKey::from_spki(signer.spki()).unwrap())
}

/// What the collector answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    Away,
    Refusing(&'static str),
    Busy(u32),
}

/// Keeps reports in memory and panics over two statements with one sequence.
pub(crate) struct FakeCollector {
    key: PublicKey,
    pub(crate) mood: Mutex<Mood>,
    pub(crate) kept: Mutex<BTreeMap<i64, (String, Posture)>>,
    pub(crate) requests: Mutex<Vec<usize>>,
    pub(crate) shows: Mutex<Shows>,
    pub(crate) log: Mutex<FakeLog>,
    nonces: Mutex<BTreeSet<String>>,
}

impl FakeCollector {
    pub(crate) fn new(key: PublicKey) -> Self {
        Self {
            key,
            mood: Mutex::new(Mood::Well),
            kept: Mutex::default(),
            requests: Mutex::default(),
            shows: Mutex::new(Shows::Well),
            log: Mutex::default(),
            nonces: Mutex::default(),
        }
    }

    pub(crate) fn show(&self, shows: Shows) {
        *self.shows.lock().unwrap() = shows;
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(crate) fn sequences(&self) -> Vec<i64> {
        self.kept.lock().unwrap().keys().copied().collect()
    }

    /// Every statement names the one before, and the first the certificate.
    pub(crate) fn assert_whole_chain(&self, identity: &Identity) {
        let kept = self.kept.lock().unwrap();
        let mut previous = shared::keys::sha256_hex(&identity.certificate_der().unwrap());
        for (expected, (sequence, (sha256, posture))) in (1..).zip(kept.iter()) {
            assert_eq!(*sequence, expected, "a sequence is missing");
            assert_eq!(posture.previous.sha256, previous);
            assert_eq!(posture.spool.dropped, 0);
            if let Some(checkpoint) = &posture.freshness.checkpoint {
                assert!(checkpoint.size <= 2 * (expected.unsigned_abs() - 1), "not yet known");
            }
            previous.clone_from(sha256);
        }
    }

    fn keep(&self, text: &str, known: Option<u64>) -> BatchLine {
        if let Mood::Refusing(code) = *self.mood.lock().unwrap() {
            return BatchLine::Refused(problem(code, "no"));
        }
        let envelope = Envelope::parse(text.as_bytes()).unwrap();
        let verified = envelope.verify(&self.key).unwrap();
        let posture = Statement::<Posture>::parse(verified.payload).unwrap().predicate;
        let (sequence, sha256) = (posture.sequence, hex(&verified.digest));
        let nonce = posture.freshness.nonce.clone();
        let mut kept = self.kept.lock().unwrap();
        let before = kept.insert(sequence, (sha256.clone(), posture));
        if let Some((other, _)) = &before {
            assert_eq!(other, &sha256, "sequence {sequence} stands for two statements");
        } else if let Some(nonce) = nonce {
            assert!(self.nonces.lock().unwrap().insert(nonce), "a nonce was used twice");
        }
        let outcome =
            if before.is_some() { ReceiptOutcome::Duplicate } else { ReceiptOutcome::New };
        self.log.lock().unwrap().keep(sequence, &envelope);
        let nonce = format!("{}/{sequence}", self.requests.lock().unwrap().len());
        BatchLine::Kept(Receipt {
            statement_sha256: sha256,
            sequence,
            received_at: Timestamp::from_second(START).unwrap(),
            outcome,
            status: "compliant".to_owned(),
            flags: Vec::new(),
            policy: PolicyRef { id: "baseline".to_owned(), version: 1, sha256: "p".to_owned() },
            catalogue: None,
            nonce,
            settings: Settings::default(),
            log: self.prove(sequence, known),
        })
    }

    fn prove(&self, sequence: i64, known: Option<u64>) -> LogReceipt {
        self.log.lock().unwrap().receipt(sequence, known, *self.shows.lock().unwrap())
    }
}

impl FakeCollector {
    fn keep_all(&self, envelopes: &[String], known: Option<u64>) -> Vec<BatchLine> {
        let shows = *self.shows.lock().unwrap();
        let mut from = known;
        let keep = |text: &String| {
            let line = self.keep(text, from);
            if shows == Shows::Piecemeal {
                from = Some(self.log.lock().unwrap().size());
            }
            line
        };
        let mut lines: Vec<BatchLine> = envelopes.iter().map(keep).collect();
        for line in lines.iter_mut().filter(|_| !matches!(shows, Shows::Piecemeal | Shows::Apart)) {
            if let BatchLine::Kept(receipt) = line {
                receipt.log = self.prove(receipt.sequence, known);
            }
        }
        lines
    }
}

impl Courier for FakeCollector {
    async fn send(
        &self,
        envelopes: &[String],
        log_size: Option<u64>,
    ) -> Result<Vec<BatchLine>, SendError> {
        self.requests.lock().unwrap().push(envelopes.len());
        let mood = self.mood.lock().unwrap().clone();
        match mood {
            Mood::Away => Err(SendError::Unreachable {
                url: "https://m.example".to_owned(),
                reason: "network is unreachable".to_owned(),
            }),
            Mood::Busy(seconds) => Err(SendError::Busy {
                retry_after_s: Some(seconds),
                detail: "the queue is full".to_owned(),
            }),
            Mood::Well | Mood::Refusing(_) => Ok(self.keep_all(envelopes, log_size)),
        }
    }
}
