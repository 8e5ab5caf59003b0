//! `tlog-proof` (C2SP): all that shows, offline, that an entry is in a log.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::note::LogKey;
use super::proof::verify_inclusion;
use super::tree::{Hash, leaf_hash};

/// First line of every proof.
const FORMAT: &str = "c2sp.org/tlog-proof@v1";

/// A place in a log, the path from it to the root, and the signed root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Index of the entry, counted from 0.
    pub index: u64,
    /// The siblings on the way up.
    pub path: Vec<Hash>,
    /// The checkpoint as it was signed.
    pub checkpoint: String,
}

impl TlogProof {
    /// The proof as a text.
    pub fn text(&self) -> String {
        let path: Vec<String> = self.path.iter().map(|hash| STANDARD.encode(hash.0)).collect();
        let path = path.iter().fold(String::new(), |all, hash| all + hash + "\n");
        format!("{FORMAT}\nindex {}\n{path}\n{}", self.index, self.checkpoint)
    }

    /// Reads a proof. What it proves is for [`Self::verify`].
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let bad = CheckpointError::Form;
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or(bad("no checkpoint follows the path"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(FORMAT) {
            return Err(bad("the first line names another format"));
        }
        // What an application may add is not signed and not needed.
        lines.next_if(|line| line.starts_with("extra "));
        let index = lines.next().and_then(|line| line.strip_prefix("index "));
        let index = index.and_then(|index| index.parse().ok()).ok_or(bad("no index follows"))?;
        let path: Option<Vec<Hash>> = lines.map(hash).collect();
        let path = path.ok_or(bad("a line of the path is no SHA-256"))?;
        Ok(Self { index, path, checkpoint: checkpoint.to_owned() })
    }

    /// The checkpoint, when `key` signed it and `entry` is where this proof
    /// says.
    pub fn verify(&self, entry: &[u8], key: &LogKey) -> Result<Checkpoint, CheckpointError> {
        let checkpoint = Checkpoint::open(&self.checkpoint, key)?;
        let Checkpoint { size, root, .. } = &checkpoint;
        if verify_inclusion(&leaf_hash(entry), self.index, *size, &self.path, root) {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Form("the path does not lead from the entry to the signed root"))
        }
    }
}

fn hash(line: &str) -> Option<Hash> {
    Some(Hash(STANDARD.decode(line).ok()?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::frontier::Frontier;
    use super::super::note::{LogSigner, SignedNote};
    use super::super::proof::inclusion_proof;
    use super::*;

    const ORIGIN: &str = "muster.example/log";

    fn signer(seed: u8) -> LogSigner {
        LogSigner::from_seed(ORIGIN, &[seed; 32]).unwrap()
    }

    fn proof(signer: &LogSigner) -> TlogProof {
        let mut frontier = Frontier::empty();
        let mut nodes = std::collections::HashMap::new();
        for entry in [&b"one"[..], b"two", b"three"] {
            for node in frontier.push(leaf_hash(entry)) {
                nodes.insert((node.level, node.index), node.hash);
            }
        }
        let mut node = |level, index| nodes.get(&(level, index)).copied();
        let path = inclusion_proof(1, 3, &mut node).unwrap();
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: 3, root: frontier.root() };
        TlogProof { index: 1, path, checkpoint: checkpoint.sign(signer).text() }
    }

    #[test]
    fn a_proof_holds_for_its_entry_its_key_and_its_place_alone() {
        let signer = signer(7);
        let proof = proof(&signer);
        let again = TlogProof::parse(&proof.text()).unwrap();
        assert_eq!(again, proof);
        assert_eq!(again.verify(b"two", signer.key()).unwrap().size, 3);
        assert!(again.verify(b"one", signer.key()).is_err());
        assert!(again.verify(b"two", self::signer(8).key()).is_err());
        assert!(TlogProof { index: 0, ..again.clone() }.verify(b"two", signer.key()).is_err());
        let other = LogSigner::from_seed("other.example/log", &[7; 32]).unwrap();
        assert!(again.verify(b"two", other.key()).is_err());
    }

    #[test]
    fn a_proof_in_another_form_is_refused() {
        let text = proof(&signer(7)).text();
        for (from, to) in [
            ("tlog-proof@v1", "tlog-proof@v2"),
            ("index 1", "index x"),
            ("index 1\n", ""),
            ("\n\n", "\n"),
        ] {
            assert!(TlogProof::parse(&text.replacen(from, to, 1)).is_err(), "{from}");
        }
        let with_extra = text.replacen("index", "extra AAAA\nindex", 1);
        assert_eq!(TlogProof::parse(&with_extra).unwrap(), proof(&signer(7)));
    }

    /// The example in the documentation of Go's `golang.org/x/mod/sumdb/note`.
    #[test]
    fn a_note_signed_by_somebody_elses_tool_is_believed() {
        let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let text = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
        let note = format!(
            "{text}\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
        );
        let key = LogKey::parse(key).unwrap();
        let signed = SignedNote::parse(&note).unwrap();
        assert_eq!(key.open(&signed).unwrap(), text);
        assert_eq!(signed.text(), note);
        let changed = SignedNote::parse(&note.replace("cryptography", "cryptology")).unwrap();
        assert!(key.open(&changed).is_err());
    }

    #[test]
    fn a_note_may_hold_empty_lines() {
        let note = signer(7).sign("one\n\ntwo\n");
        let again = SignedNote::parse(&note.text()).unwrap();
        assert_eq!(signer(7).key().open(&again).unwrap(), "one\n\ntwo\n");
        let text = signer(7).key().verifier_text();
        assert_eq!(&LogKey::parse(&text).unwrap(), signer(7).key());
    }
}
