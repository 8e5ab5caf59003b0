//! Links that admit once.

use jiff::Timestamp;

use super::SecretDigest;
use super::accounts::{self, NewAccount};
use super::audit::note;
use super::sessions::{NewSession, begin};
use crate::audit::Act;
use crate::auth::account::Account;
use crate::store::StoreError;
use crate::store::reading::{Reading, Value};
use crate::store::writing::{Transact, Writing};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Makes an administrator; printed by the collector or its commands.
    Setup,
    /// Signs an administrator in; printed by a command.
    Command,
    /// Brings a colleague in.
    Invitation,
    /// Was asked for by mail.
    Mail,
}

impl LinkKind {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Command => "command",
            Self::Invitation => "invitation",
            Self::Mail => "mail",
        }
    }
}

/// A link to be kept.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// Of its secret.
    pub digest: SecretDigest,
    /// Whom it admits; none for the first administrator.
    pub account: Option<String>,
    /// What it is for.
    pub kind: LinkKind,
    /// Of the cookie of the browser that asked for it.
    pub browser: Option<SecretDigest>,
    /// When it ends.
    pub expires: Timestamp,
}

/// A link as somebody presents it.
#[derive(Clone, Copy, Debug)]
pub struct Presented {
    /// Of its secret.
    pub digest: SecretDigest,
    /// What it is presented as.
    pub kind: LinkKind,
    /// Of the browser's cookie.
    pub browser: Option<SecretDigest>,
}

/// Keeps links.
pub trait Links: Send + Sync {
    /// Keeps a link; those of the same kind and account end, save for those
    /// that are bound to a browser: a stranger who asks for one must not end
    /// another's.
    fn add_link(&self, link: &NewLink, act: &Act) -> Result<(), StoreError>;

    /// Whom a link would admit: nothing when it admits nobody, no account when
    /// it makes one.
    fn link(&self, link: &Presented, now: Timestamp)
    -> Result<Option<Option<Account>>, StoreError>;

    /// Uses the link up and begins a session of its account.
    fn enter(&self, link: &Presented, session: &NewSession) -> Result<Option<Account>, StoreError>;

    /// Uses a set-up link up, makes the administrator and begins a session.
    /// An account that has the mail address becomes administrator.
    fn set_up(
        &self,
        link: &Presented,
        new: &NewAccount,
        session: &NewSession,
    ) -> Result<Option<Account>, StoreError>;
}

impl<T: Transact> Links for T {
    fn add_link(&self, link: &NewLink, act: &Act) -> Result<(), StoreError> {
        const END: &str = "DELETE FROM sign_in_link WHERE kind = $1 AND account_id = $2
            AND browser_sha256 IS NULL";
        const OLD: &str = "DELETE FROM sign_in_link WHERE expires_ms <= $1";
        const ADD: &str = "INSERT INTO sign_in_link
            (secret_sha256, account_id, kind, browser_sha256, created_ms, expires_ms)
            VALUES ($1, $2, $3, $4, $5, $6)";
        self.transact(|db| {
            db.change(OLD, &[Value::time(act.at)])?;
            let kind = Value::text(link.kind.as_str());
            if let Some(account) = &link.account {
                db.change(END, &[kind.clone(), Value::text(account)])?;
            }
            let values = [
                Value::Bytes(link.digest.to_vec()),
                Value::text_or_null(link.account.as_deref()),
                kind,
                Value::MaybeBytes(link.browser.map(|digest| digest.to_vec())),
                Value::time(act.at),
                Value::time(link.expires),
            ];
            db.change(ADD, &values)?;
            note(db, act).map(drop)
        })
    }

    fn link(
        &self,
        link: &Presented,
        now: Timestamp,
    ) -> Result<Option<Option<Account>>, StoreError> {
        self.lend(|db| whom(db, link, now))
    }

    fn enter(&self, link: &Presented, session: &NewSession) -> Result<Option<Account>, StoreError> {
        self.transact(|db| {
            let Some(Some(account)) = whom(db.asked(), link, session.act.at)? else {
                return Ok(None);
            };
            if !use_up(db, link, session.act.at)? {
                return Ok(None);
            }
            let session = NewSession { account: account.id.clone(), ..session.clone() };
            begin(db, &session)
        })
    }

    fn set_up(
        &self,
        link: &Presented,
        new: &NewAccount,
        session: &NewSession,
    ) -> Result<Option<Account>, StoreError> {
        const RAISE: &str = "UPDATE account SET role = 'administrator', ends_ms = NULL,
            disabled_ms = NULL, version = version + 1 WHERE id = $1";
        self.transact(|db| {
            let now = session.act.at;
            if !use_up(db, link, now)? {
                return Ok(None);
            }
            let mut id = new.id.clone();
            if !accounts::add(db, new, now)? {
                let email = Value::text(&new.email);
                let Some(known) = accounts::one(db.asked(), "a.email = $1", &[email])? else {
                    return Ok(None);
                };
                id = known.id;
                db.change(RAISE, &[Value::text(&id)])?;
            }
            begin(db, &NewSession { account: id, ..session.clone() })
        })
    }
}

/// Marks a link as used; false when it admits nobody. Of two who use it at
/// once one finds it used.
fn use_up(db: &mut dyn Writing, link: &Presented, now: Timestamp) -> Result<bool, StoreError> {
    const USE: &str = "UPDATE sign_in_link SET used_ms = $1 WHERE secret_sha256 = $2
        AND kind = $3 AND used_ms IS NULL AND expires_ms > $4
        AND (browser_sha256 IS NULL OR browser_sha256 = $5)";
    let values = [
        Value::time(now),
        Value::Bytes(link.digest.to_vec()),
        Value::text(link.kind.as_str()),
        Value::time(now),
        Value::MaybeBytes(link.browser.map(|digest| digest.to_vec())),
    ];
    Ok(db.change(USE, &values)? == 1)
}

#[expect(clippy::option_option, reason = "a link for a new account is more than no link")]
fn whom(
    db: &mut dyn Reading,
    link: &Presented,
    now: Timestamp,
) -> Result<Option<Option<Account>>, StoreError> {
    const LINK: &str = "SELECT account_id FROM sign_in_link WHERE secret_sha256 = $1
        AND kind = $2 AND used_ms IS NULL AND expires_ms > $3
        AND (browser_sha256 IS NULL OR browser_sha256 = $4)";
    let values = [
        Value::Bytes(link.digest.to_vec()),
        Value::text(link.kind.as_str()),
        Value::time(now),
        Value::MaybeBytes(link.browser.map(|digest| digest.to_vec())),
    ];
    let Some(account) = db.first(LINK, &values, |row| row.string_or_null(0))? else {
        return Ok(None);
    };
    let Some(account) = account else { return Ok(Some(None)) };
    let account = accounts::one(db, "a.id = $1", &[Value::text(&account)])?;
    Ok(account.filter(|account| account.is_open(now)).map(Some))
}
