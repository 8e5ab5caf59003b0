//! Whose turn it is, as far as this replica knows.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::store::leases::Fence;

/// A replica's share in work that only one does.
#[derive(Clone)]
pub struct Turn {
    pub(super) holder: Arc<str>,
    held: Arc<Mutex<Option<(Fence, Timestamp)>>>,
}

impl Turn {
    /// A replica called `holder`, which holds nothing yet.
    pub fn new(holder: &str) -> Self {
        Self { holder: holder.into(), held: Arc::default() }
    }

    /// The fence that it holds, and until when.
    pub(super) fn held(&self) -> Option<(Fence, Timestamp)> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers what it holds.
    pub(super) fn hold(&self, held: Option<(Fence, Timestamp)>) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = held;
    }
}
