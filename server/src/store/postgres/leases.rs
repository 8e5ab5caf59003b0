//! Leases in PostgreSQL.

use jiff::Timestamp;

use super::{StoreError, Writer};
use crate::store::leases::{Fence, Leases};

/// Keeps the row as it is until the transaction ends, so that nobody takes the
/// lease between the look and the commit.
pub(super) const SHOW: &str = "SELECT token FROM lease WHERE name = $1 FOR SHARE";

impl Leases for Writer {
    fn take(
        &mut self,
        name: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Fence>, StoreError> {
        const TAKE: &str = "
            INSERT INTO lease (name, holder, token, until_ms) VALUES ($1, $2, 1, $4)
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = lease.token + 1,
              until_ms = excluded.until_ms
              WHERE lease.until_ms <= $3 OR lease.holder = excluded.holder RETURNING token";
        let [now, until] = [now, until].map(Timestamp::as_millisecond);
        let row = self.session().row(TAKE, &[&name, &holder, &now, &until])?;
        let token = row.map(|row| row.try_get(0)).transpose()?;
        Ok(token.map(|token| Fence { name: name.to_owned(), token }))
    }

    fn renew(&mut self, fence: &Fence, until: Timestamp) -> Result<bool, StoreError> {
        const RENEW: &str = "UPDATE lease SET until_ms = $3 WHERE name = $1 AND token = $2";
        let until = until.as_millisecond();
        Ok(self.session().execute(RENEW, &[&fence.name, &fence.token, &until])? == 1)
    }

    fn release(&mut self, fence: &Fence) -> Result<bool, StoreError> {
        const RELEASE: &str = "UPDATE lease SET until_ms = 0 WHERE name = $1 AND token = $2";
        Ok(self.session().execute(RELEASE, &[&fence.name, &fence.token])? == 1)
    }

    fn work_under(&mut self, fence: Option<Fence>) {
        self.session().work_under(fence);
    }
}
