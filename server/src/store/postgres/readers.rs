//! Sessions that cannot write, lent one at a time.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::session::{Access, Session};
use super::target::Target;
use crate::store::StoreError;

/// Sessions of one collector for its pages; the server has about a hundred for
/// all replicas together.
const MOST: usize = 8;
/// How long a page waits for one.
const WAIT: Duration = Duration::from_secs(10);

/// Read-only sessions, lent one at a time.
#[derive(Clone)]
pub struct Readers {
    target: Target,
    pool: Arc<Pool>,
}

#[derive(Default)]
struct Pool {
    sessions: Mutex<Sessions>,
    returned: Condvar,
}

#[derive(Default)]
struct Sessions {
    idle: Vec<Session>,
    lent: usize,
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Readers({})", self.target.name())
    }
}

impl Readers {
    /// Readers of a database that a writer has opened before.
    pub fn new(target: &Target) -> Self {
        Self { target: target.clone(), pool: Arc::default() }
    }

    /// Lends a session to `work`. Blocks; not for async workers.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut lent = self.lend()?;
        let Some(session) = &mut lent.session else { return Err(StoreError::Busy) };
        work(session)
    }

    fn lend(&self) -> Result<Lent<'_>, StoreError> {
        let sessions = self.pool.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |sessions: &mut Sessions| sessions.lent >= MOST;
        let (mut sessions, waited) = self
            .pool
            .returned
            .wait_timeout_while(sessions, WAIT, full)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(StoreError::Busy);
        }
        let session = match sessions.idle.pop() {
            Some(session) => session,
            None => Session::new(&self.target, Access::Read)?,
        };
        sessions.lent += 1;
        Ok(Lent { pool: &self.pool, session: Some(session) })
    }
}

/// A session that goes back when it is dropped, also by a panic.
struct Lent<'a> {
    pool: &'a Pool,
    session: Option<Session>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut sessions = self.pool.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.lent -= 1;
        sessions.idle.extend(self.session.take());
        drop(sessions);
        self.pool.returned.notify_one();
    }
}
