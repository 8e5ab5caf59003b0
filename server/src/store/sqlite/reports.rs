//! Keeping reports in SQLite.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use shared::statement::Posture;

use super::StoreError;
use super::state::{self, Loaded};
use crate::app::Rules;
use crate::clock::from_ms;
use crate::fleet::chain::Flag;
use crate::fleet::report::{Report, receive};
use crate::fleet::state::{DeviceState, Lifecycle};
use crate::store::reports::{Incoming, Kept, Reports};

/// The one connection that writes.
#[derive(Debug)]
pub struct Writer {
    pub(super) connection: Connection,
}

impl Writer {
    /// A writer over a connection from [`super::open_writer`].
    pub fn new(connection: Connection) -> Self {
        Self { connection }
    }
}

impl Reports for Writer {
    fn accept(&mut self, batch: &[Incoming], rules: &Rules) -> Result<Vec<Kept>, StoreError> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut answers = Vec::with_capacity(batch.len());
        // A device may have several reports in one batch.
        let mut states: HashMap<&str, Loaded> = HashMap::new();
        for incoming in batch {
            let id = incoming.device_id.as_str();
            if !states.contains_key(id)
                && let Some(state) = state::load_place(&transaction, id)?
            {
                states.insert(id, state);
            }
            answers.push(match states.get_mut(id) {
                Some(state) => keep(&transaction, state, incoming, rules)?,
                None => Kept::NoDevice,
            });
        }
        transaction.commit()?;
        Ok(answers)
    }

    fn judge_due(
        &mut self,
        now: Timestamp,
        limit: usize,
        rules: &Rules,
    ) -> Result<usize, StoreError> {
        const DUE: &str = "SELECT id FROM device
            WHERE next_change_ms IS NOT NULL AND next_change_ms <= ?1 AND lifecycle <> 'archived'
            ORDER BY next_change_ms LIMIT ?2";
        self.judge_each(DUE, &now.as_millisecond(), limit, |state, changes| {
            state.catch_up(rules, now, changes);
        })
    }

    fn judge_all(
        &mut self,
        now: Timestamp,
        limit: usize,
        rules: &Rules,
    ) -> Result<usize, StoreError> {
        // Two ranges, which an index answers; `<>` would read every device,
        // each second.
        const OTHERS: &str = "SELECT id FROM device
            WHERE (judged_by < ?1 OR judged_by > ?1)
              AND lifecycle NOT IN ('archived', 'pending') LIMIT ?2";
        let by = crate::fleet::advance::judged_by(rules);
        self.judge_each(OTHERS, &by, limit, |state, changes| {
            state.judge_at(rules, now, changes);
        })
    }
}

impl Writer {
    fn judge_each(
        &mut self,
        query: &str,
        key: &dyn rusqlite::ToSql,
        limit: usize,
        work: impl Fn(&mut DeviceState, &mut crate::fleet::advance::Changes),
    ) -> Result<usize, StoreError> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let ids: Vec<String> = transaction
            .prepare_cached(query)?
            .query_map(params![key, limit], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for id in &ids {
            if let Some(mut device) = state::load(&transaction, id)? {
                let mut changes = Vec::new();
                work(&mut device, &mut changes);
                state::save_place(&transaction, &device, None)?;
                state::save(&transaction, &device, &changes)?;
            }
        }
        transaction.commit()?;
        Ok(ids.len())
    }
}

/// Why a device is suspended whose key signs on a second computer.
const OTHER_HARDWARE: &str = "A report came from another computer than before: the key was copied.";

/// Keeps one report within a transaction.
fn keep(
    db: &Connection,
    loaded: &mut Loaded,
    incoming: &Incoming,
    rules: &Rules,
) -> Result<Kept, StoreError> {
    let device = &loaded.state;
    if device.lifecycle != Lifecycle::Active {
        return Ok(Kept::Refused(device.lifecycle));
    }
    let sequence = incoming.posture.sequence;
    let newest = incoming.chain > device.head.chain
        || (incoming.chain == device.head.chain && sequence > device.head.sequence);
    // A sequence above the newest cannot be in the database yet.
    let mut before = None;
    if !newest {
        if let Some(there) = find(db, incoming, sequence)? {
            if there.digest == incoming.digest {
                return Ok(Kept::Duplicate {
                    status: device.status,
                    failing: loaded.fails(),
                    received_at: there.received_at,
                    flags: there.flags,
                });
            }
            conflict(db, &mut loaded.state, incoming)?;
            return Ok(Kept::Conflict);
        }
        before = find(db, incoming, sequence - 1)?.map(|there| there.digest);
    }
    let report = Report {
        posture: &incoming.posture,
        digest: incoming.digest,
        previous: incoming.previous,
        chain: incoming.chain,
        received_at: incoming.received_at,
        nonce_at: incoming.nonce_at,
        certificate_expired: incoming.certificate_expired,
        repeats: incoming.readings_sha256.is_some()
            && incoming.readings_sha256 == loaded.readings_sha256,
    };
    let quiet = newest && report.changes_nothing(device, rules);
    let device = if quiet { &mut loaded.state } else { loaded.whole(db)? };
    let next_change_at = device.next_change_at;
    let mut changes = Vec::new();
    let effect = receive(device, &report, before, rules, &mut changes);
    insert(db, incoming, &effect.flags)?;
    if newest {
        state::save_place(db, device, incoming.readings_sha256)?;
        let judged = effect.judged || device.next_change_at != next_change_at;
        if judged || !changes.is_empty() {
            state::save(db, device, &changes)?;
        }
        if !quiet {
            save_claim(db, &device.id, &incoming.posture)?;
        }
        loaded.readings_sha256 = incoming.readings_sha256.or(loaded.readings_sha256);
    }
    if effect.flags.contains(&Flag::OtherHardware) {
        suspend(db, &mut loaded.state, OTHER_HARDWARE, incoming.received_at)?;
    }
    let status = loaded.state.status;
    Ok(Kept::New { status, failing: loaded.fails(), flags: effect.flags })
}

struct There {
    digest: [u8; 32],
    received_at: Timestamp,
    flags: Vec<String>,
}

fn find(db: &Connection, incoming: &Incoming, sequence: i64) -> Result<Option<There>, StoreError> {
    const FIND: &str = "SELECT digest, received_ms, flags FROM statement
        WHERE device_id = ?1 AND chain = ?2 AND sequence = ?3";
    let found = db
        .prepare_cached(FIND)?
        .query_row(params![incoming.device_id, incoming.chain, sequence], |row| {
            Ok(There {
                digest: row.get(0)?,
                received_at: from_ms(row.get(1)?),
                flags: row.get_ref(2)?.as_str()?.split_whitespace().map(str::to_owned).collect(),
            })
        })
        .optional()?;
    Ok(found)
}

fn insert(db: &Connection, incoming: &Incoming, flags: &[Flag]) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO statement (device_id, chain, sequence, received_ms,
        finished_ms, kind, flags, keyid, digest, previous, payload, signature)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    let words: Vec<&str> = flags.iter().map(|flag| flag.as_str()).collect();
    db.prepare_cached(INSERT)?.execute(params![
        incoming.device_id,
        incoming.chain,
        incoming.posture.sequence,
        incoming.received_at.as_millisecond(),
        incoming.posture.time.finished_at.as_millisecond(),
        incoming.posture.kind.as_str(),
        words.join(" "),
        incoming.keyid,
        incoming.digest,
        incoming.previous,
        incoming.payload,
        incoming.signature,
    ])?;
    Ok(())
}

/// What the device says of itself, for lists and searches.
fn save_claim(db: &Connection, device_id: &str, posture: &Posture) -> Result<(), StoreError> {
    const CLAIM: &str = "UPDATE device SET model = coalesce(?2, model),
        serial = coalesce(?3, serial), hardware_uuid = coalesce(hardware_uuid, ?4),
        agent_version = ?5, key_protection = ?6, recorded = ?7
        WHERE id = ?1 AND (model, serial, hardware_uuid, agent_version, key_protection, recorded)
        IS NOT (coalesce(?2, model), coalesce(?3, serial), coalesce(hardware_uuid, ?4), ?5, ?6, ?7)";
    db.prepare_cached(CLAIM)?.execute(params![
        device_id,
        posture.device.model,
        posture.device.serial,
        posture.device.hardware_uuid,
        posture.agent.version,
        posture.agent.key_protection.as_str(),
        posture.host.is_some(),
    ])?;
    Ok(())
}

/// Two statements with one sequence prove that two signers hold the key: keeps
/// the second one too, and suspends the device until a person has looked.
fn conflict(
    db: &Connection,
    device: &mut DeviceState,
    incoming: &Incoming,
) -> Result<(), StoreError> {
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
    let reason = format!(
        "Two different reports have sequence {}: two signers hold this key.",
        incoming.posture.sequence
    );
    suspend(db, device, &reason, incoming.received_at)
}

/// Refuses the device's reports until a person has looked.
fn suspend(
    db: &Connection,
    device: &mut DeviceState,
    reason: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    super::devices::set_lifecycle(
        db,
        &super::devices::Step {
            device_id: &device.id,
            to: Lifecycle::Suspended,
            kind: "conflict",
            actor: "collector",
            detail: reason,
            at,
        },
    )?;
    device.lifecycle = Lifecycle::Suspended;
    Ok(())
}
