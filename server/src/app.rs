//! What every request handler can reach.

use std::sync::{Arc, PoisonError, RwLock};

use shared::os_releases::Catalogue;
use shared::policy::Policy;

use crate::agent_releases::AgentReleases;
use crate::agent_releases::shelf::Shelf;
use crate::auth::openid::Providers;
use crate::auth::ways::Ways;
use crate::clock::Clock;
use crate::ingest::limits::Limits;
use crate::ingest::queue::Queue;
use crate::log::notary::Log;
use crate::mail::Mailer;
use crate::metrics::meters::Meters;
use crate::os_releases::source::Source;
use crate::policy_document::PolicyDocuments;
use crate::store::access::Records;
use crate::store::views::Views;
use crate::webhooks::Courier;

/// The running collector, cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The one clock.
    pub clock: Clock,
    /// Read-only access to the database.
    pub readers: Arc<dyn Views>,
    /// Accounts, sessions, and what people did.
    pub records: Arc<dyn Records>,
    /// The way to the writer.
    pub queue: Queue,
    /// By whom people may be signed in.
    pub openid: Providers,
    /// Where requests come from.
    pub limits: Limits,
    /// By what ways people come in.
    pub ways: Ways,
    /// Sends letters, where mail is configured.
    pub mailer: Option<Mailer>,
    /// What the fleet is judged by now.
    pub rulebook: Rulebook,
    /// Signs what the collector says.
    pub documents: PolicyDocuments,
    /// The tamper-evident log.
    pub log: Log,
    /// What the tokens of invitations pin: the digest of the collector's own
    /// CA, or nothing.
    pub pinned_ca: Option<[u8; 32]>,
    /// The address that links and tokens carry, without a slash at the end.
    pub public_url: Arc<str>,
    /// Where the catalogue of releases is fetched, if it is.
    pub feed: Option<Arc<Source>>,
    /// Packages of the agent that are handed out.
    pub releases: AgentReleases,
    /// Counts what is done.
    pub meters: Meters,
    /// Sends events to webhooks.
    pub courier: Courier,
    /// Shown on every page, for example that the data is made up.
    pub notice: Option<Arc<str>>,
}

/// Policy and catalogue in force, replaced as a whole.
#[derive(Clone)]
pub struct Rulebook(Arc<RwLock<Rules>>);

/// One policy with one catalogue, and the releases of the agent.
#[derive(Clone)]
pub struct Rules {
    /// The policy in force.
    pub policy: Arc<Policy>,
    /// The catalogue of macOS releases in force.
    pub catalogue: Arc<Catalogue>,
    /// The releases of the agent that this replica knows.
    pub releases: Arc<Shelf>,
}

impl Rules {
    /// Rules of a collector that knows no release of the agent.
    pub fn new(policy: Arc<Policy>, catalogue: Arc<Catalogue>) -> Self {
        Self { policy, catalogue, releases: Arc::default() }
    }
}

impl Rulebook {
    /// A rulebook with these rules.
    pub fn new(rules: Rules) -> Self {
        Self(Arc::new(RwLock::new(rules)))
    }

    /// The rules in force.
    pub fn current(&self) -> Rules {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another policy and another catalogue in force.
    pub fn replace(&self, rules: Rules) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let releases = Arc::clone(&current.releases);
        *current = Rules { releases, ..rules };
    }

    /// Puts other releases of the agent on the shelf.
    pub fn shelve(&self, releases: Arc<Shelf>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).releases = releases;
    }
}
