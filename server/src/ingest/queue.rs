//! The one writer thread: commits whatever is queued as one transaction.
//!
//! Batches size themselves: what arrives while one transaction is made durable
//! becomes the next. The queue is bounded; when it is full, callers are told
//! to come again, and nothing that was accepted is dropped.

use std::io;
use std::thread;

use tokio::sync::{mpsc, oneshot};

use crate::app::Rulebook;
use crate::store::StoreError;
use crate::store::reports::{Incoming, Kept};
use crate::store::sqlite::Writer;

/// Most reports in one transaction.
const BATCH: usize = 512;

/// The queue into the writer thread.
#[derive(Clone)]
pub struct Queue {
    sender: mpsc::Sender<Job>,
}

/// The queue is full or the writer has stopped.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// Come again later.
    #[error("the queue is full")]
    Full,
    /// The collector is going down.
    #[error("the writer has stopped")]
    Stopped,
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Reply = oneshot::Sender<Result<Kept, StoreError>>;
type Work = Box<dyn FnOnce(&mut Writer) + Send>;

enum Job {
    Report(Box<Incoming>, Reply),
    Work(Work),
}

impl Queue {
    /// Starts the thread. It ends when every queue is gone and all is written.
    pub fn start(
        writer: Writer,
        rulebook: Rulebook,
        capacity: usize,
    ) -> io::Result<(Self, thread::JoinHandle<()>)> {
        let (sender, receiver) = mpsc::channel(capacity);
        let thread = thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || write(writer, &rulebook, receiver))?;
        Ok((Self { sender }, thread))
    }

    /// Keeps a report; returns when it is durable.
    pub async fn keep(&self, incoming: Incoming) -> Result<Kept, QueueError> {
        let (reply, answer) = oneshot::channel();
        self.sender.try_send(Job::Report(Box::new(incoming), reply)).map_err(
            |error| match error {
                mpsc::error::TrySendError::Full(_) => QueueError::Full,
                mpsc::error::TrySendError::Closed(_) => QueueError::Stopped,
            },
        )?;
        Ok(answer.await.map_err(|_| QueueError::Stopped)??)
    }

    /// Lets `work` use the writing connection, between two batches.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, QueueError> {
        let (reply, answer) = oneshot::channel();
        let job = Job::Work(Box::new(move |writer| {
            // Nobody waits any more: the work is done all the same.
            let _ = reply.send(work(writer));
        }));
        self.sender.send(job).await.map_err(|_| QueueError::Stopped)?;
        Ok(answer.await.map_err(|_| QueueError::Stopped)??)
    }
}

fn write(mut writer: Writer, rulebook: &Rulebook, mut jobs: mpsc::Receiver<Job>) {
    let mut reports = Vec::with_capacity(BATCH);
    let mut replies = Vec::with_capacity(BATCH);
    while let Some(job) = jobs.blocking_recv() {
        let mut next = Some(job);
        let mut work = None;
        while let Some(job) = next.take() {
            match job {
                Job::Report(incoming, reply) => {
                    reports.push(*incoming);
                    replies.push(reply);
                    if reports.len() < BATCH {
                        next = jobs.try_recv().ok();
                    }
                }
                Job::Work(one) => work = Some(one),
            }
        }
        commit(&mut writer, rulebook, &mut reports, &mut replies);
        if let Some(work) = work {
            work(&mut writer);
        }
    }
}

fn commit(
    writer: &mut Writer,
    rulebook: &Rulebook,
    reports: &mut Vec<Incoming>,
    replies: &mut Vec<Reply>,
) {
    use crate::store::reports::Reports as _;
    if reports.is_empty() {
        return;
    }
    let rules = rulebook.current();
    match writer.accept(reports, &rules) {
        Ok(kept) => {
            for (reply, kept) in replies.drain(..).zip(kept) {
                // The client has gone; it will send the report again.
                let _ = reply.send(Ok(kept));
            }
        }
        // One report must not take the others down with it.
        Err(error) => {
            tracing::warn!(%error, reports = reports.len(), "a batch failed; each report is tried alone");
            for (reply, incoming) in replies.drain(..).zip(reports.iter()) {
                let alone = writer
                    .accept(std::slice::from_ref(incoming), &rules)
                    .and_then(|mut kept| kept.pop().ok_or(StoreError::Busy));
                let _ = reply.send(alone);
            }
        }
    }
    reports.clear();
}
