//! One connection that blocks: its own small runtime, a deadline around every
//! call, and a new connection after every failure of the old one.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use super::connecting;
use super::failure::ends_connection;
use super::target::Target;
use crate::store::StoreError;
use crate::store::leases::Fence;

/// How long the database may take for one call.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// Statements that stay prepared; pages make a few dozen.
const PREPARED: usize = 256;
/// How often a transaction that met another one is begun again.
const ATTEMPTS: u32 = 10;

/// What a session may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everything.
    Write,
    /// Nothing that changes the database.
    Read,
}

/// One statement with its values.
pub type Step<'a> = (&'a str, &'a [&'a (dyn ToSql + Sync)]);

/// A connection, not for async workers: its calls block.
pub struct Session {
    target: Target,
    access: Access,
    patience: Duration,
    // Taken only when the session ends.
    runtime: Option<Runtime>,
    open: Option<Open>,
    transaction: Transaction,
    fence: Option<Fence>,
}

/// An open connection.
pub(super) struct Open {
    pub(super) client: Client,
    pub(super) task: tokio::task::JoinHandle<()>,
    /// Warnings that the server gave.
    pub(super) warnings: Arc<AtomicUsize>,
    pub(super) prepared: HashMap<String, Statement>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transaction {
    None,
    /// `BEGIN` goes out with the first statement.
    Wanted,
    Begun,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Session({})", self.target.name())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Does not block, so that a session may end anywhere.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Session {
    /// A session that connects at its first use.
    pub fn new(target: &Target, access: Access) -> Result<Self, StoreError> {
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(StoreError::File)?;
        Ok(Self {
            target: target.clone(),
            access,
            patience: PATIENCE,
            runtime: Some(runtime),
            open: None,
            transaction: Transaction::None,
            fence: None,
        })
    }

    /// Another deadline for every call from now on.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
        self.close();
    }

    /// Every row that a statement gives.
    pub fn query(
        &mut self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        Ok(self.together(&[(sql, values)])?.pop().unwrap_or_default())
    }

    /// The first row that a statement gives, if there is one.
    pub fn row(
        &mut self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, values)?.into_iter().next())
    }

    /// Runs a statement; returns how many rows it changed.
    pub fn execute(
        &mut self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, StoreError> {
        self.connect()?;
        let begin = self.begins();
        self.drive(async |open| {
            let statement = open.prepare(sql).await?;
            let work = open.client.execute(&statement, values);
            if begin {
                let (started, changed) = tokio::join!(open.client.batch_execute("BEGIN"), work);
                started?;
                return changed;
            }
            work.await
        })
    }

    /// Runs several statements in one round trip, in their order; the rows of
    /// each. A statement cannot use what the one before gives.
    pub fn together(&mut self, steps: &[Step<'_>]) -> Result<Vec<Vec<Row>>, StoreError> {
        // What only reads can be asked again when the connection was stale.
        let fresh = self.connect()?;
        match self.ask(steps) {
            Err(StoreError::Unavailable(_))
                if self.access == Access::Read && !fresh && self.open.is_none() =>
            {
                self.connect()?;
                self.ask(steps)
            }
            result => result,
        }
    }

    fn ask(&mut self, steps: &[Step<'_>]) -> Result<Vec<Vec<Row>>, StoreError> {
        let begin = self.begins();
        self.drive(async |open| {
            let mut statements = Vec::with_capacity(steps.len());
            for (sql, _) in steps {
                statements.push(open.prepare(sql).await?);
            }
            let client = &open.client;
            let work = futures_util::future::try_join_all(
                statements.iter().zip(steps).map(|(sql, (_, values))| client.query(sql, values)),
            );
            if begin {
                let (started, rows) = tokio::join!(client.batch_execute("BEGIN"), work);
                started?;
                return rows;
            }
            work.await
        })
    }

    /// Runs statements without values, such as a migration.
    pub fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.connect()?;
        let begin = if self.begins() { "BEGIN; " } else { "" };
        let sql = format!("{begin}{sql}");
        self.drive(async |open| open.client.batch_execute(&sql).await)
    }

    /// Runs `work` in one transaction. It is begun again when another one came
    /// in between, or when the connection broke before the commit was asked
    /// for. An error of [`StoreError::Unavailable`] leaves open whether
    /// the transaction took place.
    pub fn transaction<T>(
        &mut self,
        mut work: impl FnMut(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let fresh = self.connect()?;
            self.transaction = Transaction::Wanted;
            let error = match self.show_fence().and_then(|()| work(self)) {
                Ok(value) => match self.commit() {
                    Ok(()) => return Ok(value),
                    // It may have been done.
                    Err(error @ StoreError::Unavailable(_)) => return Err(error),
                    Err(error) => error,
                },
                Err(error) => error,
            };
            self.roll_back();
            match &error {
                StoreError::Contended(_) if attempt < ATTEMPTS => self.give_way(attempt),
                StoreError::Unavailable(_) if attempt == 1 && !fresh && self.open.is_none() => {}
                _ => return Err(error),
            }
        }
    }

    /// From now on every transaction first shows `fence`.
    pub(super) fn work_under(&mut self, fence: Option<Fence>) {
        self.fence = fence;
    }

    fn show_fence(&mut self) -> Result<(), StoreError> {
        let Some(fence) = self.fence.clone() else { return Ok(()) };
        let row = self.row(super::leases::SHOW, &[&fence.name])?;
        let newest: Option<i64> = row.map(|row| row.try_get(0)).transpose()?;
        if newest == Some(fence.token) { Ok(()) } else { Err(StoreError::Fenced(fence.name)) }
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        let state = std::mem::replace(&mut self.transaction, Transaction::None);
        if state != Transaction::Begun {
            return Ok(());
        }
        let warned = self.drive(async |open| {
            let before = open.warnings.load(Ordering::Acquire);
            open.client.batch_execute("COMMIT").await?;
            Ok(open.warnings.load(Ordering::Acquire) != before)
        })?;
        if warned {
            // Somebody ended the wait for a standby: here, but perhaps not there.
            self.close();
            let words = "a commit was confirmed with a warning; it may stand on one server only";
            return Err(StoreError::Unavailable(words.to_owned()));
        }
        Ok(())
    }

    fn roll_back(&mut self) {
        let state = std::mem::replace(&mut self.transaction, Transaction::None);
        if state == Transaction::Begun
            && self.open.is_some()
            && self.drive(async |open| open.client.batch_execute("ROLLBACK").await).is_err()
        {
            self.close();
        }
    }

    /// Waits a short random time.
    fn give_way(&mut self, attempt: u32) {
        let mut byte = [0];
        // Without random bytes it waits not at all.
        let _ = aws_lc_rs::rand::fill(&mut byte);
        let pause = Duration::from_micros(u64::from(byte[0]) * 20 * u64::from(attempt));
        if let Some(runtime) = &self.runtime {
            // The timer needs the runtime, so it is made inside.
            runtime.block_on(async { tokio::time::sleep(pause).await });
        }
    }

    /// Whether `BEGIN` has to go out with the statement at hand.
    fn begins(&mut self) -> bool {
        let wanted = self.transaction == Transaction::Wanted;
        if wanted {
            self.transaction = Transaction::Begun;
        }
        wanted
    }

    /// Connects, unless it is; true when it did.
    fn connect(&mut self) -> Result<bool, StoreError> {
        if self.open.is_some() {
            return Ok(false);
        }
        if self.transaction == Transaction::Begun {
            let words = "the connection broke within a transaction";
            return Err(StoreError::Unavailable(words.to_owned()));
        }
        let Some(runtime) = &self.runtime else { return Err(StoreError::Busy) };
        let work = connecting::connect(&self.target, self.access, self.patience);
        self.open = Some(runtime.block_on(work)?);
        Ok(true)
    }

    fn drive<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut Open) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, StoreError> {
        let (Some(runtime), Some(open)) = (&self.runtime, &mut self.open) else {
            return Err(StoreError::Unavailable("the connection is closed".to_owned()));
        };
        let patience = self.patience;
        match runtime.block_on(async { tokio::time::timeout(patience, work(open)).await }) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                if ends_connection(&error) {
                    self.close();
                }
                Err(error.into())
            }
            Err(_) => {
                self.close();
                let words = format!("no answer within {} seconds", patience.as_secs_f32());
                Err(StoreError::Unavailable(words))
            }
        }
    }

    /// Gives the connection up, at once, so that the server frees its locks.
    fn close(&mut self) {
        let (Some(runtime), Some(open)) = (&self.runtime, self.open.take()) else { return };
        open.task.abort();
        // It ends by being aborted.
        let _ = runtime.block_on(open.task);
    }
}

impl Open {
    async fn prepare(&mut self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await?;
        if self.prepared.len() >= PREPARED {
            self.prepared.clear();
        }
        self.prepared.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}
