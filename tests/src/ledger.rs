//! What collectors acknowledged, written down by those who were told, and
//! devices that report without a pause.
//!
//! Every acknowledgement goes into a file before it is counted, so that a test
//! believes nothing that it holds in memory alone.

#![expect(clippy::expect_used, reason = "a ledger that cannot be kept fails its test")]
#![expect(clippy::panic, reason = "a message says more than a bare `unwrap`")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use agent::Clock;
use shared::api::Receipt;
use shared::envelope::Envelope;
use shared::keys::{hex, sha256_hex};
use shared::log::{Checkpoint, Hash, LogKey, Reported, verify_receipt};
use shared::names::MEDIA_REPORT;
use tokio::sync::watch;

use crate::connection::{Connection, Connector, Reply};
use crate::hand_made::HandMade;

/// Everything that was acknowledged.
pub struct Ledger {
    file: File,
    path: PathBuf,
    counted: AtomicUsize,
    delayed: AtomicUsize,
    newest: Mutex<Option<Instant>>,
    key: Option<LogKey>,
    checkpoints: Mutex<BTreeMap<u64, Hash>>,
}

impl Ledger {
    /// A new ledger in `folder`; with the log's key it verifies every receipt.
    pub fn new(folder: &Path, key: Option<LogKey>) -> Arc<Self> {
        let path = folder.join("acknowledged");
        let file = File::options().create(true).append(true).open(&path).expect("a ledger");
        Arc::new(Self {
            file,
            path,
            counted: AtomicUsize::new(0),
            delayed: AtomicUsize::new(0),
            newest: Mutex::default(),
            key,
            checkpoints: Mutex::default(),
        })
    }

    /// Acknowledgements so far.
    pub fn counted(&self) -> usize {
        self.counted.load(Ordering::SeqCst)
    }

    /// Answers that asked to come again later.
    pub fn delayed(&self) -> usize {
        self.delayed.load(Ordering::SeqCst)
    }

    /// When the newest acknowledgement came.
    pub fn newest(&self) -> Option<Instant> {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Size and root of every checkpoint that was seen.
    pub fn checkpoints(&self) -> BTreeMap<u64, Hash> {
        self.checkpoints.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every line: device, sequence and digest with `|` between.
    pub fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.path).expect("the ledger");
        text.lines().map(str::to_owned).collect()
    }

    fn enter(&self, device: &HandMade, sequence: i64, envelope: &Envelope, answer: &Reply) {
        let digest = hex(&envelope.digest());
        let line = format!("{}|{sequence}|{digest}\n", device.claim.id);
        // One write a line, so that lines of several devices do not mix.
        (&self.file).write_all(line.as_bytes()).expect("the ledger");
        if let Some(key) = &self.key {
            self.verify(key, device, &answer.json(), envelope);
        }
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.counted.fetch_add(1, Ordering::SeqCst);
    }

    fn verify(&self, key: &LogKey, device: &HandMade, receipt: &Receipt, envelope: &Envelope) {
        let reported = Reported {
            device: &device.claim.id,
            key: envelope.keyid.as_str(),
            sequence: receipt.sequence,
            statement_sha256: &hex(&envelope.digest()),
            signature_sha256: &sha256_hex(&envelope.signature),
        };
        let shown = verify_receipt(&receipt.log, key, &reported, None);
        let Checkpoint { size, root, .. } =
            shown.unwrap_or_else(|error| panic!("{error}: {receipt:?}"));
        let mut seen = self.checkpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let known = *seen.entry(size).or_insert(root);
        assert_eq!(known, root, "two trees of {size} entries were signed");
    }
}

/// A device that sends one report after the other.
pub struct Reporter {
    /// The device.
    pub device: HandMade,
    /// Sent, but not acknowledged when the connection broke.
    pub open: Option<Envelope>,
}

impl Reporter {
    /// A device that has sent nothing yet.
    pub fn new(device: HandMade) -> Self {
        Self { device, open: None }
    }

    /// Reports until the collector is gone.
    pub async fn until_gone(
        mut self,
        connector: Connector,
        ledger: Arc<Ledger>,
        clock: Clock,
    ) -> Self {
        let Ok(mut connection) = connector.try_connect().await else { return self };
        while self.once(&mut connection, &ledger, &clock).await.is_ok() {}
        self
    }

    /// Reports to whichever of the collectors is there, until `stop` turns true.
    pub async fn until_stopped(
        mut self,
        connectors: Vec<Connector>,
        ledger: Arc<Ledger>,
        clock: Clock,
        mut stop: watch::Receiver<bool>,
    ) -> Self {
        // Devices begin at different collectors.
        let mut turn = usize::from(self.device.claim.id.as_bytes().first().copied().unwrap_or(0));
        while !*stop.borrow() {
            let connector = connectors.get(turn % connectors.len()).expect("a collector");
            turn += 1;
            if let Ok(mut connection) = connector.try_connect().await {
                while !*stop.borrow() {
                    match self.once(&mut connection, &ledger, &clock).await {
                        Ok(true) => {}
                        Ok(false) => pause(&mut stop).await,
                        Err(_) => break,
                    }
                }
            } else {
                pause(&mut stop).await;
            }
        }
        self
    }

    /// Sends one report, the open one first; false when it should come later.
    async fn once(
        &mut self,
        connection: &mut Connection,
        ledger: &Ledger,
        clock: &Clock,
    ) -> anyhow::Result<bool> {
        let envelope = match self.open.take() {
            Some(envelope) => envelope,
            None => self.device.next(clock.now()),
        };
        let sequence = self.device.sequence - 1;
        let (path, headers) = ("/v1/attestations", [("content-type", MEDIA_REPORT)]);
        let answer = connection.try_send("POST", path, &headers, envelope.to_json()).await;
        match answer {
            Ok(answer) if matches!(answer.status, 200 | 201) => {
                ledger.enter(&self.device, sequence, &envelope, &answer);
                Ok(true)
            }
            Ok(answer) if answer.status == 503 => {
                assert!(answer.header("retry-after").is_some(), "{}", answer.text());
                ledger.delayed.fetch_add(1, Ordering::SeqCst);
                self.open = Some(envelope);
                Ok(false)
            }
            Ok(answer) => panic!("{}: {}", answer.status, answer.text()),
            Err(error) => {
                self.open = Some(envelope);
                Err(error)
            }
        }
    }
}

/// A moment, shorter than the collector asks for: the test is impatient.
async fn pause(stop: &mut watch::Receiver<bool>) {
    let _ = tokio::time::timeout(Duration::from_millis(50), stop.wait_for(|stop| *stop)).await;
}
