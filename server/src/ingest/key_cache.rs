//! Every device key in memory, so that a body with an unknown key or a bad
//! signature never reaches the database.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use shared::keys::PublicKey;

use crate::fleet::state::Lifecycle;
use crate::store::StoreError;
use crate::store::devices::{KeyRecord, Keys};

/// A key that reports can be verified with.
#[derive(Debug)]
pub struct DeviceKey {
    /// Whose it is.
    pub device_id: String,
    /// Which of the device's keys, counted from 0.
    pub chain: i64,
    /// The key itself, ready to verify with.
    pub public: PublicKey,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Where the device is in its life.
    pub lifecycle: Lifecycle,
    /// Every certificate it had: digest in hexadecimal, and expiry.
    pub certificates: Vec<(String, Timestamp)>,
    /// Whether the newest signature that was looked at was its own.
    proven: AtomicBool,
}

impl DeviceKey {
    /// Whether the key has signed a report lately, and nobody has forged one
    /// in its name since.
    pub fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed)
    }

    /// Remembers whether a signature in its name was its own.
    pub fn prove(&self, own: bool) {
        // Written only when it changes: every core reads it.
        if self.is_proven() != own {
            self.proven.store(own, Ordering::Relaxed);
        }
    }
}

/// The keys, refreshed by version.
#[derive(Clone)]
pub struct KeyCache {
    source: Arc<dyn Keys>,
    keys: Arc<RwLock<HashMap<String, Arc<DeviceKey>>>>,
    // Held while refreshing, so that two refreshes do not cross.
    version: Arc<Mutex<i64>>,
}

impl KeyCache {
    /// An empty cache; call [`Self::refresh`] before use.
    pub fn new(source: Arc<dyn Keys>) -> Self {
        Self { source, keys: Arc::default(), version: Arc::new(Mutex::new(0)) }
    }

    /// The key called `keyid`.
    pub fn get(&self, keyid: &str) -> Option<Arc<DeviceKey>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(keyid).cloned()
    }

    /// Reads what changed since the last time. Blocks on the database.
    pub fn refresh(&self) -> Result<(), StoreError> {
        let mut version = self.version.lock().unwrap_or_else(PoisonError::into_inner);
        let (now, records) = self.source.changed_since(*version)?;
        let ready: Vec<(String, Arc<DeviceKey>)> = records.into_iter().filter_map(ready).collect();
        self.keys.write().unwrap_or_else(PoisonError::into_inner).extend(ready);
        *version = now;
        Ok(())
    }
}

fn ready(record: KeyRecord) -> Option<(String, Arc<DeviceKey>)> {
    let public = PublicKey::from_spki(&record.spki)
        .inspect_err(
            |error| tracing::error!(keyid = record.keyid, %error, "a stored key is damaged"),
        )
        .ok()?;
    let key = DeviceKey {
        device_id: record.device_id,
        chain: record.chain,
        public,
        revoked: record.status == "revoked",
        lifecycle: record.lifecycle,
        certificates: record.certificates,
        proven: AtomicBool::new(false),
    };
    Some((record.keyid, Arc::new(key)))
}
