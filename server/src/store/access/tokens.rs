//! API tokens: kept by their digest, and shown again never.

use jiff::{SignedDuration, Timestamp};

use super::accounts::{account, columns};
use super::audit::note;
use crate::audit::Act;
use crate::auth::account::Account;
use crate::auth::permission::Permissions;
use crate::auth::token::ApiToken;
use crate::store::StoreError;
use crate::store::reading::{Fields, Value};
use crate::store::writing::Transact;

/// A token to be kept.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What names it.
    pub id: String,
    /// Of its secret.
    pub digest: [u8; 32],
    /// Whose it is.
    pub account: String,
    /// What it is for, in its owner's words.
    pub name: String,
    /// What it may do.
    pub scopes: Permissions,
    /// When it ends.
    pub expires: Timestamp,
}

/// A token as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRecord {
    /// What names it.
    pub id: String,
    /// Whose it is.
    pub account: String,
    /// What it is for, in its owner's words.
    pub name: String,
    /// What it may do, as long as its owner may.
    pub scopes: Permissions,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// Newest use, to the minute.
    pub used: Option<Timestamp>,
    /// Since when somebody has ended it.
    pub revoked: Option<Timestamp>,
}

/// Which tokens are wanted, the newest first.
#[derive(Clone, Debug, Default)]
pub struct TokenAsk {
    /// Those of this account alone.
    pub account: Option<String>,
    /// Only what stands behind the token made then with this id.
    pub after: Option<(Timestamp, String)>,
    /// Most tokens.
    pub limit: u32,
}

/// Keeps API tokens.
pub trait Tokens: Send + Sync {
    /// Keeps a new token.
    fn add_token(&self, new: &NewToken, act: &Act) -> Result<(), StoreError>;
    /// The token that somebody presents, when it is valid and its owner's
    /// account is open; notes its use at most once a minute.
    fn present_token(
        &self,
        token: &ApiToken,
        now: Timestamp,
    ) -> Result<Option<(TokenRecord, Account)>, StoreError>;
    /// The token with this id.
    fn token(&self, id: &str) -> Result<Option<TokenRecord>, StoreError>;
    /// Tokens, at most one more than the limit.
    fn tokens(&self, ask: &TokenAsk) -> Result<Vec<TokenRecord>, StoreError>;
    /// Ends a token; false when there is none or it was ended before.
    fn revoke_token(&self, id: &str, act: &Act) -> Result<bool, StoreError>;
}

const TOKEN: &str = "t.id, t.account_id, t.name, t.scopes, t.created_ms, t.expires_ms, t.used_ms,
    t.revoked_ms";
/// Columns of [`TOKEN`].
const WIDTH: usize = 8;
/// How often the newest use is written down.
const STEP: SignedDuration = SignedDuration::from_mins(1);

fn token(row: &dyn Fields) -> Result<TokenRecord, StoreError> {
    let scopes = Permissions::parse(row.word(3)?).map_err(|word| StoreError::Corrupt {
        what: "a scope",
        why: format!("`{word}` is unknown"),
    })?;
    Ok(TokenRecord {
        id: row.string(0)?,
        account: row.string(1)?,
        name: row.string(2)?,
        scopes,
        created: row.time(4)?,
        expires: row.time(5)?,
        used: row.time_or_null(6)?,
        revoked: row.time_or_null(7)?,
    })
}

impl<T: Transact> Tokens for T {
    fn add_token(&self, new: &NewToken, act: &Act) -> Result<(), StoreError> {
        const ADD: &str = "INSERT INTO api_token
                (id, secret_sha256, account_id, name, scopes, created_ms, expires_ms)
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = [
            Value::text(&new.id),
            Value::Bytes(new.digest.to_vec()),
            Value::text(&new.account),
            Value::text(&new.name),
            Value::text(&new.scopes.words()),
            Value::time(act.at),
            Value::time(new.expires),
        ];
        self.transact(|db| {
            db.change(ADD, &values)?;
            note(db, act).map(drop)
        })
    }

    fn present_token(
        &self,
        presented: &ApiToken,
        now: Timestamp,
    ) -> Result<Option<(TokenRecord, Account)>, StoreError> {
        const USED: &str = "UPDATE api_token SET used_ms = $1 WHERE id = $2";
        let sql = format!(
            "SELECT {TOKEN}, t.secret_sha256, {} FROM api_token t
             JOIN account a ON a.id = t.account_id WHERE t.id = $1",
            columns()
        );
        let id = Value::text(presented.id());
        let found = self.lend(|db| {
            db.first(&sql, std::slice::from_ref(&id), |row| {
                let is_the_one = presented.is(row.blob(WIDTH)?);
                Ok((token(row)?, account(row, WIDTH + 1)?, is_the_one))
            })
        })?;
        let Some((token, account, true)) = found else { return Ok(None) };
        if token.revoked.is_some() || token.expires <= now || !account.is_open(now) {
            return Ok(None);
        }
        if token.used.is_none_or(|used| now.duration_since(used) >= STEP) {
            let values = [Value::time(now), id];
            self.transact(|db| db.change(USED, &values))?;
        }
        Ok(Some((token, account)))
    }

    fn token(&self, id: &str) -> Result<Option<TokenRecord>, StoreError> {
        let sql = format!("SELECT {TOKEN} FROM api_token t WHERE t.id = $1");
        self.lend(|db| db.first(&sql, &[Value::text(id)], token))
    }

    fn tokens(&self, ask: &TokenAsk) -> Result<Vec<TokenRecord>, StoreError> {
        self.lend(|db| {
            let id = db.dialect().by_bytes("t.id");
            let mut values = Vec::new();
            let mut conditions = vec!["true".to_owned()];
            if let Some(account) = &ask.account {
                values.push(Value::text(account));
                conditions.push(format!("t.account_id = ${}", values.len()));
            }
            if let Some((created, after)) = &ask.after {
                values.extend([Value::time(*created), Value::text(after)]);
                let (at, behind) = (values.len() - 1, values.len());
                conditions.push(format!(
                    "(t.created_ms < ${at} OR (t.created_ms = ${at} AND {id} > ${behind}))"
                ));
            }
            let sql = format!(
                "SELECT {TOKEN} FROM api_token t WHERE {} ORDER BY t.created_ms DESC, {id} LIMIT {}",
                conditions.join(" AND "),
                u64::from(ask.limit) + 1
            );
            db.all(&sql, &values, token)
        })
    }

    fn revoke_token(&self, id: &str, act: &Act) -> Result<bool, StoreError> {
        const REVOKE: &str =
            "UPDATE api_token SET revoked_ms = $1 WHERE id = $2 AND revoked_ms IS NULL";
        self.transact(|db| {
            let revoked = db.change(REVOKE, &[Value::time(act.at), Value::text(id)])? == 1;
            if revoked {
                note(db, act)?;
            }
            Ok(revoked)
        })
    }
}
