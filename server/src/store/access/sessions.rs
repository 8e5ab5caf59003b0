//! Sessions: begun by signing in, ended by idleness, by time, by their owner
//! or by an administrator.

use jiff::{SignedDuration, Timestamp};

use super::SecretDigest;
use super::accounts::{account, columns, one};
use super::audit::note;
use crate::audit::{Act, Actor, ActorKind};
use crate::auth::account::Account;
use crate::store::StoreError;
use crate::store::reading::{Fields, Value};
use crate::store::writing::{Transact, Writing};

/// A session to be begun.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Of its secret.
    pub digest: SecretDigest,
    /// By which it is shown and ended.
    pub id: String,
    /// Whose it is.
    pub account: String,
    /// How somebody signed in: `link`, `mail`, `passkey`, `openid:NAME`.
    pub way: String,
    /// When it ends, whatever happens in it.
    pub expires: Timestamp,
    /// The browser, as it calls itself.
    pub agent: String,
    /// Signing in, as it is noted: when, from where. The store puts in who.
    pub act: Act,
}

/// A session that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// By which it is shown and ended.
    pub id: String,
    /// How somebody signed in.
    pub way: String,
    /// When.
    pub created: Timestamp,
    /// Newest use, to the minute.
    pub seen: Timestamp,
    /// When it ends, whatever happens in it.
    pub expires: Timestamp,
    /// The browser, as it calls itself.
    pub agent: String,
    /// Where it was begun.
    pub address: String,
}

/// Keeps sessions.
pub trait Sessions: Send + Sync {
    /// Begins a session; nothing when the account admits nobody now.
    fn begin_session(&self, new: &NewSession) -> Result<Option<Account>, StoreError>;
    /// The session with this secret and its account, when it is open and not
    /// idle for longer than `idle`.
    fn session(
        &self,
        digest: &SecretDigest,
        now: Timestamp,
        idle: SignedDuration,
    ) -> Result<Option<(Session, Account)>, StoreError>;
    /// Open sessions of an account, the newest first.
    fn sessions_of(
        &self,
        account: &str,
        now: Timestamp,
        idle: SignedDuration,
    ) -> Result<Vec<Session>, StoreError>;
    /// Ends the session of an account with this id; false when there is none.
    fn end_session(&self, account: &str, id: &str, act: &Act) -> Result<bool, StoreError>;
    /// Ends every session of an account but one; how many.
    fn end_sessions(&self, account: &str, but: Option<&str>, act: &Act) -> Result<u64, StoreError>;
}

const SESSION: &str = "s.id, s.way, s.created_ms, s.seen_ms, s.expires_ms, s.agent, s.address";
/// Columns of [`SESSION`].
const WIDTH: usize = 7;
/// How often the newest use is written down.
const STEP: SignedDuration = SignedDuration::from_mins(1);

fn session(row: &dyn Fields) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.string(0)?,
        way: row.string(1)?,
        created: row.time(2)?,
        seen: row.time(3)?,
        expires: row.time(4)?,
        agent: row.string(5)?,
        address: row.string(6)?,
    })
}

/// Begins a session within a transaction.
pub(super) fn begin(db: &mut dyn Writing, new: &NewSession) -> Result<Option<Account>, StoreError> {
    const OLD: &str = "DELETE FROM console_session WHERE expires_ms <= $1";
    const BEGIN: &str = "INSERT INTO console_session (token_sha256, id, account_id, way,
            created_ms, seen_ms, expires_ms, agent, address)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    const SEEN: &str = "UPDATE account SET seen_ms = $1 WHERE id = $2";
    let (now, id) = (Value::time(new.act.at), Value::text(&new.account));
    let account = one(db.asked(), "a.id = $1", std::slice::from_ref(&id))?;
    let Some(account) = account.filter(|account| account.is_open(new.act.at)) else {
        return Ok(None);
    };
    db.change(OLD, std::slice::from_ref(&now))?;
    let values = [
        Value::Bytes(new.digest.to_vec()),
        Value::text(&new.id),
        id.clone(),
        Value::text(&new.way),
        now.clone(),
        now.clone(),
        Value::time(new.expires),
        Value::text(&new.agent),
        Value::text(&new.act.address),
    ];
    db.change(BEGIN, &values)?;
    db.change(SEEN, &[now, id])?;
    let actor =
        Actor { kind: ActorKind::Account, id: account.id.clone(), name: account.name.clone() };
    note(db, &Act { actor, ..new.act.clone() })?;
    Ok(Some(account))
}

impl<T: Transact> Sessions for T {
    fn begin_session(&self, new: &NewSession) -> Result<Option<Account>, StoreError> {
        self.transact(|db| begin(db, new))
    }

    fn session(
        &self,
        digest: &SecretDigest,
        now: Timestamp,
        idle: SignedDuration,
    ) -> Result<Option<(Session, Account)>, StoreError> {
        const SEEN: &str = "UPDATE console_session SET seen_ms = $1 WHERE token_sha256 = $2";
        let sql = format!(
            "SELECT {SESSION}, {} FROM console_session s JOIN account a ON a.id = s.account_id
             WHERE s.token_sha256 = $1 AND s.expires_ms > $2 AND s.seen_ms > $3",
            columns()
        );
        let digest = Value::Bytes(digest.to_vec());
        let values = [digest.clone(), Value::time(now), Value::time(before(now, idle))];
        let found = self
            .lend(|db| db.first(&sql, &values, |row| Ok((session(row)?, account(row, WIDTH)?))))?;
        let Some((session, account)) = found.filter(|(_, account)| account.is_open(now)) else {
            return Ok(None);
        };
        if now.duration_since(session.seen) >= STEP {
            let values = [Value::time(now), digest];
            self.transact(|db| db.change(SEEN, &values))?;
        }
        Ok(Some((session, account)))
    }

    fn sessions_of(
        &self,
        account: &str,
        now: Timestamp,
        idle: SignedDuration,
    ) -> Result<Vec<Session>, StoreError> {
        let sql = format!(
            "SELECT {SESSION} FROM console_session s WHERE s.account_id = $1
             AND s.expires_ms > $2 AND s.seen_ms > $3 ORDER BY s.created_ms DESC, s.id"
        );
        let values = [Value::text(account), Value::time(now), Value::time(before(now, idle))];
        self.lend(|db| db.all(&sql, &values, session))
    }

    fn end_session(&self, account: &str, id: &str, act: &Act) -> Result<bool, StoreError> {
        const END: &str = "DELETE FROM console_session WHERE account_id = $1 AND id = $2";
        self.transact(|db| {
            let ended = db.change(END, &[Value::text(account), Value::text(id)])? == 1;
            if ended {
                note(db, act)?;
            }
            Ok(ended)
        })
    }

    fn end_sessions(&self, account: &str, but: Option<&str>, act: &Act) -> Result<u64, StoreError> {
        const END: &str = "DELETE FROM console_session WHERE account_id = $1 AND id <> $2";
        self.transact(|db| {
            let but = but.unwrap_or_default();
            let ended = db.change(END, &[Value::text(account), Value::text(but)])?;
            if ended > 0 {
                note(db, act)?;
            }
            Ok(ended)
        })
    }
}

fn before(now: Timestamp, time: SignedDuration) -> Timestamp {
    now.checked_sub(time).unwrap_or(Timestamp::MIN)
}
