//! A transaction of SQLite as the books of a batch.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::log::Frontier;
use shared::statement::Posture;

use super::{StoreError, devices, log, state, stream};
use crate::clock::from_ms;
use crate::fleet::state::{DeviceState, Lifecycle};
use crate::log::growth::Growth;
use crate::store::batch::{
    Books, DeviceWrite, Earlier, Loaded, NewStatement, Place, StoredPosture, Writes,
};
use crate::store::reports::Incoming;
use crate::store::stream::NewEvent;

/// An open transaction that writes.
pub(super) struct SqliteBooks<'db>(pub(super) &'db Connection);

impl Books for SqliteBooks<'_> {
    fn places(&mut self, ids: &[&str]) -> Result<Vec<Loaded>, StoreError> {
        let loaded = ids.iter().map(|id| state::load_place(self.0, id));
        loaded.filter_map(Result::transpose).collect()
    }

    fn postures(&mut self, ids: &[&str]) -> Result<Vec<StoredPosture>, StoreError> {
        let loaded = ids.iter().map(|id| state::load_posture(self.0, id));
        loaded.filter_map(Result::transpose).collect()
    }

    fn earlier(&mut self, places: &[Place<'_>]) -> Result<Vec<Earlier>, StoreError> {
        let found = places.iter().map(|place| find(self.0, place));
        found.filter_map(Result::transpose).collect()
    }

    fn write(&mut self, writes: &Writes<'_>) -> Result<(), StoreError> {
        for device in &writes.devices {
            write_device(self.0, device)?;
        }
        for incoming in &writes.contradictions {
            contradiction(self.0, incoming)?;
        }
        for suspension in writes.suspensions {
            let step = devices::Step {
                device_id: &suspension.device_id,
                to: Lifecycle::Suspended,
                kind: "conflict",
                actor: "collector",
                detail: &suspension.reason,
                at: suspension.at,
            };
            devices::move_on(self.0, &step)?;
        }
        Ok(())
    }

    fn log_head(&mut self) -> Result<Frontier, StoreError> {
        log::head(self.0)
    }

    fn append(
        &mut self,
        growth: &Growth,
        statements: &[NewStatement<'_>],
    ) -> Result<(), StoreError> {
        for statement in statements {
            insert(self.0, statement, growth.start + statement.entry as u64)?;
        }
        log::append(self.0, growth)
    }

    fn publish(&mut self, log_size: u64, events: &[NewEvent]) -> Result<(), StoreError> {
        stream::publish(self.0, log_size, events)
    }
}

fn find(db: &Connection, place: &Place<'_>) -> Result<Option<Earlier>, StoreError> {
    const FIND: &str = "SELECT digest, received_ms, flags, log_position FROM statement
        WHERE device_id = ?1 AND chain = ?2 AND sequence = ?3";
    let found = db
        .prepare_cached(FIND)?
        .query_row(params![place.device_id, place.chain, place.sequence], |row| {
            Ok(Earlier {
                device_id: place.device_id.to_owned(),
                chain: place.chain,
                sequence: place.sequence,
                digest: row.get(0)?,
                received_at: from_ms(row.get(1)?),
                flags: row.get_ref(2)?.as_str()?.split_whitespace().map(str::to_owned).collect(),
                log_position: row.get(3)?,
            })
        })
        .optional()?;
    Ok(found)
}

fn insert(db: &Connection, statement: &NewStatement<'_>, position: u64) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO statement (device_id, chain, sequence, received_ms,
        finished_ms, kind, flags, keyid, digest, previous, payload, signature, log_position)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    let incoming = statement.incoming;
    db.prepare_cached(INSERT)?.execute(params![
        incoming.device_id,
        incoming.chain,
        incoming.posture.sequence,
        incoming.received_at.as_millisecond(),
        incoming.posture.time.finished_at.as_millisecond(),
        incoming.posture.kind.as_str(),
        statement.flags,
        incoming.keyid,
        incoming.digest,
        incoming.previous,
        incoming.payload,
        incoming.signature,
        position,
    ])?;
    Ok(())
}

fn write_device(db: &Connection, write: &DeviceWrite<'_>) -> Result<(), StoreError> {
    state::save_place(db, write.state, write.readings_sha256)?;
    if write.is_judged {
        state::save(db, write.state, write.changes)?;
    }
    if let Some(posture) = write.claim {
        save_claim(db, write.state, posture)?;
    }
    Ok(())
}

/// What the device says of itself, for lists and searches.
fn save_claim(db: &Connection, state: &DeviceState, posture: &Posture) -> Result<(), StoreError> {
    const CLAIM: &str = "UPDATE device SET model = coalesce(?2, model),
        serial = coalesce(?3, serial), hardware_uuid = coalesce(hardware_uuid, ?4),
        agent_version = ?5, key_protection = ?6, recorded = ?7, agent_sha256 = ?8,
        agent_build = ?9
        WHERE id = ?1 AND (model, serial, hardware_uuid, agent_version, key_protection, recorded,
                           agent_sha256, agent_build)
        IS NOT (coalesce(?2, model), coalesce(?3, serial), coalesce(hardware_uuid, ?4), ?5, ?6, ?7,
                ?8, ?9)";
    db.prepare_cached(CLAIM)?.execute(params![
        state.id,
        posture.device.model,
        posture.device.serial,
        posture.device.hardware_uuid,
        posture.agent.version,
        posture.agent.key_protection.as_str(),
        posture.host.is_some(),
        posture.agent.binary_sha256,
        state.build.word(),
    ])?;
    Ok(())
}

fn contradiction(db: &Connection, incoming: &Incoming) -> Result<(), StoreError> {
    const KEEP: &str = "INSERT INTO equivocation (device_id, chain, sequence, digest, received_ms,
        keyid, payload, signature) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        ON CONFLICT DO NOTHING";
    db.prepare_cached(KEEP)?.execute(params![
        incoming.device_id,
        incoming.chain,
        incoming.posture.sequence,
        incoming.digest,
        incoming.received_at.as_millisecond(),
        incoming.keyid,
        incoming.payload,
        incoming.signature,
    ])?;
    Ok(())
}
