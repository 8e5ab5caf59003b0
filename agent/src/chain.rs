//! The chain of one key's statements: each names the digest of the one before.
//!
//! A sequence must never stand for two different statements, whatever crashes
//! when: two would be proof of two signers, and the collector would suspend the
//! device. So the order of writing is fixed. The statement's file in the spool
//! is the commit; the copy for `show` and [`Progress`] follow, and nothing is
//! sent or removed before they are written. On opening, the newest statement is
//! looked for in all three.

use jiff::Timestamp;
use shared::envelope::Envelope;
use shared::keys::{hex, sha256_hex};
use shared::statement::{Posture, Statement};

use crate::identity::keys::folder_of;
use crate::identity::progress::{Head, Progress};
use crate::report::kind::LastFull;
use crate::spool::{Entry, Spool};
use crate::state::{StateError, StateFolder};

/// Name of the copy of the last signed envelope.
const LAST_FILE: &str = "last.json";

/// An open chain.
#[derive(Debug)]
pub struct Chain<'a> {
    folder: &'a StateFolder,
    key: String,
    first_previous: String,
    /// What the collector last said, and how far the chain has come.
    pub progress: Progress,
    /// What waits to be delivered.
    pub spool: Spool<'a>,
}

/// Where the next statement goes in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its sequence.
    pub sequence: i64,
    /// Digest of the statement before; of the certificate for the first.
    pub previous: String,
}

impl<'a> Chain<'a> {
    /// Opens the chain of `key`, whose certificate is `certificate_der`, and
    /// mends what a crash left behind.
    pub fn open(
        folder: &'a StateFolder,
        key: &str,
        certificate_der: &[u8],
    ) -> Result<Self, StateError> {
        let spool = Spool::of(folder, key);
        let stored = Progress::load(folder, key);
        let newest = newest(folder, key, &spool)?;
        // Without a record of what was signed, 1 could be used a second time.
        let progress = match (stored, &newest) {
            (Ok(Some(progress)), _) => progress,
            (Err(StateError::Damaged { .. }) | Ok(None), Some(head)) => {
                let oldest = spool.entries()?.first().map(|entry| entry.sequence - 1);
                Progress { delivered: oldest.unwrap_or(head.sequence), ..Progress::default() }
            }
            (Ok(None), None) => return Err(folder.damaged(&folder_of(key), &"a file is missing")),
            (Err(error), _) => return Err(error),
        };
        let first_previous = sha256_hex(certificate_der);
        let mut chain = Self { folder, key: key.to_owned(), first_previous, progress, spool };
        chain.mend(newest)?;
        Ok(chain)
    }

    /// The chain as it stands, for looking at it alone.
    pub fn look(folder: &'a StateFolder, key: &str, progress: Progress) -> Self {
        let (first_previous, spool) = (String::new(), Spool::of(folder, key));
        Self { folder, key: key.to_owned(), first_previous, progress, spool }
    }

    /// Adopts a statement that was written, but not yet recorded.
    fn mend(&mut self, newest: Option<Head>) -> Result<(), StateError> {
        let known = self.progress.head.as_ref().map_or(0, |head| head.sequence);
        let Some(newest) = newest.filter(|it| it.sequence > known) else { return Ok(()) };
        self.progress.head = Some(newest);
        // It may hold other observations and may have used the nonce.
        self.progress.full = None;
        self.progress.nonce = None;
        self.save()
    }

    /// The folder that it is kept in.
    pub(crate) fn folder(&self) -> &'a StateFolder {
        self.folder
    }

    /// Where the next statement goes.
    pub fn next(&self) -> Place {
        match &self.progress.head {
            Some(head) => Place { sequence: head.sequence + 1, previous: head.sha256.clone() },
            None => Place { sequence: 1, previous: self.first_previous.clone() },
        }
    }

    /// Makes a signed statement the newest of the chain, durably. `full` is
    /// what the next unchanged one may point at.
    pub fn append(
        &mut self,
        entry: &Entry,
        envelope: &Envelope,
        full: Option<LastFull>,
    ) -> Result<Head, StateError> {
        let head = Head { sequence: entry.sequence, sha256: hex(&envelope.digest()) };
        self.spool.put(entry, envelope)?;
        let last = format!("{}/{LAST_FILE}", folder_of(&self.key));
        self.folder.write(&last, envelope.to_json().as_bytes())?;
        self.progress.head = Some(head.clone());
        if full.is_some() {
            self.progress.full = full;
        }
        self.progress.reported_at = Timestamp::from_second(entry.made_at).ok();
        self.save()?;
        Ok(head)
    }

    /// Stores the progress.
    pub fn save(&self) -> Result<(), StateError> {
        self.progress.store(self.folder, &self.key)
    }

    /// Statements waiting, and those lost to limits since the last delivered
    /// one. The loss is counted from what is there, so that no crash falsifies
    /// it: what was made later than the last delivered one is waiting, was put
    /// aside, or is lost.
    pub fn queue(&self) -> Result<shared::statement::Spool, StateError> {
        let entries = self.spool.entries()?;
        let delivered = self.progress.delivered;
        let later = entries.iter().filter(|it| it.sequence > delivered).count();
        let made = self.progress.head.as_ref().map_or(0, |it| it.sequence) - delivered;
        let aside = self.spool.quarantined_after(delivered)?;
        Ok(shared::statement::Spool {
            queued: i64::try_from(entries.len()).unwrap_or(i64::MAX),
            dropped: (made - i64::try_from(later).unwrap_or(i64::MAX) - aside).max(0),
        })
    }
}

/// The last signed envelope of `key`, as it was stored.
pub fn last_signed(folder: &StateFolder, key: &str) -> Result<Option<Envelope>, StateError> {
    let spool = Spool::of(folder, key);
    let waiting = match spool.entries()?.last() {
        Some(entry) => spool.read(entry)?,
        None => None,
    };
    let last = folder.read(&format!("{}/{LAST_FILE}", folder_of(key)))?;
    let copy = last.and_then(|bytes| Envelope::parse(&bytes).ok());
    Ok(waiting.into_iter().chain(copy).max_by_key(|it| sequence(it).unwrap_or(0)))
}

fn newest(folder: &StateFolder, key: &str, spool: &Spool<'_>) -> Result<Option<Head>, StateError> {
    let signed = last_signed(folder, key)?;
    let head =
        signed.and_then(|it| Some(Head { sequence: sequence(&it)?, sha256: hex(&it.digest()) }));
    // A file that the disk has damaged still says by its name what was used.
    let Some(named) = spool.entries()?.last().map(|entry| entry.sequence) else { return Ok(head) };
    Ok(match head {
        Some(head) if head.sequence < named => Some(Head { sequence: named, sha256: head.sha256 }),
        None => Some(Head { sequence: named, sha256: "0".repeat(64) }),
        some => some,
    })
}

fn sequence(envelope: &Envelope) -> Option<i64> {
    let statement = Statement::<Posture>::parse(&envelope.payload).ok()?;
    Some(statement.predicate.sequence)
}
