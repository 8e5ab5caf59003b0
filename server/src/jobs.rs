//! What the collector does by itself: judges what time has changed, and
//! notices what other processes wrote.

mod checklists;
pub mod turn;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use shared::os_releases::Catalogue;
use shared::policy::Policy;
use tokio::sync::watch;

use self::turn::Turn;
use crate::agent_releases::AgentReleases;
use crate::app::{Rulebook, Rules};
use crate::clock::Clock;
use crate::ingest::key_cache::KeyCache;
use crate::ingest::queue::{Queue, QueueError};
use crate::ingest::refusals::Refusals;
use crate::policy_document::PolicyDocuments;
use crate::store::StoreError;
use crate::store::access::Records;
use crate::store::leases::Fence;
use crate::store::place::Store;

/// Time between two rounds.
const ROUND: Duration = Duration::from_secs(1);
/// The lease of all of this.
const LEASE: &str = "rounds";
/// Devices judged in one transaction, so that reports need not wait long.
const DEVICES: usize = 200;

/// The collector's own work.
#[derive(Clone)]
pub struct Jobs {
    /// The one clock.
    pub clock: Clock,
    /// The way to the writer.
    pub queue: Queue,
    /// What is kept of people.
    pub records: Arc<dyn Records>,
    /// Replaced when other rules are in force.
    pub rulebook: Rulebook,
    /// Refreshed when keys changed.
    pub keys: KeyCache,
    /// The version of the rules that was last read.
    pub rules_version: Arc<AtomicI64>,
    /// The signed rules for agents.
    pub documents: PolicyDocuments,
    /// Whose turn it is, as far as this replica knows.
    pub turn: Turn,
    /// What revoked keys tried here.
    pub refusals: Refusals,
    /// Releases of the agent in this replica's folder.
    pub releases: AgentReleases,
}

impl Jobs {
    /// Works every second until `stop` turns true.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut rounds = tokio::time::interval(ROUND);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = rounds.tick() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            match self.round().await {
                Ok(()) => {}
                Err(QueueError::Stopped) => return,
                Err(error) => tracing::error!(%error, "a round of the collector's own work failed"),
            }
        }
    }

    /// Notices what others wrote, and does everything that is due now when it
    /// is this replica's turn.
    pub async fn round(&self) -> Result<(), QueueError> {
        self.refresh_keys().await?;
        self.refresh_rules().await?;
        let now = self.clock.now();
        self.refresh_releases(now).await?;
        self.keep_refusals(now, false).await?;
        let Some(fence) = self.turn.take(&self.queue, LEASE, now).await? else {
            return self.adopt_rules(now).await;
        };
        match self.due(now, &fence).await {
            // Another replica took over; it does the rest.
            Err(QueueError::Store(StoreError::Fenced(_))) => {
                self.turn.hold(None);
                Ok(())
            }
            done => done,
        }
    }

    async fn due(&self, now: Timestamp, fence: &Fence) -> Result<(), QueueError> {
        self.issue_rules(now, fence).await?;
        self.recorded(move |records| records.expire_waivers(now)).await?;
        loop {
            let rules = self.rulebook.current();
            let due = self.under(fence, move |writer| writer.judge_due(now, DEVICES, &rules));
            if due.await? < DEVICES {
                break;
            }
        }
        loop {
            let rules = self.rulebook.current();
            let others = self.under(fence, move |writer| writer.judge_all(now, DEVICES, &rules));
            if others.await? < DEVICES {
                break;
            }
        }
        // Last, so that what was judged just now counts.
        self.recorded(move |records| checklists::keep_up(records, now)).await.map(drop)
    }

    /// Gives the turn back, so that another replica need not wait.
    pub async fn leave(&self) -> Result<(), QueueError> {
        self.keep_refusals(self.clock.now(), true).await?;
        self.turn.leave(&self.queue).await
    }

    /// Writes down what revoked keys tried here.
    async fn keep_refusals(&self, now: Timestamp, is_end: bool) -> Result<(), QueueError> {
        let due = self.refusals.due(now, is_end);
        if due.is_empty() {
            return Ok(());
        }
        let (records, refusals) = (Arc::clone(&self.records), self.refusals.clone());
        let work = move || {
            for (device_id, refused) in due {
                if let Err(error) = records.add_refused(&device_id, &refused) {
                    tracing::error!(%error, "what a revoked key tried could not be kept yet");
                    refusals.put_back(&device_id, refused, now);
                }
            }
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| QueueError::Stopped)
    }

    /// Lets `work` write, unless another replica took over meanwhile.
    async fn under<T: Send + 'static>(
        &self,
        fence: &Fence,
        work: impl FnOnce(&mut dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, QueueError> {
        let fence = fence.clone();
        self.queue
            .run(move |writer| {
                writer.work_under(Some(fence));
                let done = work(writer);
                writer.work_under(None);
                done
            })
            .await
    }

    /// Lets `work` change what is kept of people. It must do nothing twice: no
    /// fence keeps another replica out.
    async fn recorded<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Records) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, QueueError> {
        let records = Arc::clone(&self.records);
        match tokio::task::spawn_blocking(move || work(&*records)).await {
            Ok(done) => Ok(done?),
            Err(_) => Err(QueueError::Stopped),
        }
    }

    async fn refresh_keys(&self) -> Result<(), QueueError> {
        let keys = self.keys.clone();
        match tokio::task::spawn_blocking(move || keys.refresh()).await {
            Ok(refreshed) => Ok(refreshed?),
            Err(_) => Err(QueueError::Stopped),
        }
    }

    /// Notices what was put into the folder of releases, and keeps since when
    /// each of them is known.
    async fn refresh_releases(&self, now: Timestamp) -> Result<(), QueueError> {
        let releases = self.releases.clone();
        let read = tokio::task::spawn_blocking(move || releases.refresh()).await;
        let Some(found) = read.map_err(|_| QueueError::Stopped)? else { return Ok(()) };
        let versions: Vec<String> =
            found.releases.iter().map(|one| one.manifest.version.clone()).collect();
        self.rulebook.shelve(found);
        if versions.is_empty() {
            return Ok(());
        }
        self.recorded(move |records| records.see_releases(&versions, now)).await
    }

    /// Signs the rules for agents when they or their certificate have changed.
    async fn issue_rules(&self, now: Timestamp, fence: &Fence) -> Result<(), QueueError> {
        let rules = self.rulebook.current();
        if !self.documents.is_outdated(&rules, now) {
            return Ok(());
        }
        let documents = self.documents.clone();
        self.under(fence, move |writer| documents.issue(writer, &rules, now)).await
    }

    /// Takes over the document that another replica has signed, if there is
    /// one for these rules.
    async fn adopt_rules(&self, now: Timestamp) -> Result<(), QueueError> {
        let rules = self.rulebook.current();
        if !self.documents.is_outdated(&rules, now) {
            return Ok(());
        }
        let documents = self.documents.clone();
        self.queue.run(move |writer| documents.adopt(writer, &rules, now)).await
    }

    async fn refresh_rules(&self) -> Result<(), QueueError> {
        let known = self.rules_version.load(Ordering::SeqCst);
        let found = self
            .queue
            .run(move |writer| {
                let version = writer.rules_version()?;
                Ok(if version == known { None } else { Some((version, stored_rules(writer)?)) })
            })
            .await?;
        if let Some((version, rules)) = found {
            tracing::info!(
                policy = rules.policy.id,
                catalogue = %rules.catalogue.as_of(),
                "other rules are in force"
            );
            self.rulebook.replace(rules);
            self.rules_version.store(version, Ordering::SeqCst);
        }
        Ok(())
    }
}

/// The rules in the database; what is built in where there are none, or where
/// the built-in catalogue is newer.
pub fn stored_rules(writer: &dyn Store) -> Result<Rules, StoreError> {
    let policy =
        match writer.policy()? {
            Some(text) => Arc::new(Policy::parse(&text).map_err(|error| StoreError::Corrupt {
                what: "the policy",
                why: error.to_string(),
            })?),
            None => Policy::baseline(),
        };
    let embedded = Catalogue::embedded();
    let catalogue = match writer.catalogue()? {
        Some(text) => {
            let stored = Catalogue::parse(text.as_bytes()).map_err(|error| {
                StoreError::Corrupt { what: "the catalogue", why: error.to_string() }
            })?;
            if stored.as_of() >= embedded.as_of() { Arc::new(stored) } else { embedded }
        }
        None => embedded,
    };
    Ok(Rules::new(policy, catalogue))
}
