//! What revoked keys still sent: evidence that somebody uses them.

use jiff::Timestamp;

use crate::store::StoreError;
use crate::store::reading::Value;
use crate::store::writing::Transact;

/// Reports that were refused because the device's key was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// How many.
    pub attempts: u64,
    /// The first.
    pub first: Timestamp,
    /// The last.
    pub last: Timestamp,
}

/// Keeps them by device.
pub trait RefusedReports: Send + Sync {
    /// What a device's revoked key tried; nothing when it did not.
    fn refused(&self, device_id: &str) -> Result<Option<Refused>, StoreError>;
    /// Adds attempts of a device to those that are known.
    fn add_refused(&self, device_id: &str, more: &Refused) -> Result<(), StoreError>;
}

impl<T: Transact> RefusedReports for T {
    fn refused(&self, device_id: &str) -> Result<Option<Refused>, StoreError> {
        const FIND: &str =
            "SELECT attempts, first_ms, last_ms FROM refused_report WHERE device_id = $1";
        self.lend(|db| {
            db.first(FIND, &[Value::text(device_id)], |row| {
                Ok(Refused { attempts: row.count(0)?, first: row.time(1)?, last: row.time(2)? })
            })
        })
    }

    fn add_refused(&self, device_id: &str, more: &Refused) -> Result<(), StoreError> {
        const BEGIN: &str = "INSERT INTO refused_report (device_id, attempts, first_ms, last_ms)
            VALUES ($1, 0, $2, $3) ON CONFLICT (device_id) DO NOTHING";
        const ADD: &str = "UPDATE refused_report SET attempts = attempts + $1,
              last_ms = CASE WHEN last_ms < $2 THEN $2 ELSE last_ms END WHERE device_id = $3";
        let attempts = Value::Number(i64::try_from(more.attempts).unwrap_or(i64::MAX));
        let device = Value::text(device_id);
        let (first, last) = (Value::time(more.first), Value::time(more.last));
        self.transact(|db| {
            db.change(BEGIN, &[device.clone(), first.clone(), last.clone()])?;
            db.change(ADD, &[attempts.clone(), last.clone(), device.clone()]).map(drop)
        })
    }
}
