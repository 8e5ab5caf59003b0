//! What the collector does by itself: judges what time has changed, and
//! notices what other processes wrote.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use shared::os_releases::Catalogue;
use shared::policy::Policy;
use tokio::sync::watch;

use crate::app::{Rulebook, Rules};
use crate::clock::Clock;
use crate::ingest::key_cache::KeyCache;
use crate::ingest::queue::{Queue, QueueError};
use crate::policy_document::PolicyDocuments;
use crate::store::StoreError;
use crate::store::place::Store;

/// Time between two rounds.
const ROUND: Duration = Duration::from_secs(1);
/// Devices judged in one transaction, so that reports need not wait long.
const DEVICES: usize = 200;

/// The collector's own work.
#[derive(Clone)]
pub struct Jobs {
    /// The one clock.
    pub clock: Clock,
    /// The way to the writer.
    pub queue: Queue,
    /// Replaced when other rules are in force.
    pub rulebook: Rulebook,
    /// Refreshed when keys changed.
    pub keys: KeyCache,
    /// The version of the rules that was last read.
    pub rules_version: Arc<AtomicI64>,
    /// The signed rules for agents.
    pub documents: PolicyDocuments,
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

    /// Does everything that is due now.
    pub async fn round(&self) -> Result<(), QueueError> {
        self.refresh_keys().await?;
        self.refresh_rules().await?;
        let now = self.clock.now();
        self.issue_rules(now).await?;
        loop {
            let rules = self.rulebook.current();
            let due = self.queue.run(move |writer| writer.judge_due(now, DEVICES, &rules)).await?;
            if due < DEVICES {
                break;
            }
        }
        loop {
            let rules = self.rulebook.current();
            let others =
                self.queue.run(move |writer| writer.judge_all(now, DEVICES, &rules)).await?;
            if others < DEVICES {
                return Ok(());
            }
        }
    }

    async fn refresh_keys(&self) -> Result<(), QueueError> {
        let keys = self.keys.clone();
        match tokio::task::spawn_blocking(move || keys.refresh()).await {
            Ok(refreshed) => Ok(refreshed?),
            Err(_) => Err(QueueError::Stopped),
        }
    }

    /// Signs the rules for agents when they or their certificate have changed.
    async fn issue_rules(&self, now: Timestamp) -> Result<(), QueueError> {
        let rules = self.rulebook.current();
        if !self.documents.is_outdated(&rules, now) {
            return Ok(());
        }
        let documents = self.documents.clone();
        self.queue.run(move |writer| documents.issue(writer, &rules, now)).await
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
    Ok(Rules { policy, catalogue })
}
