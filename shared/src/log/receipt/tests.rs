//! Receipts are believed as a whole or not at all, and a fork is told from a
//! fault.

use super::*;
use crate::log::{FreshnessLevel, LogSigner, MemoryTree, report_entry};

const ORIGIN: &str = "muster.example/log";
const AT: i64 = 1_790_000_000;

fn signer() -> LogSigner {
    LogSigner::from_seed(ORIGIN, &[7; 32]).unwrap()
}

/// A log with the text of its newest entry.
#[derive(Clone, Default)]
struct Log {
    tree: MemoryTree,
    newest: String,
}

impl Log {
    /// With as many entries, told apart from those of other logs by `salt`.
    fn of(count: u64, salt: &str) -> Self {
        let mut log = Self::default();
        (0..count).for_each(|number| log.push(format!("{salt}{number}")));
        log
    }

    fn push(&mut self, entry: String) {
        self.tree.push(entry.as_bytes());
        self.newest = entry;
    }

    fn checkpoint(&self) -> Checkpoint {
        let (size, root) = (self.tree.size(), self.tree.root());
        Checkpoint { origin: ORIGIN.to_owned(), size, root }
    }

    /// The receipt for the newest entry.
    fn receipt(&self, known: Option<u64>) -> LogReceipt {
        let size = self.tree.size();
        let entry = (size - 1, self.newest.clone());
        let note = self.checkpoint().sign(&signer()).text();
        LogReceipt::prove(entry, (size, note), known, &Edge::default(), &mut self.tree.nodes())
            .unwrap()
    }
}

fn reported() -> Reported<'static> {
    Reported {
        device: "5b0e7a5e",
        key: "ZjaPuA5urwi32p/qqGm7X1a4xTep2F5QP4jijwSIgmA=",
        sequence: 42,
        statement_sha256: "11",
        signature_sha256: "22",
    }
}

fn entry() -> String {
    let at = jiff::Timestamp::from_second(AT).unwrap();
    report_entry(&reported(), at, FreshnessLevel::Nonce, &["chain-gap"])
}

fn verify(receipt: &LogReceipt, held: Option<&Checkpoint>) -> Result<Checkpoint, ReceiptFault> {
    verify_receipt(receipt, signer().key(), &reported(), held)
}

#[test]
fn an_entry_has_one_form() {
    assert_eq!(
        entry(),
        r#"{"v":1,"type":"attestation","device":"5b0e7a5e","key":"ZjaPuA5urwi32p/qqGm7X1a4xTep2F5QP4jijwSIgmA=","sequence":42,"statement_sha256":"11","signature_sha256":"22","received_at":"2026-09-21T14:13:20Z","freshness":"nonce","flags":["chain-gap"]}"#
    );
}

#[test]
fn a_receipt_is_believed_at_every_size_and_from_every_size() {
    for before in 0..40u64 {
        let mut log = Log::of(before, "");
        for known in 1..=before {
            let held = Log::of(known, "").checkpoint();
            let mut grown = log.clone();
            grown.push(entry());
            let receipt = grown.receipt(Some(known));
            assert_eq!(verify(&receipt, Some(&held)), Ok(grown.checkpoint()), "{known} {before}");
        }
        log.push(entry());
        let receipt = log.receipt(None);
        assert_eq!(receipt.consistency, None);
        assert_eq!(verify(&receipt, None), Ok(log.checkpoint()));
        assert_eq!(verify(&receipt, Some(&log.checkpoint())), Ok(log.checkpoint()));
    }
}

#[test]
fn two_histories_are_a_fork_at_every_size() {
    for known in 1..20u64 {
        let held = Log::of(known, "one").checkpoint();
        for size in known..40 {
            let mut other = Log::of(size - 1, "other");
            other.push(entry());
            let fork = Err(ReceiptFault::Fork { size: known });
            assert_eq!(verify(&other.receipt(Some(known)), Some(&held)), fork, "{known} {size}");
        }
    }
}

#[test]
fn a_fork_is_one_even_when_the_rest_is_broken() {
    let held = Log::of(5, "one").checkpoint();
    let mut other = Log::of(9, "other");
    other.push(entry());
    let receipt = LogReceipt { index: 3, entry: "{}".to_owned(), ..other.receipt(Some(5)) };
    assert_eq!(verify(&receipt, Some(&held)), Err(ReceiptFault::Fork { size: 5 }));
}

#[test]
fn a_missing_or_broken_proof_is_no_fork() {
    for known in 1..20u64 {
        let mut log = Log::of(25, "");
        log.push(entry());
        let held = Log::of(known, "").checkpoint();
        let good = log.receipt(Some(known));
        let proof = good.consistency.clone().unwrap();
        let wrong = leaf_hash(b"wrong");
        let broken = [
            None,
            Some(Continuation { size: known + 1, ..proof.clone() }),
            Some(Continuation { root: wrong, ..proof.clone() }),
            Some(Continuation { path: proof.path[1..].to_vec(), ..proof.clone() }),
            Some(Continuation { path: [&proof.path[..], &[wrong]].concat(), ..proof.clone() }),
            log.receipt(Some(known + 1)).consistency,
        ];
        for consistency in broken {
            let receipt = LogReceipt { consistency, ..good.clone() };
            assert_eq!(verify(&receipt, Some(&held)), Err(ReceiptFault::Consistency), "{known}");
        }
    }
}

#[test]
fn an_older_state_of_the_log_is_neither_adopted_nor_a_fork() {
    let mut log = Log::of(4, "");
    log.push(entry());
    let held = Checkpoint { size: 9, ..log.checkpoint() };
    let fault = ReceiptFault::Behind { held: 9, shown: 5 };
    assert_eq!(verify(&log.receipt(None), Some(&held)), Err(fault));
}

#[test]
fn every_part_is_checked() {
    let mut log = Log::of(6, "");
    log.push(entry());
    let good = log.receipt(None);
    for (from, to) in [
        ("\"v\":1", "\"v\":2"),
        ("attestation", "enroll"),
        ("5b0e7a5e", "6b0e7a5e"),
        ("ZjaPu", "ajaPu"),
        (":42", ":43"),
        ("\"11\"", "\"12\""),
        ("\"22\"", "\"23\""),
        ("\"v\":1", "\"v\":1,\"v\":1"),
        ("\"v\":1,", ""),
        ("{", ""),
    ] {
        let text = entry().replacen(from, to, 1);
        assert_ne!(text, entry());
        let mut log = Log::of(6, "");
        log.push(text.clone());
        let fault = verify(&log.receipt(None), None).unwrap_err();
        assert!(matches!(fault, ReceiptFault::Entry(_)), "{text}: {fault}");
    }
    let newer = entry().replacen('{', "{\"later\":{},", 1);
    let mut later = Log::of(6, "");
    later.push(newer);
    verify(&later.receipt(None), None).unwrap();
    let misplaced = LogReceipt { index: 5, ..good.clone() };
    assert_eq!(verify(&misplaced, None), Err(ReceiptFault::Inclusion));
    let other_text = LogReceipt { entry: entry().replace("chain-gap", "old"), ..good.clone() };
    assert_eq!(verify(&other_text, None), Err(ReceiptFault::Inclusion));
    let unsigned = LogReceipt { checkpoint: good.checkpoint.replace("\n7\n", "\n8\n"), ..good };
    assert!(matches!(verify(&unsigned, None), Err(ReceiptFault::Checkpoint(_))));
}

#[test]
fn a_log_of_another_name_or_beyond_all_numbers_is_refused() {
    let mut log = Log::of(6, "");
    log.push(entry());
    let elsewhere = Checkpoint { origin: "other.example/log".to_owned(), ..log.checkpoint() };
    let fault = verify(&log.receipt(None), Some(&elsewhere)).unwrap_err();
    assert!(matches!(fault, ReceiptFault::Checkpoint(CheckpointError::OtherLog(_))), "{fault}");
    let huge = Checkpoint { size: 1 << 53, ..log.checkpoint() };
    let receipt = LogReceipt { checkpoint: huge.sign(&signer()).text(), ..log.receipt(None) };
    assert!(matches!(verify(&receipt, None), Err(ReceiptFault::Checkpoint(_))));
}

#[test]
fn a_receipt_is_read_back_from_json() {
    let mut log = Log::of(6, "");
    log.push(entry());
    let receipt = log.receipt(Some(3));
    let text = serde_json::to_string(&receipt).unwrap();
    assert_eq!(serde_json::from_str::<LogReceipt>(&text).unwrap(), receipt);
    assert_eq!(receipt.size(), Some(7));
    for spoilt in [text.replacen("=\"", "\"", 1), text.replacen("[\"", "[\"A", 1)] {
        assert!(serde_json::from_str::<LogReceipt>(&spoilt).is_err(), "{spoilt}");
    }
}
