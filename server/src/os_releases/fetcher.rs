//! Fetches the feed: one attempt from its begin in the store to its end there.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shared::os_releases::{Catalogue, Corrections, Installed, is_newer_than, sofa};
use tokio::sync::{Notify, watch};

use super::adopt::{self, Refusal, plausible, today};
use super::feed::{self, Answer, FeedError};
use super::source::{OsReleases, Source};
use super::timing::{SPACING, is_due, next_at};
use crate::app::Rulebook;
use crate::clock::Clock;
use crate::ingest::queue::{Queue, QueueError};
use crate::store::StoreError;
use crate::store::os_releases::{Ended, FeedState, Outcome, Tags};
use crate::store::place::Store;

/// An attempt that has not ended by then has died.
const GIVEN_UP: SignedDuration = SignedDuration::from_mins(2);
/// How often it is looked whether an attempt is due.
const LOOK: Duration = Duration::from_secs(5);
/// Time for the very first attempt, which delays the start.
const FIRST: Duration = Duration::from_secs(5);

/// Keeps the catalogue new.
#[derive(Clone)]
pub struct Fetcher {
    clock: Clock,
    queue: Queue,
    rulebook: Rulebook,
    source: Option<Arc<Source>>,
    corrections: Arc<Corrections>,
    wake: Arc<Notify>,
    /// No need to look into the store before.
    look_at_ms: Arc<AtomicI64>,
    /// One attempt at a time in this process; the store sees to the others.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// The unknown system that was noted last.
    noted: Arc<Mutex<Option<(String, Timestamp)>>>,
}

/// What one attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// How it ended.
    pub outcome: Outcome,
    /// The same in one sentence.
    pub detail: String,
}

/// An attempt's result before it is stored.
#[derive(Debug)]
pub struct Judged {
    /// What to store.
    pub ended: Ended,
    /// What to put in force.
    pub catalogue: Option<Catalogue>,
}

impl Fetcher {
    /// A fetcher for `settings`; without a source it does nothing.
    pub fn new(clock: Clock, queue: Queue, rulebook: Rulebook, settings: &OsReleases) -> Self {
        Self {
            clock,
            queue,
            rulebook,
            source: settings.feed.clone().map(Arc::new),
            corrections: Arc::clone(&settings.corrections),
            wake: Arc::default(),
            look_at_ms: Arc::default(),
            turn: Arc::default(),
            noted: Arc::default(),
        }
    }

    /// Fetches whenever it is due, until `stop` turns true.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        if self.source.is_none() {
            return;
        }
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = looks.tick() => {}
                () = self.wake.notified() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            let ended = tokio::select! {
                ended = self.round() => ended,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            match ended {
                Ok(_) => {}
                Err(QueueError::Stopped) => return,
                Err(error) => tracing::error!(%error, "the catalogue could not be fetched"),
            }
        }
    }

    /// Fetches if it is due now; what came of it.
    pub async fn round(&self) -> Result<Option<Attempt>, QueueError> {
        let Some(source) = &self.source else { return Ok(None) };
        let _turn = self.turn.lock().await;
        let now = self.clock.now();
        let look_at = self.look_at_ms.load(Ordering::SeqCst);
        // Half an hour at most: a clock or another process may change it.
        if now.as_millisecond() < look_at && look_at - now.as_millisecond() < 1_800_000 {
            return Ok(None);
        }
        let state = self.queue.run(|writer| writer.feed()).await?;
        if !is_due(&state, now) {
            self.look_again(&state);
            return Ok(None);
        }
        self.attempt(source, now, feed::WHOLE_TIMEOUT).await
    }

    /// The very first attempt of a new collector, before any Mac is judged:
    /// short, and whatever comes of it the collector starts.
    pub async fn first(&self) -> Result<Option<Attempt>, QueueError> {
        let Some(source) = &self.source else { return Ok(None) };
        let state = self.queue.run(|writer| writer.feed()).await?;
        if state.attempted_at.is_some() {
            return Ok(None);
        }
        self.attempt(source, self.clock.now(), FIRST).await
    }

    fn look_again(&self, state: &FeedState) {
        let is_wanted = state.wanted != state.asked_for;
        let soon = state.attempted_at.and_then(|at| at.checked_add(SPACING).ok());
        let at = if is_wanted { soon.unwrap_or(state.next_at) } else { state.next_at };
        self.look_at_ms.store(at.as_millisecond(), Ordering::SeqCst);
    }

    async fn attempt(
        &self,
        source: &Source,
        now: Timestamp,
        deadline: Duration,
    ) -> Result<Option<Attempt>, QueueError> {
        let (known, url) = (self.rulebook.current().catalogue, source.url.clone());
        let sha256 = known.sha256().to_owned();
        let begun = self.queue.run(move |writer| begin(writer, &url, &sha256, now)).await?;
        // Another replica is at it.
        let Some(state) = begun else { return Ok(None) };
        let asked = fetch(source, &state, &self.corrections, &self.clock);
        let answer = tokio::time::timeout(deadline, asked).await.unwrap_or(Err(FeedError::Late));
        let Judged { ended, catalogue } =
            judge(answer, &state, &known, &self.corrections, Moment::of(&self.clock, source));
        let Ended { outcome, detail, .. } = ended.clone();
        if outcome == Outcome::Failed {
            tracing::warn!(url = source.url, "the catalogue stays: {detail}");
        } else {
            tracing::info!(url = source.url, "{detail}");
        }
        self.queue.run(move |writer| writer.end_fetch(&ended, catalogue.as_ref())).await?;
        self.look_at_ms.store(0, Ordering::SeqCst);
        Ok(Some(Attempt { outcome, detail }))
    }

    /// Notes that a Mac runs `installed`, if the catalogue does not know it,
    /// and fetches soon. Costs a write at most every few minutes.
    pub async fn notice(&self, installed: &Installed<'_>) {
        let catalogue = self.rulebook.current().catalogue;
        if self.source.is_none() || !is_newer_than(&catalogue, installed) {
            return;
        }
        let system = [installed.build, installed.extra]
            .into_iter()
            .flatten()
            .fold(installed.version.to_string(), |all, one| format!("{all} {one}"));
        if !self.is_worth_noting(&system) {
            return;
        }
        tracing::info!(system, "a Mac runs a macOS that the catalogue does not know");
        match self.queue.run(move |writer| writer.want_fetch(system.trim())).await {
            Ok(()) => {
                self.look_at_ms.store(0, Ordering::SeqCst);
                self.wake.notify_one();
            }
            Err(error) => tracing::error!(%error, "an unknown macOS could not be noted"),
        }
    }

    fn is_worth_noting(&self, system: &str) -> bool {
        let now = self.clock.now();
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = noted
            .as_ref()
            .is_none_or(|(known, at)| known != system || now.duration_since(*at).abs() >= SPACING);
        if is_new {
            *noted = Some((system.to_owned(), now));
        }
        is_new
    }
}

/// Begins an attempt at `url`, unless another one is under way.
///
/// "The same as the last time" is an answer only while that is in force.
pub fn begin(
    writer: &mut dyn Store,
    url: &str,
    known_sha256: &str,
    now: Timestamp,
) -> Result<Option<FeedState>, StoreError> {
    let is_from_there = writer.origin(known_sha256)?.is_some_and(|origin| origin.name == url);
    let state = writer.begin_fetch(url, now, later(now, GIVEN_UP), later(now, SPACING))?;
    Ok(state.map(
        |state| {
            if is_from_there { state } else { FeedState { tags: Tags::default(), ..state } }
        },
    ))
}

/// Asks the address; what was corrected otherwise is asked for as a whole.
pub async fn fetch(
    source: &Source,
    state: &FeedState,
    corrections: &Corrections,
    clock: &Clock,
) -> Result<Answer, FeedError> {
    let is_same = state.corrections_sha256 == corrections.sha256();
    let tags = if is_same { state.tags.clone() } else { <_>::default() };
    feed::ask(source, &tags, clock).await
}

/// When an attempt ended, and what spaces the next.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Now.
    pub now: Timestamp,
    /// Time between two regular attempts.
    pub every: SignedDuration,
    /// Anything from 0 to 255.
    pub spread: u8,
}

impl Moment {
    /// Now, for attempts at `source`.
    pub fn of(clock: &Clock, source: &Source) -> Self {
        let [spread, ..] = *uuid::Uuid::new_v4().as_bytes();
        Self { now: clock.now(), every: source.every, spread }
    }
}

/// Decides what an answer means: pure.
pub fn judge(
    answer: Result<Answer, FeedError>,
    state: &FeedState,
    known: &Catalogue,
    corrections: &Corrections,
    moment: Moment,
) -> Judged {
    let mut tags = state.tags.clone();
    let mut dates_itself = state.dates_itself;
    let taken: Result<Option<Catalogue>, String> = match answer {
        Err(error) => Err(error.to_string()),
        Ok(Answer::NotModified) if dates_itself => Ok(None),
        // Only the one who asks knows how new such a feed is.
        Ok(Answer::NotModified) if known.as_of() >= today(moment.now) => Ok(None),
        Ok(Answer::NotModified) => {
            known.redated(today(moment.now)).map(Some).map_err(|error| error.to_string())
        }
        Ok(Answer::Body { bytes, tags: new }) => {
            let taken = take(&bytes, known, corrections, moment.now);
            if taken.is_ok() {
                tags = new;
                dates_itself = adopt::is_own(&bytes) || sofa::dates_itself(&bytes);
            }
            taken.map_err(|refusal| refusal.to_string())
        }
    };
    let (outcome, detail, catalogue) = match taken {
        Ok(None) => (Outcome::Same, format!("nothing newer than {}", known.as_of()), None),
        Ok(Some(new)) => {
            let detail = format!("{} releases as of {}", new.releases().len(), new.as_of());
            (Outcome::Changed, detail, Some(new))
        }
        Err(why) => (Outcome::Failed, why, None),
    };
    let corrections_sha256 = match outcome {
        Outcome::Failed => state.corrections_sha256.clone(),
        _ => corrections.sha256().to_owned(),
    };
    let ended = Ended {
        attempt: state.attempt,
        outcome,
        detail,
        tags,
        corrections_sha256,
        dates_itself,
        at: moment.now,
        next_at: next_at(state, outcome, moment.every, moment.now, moment.spread),
    };
    Judged { ended, catalogue }
}

/// A body as a catalogue that may be put in force; none when it is in force.
fn take(
    bytes: &[u8],
    known: &Catalogue,
    corrections: &Corrections,
    now: Timestamp,
) -> Result<Option<Catalogue>, Refusal> {
    let found = adopt::read(bytes, corrections, now)?;
    plausible(&found, known)?;
    Ok((found.sha256() != known.sha256()).then_some(found))
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(now)
}

#[cfg(test)]
mod tests;
