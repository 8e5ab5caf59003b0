//! Leases in SQLite.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{StoreError, Writer};
use crate::store::leases::{Fence, Leases};

/// Shows a fence within a transaction that writes: nobody else can take the
/// lease before it ends.
pub(super) fn show(db: &Connection, fence: &Fence) -> Result<(), StoreError> {
    let newest: Option<i64> = db
        .prepare_cached("SELECT token FROM lease WHERE name = ?1")?
        .query_row([&fence.name], |row| row.get(0))
        .optional()?;
    if newest == Some(fence.token) { Ok(()) } else { Err(StoreError::Fenced(fence.name.clone())) }
}

impl Leases for Writer {
    fn take(
        &mut self,
        name: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Fence>, StoreError> {
        const TAKE: &str = "INSERT INTO lease (name, holder, token, until_ms)
            VALUES (?1, ?2, 1, ?4) ON CONFLICT (name) DO UPDATE SET holder = excluded.holder,
              token = token + 1, until_ms = excluded.until_ms WHERE until_ms <= ?3
              OR holder = excluded.holder
            RETURNING token";
        let [now, until] = [now, until].map(Timestamp::as_millisecond);
        let token = self
            .connection
            .prepare_cached(TAKE)?
            .query_row(params![name, holder, now, until], |row| row.get(0))
            .optional()?;
        Ok(token.map(|token| Fence { name: name.to_owned(), token }))
    }

    fn renew(&mut self, fence: &Fence, until: Timestamp) -> Result<bool, StoreError> {
        const RENEW: &str = "UPDATE lease SET until_ms = ?3 WHERE name = ?1 AND token = ?2";
        let mut renew = self.connection.prepare_cached(RENEW)?;
        Ok(renew.execute(params![fence.name, fence.token, until.as_millisecond()])? == 1)
    }

    fn release(&mut self, fence: &Fence) -> Result<bool, StoreError> {
        const RELEASE: &str = "UPDATE lease SET until_ms = 0 WHERE name = ?1 AND token = ?2";
        let mut release = self.connection.prepare_cached(RELEASE)?;
        Ok(release.execute(params![fence.name, fence.token])? == 1)
    }

    fn work_under(&mut self, fence: Option<Fence>) {
        self.fence = fence;
    }
}
