//! Sign-in links and sessions in PostgreSQL.
//!
//! These writes are few and small, so they have a session of their own beside
//! the one that keeps reports.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::session::{Access, Session};
use super::target::Target;
use super::{Readers, StoreError, log};
use crate::log::entry::Event;
use crate::store::sessions::{SecretDigest, Sessions};

/// Sign-in links and sessions of one database.
#[derive(Clone, Debug)]
pub struct PostgresSessions {
    writer: Arc<Mutex<Session>>,
    readers: Readers,
}

impl PostgresSessions {
    /// Those of a database that a writer has opened before.
    pub fn open(target: &Target) -> Result<Self, StoreError> {
        let writer = Arc::new(Mutex::new(Session::new(target, Access::Write)?));
        Ok(Self { writer, readers: Readers::new(target) })
    }

    fn writer(&self) -> MutexGuard<'_, Session> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sessions for PostgresSessions {
    fn add_link(
        &self,
        link: &SecretDigest,
        created: Timestamp,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        const ADD: &str =
            "INSERT INTO login_link (token_sha256, created_ms, expires_ms) VALUES ($1, $2, $3)";
        let [from, until] = [created, expires].map(Timestamp::as_millisecond);
        let event = Event::Admin { action: "login_link", actor: "command line" };
        self.writer().transaction(|db| {
            db.execute(ADD, &[&link.as_slice(), &from, &until])?;
            log::record(db, event.at(created))
        })
    }

    fn begin(
        &self,
        link: &SecretDigest,
        session: &SecretDigest,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<bool, StoreError> {
        const USE: &str = "UPDATE login_link SET used_ms = $2
            WHERE token_sha256 = $1 AND used_ms IS NULL AND expires_ms > $2";
        const BEGIN: &str = "INSERT INTO session (token_sha256, created_ms, seen_ms, expires_ms)
            VALUES ($1, $2, $2, $3)";
        let (at, [now, expires]) = (now, [now, expires].map(Timestamp::as_millisecond));
        let event = Event::Admin { action: "sign_in", actor: "console" };
        self.writer().transaction(|db| {
            // The row is locked, so that of two replicas one finds it used.
            let used = db.execute(USE, &[&link.as_slice(), &now])? == 1;
            // What has run out is of no use to anybody.
            db.together(&[
                ("DELETE FROM session WHERE expires_ms <= $1", &[&now]),
                ("DELETE FROM login_link WHERE expires_ms <= $1", &[&now]),
            ])?;
            if used {
                db.execute(BEGIN, &[&session.as_slice(), &now, &expires])?;
                log::record(db, event.at(at))?;
            }
            Ok(used)
        })
    }

    fn is_open(&self, session: &SecretDigest, now: Timestamp) -> Result<bool, StoreError> {
        const OPEN: &str = "SELECT 1 FROM session WHERE token_sha256 = $1 AND expires_ms > $2";
        let now = now.as_millisecond();
        self.readers.with(|db| Ok(db.row(OPEN, &[&session.as_slice(), &now])?.is_some()))
    }

    fn end(&self, session: &SecretDigest) -> Result<(), StoreError> {
        const END: &str = "DELETE FROM session WHERE token_sha256 = $1";
        self.writer().execute(END, &[&session.as_slice()])?;
        Ok(())
    }
}
