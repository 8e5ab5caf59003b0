//! The session that writes, shared by every capability.

use std::sync::{Mutex, PoisonError};

use super::session::Session;
use crate::store::StoreError;

/// The one session of a collector that writes.
#[derive(Debug)]
pub struct Writer {
    session: Mutex<Session>,
}

impl Writer {
    /// A writer over a session from [`super::open`].
    pub fn new(session: Session) -> Self {
        Self { session: Mutex::new(session) }
    }

    /// The session.
    pub(super) fn session(&mut self) -> &mut Session {
        self.session.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks something with the session that writes.
    pub(super) fn ask<T>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        work(&mut self.session.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
