//! Work that only one replica does at a time.
//!
//! A lease has a holder and an end. Clocks differ and processes stand still,
//! so the end alone proves nothing: each holder gets a higher token, and the
//! database refuses what is written under a token that is not the newest.

use jiff::Timestamp;

use super::StoreError;

/// Shows whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// Which work.
    pub name: String,
    /// Higher than that of every holder before.
    pub token: i64,
}

/// Gives out leases, and guards what is written under them.
pub trait Leases: Send {
    /// Takes the lease `name` until `until`, unless another holder has it at
    /// `now`. A holder who asks again, after a crash say, gets it with a new
    /// token, and what it began under the old one is refused.
    fn take(
        &mut self,
        name: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Fence>, StoreError>;
    /// Holds it longer; false when somebody else took it meanwhile.
    fn renew(&mut self, fence: &Fence, until: Timestamp) -> Result<bool, StoreError>;
    /// Gives it back, so that the next one need not wait for its end; false
    /// when somebody else took it meanwhile.
    fn release(&mut self, fence: &Fence) -> Result<bool, StoreError>;
    /// From now on every transaction of this writer first shows `fence` and
    /// fails with [`StoreError::Fenced`] when somebody else took the lease,
    /// until this is called with none.
    fn work_under(&mut self, fence: Option<Fence>);
}
