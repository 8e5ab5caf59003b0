//! A collector's log in memory, with true proofs, and the ways to answer
//! falsely.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shared::envelope::Envelope;
use shared::keys::{hex, sha256_hex};
use shared::log::{
    Checkpoint, Edge, FreshnessLevel, LogReceipt, LogSigner, MemoryTree, Reported, report_entry,
};

use super::{DEVICE, START};

/// Name of the log.
pub(crate) const ORIGIN: &str = "m.example/log";

/// The log's signer.
pub(crate) fn signer() -> LogSigner {
    LogSigner::from_seed(ORIGIN, &[3; 32]).unwrap()
}

/// What the collector shows of its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shows {
    /// Everything, under one checkpoint for a whole answer.
    Well,
    /// Everything, under one checkpoint for each report, which continues the
    /// one before.
    Piecemeal,
    /// The same, but each continues the one that the request named.
    Apart,
    /// Another history, which is as long.
    Fork,
    /// The proof of the first report.
    Another,
    /// No proof that the log continues.
    NoConsistency,
    /// A path of inclusion with one hash too few.
    BrokenPath,
    /// The log with its first two entries alone.
    Older,
    /// A checkpoint that another key signed.
    OtherKey,
}

/// The log.
#[derive(Default)]
pub(crate) struct FakeLog {
    tree: MemoryTree,
    /// As long, with other entries wherever a report is none of it.
    other: MemoryTree,
    entries: BTreeMap<i64, (u64, String)>,
}

impl FakeLog {
    /// Adds a report that is not there yet, after something of somebody else.
    pub(crate) fn keep(&mut self, sequence: i64, envelope: &Envelope) {
        if self.entries.contains_key(&sequence) {
            return;
        }
        self.tree.push(b"somebody else's");
        self.other.push(b"somebody else's, told otherwise");
        let entry = entry(sequence, envelope);
        self.other.push(entry.as_bytes());
        let index = self.tree.push(entry.as_bytes());
        self.entries.insert(sequence, (index, entry));
    }

    /// Number of entries.
    pub(crate) fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The receipt for a report, as the log is now.
    pub(crate) fn receipt(&self, sequence: i64, known: Option<u64>, shows: Shows) -> LogReceipt {
        let sequence = if shows == Shows::Another { 1 } else { sequence };
        let entry = self.entries[&sequence].clone();
        let mut older = MemoryTree::default();
        let tree = match shows {
            Shows::Fork => &self.other,
            Shows::Older => {
                older.push(b"somebody else's");
                older.push(self.entries[&1].1.as_bytes());
                &older
            }
            _ => &self.tree,
        };
        let by = if shows == Shows::OtherKey {
            LogSigner::from_seed(ORIGIN, &[4; 32]).unwrap()
        } else {
            signer()
        };
        let (size, root) = (tree.size(), tree.root());
        let note = Checkpoint { origin: ORIGIN.to_owned(), size, root }.sign(&by).text();
        let entry = if entry.0 < size { entry } else { (0, entry.1) };
        let mut receipt =
            LogReceipt::prove(entry, (size, note), known, &Edge::default(), &mut tree.nodes())
                .unwrap();
        if shows == Shows::NoConsistency {
            receipt.consistency = None;
        }
        if shows == Shows::BrokenPath {
            receipt.inclusion.pop();
        }
        receipt
    }
}

fn entry(sequence: i64, envelope: &Envelope) -> String {
    let reported = Reported {
        device: DEVICE,
        key: envelope.keyid.as_str(),
        sequence,
        statement_sha256: &hex(&envelope.digest()),
        signature_sha256: &sha256_hex(&envelope.signature),
    };
    let at = Timestamp::from_second(START).unwrap();
    report_entry(&reported, at, FreshnessLevel::Nonce, &[])
}
