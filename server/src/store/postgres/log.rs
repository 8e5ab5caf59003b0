//! The log in PostgreSQL.

use shared::log::Frontier;

use super::{Session, StoreError};
use crate::log::growth::Growth;
use crate::store::batch::NewStatement;
use crate::store::reading;

/// The log's edge, locked until the transaction ends: whoever appends waits
/// here for the one before. Nothing else is locked after it.
pub(super) fn head_locked(db: &mut Session) -> Result<Frontier, StoreError> {
    reading::log_head_by(db, "SELECT size, roots FROM log_head WHERE id = 1 FOR UPDATE")
}

const STATEMENTS: &str = "
    INSERT INTO statement (device_id, chain, sequence, received_ms, finished_ms, kind, flags,
                           keyid, digest, previous, payload, signature, log_position)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
      $6::text[], $7::text[], $8::text[], $9::bytea[], $10::bytea[], $11::bytea[], $12::bytea[],
      $13::bigint[])";
const ENTRIES: &str = "
    INSERT INTO log_entry (position, entry, hash)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[])";
const NODES: &str = "
    INSERT INTO log_node (height, position, hash)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[])";
const HEAD: &str = "UPDATE log_head SET size = $1, roots = $2 WHERE id = 1";

/// Writes what is appended and the statements that it proves, within the
/// transaction that locked the head.
pub(super) fn append(
    db: &mut Session,
    growth: &Growth,
    statements: &[NewStatement<'_>],
) -> Result<(), StoreError> {
    let start = number(growth.start);
    let positions: Vec<i64> = (start..).take(growth.entries.len()).collect();
    let texts: Vec<&str> = growth.entries.iter().map(|(text, _)| text.as_str()).collect();
    let hashes: Vec<&[u8]> = growth.entries.iter().map(|(_, hash)| hash.0.as_slice()).collect();
    let heights: Vec<i64> = growth.tiles.iter().map(|tile| i64::from(tile.level)).collect();
    let places: Vec<i64> = growth.tiles.iter().map(|tile| number(tile.index)).collect();
    let nodes: Vec<&[u8]> = growth.tiles.iter().map(|tile| tile.hash.0.as_slice()).collect();
    let size = number(growth.head.size());
    let roots: Vec<u8> = growth.head.roots().iter().flat_map(|root| root.0).collect();
    let columns = Columns::of(statements, start);
    let columns = columns.values();
    let mut steps: Vec<super::session::Step<'_>> = Vec::with_capacity(4);
    let entries: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&positions, &texts, &hashes];
    let tiles: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&heights, &places, &nodes];
    let head: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&size, &roots];
    steps.push((HEAD, &head));
    steps.push((ENTRIES, &entries));
    if !growth.tiles.is_empty() {
        steps.push((NODES, &tiles));
    }
    if !statements.is_empty() {
        steps.push((STATEMENTS, &columns));
    }
    db.together(&steps)?;
    Ok(())
}

/// Appends one entry within a transaction; its position.
pub(super) fn record(db: &mut Session, entry: String) -> Result<u64, StoreError> {
    let growth = Growth::of(head_locked(db)?, vec![entry]);
    append(db, &growth, &[])?;
    Ok(growth.start)
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Statements by columns.
#[derive(Default)]
struct Columns<'a> {
    devices: Vec<&'a str>,
    chains: Vec<i64>,
    sequences: Vec<i64>,
    received: Vec<i64>,
    finished: Vec<i64>,
    kinds: Vec<&'a str>,
    flags: Vec<&'a str>,
    keys: Vec<&'a str>,
    digests: Vec<&'a [u8]>,
    previous: Vec<&'a [u8]>,
    payloads: Vec<&'a [u8]>,
    signatures: Vec<&'a [u8]>,
    positions: Vec<i64>,
}

impl<'a> Columns<'a> {
    fn of(statements: &'a [NewStatement<'a>], start: i64) -> Self {
        let mut columns = Self::default();
        for statement in statements {
            let incoming = statement.incoming;
            columns.devices.push(&incoming.device_id);
            columns.chains.push(incoming.chain);
            columns.sequences.push(incoming.posture.sequence);
            columns.received.push(incoming.received_at.as_millisecond());
            columns.finished.push(incoming.posture.time.finished_at.as_millisecond());
            columns.kinds.push(incoming.posture.kind.as_str());
            columns.flags.push(&statement.flags);
            columns.keys.push(&incoming.keyid);
            columns.digests.push(&incoming.digest);
            columns.previous.push(&incoming.previous);
            columns.payloads.push(&incoming.payload);
            columns.signatures.push(&incoming.signature);
            columns.positions.push(start + number(statement.entry as u64));
        }
        columns
    }

    fn values(&self) -> [&(dyn tokio_postgres::types::ToSql + Sync); 13] {
        [
            &self.devices,
            &self.chains,
            &self.sequences,
            &self.received,
            &self.finished,
            &self.kinds,
            &self.flags,
            &self.keys,
            &self.digests,
            &self.previous,
            &self.payloads,
            &self.signatures,
            &self.positions,
        ]
    }
}
