//! Fleet tokens: one secret for many Macs, which an MDM gives to them.

mod entry;

use jiff::Timestamp;

pub(in crate::store) use self::entry::{Entry, enter, keep_claim, stands};
use super::SecretDigest;
use super::audit::note;
use crate::audit::Act;
use crate::store::StoreError;
use crate::store::reading::{Fields, Value};
use crate::store::writing::Transact;

/// A fleet token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetToken {
    /// First half of the secret's digest.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Most Macs that it lets ask.
    pub quota: i64,
    /// Macs that have asked with it, admitted or waiting.
    pub used: i64,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends by itself.
    pub expires: Timestamp,
    /// When somebody ended it.
    pub revoked: Option<Timestamp>,
}

impl FleetToken {
    /// Whether it admits somebody at `now`.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires > now && self.used < self.quota
    }
}

/// A fleet token to be made.
#[derive(Clone, Debug)]
pub struct NewFleetToken {
    /// First half of the secret's digest.
    pub id: String,
    /// Digest of the secret.
    pub secret_sha256: SecretDigest,
    /// Name for people.
    pub name: String,
    /// Most Macs.
    pub quota: i64,
    /// When it ends by itself.
    pub expires: Timestamp,
}

/// Keeps fleet tokens.
pub trait FleetTokens: Send + Sync {
    /// All of them, the newest first.
    fn fleet_tokens(&self) -> Result<Vec<FleetToken>, StoreError>;
    /// The one with this id.
    fn fleet_token(&self, id: &str) -> Result<Option<FleetToken>, StoreError>;
    /// Makes one.
    fn make_fleet_token(&self, new: &NewFleetToken, act: &Act) -> Result<(), StoreError>;
    /// Ends one; false when there is none, or it was ended before.
    fn revoke_fleet_token(&self, id: &str, act: &Act) -> Result<bool, StoreError>;
}

const SELECT: &str = "SELECT t.id, t.name, t.quota, t.used, t.created_ms, t.expires_ms,
    t.revoked_ms FROM fleet_token t";

fn token(row: &dyn Fields) -> Result<FleetToken, StoreError> {
    Ok(FleetToken {
        id: row.string(0)?,
        name: row.string(1)?,
        quota: row.int(2)?,
        used: row.int(3)?,
        created: row.time(4)?,
        expires: row.time(5)?,
        revoked: row.time_or_null(6)?,
    })
}

impl<T: Transact> FleetTokens for T {
    fn fleet_tokens(&self) -> Result<Vec<FleetToken>, StoreError> {
        self.lend(|db| {
            let id = db.dialect().by_bytes("t.id");
            db.all(&format!("{SELECT} ORDER BY t.created_ms DESC, {id}"), &[], token)
        })
    }

    fn fleet_token(&self, id: &str) -> Result<Option<FleetToken>, StoreError> {
        self.lend(|db| db.first(&format!("{SELECT} WHERE t.id = $1"), &[Value::text(id)], token))
    }

    fn make_fleet_token(&self, new: &NewFleetToken, act: &Act) -> Result<(), StoreError> {
        const MAKE: &str = "INSERT INTO fleet_token
                (id, secret_sha256, name, quota, used, created_ms, expires_ms)
            VALUES ($1, $2, $3, $4, 0, $5, $6)";
        let values = [
            Value::text(&new.id),
            Value::Bytes(new.secret_sha256.to_vec()),
            Value::text(&new.name),
            Value::Number(new.quota),
            Value::time(act.at),
            Value::time(new.expires),
        ];
        self.transact(|db| {
            db.change(MAKE, &values)?;
            note(db, act).map(drop)
        })
    }

    fn revoke_fleet_token(&self, id: &str, act: &Act) -> Result<bool, StoreError> {
        const REVOKE: &str =
            "UPDATE fleet_token SET revoked_ms = $1 WHERE id = $2 AND revoked_ms IS NULL";
        self.transact(|db| {
            let revoked = db.change(REVOKE, &[Value::time(act.at), Value::text(id)])? == 1;
            if revoked {
                note(db, act)?;
            }
            Ok(revoked)
        })
    }
}
