//! By what ways people come in, as this collector was told.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::passkey::RelyingParty;
use super::slowing::network;
use super::who::Origin;
use crate::config::sign_in::MailLinks;
use crate::ingest::limits::bucket::{Allowance, Buckets};
use crate::mail::Mailer;

/// Attempts at signing in that one network may begin: each is kept until it is
/// answered.
const BEGUN: Allowance = Allowance { burst: 120, refill_ms: 1000 };
/// Most networks that are remembered at one time.
const REMEMBERED: usize = 50_000;

/// The ways, cheap to clone.
#[derive(Clone, Debug)]
pub struct Ways {
    /// Passkeys; none where they are switched off or cannot be.
    pub passkeys: Option<RelyingParty>,
    /// Links by mail; none where they are switched off.
    pub mail: Option<MailWay>,
    begun: Arc<Mutex<Buckets<String>>>,
}

/// Links by mail.
#[derive(Clone, Debug)]
pub struct MailWay {
    /// For whom.
    pub links: MailLinks,
    /// By whom they are sent.
    pub mailer: Mailer,
}

impl Ways {
    /// These ways.
    pub fn new(passkeys: Option<RelyingParty>, mail: Option<MailWay>) -> Self {
        let begun = Arc::new(Mutex::new(Buckets::new(BEGUN, REMEMBERED)));
        Self { passkeys, mail, begun }
    }

    /// Whether one more attempt may begin from there.
    pub fn may_begin(&self, origin: &Origin, now: Timestamp) -> bool {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.take(network(&origin.address).as_str(), now)
    }
}
