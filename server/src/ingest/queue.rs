//! The one writer thread: commits whatever is queued as one transaction.
//!
//! Batches size themselves: what arrives while one transaction is made durable
//! becomes the next. The queue is bounded; when it is full, callers are told
//! to come again, and nothing that was accepted is dropped.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::app::Rulebook;
use crate::log::notary::{Log, LogError, Seal};
use crate::metrics::meters::Meters;
use crate::store::StoreError;
use crate::store::place::Store;
use crate::store::reports::{Incoming, Kept};
use crate::telemetry::SPANS;

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
    /// It is written, but the log cannot be signed.
    #[error(transparent)]
    Log(Arc<LogError>),
}

impl QueueError {
    /// Whether the same may work later.
    pub fn passes(&self) -> bool {
        match self {
            Self::Full | Self::Stopped => true,
            Self::Store(error) => error.passes(),
            Self::Log(error) => error.passes(),
        }
    }
}

/// A report's fate, and the signed state of the log that holds it.
pub type Answer = (Kept, Option<Arc<Seal>>);

type Reply = oneshot::Sender<Result<Answer, QueueError>>;
type Work = Box<dyn FnOnce(&mut dyn Store) + Send>;

enum Job {
    Report(Box<Incoming>, Reply),
    Work(Work),
}

impl Queue {
    /// Starts the thread. It ends when every queue is gone and all is written.
    ///
    /// # Panics
    ///
    /// Outside a runtime.
    pub fn start(
        writer: Box<dyn Store>,
        rulebook: Rulebook,
        log: Log,
        (capacity, meters): (usize, Meters),
    ) -> io::Result<(Self, thread::JoinHandle<()>)> {
        let (sender, receiver) = mpsc::channel(capacity);
        let replies = Handle::current();
        let thread = thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || Scribe { writer, rulebook, log, replies, meters }.write(receiver))?;
        Ok((Self { sender }, thread))
    }

    /// How much waits for the writer.
    pub fn waiting(&self) -> usize {
        self.sender.max_capacity() - self.sender.capacity()
    }

    /// How much may wait.
    pub fn capacity(&self) -> usize {
        self.sender.max_capacity()
    }

    /// Puts a report in; those of one caller are kept in this order.
    pub fn put(&self, incoming: Incoming) -> Result<Waiting, QueueError> {
        let (reply, answer) = oneshot::channel();
        self.sender.try_send(Job::Report(Box::new(incoming), reply)).map_err(
            |error| match error {
                mpsc::error::TrySendError::Full(_) => QueueError::Full,
                mpsc::error::TrySendError::Closed(_) => QueueError::Stopped,
            },
        )?;
        Ok(Waiting(answer))
    }

    /// Lets `work` use the writing connection, between two batches.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Store) -> Result<T, StoreError> + Send + 'static,
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

/// A report in the queue.
#[derive(Debug)]
pub struct Waiting(oneshot::Receiver<Result<Answer, QueueError>>);

impl Waiting {
    /// What became of it, when that is durable.
    pub async fn answer(self) -> Result<Answer, QueueError> {
        self.0.await.map_err(|_| QueueError::Stopped)?
    }
}

/// The thread that writes.
struct Scribe {
    writer: Box<dyn Store>,
    rulebook: Rulebook,
    log: Log,
    /// Where answers are given: one wake-up of the runtime for a whole batch,
    /// since each from this thread would cost a call of the kernel.
    replies: Handle,
    meters: Meters,
}

impl Scribe {
    fn write(mut self, mut jobs: mpsc::Receiver<Job>) {
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
            self.commit(&mut reports, &mut replies);
            if let Some(work) = work {
                work(self.writer.as_mut());
            }
        }
    }

    fn commit(&mut self, reports: &mut Vec<Incoming>, replies: &mut Vec<Reply>) {
        if reports.is_empty() {
            return;
        }
        match self.accept(reports) {
            Ok(answers) => {
                let answers: Vec<_> = replies.drain(..).zip(answers).collect();
                self.replies.spawn(async move {
                    for (reply, answer) in answers {
                        // The client has gone; it will send the report again.
                        let _ = reply.send(answer);
                    }
                });
            }
            // Nothing is wrong with any of them.
            Err(error) if error.passes() => {
                tracing::warn!(%error, reports = reports.len(), "a batch could not be kept");
                let words = error.to_string();
                for reply in replies.drain(..) {
                    let _ = reply.send(Err(StoreError::Unavailable(words.clone()).into()));
                }
            }
            // One report must not take the others down with it.
            Err(error) => {
                tracing::warn!(%error, reports = reports.len(), "a batch failed; each report is tried alone");
                for (reply, incoming) in replies.drain(..).zip(reports.iter()) {
                    let alone = self.accept(std::slice::from_ref(incoming));
                    let answer = match alone {
                        Ok(mut answers) => {
                            answers.pop().unwrap_or(Err(QueueError::Store(StoreError::Busy)))
                        }
                        Err(error) => Err(QueueError::Store(error)),
                    };
                    let _ = reply.send(answer);
                }
            }
        }
        reports.clear();
    }

    /// Keeps `reports` in one transaction, then signs the log that holds them.
    fn accept(
        &mut self,
        reports: &[Incoming],
    ) -> Result<Vec<Result<Answer, QueueError>>, StoreError> {
        let _span = tracing::trace_span!(target: SPANS, "batch", reports = reports.len()).entered();
        let began = Instant::now();
        let accepted = self.writer.accept(reports, &self.rulebook.current())?;
        self.meters.commit(reports.len(), began.elapsed());
        let seal = accepted.growth.map(|growth| self.log.advance(&growth));
        let seal = seal.transpose().map(|seal| seal.map(Arc::new)).map_err(|error| {
            tracing::error!(%error, "the log is not signed");
            Arc::new(error)
        });
        let answers = accepted.kept.into_iter().map(|kept| match (&kept, &seal) {
            // What is not proven is not acknowledged.
            (Kept::New { .. }, Err(error)) => Err(QueueError::Log(Arc::clone(error))),
            (_, seal) => Ok((kept, seal.as_ref().ok().cloned().flatten())),
        });
        Ok(answers.collect())
    }
}
