//! Passkeys of accounts.

use jiff::Timestamp;

use super::accounts::one;
use super::audit::note;
use super::sessions::{NewSession, begin};
use crate::audit::Act;
use crate::auth::account::Account;
use crate::store::StoreError;
use crate::store::reading::{Reading, Value};
use crate::store::writing::Transact;

/// A passkey as its holder sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyRow {
    /// Its id, base64url.
    pub id: String,
    /// What its holder calls it.
    pub name: String,
    /// When it was added.
    pub created: Timestamp,
    /// Newest sign-in with it.
    pub used: Option<Timestamp>,
}

/// A passkey to be added.
#[derive(Clone, Debug)]
pub struct NewPasskey {
    /// Its id, base64url.
    pub id: String,
    /// Whose it is.
    pub account: String,
    /// What its holder calls it.
    pub name: String,
    /// Public key and counter, JSON.
    pub credential: String,
}

/// A passkey that signs somebody in.
#[derive(Clone, Copy, Debug)]
pub struct UsedPasskey<'a> {
    /// Its id, base64url.
    pub id: &'a str,
    /// What was kept of it when its answer was judged.
    pub before: &'a str,
    /// What is to be kept from now on.
    pub after: &'a str,
}

/// By what an account can be entered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaysIn {
    /// How many passkeys it has.
    pub passkeys: u64,
    /// How many identities of providers it has.
    pub identities: u64,
}

/// Keeps passkeys.
pub trait Passkeys: Send + Sync {
    /// Passkeys of an account, the oldest first.
    fn passkeys_of(&self, account: &str) -> Result<Vec<PasskeyRow>, StoreError>;
    /// Id of the account whose passkey it is, and what is kept of it.
    fn passkey(&self, id: &str) -> Result<Option<(String, String)>, StoreError>;
    /// By what an account can be entered.
    fn ways(&self, account: &str) -> Result<WaysIn, StoreError>;
    /// Adds a passkey; false when one with this id is known.
    fn add_passkey(&self, new: &NewPasskey, act: &Act) -> Result<bool, StoreError>;
    /// Calls the passkey of an account (both by their ids) otherwise; false
    /// when there is none.
    fn rename_passkey(
        &self,
        whose: (&str, &str),
        name: &str,
        act: &Act,
    ) -> Result<bool, StoreError>;
    /// Removes the passkey of an account; false when there is none.
    fn remove_passkey(&self, account: &str, id: &str, act: &Act) -> Result<bool, StoreError>;
    /// Begins a session of the passkey's account; nothing when the passkey is
    /// not as it was judged, or the account admits nobody.
    fn enter_with_passkey(
        &self,
        used: UsedPasskey<'_>,
        session: &NewSession,
    ) -> Result<Option<Account>, StoreError>;
}

impl<T: Transact> Passkeys for T {
    fn passkeys_of(&self, account: &str) -> Result<Vec<PasskeyRow>, StoreError> {
        const ALL: &str = "SELECT id, name, created_ms, used_ms FROM passkey
            WHERE account_id = $1 ORDER BY created_ms, id";
        self.lend(|db| {
            db.all(ALL, &[Value::text(account)], |row| {
                Ok(PasskeyRow {
                    id: row.string(0)?,
                    name: row.string(1)?,
                    created: row.time(2)?,
                    used: row.time_or_null(3)?,
                })
            })
        })
    }

    fn passkey(&self, id: &str) -> Result<Option<(String, String)>, StoreError> {
        const ONE: &str = "SELECT account_id, credential FROM passkey WHERE id = $1";
        self.lend(|db| {
            db.first(ONE, &[Value::text(id)], |row| Ok((row.string(0)?, row.string(1)?)))
        })
    }

    fn ways(&self, account: &str) -> Result<WaysIn, StoreError> {
        self.lend_at_one_moment(|db| {
            let passkeys =
                count(db, "SELECT count(*) FROM passkey WHERE account_id = $1", account)?;
            let identities =
                count(db, "SELECT count(*) FROM identity WHERE account_id = $1", account)?;
            Ok(WaysIn { passkeys, identities })
        })
    }

    fn add_passkey(&self, new: &NewPasskey, act: &Act) -> Result<bool, StoreError> {
        const ADD: &str = "INSERT INTO passkey (id, account_id, name, credential, created_ms)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING";
        self.transact(|db| {
            let values = [
                Value::text(&new.id),
                Value::text(&new.account),
                Value::text(&new.name),
                Value::text(&new.credential),
                Value::time(act.at),
            ];
            let added = db.change(ADD, &values)? == 1;
            if added {
                note(db, act)?;
            }
            Ok(added)
        })
    }

    fn rename_passkey(
        &self,
        (account, id): (&str, &str),
        name: &str,
        act: &Act,
    ) -> Result<bool, StoreError> {
        const NAME: &str = "UPDATE passkey SET name = $1 WHERE id = $2 AND account_id = $3";
        self.transact(|db| {
            let values = [Value::text(name), Value::text(id), Value::text(account)];
            let renamed = db.change(NAME, &values)? == 1;
            if renamed {
                note(db, act)?;
            }
            Ok(renamed)
        })
    }

    fn remove_passkey(&self, account: &str, id: &str, act: &Act) -> Result<bool, StoreError> {
        const REMOVE: &str = "DELETE FROM passkey WHERE id = $1 AND account_id = $2";
        self.transact(|db| {
            let removed = db.change(REMOVE, &[Value::text(id), Value::text(account)])? == 1;
            if removed {
                note(db, act)?;
            }
            Ok(removed)
        })
    }

    fn enter_with_passkey(
        &self,
        used: UsedPasskey<'_>,
        session: &NewSession,
    ) -> Result<Option<Account>, StoreError> {
        // Of two answers that were judged by the same counter one is too late.
        const USE: &str = "UPDATE passkey SET credential = $1, used_ms = $2
            WHERE id = $3 AND account_id = $4 AND credential = $5";
        self.transact(|db| {
            let id = [Value::text(&session.account)];
            let account = one(db.asked(), "a.id = $1", &id)?;
            if !account.is_some_and(|account| account.is_open(session.act.at)) {
                return Ok(None);
            }
            let values = [
                Value::text(used.after),
                Value::time(session.act.at),
                Value::text(used.id),
                Value::text(&session.account),
                Value::text(used.before),
            ];
            if db.change(USE, &values)? == 0 {
                return Ok(None);
            }
            begin(db, session)
        })
    }
}

fn count(db: &mut dyn Reading, sql: &str, account: &str) -> Result<u64, StoreError> {
    Ok(db.first(sql, &[Value::text(account)], |row| row.count(0))?.unwrap_or(0))
}
