//! A transaction of PostgreSQL as the books of a batch.

use shared::log::Frontier;
use tokio_postgres::Row;

use super::state::{self, digest};
use super::{Session, StoreError, log, stream, writing};
use crate::clock::from_ms;
use crate::log::growth::Growth;
use crate::store::batch::{Books, Earlier, Loaded, NewStatement, Place, StoredPosture, Writes};
use crate::store::stream::NewEvent;

/// An open transaction that writes.
pub(super) struct PostgresBooks<'db>(pub(super) &'db mut Session);

impl Books for PostgresBooks<'_> {
    fn places(&mut self, ids: &[&str]) -> Result<Vec<Loaded>, StoreError> {
        state::places(self.0, ids)
    }

    fn postures(&mut self, ids: &[&str]) -> Result<Vec<StoredPosture>, StoreError> {
        state::postures(self.0, ids)
    }

    fn earlier(&mut self, places: &[Place<'_>]) -> Result<Vec<Earlier>, StoreError> {
        const EARLIER: &str = "
            SELECT statement.device_id, statement.chain, statement.sequence, digest, received_ms,
                   flags, log_position
            FROM statement JOIN unnest($1::text[], $2::bigint[], $3::bigint[])
              AS asked (device_id, chain, sequence)
              ON statement.device_id = asked.device_id AND statement.chain = asked.chain
                AND statement.sequence = asked.sequence";
        let devices: Vec<&str> = places.iter().map(|place| place.device_id).collect();
        let chains: Vec<i64> = places.iter().map(|place| place.chain).collect();
        let sequences: Vec<i64> = places.iter().map(|place| place.sequence).collect();
        self.0.query(EARLIER, &[&devices, &chains, &sequences])?.iter().map(earlier).collect()
    }

    fn write(&mut self, writes: &Writes<'_>) -> Result<(), StoreError> {
        writing::write(self.0, writes)
    }

    fn log_head(&mut self) -> Result<Frontier, StoreError> {
        log::head_locked(self.0)
    }

    fn append(
        &mut self,
        growth: &Growth,
        statements: &[NewStatement<'_>],
    ) -> Result<(), StoreError> {
        log::append(self.0, growth, statements)
    }

    fn publish(&mut self, log_size: u64, events: &[NewEvent]) -> Result<(), StoreError> {
        stream::publish(self.0, log_size, events)
    }
}

fn earlier(row: &Row) -> Result<Earlier, StoreError> {
    let flags: &str = row.try_get(5)?;
    let position: Option<i64> = row.try_get(6)?;
    Ok(Earlier {
        device_id: row.try_get(0)?,
        chain: row.try_get(1)?,
        sequence: row.try_get(2)?,
        digest: digest(row, 3)?,
        received_at: from_ms(row.try_get(4)?),
        flags: flags.split_whitespace().map(str::to_owned).collect(),
        log_position: position.and_then(|position| u64::try_from(position).ok()),
    })
}
