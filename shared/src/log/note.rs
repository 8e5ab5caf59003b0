//! Signed notes (C2SP signed-note, Ed25519): a text and who stands for it.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::keys::sha256;

/// The kind of key, in its id and in a verifier's key.
const ED25519_TYPE: u8 = 0x01;
/// What a line of a signature begins with.
const DASH: &str = "\u{2014} ";

/// Why a note is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It has another form.
    #[error("not a signed note: {0}")]
    Form(&'static str),
    /// No line was signed by the key.
    #[error("the note is not signed by `{0}` with the known key")]
    NotSigned(String),
    /// The key cannot be used.
    #[error("not a note key: {0}")]
    Key(&'static str),
}

/// Who signs a log, as others check it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogKey {
    name: String,
    public: [u8; 32],
}

impl LogKey {
    /// A key with its name, which is the log's origin.
    pub fn new(name: &str, public: [u8; 32]) -> Result<Self, NoteError> {
        let is_name =
            !name.is_empty() && !name.contains(|any: char| any.is_whitespace() || any == '+');
        if !is_name {
            return Err(NoteError::Key("a name is not empty and has no blank and no plus"));
        }
        Ok(Self { name: name.to_owned(), public })
    }

    /// Reads `name+id+key`, as `sumdb/note` and C2SP write it.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        // The key is base64, which may hold a plus of its own.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key("it has the form name+id+key"));
        };
        let key = STANDARD.decode(key).map_err(|_| NoteError::Key("the key is not base64"))?;
        let public = match key.split_first() {
            Some((&ED25519_TYPE, public)) => public.try_into().ok(),
            _ => None,
        };
        let public = public.ok_or(NoteError::Key("the key is not an Ed25519 key"))?;
        let key = Self::new(name, public)?;
        if key.id_hex() != id {
            return Err(NoteError::Key("the id does not belong to the key"));
        }
        Ok(key)
    }

    /// The log's origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `name+id+key`, for a verifier.
    pub fn verifier_text(&self) -> String {
        let key: Vec<u8> = [ED25519_TYPE].into_iter().chain(self.public).collect();
        format!("{}+{}+{}", self.name, self.id_hex(), STANDARD.encode(key))
    }

    fn id(&self) -> [u8; 4] {
        let named = [self.name.as_bytes(), b"\n", &[ED25519_TYPE], &self.public].concat();
        let [a, b, c, d, ..] = sha256(&named);
        [a, b, c, d]
    }

    fn id_hex(&self) -> String {
        crate::keys::hex(&self.id())
    }

    /// The text of a note that this key signed.
    pub fn open<'n>(&self, note: &'n SignedNote) -> Result<&'n str, NoteError> {
        let signed = note.signatures.iter().any(|(name, bytes)| {
            let signature = bytes.strip_prefix(&self.id());
            name == &self.name && signature.is_some_and(|it| self.verifies(&note.text, it))
        });
        if signed { Ok(&note.text) } else { Err(NoteError::NotSigned(self.name.clone())) }
    }

    fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public).verify(text.as_bytes(), signature).is_ok()
    }
}

/// The other half of a [`LogKey`].
#[derive(Debug)]
pub struct LogSigner {
    key: LogKey,
    pair: Ed25519KeyPair,
}

impl LogSigner {
    /// The signer with this seed.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed)
            .map_err(|_| NoteError::Key("the seed cannot be used"))?;
        let public = pair.public_key().as_ref().try_into();
        let public = public.map_err(|_| NoteError::Key("the public key has another length"))?;
        Ok(Self { key: LogKey::new(name, public)?, pair })
    }

    /// What others check with.
    pub fn key(&self) -> &LogKey {
        &self.key
    }

    /// Signs a text, which ends with a line break.
    pub fn sign(&self, text: &str) -> SignedNote {
        let signature = self.pair.sign(text.as_bytes());
        let bytes = [&self.key.id(), signature.as_ref()].concat();
        SignedNote { text: text.to_owned(), signatures: vec![(self.key.name.clone(), bytes)] }
    }
}

/// A text with signatures under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<(String, Vec<u8>)>,
}

impl SignedNote {
    /// Reads a note. Whether it is to be believed is for [`LogKey::open`].
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        let bad = NoteError::Form;
        if note.chars().any(|any| any.is_control() && any != '\n') {
            return Err(bad("it holds a control character"));
        }
        let (before, lines) =
            note.rsplit_once("\n\n").ok_or(bad("no empty line stands before the signatures"))?;
        let lines = lines.strip_suffix('\n').ok_or(bad("the last line has no end"))?;
        let signatures: Result<Vec<_>, NoteError> = lines.split('\n').map(signature).collect();
        Ok(Self { text: format!("{before}\n"), signatures: signatures? })
    }

    /// The note as it is stored and sent.
    pub fn text(&self) -> String {
        let line = |(name, bytes): &(String, Vec<u8>)| {
            format!("{DASH}{name} {}\n", STANDARD.encode(bytes))
        };
        let lines: String = self.signatures.iter().map(line).collect();
        format!("{}\n{lines}", self.text)
    }
}

fn signature(line: &str) -> Result<(String, Vec<u8>), NoteError> {
    let bad = NoteError::Form("a line under the text is no signature");
    let (name, bytes) =
        line.strip_prefix(DASH).and_then(|rest| rest.split_once(' ')).ok_or(bad.clone())?;
    let bytes = STANDARD.decode(bytes).map_err(|_| bad.clone())?;
    if name.is_empty() || bytes.len() < 5 { Err(bad) } else { Ok((name.to_owned(), bytes)) }
}
