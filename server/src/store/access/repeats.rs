//! Requests with an idempotency key: which were begun, and how they were
//! answered.

use jiff::Timestamp;

use crate::store::StoreError;
use crate::store::reading::Value;
use crate::store::writing::Transact;

/// What is known of a request that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// It is the first with this key, and begun now.
    None,
    /// The key belongs to another request.
    Another,
    /// The same request was begun, and has no answer yet.
    AtWork {
        /// When it was begun.
        since: Timestamp,
    },
    /// The same request was answered like this.
    Answered(String),
}

/// Keeps answers to be given again.
pub trait Repeats: Send + Sync {
    /// Begins a request of an actor with a key, unless there is one; what was
    /// begun before `forget` is forgotten.
    fn begin_request(
        &self,
        who: (&str, &str),
        request: &[u8; 32],
        times: (Timestamp, Timestamp),
    ) -> Result<Earlier, StoreError>;
    /// Keeps the answer.
    fn finish_request(
        &self,
        who: (&str, &str),
        status: i64,
        answer: &str,
    ) -> Result<(), StoreError>;
    /// The request changed nothing; its key is free again.
    fn forget_request(&self, who: (&str, &str)) -> Result<(), StoreError>;
}

impl<T: Transact> Repeats for T {
    fn begin_request(
        &self,
        (actor, key): (&str, &str),
        request: &[u8; 32],
        (now, forget): (Timestamp, Timestamp),
    ) -> Result<Earlier, StoreError> {
        const FORGET: &str = "DELETE FROM idempotency WHERE created_ms <= $1";
        const BEGIN: &str = "INSERT INTO idempotency (actor, key, request_sha256, body, created_ms)
            VALUES ($1, $2, $3, '', $4) ON CONFLICT DO NOTHING";
        const READ: &str = "SELECT request_sha256, status, body, created_ms FROM idempotency
            WHERE actor = $1 AND key = $2";
        let who = [Value::text(actor), Value::text(key)];
        let row = [who.as_slice(), &[Value::Bytes(request.to_vec()), Value::time(now)]].concat();
        self.transact(|db| {
            db.change(FORGET, &[Value::time(forget)])?;
            if db.change(BEGIN, &row)? == 1 {
                return Ok(Earlier::None);
            }
            db.asked().only(READ, &who, |row| {
                Ok(match row.number(1)? {
                    _ if row.blob(0)? != request => Earlier::Another,
                    None => Earlier::AtWork { since: row.time(3)? },
                    Some(_) => Earlier::Answered(row.string(2)?),
                })
            })
        })
    }

    fn finish_request(
        &self,
        (actor, key): (&str, &str),
        status: i64,
        answer: &str,
    ) -> Result<(), StoreError> {
        const FINISH: &str =
            "UPDATE idempotency SET status = $1, body = $2 WHERE actor = $3 AND key = $4";
        let values =
            [Value::Number(status), Value::text(answer), Value::text(actor), Value::text(key)];
        self.transact(|db| db.change(FINISH, &values).map(drop))
    }

    fn forget_request(&self, (actor, key): (&str, &str)) -> Result<(), StoreError> {
        const FORGET: &str =
            "DELETE FROM idempotency WHERE actor = $1 AND key = $2 AND status IS NULL";
        self.transact(|db| db.change(FORGET, &[Value::text(actor), Value::text(key)]).map(drop))
    }
}
