//! Signing in that has begun: what was asked of a provider or a passkey, and
//! how often somebody failed.

use jiff::Timestamp;

use super::SecretDigest;
use crate::store::StoreError;
use crate::store::reading::{Reading, Value};
use crate::store::writing::Transact;

/// Keeps attempts at signing in.
pub trait Attempts: Send + Sync {
    /// Keeps what belongs to the browser with this secret, from now until the
    /// second time.
    fn begin_attempt(
        &self,
        secret: &SecretDigest,
        kind: &str,
        data: &str,
        times: (Timestamp, Timestamp),
    ) -> Result<(), StoreError>;

    /// Takes it away again; nothing when it is not there, of another kind or
    /// too old. It is there once.
    fn take_attempt(
        &self,
        secret: &SecretDigest,
        kind: &str,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError>;

    /// Counts a failure of `what` in the window that began at `from`; how many
    /// there are with it. Windows that began before `forget` are dropped.
    fn count_failure(
        &self,
        what: &str,
        from: Timestamp,
        forget: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Failures of `what` in the window that began at `from`.
    fn failures(&self, what: &str, from: Timestamp) -> Result<u64, StoreError>;
}

impl<T: Transact> Attempts for T {
    fn begin_attempt(
        &self,
        secret: &SecretDigest,
        kind: &str,
        data: &str,
        (now, expires): (Timestamp, Timestamp),
    ) -> Result<(), StoreError> {
        const OLD: &str = "DELETE FROM sign_in_attempt WHERE expires_ms <= $1";
        const BEGIN: &str = "INSERT INTO sign_in_attempt (secret_sha256, kind, data, expires_ms)
            VALUES ($1, $2, $3, $4)";
        self.transact(|db| {
            db.change(OLD, &[Value::time(now)])?;
            let values = [
                Value::Bytes(secret.to_vec()),
                Value::text(kind),
                Value::text(data),
                Value::time(expires),
            ];
            db.change(BEGIN, &values).map(drop)
        })
    }

    fn take_attempt(
        &self,
        secret: &SecretDigest,
        kind: &str,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        const READ: &str = "SELECT data FROM sign_in_attempt
            WHERE secret_sha256 = $1 AND kind = $2 AND expires_ms > $3";
        const TAKE: &str = "DELETE FROM sign_in_attempt WHERE secret_sha256 = $1 AND kind = $2";
        let (secret, kind) = (Value::Bytes(secret.to_vec()), Value::text(kind));
        self.transact(|db| {
            let values = [secret.clone(), kind.clone(), Value::time(now)];
            let data = db.asked().first(READ, &values, |row| row.string(0))?;
            // Of two who ask at once one finds the row gone.
            let taken = db.change(TAKE, &values[..2])? == 1;
            Ok(data.filter(|_| taken))
        })
    }

    fn count_failure(
        &self,
        what: &str,
        from: Timestamp,
        forget: Timestamp,
    ) -> Result<u64, StoreError> {
        const FORGET: &str = "DELETE FROM sign_in_failure WHERE from_ms < $1";
        const COUNT: &str = "INSERT INTO sign_in_failure (what, from_ms, failures)
            VALUES ($1, $2, 1) ON CONFLICT (what, from_ms)
            DO UPDATE SET failures = sign_in_failure.failures + 1";
        self.transact(|db| {
            db.change(FORGET, &[Value::time(forget)])?;
            db.change(COUNT, &[Value::text(what), Value::time(from)])?;
            count(db.asked(), what, from)
        })
    }

    fn failures(&self, what: &str, from: Timestamp) -> Result<u64, StoreError> {
        self.lend(|db| count(db, what, from))
    }
}

fn count(db: &mut dyn Reading, what: &str, from: Timestamp) -> Result<u64, StoreError> {
    const COUNT: &str = "SELECT failures FROM sign_in_failure WHERE what = $1 AND from_ms = $2";
    let values = [Value::text(what), Value::time(from)];
    Ok(db.first(COUNT, &values, |row| row.count(0))?.unwrap_or(0))
}
