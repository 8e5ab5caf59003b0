//! What fetching the catalogue of releases has come to, and the signed rules.
//!
//! One replica fetches at a time: it takes the work with a deadline, and only
//! the newest attempt may write its result. Leases can guard the same calls.

use jiff::Timestamp;
use shared::os_releases::Catalogue;

use super::StoreError;

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Another catalogue is in force since.
    Changed,
    /// The address has nothing newer.
    Same,
    /// No answer, or none that can be used.
    Failed,
}

impl Outcome {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Same => "same",
            Self::Failed => "failed",
        }
    }

    /// The outcome that is stored as `word`; a word of a newer program counts
    /// as failed, so that nobody relies on it.
    pub fn stored(word: &str) -> Self {
        let known = [Self::Changed, Self::Same].into_iter().find(|one| one.as_str() == word);
        known.unwrap_or(Self::Failed)
    }
}

/// What a server gives to recognise its answer by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// `ETag`
    pub etag: Option<String>,
    /// `Last-Modified`
    pub modified: Option<String>,
}

/// What fetching has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedState {
    /// Counts attempts.
    pub attempt: i64,
    /// The address of the newest attempt.
    pub url: String,
    /// How to recognise the last answer that was taken from there.
    pub tags: Tags,
    /// Names the corrections that were merged into it.
    pub corrections_sha256: String,
    /// Whether that answer said itself how old it is.
    pub dates_itself: bool,
    /// When it was last tried.
    pub attempted_at: Option<Timestamp>,
    /// How that ended; none while it is under way.
    pub outcome: Option<Outcome>,
    /// The same in one sentence.
    pub detail: String,
    /// The newest attempt that did not fail.
    pub answered_at: Option<Timestamp>,
    /// Attempts that failed in a row.
    pub failures: u32,
    /// No regular attempt before.
    pub next_at: Timestamp,
    /// A system that a Mac runs and the catalogue does not know.
    pub wanted: Option<String>,
    /// What was wanted at the newest attempt.
    pub asked_for: Option<String>,
}

/// What an attempt writes when it has ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Which attempt.
    pub attempt: i64,
    /// How.
    pub outcome: Outcome,
    /// The same in one sentence.
    pub detail: String,
    /// For the next request; kept as they were when the attempt failed.
    pub tags: Tags,
    /// Names the corrections that were merged.
    pub corrections_sha256: String,
    /// Whether the feed says itself how old it is.
    pub dates_itself: bool,
    /// When.
    pub at: Timestamp,
    /// No regular attempt before.
    pub next_at: Timestamp,
}

/// Where the catalogue in force comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// An address, the name of a file, or empty.
    pub name: String,
    /// Since when it is in force.
    pub since: Timestamp,
}

/// Keeps what fetching has come to.
pub trait Feeds: Send {
    /// What fetching has come to.
    fn feed(&self) -> Result<FeedState, StoreError>;
    /// Begins an attempt, unless another one is under way. It is over by
    /// `until` at the latest, and no regular one begins before `next_at` if
    /// this one never ends.
    fn begin_fetch(
        &mut self,
        url: &str,
        now: Timestamp,
        until: Timestamp,
        next_at: Timestamp,
    ) -> Result<Option<FeedState>, StoreError>;
    /// Ends an attempt and puts `catalogue` in force, if there is one. An
    /// attempt that is not the newest writes nothing and gets `false`.
    fn end_fetch(
        &mut self,
        ended: &Ended,
        catalogue: Option<&Catalogue>,
    ) -> Result<bool, StoreError>;
    /// Remembers that a Mac runs a system that the catalogue does not know.
    fn want_fetch(&mut self, system: &str) -> Result<(), StoreError>;
    /// Where the catalogue of this digest came from; none for the built-in one.
    fn origin(&self, catalogue_sha256: &str) -> Result<Option<Origin>, StoreError>;
}

/// Everything about the catalogue that is shown to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// What fetching has come to.
    pub feed: FeedState,
    /// Where the catalogue in force comes from; none for the built-in one.
    pub origin: Option<Origin>,
    /// Since when agents are given it.
    pub issued_since: Option<Timestamp>,
}

/// Reads what is shown of the catalogue.
pub trait KeepingViews: Send + Sync {
    /// About the catalogue of this digest.
    fn keeping(&self, catalogue_sha256: &str) -> Result<Keeping, StoreError>;
}

/// A signed document for agents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedPolicy {
    /// When it was issued; each later than the one before.
    pub issued_at: Timestamp,
    /// Names key and CA.
    pub signer: String,
    /// Digest of the policy.
    pub policy_sha256: String,
    /// Digest of the catalogue.
    pub catalogue_sha256: String,
    /// When the certificate ends.
    pub not_after: Timestamp,
    /// The answer to agents, byte for byte.
    pub document: String,
}

/// Keeps the signed documents.
pub trait IssuedPolicies: Send {
    /// The newest one.
    fn newest_policy(&self) -> Result<Option<IssuedPolicy>, StoreError>;
    /// Keeps one.
    fn keep_policy(&mut self, issued: &IssuedPolicy) -> Result<(), StoreError>;
}
