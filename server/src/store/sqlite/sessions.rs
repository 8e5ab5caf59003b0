//! Sign-in links and sessions in SQLite.
//!
//! These writes are few and small, so they have a connection of their own
//! beside the writer thread and wait for its lock.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};

use super::{Readers, log, open_writer};
use crate::log::entry::Event;
use crate::store::StoreError;
use crate::store::sessions::{SecretDigest, Sessions};

/// Sign-in links and sessions of one database.
#[derive(Clone, Debug)]
pub struct SqliteSessions {
    writer: Arc<Mutex<Connection>>,
    readers: Readers,
}

impl SqliteSessions {
    /// Opens the database at `path`.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let writer = Arc::new(Mutex::new(open_writer(path)?));
        Ok(Self { writer, readers: Readers::new(path) })
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sessions for SqliteSessions {
    fn add_link(
        &self,
        link: &SecretDigest,
        created: Timestamp,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writer = self.writer();
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT INTO login_link (token_sha256, created_ms, expires_ms) VALUES (?1, ?2, ?3)",
            params![link, created.as_millisecond(), expires.as_millisecond()],
        )?;
        let event = Event::Admin { action: "login_link", actor: "command line" };
        log::record(&transaction, event.at(created))?;
        transaction.commit()?;
        Ok(())
    }

    fn begin(
        &self,
        link: &SecretDigest,
        session: &SecretDigest,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writer = self.writer();
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (at, now) = (now, now.as_millisecond());
        let used = transaction.execute(
            "UPDATE login_link SET used_ms = ?2
              WHERE token_sha256 = ?1 AND used_ms IS NULL AND expires_ms > ?2",
            params![link, now],
        )?;
        if used == 1 {
            transaction.execute(
                "INSERT INTO session (token_sha256, created_ms, seen_ms, expires_ms)
                 VALUES (?1, ?2, ?2, ?3)",
                params![session, now, expires.as_millisecond()],
            )?;
            let event = Event::Admin { action: "sign_in", actor: "console" };
            log::record(&transaction, event.at(at))?;
        }
        // What has run out is of no use to anybody.
        transaction.execute("DELETE FROM session WHERE expires_ms <= ?1", [now])?;
        transaction.execute("DELETE FROM login_link WHERE expires_ms <= ?1", [now])?;
        transaction.commit()?;
        Ok(used == 1)
    }

    fn is_open(&self, session: &SecretDigest, now: Timestamp) -> Result<bool, StoreError> {
        self.readers.with(|db| {
            let mut query = db.prepare_cached(
                "SELECT 1 FROM session WHERE token_sha256 = ?1 AND expires_ms > ?2",
            )?;
            Ok(query.exists(params![session, now.as_millisecond()])?)
        })
    }

    fn end(&self, session: &SecretDigest) -> Result<(), StoreError> {
        self.writer().execute("DELETE FROM session WHERE token_sha256 = ?1", [session])?;
        Ok(())
    }
}
