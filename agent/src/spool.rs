//! Statements on disk that wait for the collector's receipt.
//!
//! One file a statement, named by sequence, time and kind, so that limits can
//! be kept without reading them. A file is never written twice.

use jiff::Timestamp;
use shared::envelope::Envelope;
use shared::statement::ReportKind;

use crate::identity::keys::folder_of;
use crate::state::{StateError, StateFolder};

pub mod limits;

/// Most refused statements that are kept.
const QUARANTINE_LIMIT: usize = 500;
/// Where refused statements are kept.
const QUARANTINE: &str = "quarantine";

/// One waiting statement, as its file name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its sequence.
    pub sequence: i64,
    /// When it was made, in whole seconds since 1970.
    pub made_at: i64,
    /// Whether it holds all observations.
    pub is_full: bool,
}

impl Entry {
    /// The entry of a statement made at `made_at`.
    pub fn new(sequence: i64, made_at: Timestamp, kind: ReportKind) -> Self {
        Self { sequence, made_at: made_at.as_second(), is_full: kind == ReportKind::Full }
    }

    fn name(&self) -> String {
        let kind = if self.is_full { "full" } else { "unchanged" };
        format!("{:016}_{}_{kind}.json", self.sequence, self.made_at)
    }

    fn parse(name: &str) -> Option<Self> {
        let mut parts = name.strip_suffix(".json")?.split('_');
        let sequence = parts.next()?.parse().ok()?;
        let made_at = parts.next()?.parse().ok()?;
        let is_full = match parts.next()? {
            "full" => true,
            "unchanged" => false,
            _ => return None,
        };
        parts.next().is_none().then_some(Self { sequence, made_at, is_full })
    }
}

/// The queue of one key's statements.
#[derive(Clone, Debug)]
pub struct Spool<'a> {
    folder: &'a StateFolder,
    key: String,
}

impl<'a> Spool<'a> {
    /// The queue of the key called `key`.
    pub fn of(folder: &'a StateFolder, key: &str) -> Self {
        Self { folder, key: key.to_owned() }
    }

    fn place(&self) -> String {
        format!("{}/spool", folder_of(&self.key))
    }

    fn file(&self, entry: &Entry) -> String {
        format!("{}/{}", self.place(), entry.name())
    }

    /// What waits, oldest first.
    pub fn entries(&self) -> Result<Vec<Entry>, StateError> {
        let names = self.folder.list(&self.place())?;
        let mut entries: Vec<Entry> = names.iter().filter_map(|name| Entry::parse(name)).collect();
        entries.sort_unstable();
        Ok(entries)
    }

    /// Puts a statement in; once this returns, no crash loses it.
    pub fn put(&self, entry: &Entry, envelope: &Envelope) -> Result<(), StateError> {
        self.folder.write(&self.file(entry), envelope.to_json().as_bytes())
    }

    /// A waiting statement; none when the disk does not hold it any more as it
    /// was written.
    pub fn read(&self, entry: &Entry) -> Result<Option<Envelope>, StateError> {
        let Some(bytes) = self.folder.read(&self.file(entry))? else { return Ok(None) };
        Ok(Envelope::parse(&bytes).ok())
    }

    /// Takes a statement out that the collector confirmed.
    pub fn remove(&self, entry: &Entry) -> Result<(), StateError> {
        self.folder.remove(&self.file(entry))
    }

    /// Puts a statement aside that will never be accepted, with the reason.
    pub fn quarantine(&self, entry: &Entry, reason: &str) -> Result<(), StateError> {
        let aside = format!("{QUARANTINE}/{}_{}", entry.name().trim_end_matches(".json"), self.key);
        self.folder.write(&format!("{aside}.txt"), reason.as_bytes())?;
        self.folder.rename(&self.file(entry), &format!("{aside}.json"))?;
        tracing::warn!(sequence = entry.sequence, reason, "put a refused statement aside");
        let names = self.folder.list(QUARANTINE)?;
        for name in names.iter().take(names.len().saturating_sub(2 * QUARANTINE_LIMIT)) {
            self.folder.remove(&format!("{QUARANTINE}/{name}"))?;
        }
        Ok(())
    }

    /// How many statements of this key after `sequence` were put aside.
    pub fn quarantined_after(&self, sequence: i64) -> Result<i64, StateError> {
        let ending = format!("_{}.json", self.key);
        let names = self.folder.list(QUARANTINE)?;
        let ours = names.iter().filter_map(|name| name.strip_suffix(&ending)?.split('_').next());
        let after = ours.filter(|part| part.parse::<i64>().is_ok_and(|it| it > sequence));
        Ok(i64::try_from(after.count()).unwrap_or(i64::MAX))
    }

    /// Removes what is over the limits once the statement with this sequence
    /// has come, which stays in any case.
    pub fn make_room(&self, coming: i64, now: Timestamp) -> Result<(), StateError> {
        let mut entries = self.entries()?;
        entries.push(Entry { sequence: coming, made_at: now.as_second(), is_full: false });
        for entry in limits::surplus(&entries, now.as_second()) {
            tracing::warn!(sequence = entry.sequence, "dropped a statement over the queue's limit");
            self.remove(&entry)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
