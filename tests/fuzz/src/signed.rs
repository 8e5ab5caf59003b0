//! What travels between agent and collector.

use shared::envelope::Envelope;
use shared::json;
use shared::log::{
    Checkpoint, LogKey, LogReceipt, LogSigner, Reported, SignedNote, TlogProof, leaf_hash,
    verify_receipt,
};
use shared::statement::{Enrollment, Posture, RulesInForce, Statement};
use shared::token::Token;

/// An envelope is the same after it was written and read again.
pub fn envelope(input: &[u8]) {
    let Ok(envelope) = Envelope::parse(input) else { return };
    let again = Envelope::parse(envelope.to_json().as_bytes()).expect("what we write ourselves");
    assert_eq!(again.digest(), envelope.digest());
    assert_eq!(again.to_json(), envelope.to_json());
}

/// A report and an enrolment are the same after they were written again.
pub fn statement(input: &[u8]) {
    if json::check(input).is_err() {
        return;
    }
    if let Ok(report) = Statement::<Posture>::parse(input) {
        let bytes = report.to_bytes().expect("JSON");
        let again = Statement::<Posture>::parse(&bytes).expect("what we write ourselves");
        assert_eq!(again.to_bytes().expect("JSON"), bytes);
    }
    if let Ok(enrolment) = Statement::<Enrollment>::parse(input) {
        let bytes = enrolment.to_bytes().expect("JSON");
        let again = Statement::<Enrollment>::parse(&bytes).expect("what we write ourselves");
        assert_eq!(again.to_bytes().expect("JSON"), bytes);
    }
}

/// The rules that a collector signs.
pub fn rules(input: &[u8]) {
    if json::check_within(input, json::Limits::DOCUMENT).is_ok() {
        let _ = Statement::<RulesInForce>::parse(input);
    }
}

/// What is strict JSON is an object for every other reader too.
pub fn strict_json(input: &[u8]) {
    if json::check(input).is_ok() {
        let value: serde_json::Value = serde_json::from_slice(input).expect("JSON");
        assert!(value.is_object());
    }
}

/// A token is the same after it was written and read again.
pub fn token(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(token) = text.parse::<Token>() else { return };
    let again: Token = token.to_string().parse().expect("what we write ourselves");
    assert_eq!(again, token);
    assert!(!format!("{token:?}").contains(&token.to_string()));
}

/// Notes, keys of logs and proofs are the same after they were written and
/// read again, and nobody signed them for a key of ours.
pub fn log_proof(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let key = LogSigner::from_seed("log.example", &[7; 32]).expect("a seed").key().clone();
    if let Ok(proof) = TlogProof::parse(text) {
        assert_eq!(TlogProof::parse(&proof.text()).as_ref(), Ok(&proof));
        assert!(proof.verify(b"entry", &key).is_err());
    }
    if let Ok(note) = SignedNote::parse(text) {
        assert_eq!(SignedNote::parse(&note.text()).as_ref(), Ok(&note));
        assert!(key.open(&note).is_err());
    }
    if let Ok(key) = LogKey::parse(text) {
        assert_eq!(LogKey::parse(&key.verifier_text()).as_ref(), Ok(&key));
    }
}

/// A receipt is the same after it was written and read again; nobody signed it
/// for a key of ours; and under a checkpoint that we sign, only the entry of
/// the very report is believed, and no tree that is smaller or another.
pub fn log_receipt(input: &[u8]) {
    let Ok(receipt) = serde_json::from_slice::<LogReceipt>(input) else { return };
    let again = serde_json::to_vec(&receipt).expect("JSON");
    assert_eq!(serde_json::from_slice::<LogReceipt>(&again).expect("our own"), receipt);
    let signer = LogSigner::from_seed("log.example", &[7; 32]).expect("a seed");
    let reported = Reported {
        device: "5b0e7a5e",
        key: "k",
        sequence: 42,
        statement_sha256: "aa",
        signature_sha256: "bb",
    };
    let verify = |receipt: &LogReceipt, held: Option<&Checkpoint>| {
        verify_receipt(receipt, signer.key(), &reported, held)
    };
    assert!(verify(&receipt, None).is_err());

    let root = receipt.inclusion.last().copied();
    let root = root.unwrap_or_else(|| leaf_hash(receipt.entry.as_bytes()));
    let size = receipt.size().unwrap_or(1);
    let shown = Checkpoint { origin: "log.example".to_owned(), size, root };
    let held = receipt.consistency.as_ref();
    let held = held.map(|it| Checkpoint { size: it.size, root: it.root, ..shown.clone() });
    let signed = LogReceipt { checkpoint: shown.sign(&signer).text(), ..receipt };
    if verify(&signed, held.as_ref()).is_ok() {
        assert!(signed.entry.contains(r#""aa""#) && signed.entry.contains("42"));
        assert!(held.is_none_or(|held| held.size < size || held == shown));
        let other = Reported { sequence: 43, ..reported };
        assert!(verify_receipt(&signed, signer.key(), &other, None).is_err());
    }
}
