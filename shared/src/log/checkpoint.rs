//! Checkpoints (C2SP tlog-checkpoint): how large a log was, and its root.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::note::{LogKey, LogSigner, NoteError, SignedNote};
use super::tree::Hash;

/// The state of a log at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// Number of its entries.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
}

/// Why a text is no checkpoint of the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text in the note.
    #[error("not a checkpoint: {0}")]
    Form(&'static str),
    /// Another log's.
    #[error("the checkpoint is of the log `{0}`")]
    OtherLog(String),
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.0))
    }

    /// Signs it.
    pub fn sign(&self, signer: &LogSigner) -> SignedNote {
        signer.sign(&self.text())
    }

    /// Reads a checkpoint that `key` signed for the log of its own name.
    pub fn open(note: &str, key: &LogKey) -> Result<Self, CheckpointError> {
        let note = SignedNote::parse(note)?;
        let checkpoint = Self::parse(key.open(&note)?)?;
        if checkpoint.origin == key.name() {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::OtherLog(checkpoint.origin))
        }
    }

    fn parse(text: &str) -> Result<Self, CheckpointError> {
        let bad = CheckpointError::Form;
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root), Some(_)) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(bad("it has fewer than three lines"));
        };
        let number = size.parse::<u64>().map_err(|_| bad("the size is no number"))?;
        if number.to_string() != size {
            return Err(bad("the size is not written plainly"));
        }
        let root = STANDARD.decode(root).map_err(|_| bad("the root is not base64"))?;
        let root = root.try_into().map_err(|_| bad("the root is no SHA-256"))?;
        if origin.is_empty() {
            return Err(bad("the origin is empty"));
        }
        Ok(Self { origin: origin.to_owned(), size: number, root: Hash(root) })
    }
}
