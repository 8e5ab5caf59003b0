//! Whose turn it is, as far as this replica knows.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::ingest::queue::{Queue, QueueError};
use crate::store::leases::Fence;

/// How long a lease is held without being renewed.
const HELD: SignedDuration = SignedDuration::from_secs(30);

/// A replica's share in work that only one does.
#[derive(Clone)]
pub struct Turn {
    pub(super) holder: Arc<str>,
    held: Arc<Mutex<Option<(Fence, Timestamp)>>>,
}

impl Turn {
    /// A replica called `holder`, which holds nothing yet.
    pub fn new(holder: &str) -> Self {
        Self { holder: holder.into(), held: Arc::default() }
    }

    /// Whether the work is this replica's at `now`.
    pub fn is_ours(&self, now: Timestamp) -> bool {
        self.held().is_some_and(|(_, until)| until > now)
    }

    /// The fence that it holds, and until when.
    pub(super) fn held(&self) -> Option<(Fence, Timestamp)> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The fence, when this replica has the lease or could take it.
    pub async fn take(
        &self,
        queue: &Queue,
        lease: &'static str,
        now: Timestamp,
    ) -> Result<Option<Fence>, QueueError> {
        let until = now.checked_add(HELD).unwrap_or(Timestamp::MAX);
        if let Some((fence, end)) = self.held() {
            if end.duration_since(now) > HELD / 2 && end <= until {
                return Ok(Some(fence));
            }
            let mine = fence.clone();
            if queue.run(move |writer| writer.renew(&mine, until)).await? {
                self.hold(Some((fence.clone(), until)));
                return Ok(Some(fence));
            }
        }
        let holder = Arc::clone(&self.holder);
        let taken = queue.run(move |writer| writer.take(lease, &holder, now, until)).await?;
        self.hold(taken.clone().map(|fence| (fence, until)));
        Ok(taken)
    }

    /// Gives the lease back, so that another replica need not wait.
    pub async fn leave(&self, queue: &Queue) -> Result<(), QueueError> {
        let Some((fence, _)) = self.held() else { return Ok(()) };
        self.hold(None);
        queue.run(move |writer| writer.release(&fence)).await.map(drop)
    }

    /// Remembers what it holds.
    pub(super) fn hold(&self, held: Option<(Fence, Timestamp)>) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = held;
    }
}
