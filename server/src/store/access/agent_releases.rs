//! Since when the collector knows each release of the agent.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::store::StoreError;
use crate::store::reading::Value;
use crate::store::writing::Transact;

/// Keeps since when releases are known, for all replicas.
pub trait ReleaseDates: Send + Sync {
    /// Keeps that these versions are known by `at`; the first time counts.
    fn see_releases(&self, versions: &[String], at: Timestamp) -> Result<(), StoreError>;
    /// Every version that was ever known, with the first time.
    fn release_dates(&self) -> Result<BTreeMap<String, Timestamp>, StoreError>;
}

impl<T: Transact> ReleaseDates for T {
    fn see_releases(&self, versions: &[String], at: Timestamp) -> Result<(), StoreError> {
        const SEE: &str = "INSERT INTO agent_release (version, seen_ms) VALUES ($1, $2)
            ON CONFLICT (version) DO NOTHING";
        self.transact(|db| {
            for version in versions {
                db.change(SEE, &[Value::text(version), Value::time(at)])?;
            }
            Ok(())
        })
    }

    fn release_dates(&self) -> Result<BTreeMap<String, Timestamp>, StoreError> {
        const ALL: &str = "SELECT version, seen_ms FROM agent_release";
        let rows = self.lend(|db| db.all(ALL, &[], |row| Ok((row.string(0)?, row.time(1)?))))?;
        Ok(rows.into_iter().collect())
    }
}
