//! What was seen of a collector's first days, and that somebody has seen enough.

use super::audit::note;
use crate::audit::Act;
use crate::store::StoreError;
use crate::store::reading::Reading;
use crate::store::writing::Transact;

/// What a first-run list looks at in the database.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FirstRunSeen {
    /// Somebody put the list away.
    pub is_dismissed: bool,
    /// A list of expected devices exists.
    pub has_expected: bool,
    /// Somebody has a passkey.
    pub has_passkey: bool,
    /// A device has reported.
    pub has_reported: bool,
}

/// Keeps whether the first-run list is shown.
pub trait FirstRun: Send + Sync {
    /// What is there by now.
    fn first_run(&self) -> Result<FirstRunSeen, StoreError>;
    /// Puts the list away for everybody, and notes the act; false when it was.
    fn dismiss_first_run(&self, act: &Act) -> Result<bool, StoreError>;
}

fn any(db: &mut dyn Reading, sql: &str) -> Result<bool, StoreError> {
    Ok(db.first(sql, &[], |_| Ok(()))?.is_some())
}

impl<T: Transact> FirstRun for T {
    fn first_run(&self) -> Result<FirstRunSeen, StoreError> {
        self.lend(|db| {
            Ok(FirstRunSeen {
                is_dismissed: any(db, "SELECT 1 FROM counter WHERE name = 'first_run_dismissed'")?,
                has_expected: any(db, "SELECT 1 FROM expected_device LIMIT 1")?,
                has_passkey: any(db, "SELECT 1 FROM passkey LIMIT 1")?,
                has_reported: any(db, "SELECT 1 FROM device WHERE os_version IS NOT NULL LIMIT 1")?,
            })
        })
    }

    fn dismiss_first_run(&self, act: &Act) -> Result<bool, StoreError> {
        const DISMISS: &str = "INSERT INTO counter (name, value) VALUES ('first_run_dismissed', 1)
            ON CONFLICT (name) DO NOTHING";
        self.transact(|db| {
            if db.change(DISMISS, &[])? == 0 {
                return Ok(false);
            }
            note(db, act)?;
            Ok(true)
        })
    }
}
