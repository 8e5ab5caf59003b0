//! What agents said when they were removed, within the transaction that
//! revokes their key.

use jiff::Timestamp;
use shared::keys::hex;

use crate::audit::{Act, Object};
use crate::log::entry::Event;
use crate::store::StoreError;
use crate::store::devices::Leaving;
use crate::store::reading::{Reading, Value};
use crate::store::writing::Writing;

/// Why the key is revoked, for people.
pub(in crate::store) const REASON: &str = "The agent was removed by the Mac itself.";

/// When this very key said farewell for the device, if it did.
pub(in crate::store) fn said(
    db: &mut dyn Reading,
    leaving: &Leaving,
) -> Result<Option<Timestamp>, StoreError> {
    const SAID: &str = "SELECT received_ms FROM farewell WHERE device_id = $1 AND keyid = $2";
    let values = [Value::text(&leaving.device_id), Value::text(&leaving.keyid)];
    db.first(SAID, &values, |row| row.time(0))
}

/// Keeps a farewell; the device was locked before.
pub(in crate::store) fn keep(db: &mut dyn Writing, leaving: &Leaving) -> Result<(), StoreError> {
    const KEEP: &str = "INSERT INTO farewell (device_id, received_ms, keyid, digest, payload,
          signature) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (device_id) DO UPDATE SET received_ms = excluded.received_ms,
          keyid = excluded.keyid, digest = excluded.digest, payload = excluded.payload,
          signature = excluded.signature";
    const MARK: &str = "UPDATE device SET removed_ms = $1 WHERE id = $2";
    let (device, at) = (Value::text(&leaving.device_id), Value::time(leaving.received_at));
    db.change(
        KEEP,
        &[
            device.clone(),
            at.clone(),
            Value::text(&leaving.keyid),
            Value::Bytes(leaving.digest.to_vec()),
            Value::Bytes(leaving.payload.clone()),
            Value::Bytes(leaving.signature.clone()),
        ],
    )?;
    db.change(MARK, &[at, device]).map(drop)
}

/// The entry of the log.
pub(in crate::store) fn entry(leaving: &Leaving) -> String {
    let event = Event::Farewell {
        device: &leaving.device_id,
        key: &leaving.keyid,
        statement_sha256: &hex(&leaving.digest),
        signature_sha256: &hex(&leaving.signature_sha256),
    };
    event.at(leaving.received_at)
}

/// The row of the audit log: nobody who signed in did it.
pub(in crate::store) fn act(leaving: &Leaving) -> Act {
    let object = Object::new("device", &leaving.device_id);
    Act::of_collector("agent_removed", object, leaving.received_at).with(REASON)
}
