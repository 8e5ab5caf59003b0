//! A laptop with the real agent: a recorded Mac, a state folder of its own and
//! the collector's clock.

#![expect(clippy::expect_used, reason = "a laptop that cannot be set up fails its test")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]

use std::path::Path;
use std::sync::Arc;

use agent::enrollment::{EnrollError, EnrollOutcome};
use agent::farewell::{FarewellError, FarewellOutcome};
use agent::identity::Identity;
use agent::report::{ReportError, RunSummary};
use agent::settings::{Outcome, SettingsError, enroll_by_settings};
use agent::spool::Spool;
use agent::state::StateFolder;
use agent::{Clock, Context};
use server::clock::ManualClock;
use shared::envelope::Envelope;
use shared::token::Token;
use tempfile::TempDir;

use crate::recording::Recording;
use crate::test_server::{TestServer, copy_folder};

/// A laptop.
pub struct Laptop {
    context: Context,
    folder: TempDir,
}

impl Laptop {
    /// A laptop that answers as `recording` says.
    pub fn new(recording: &Recording, clock: &ManualClock) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = clock.clone();
        let context = Context {
            host: Arc::new(recording.host()),
            state_dir: folder.path().join("state"),
            clock: Clock::new(move || clock.now()),
        };
        Self { context, folder }
    }

    /// A laptop that goes on with the state of another one, which stays as it
    /// is. Its collector has come to the address `url`.
    pub fn continuing(recording: &Recording, clock: &ManualClock, state: &Path, url: &str) -> Self {
        let laptop = Self::new(recording, clock);
        copy_folder(state, laptop.state_dir()).expect("a copy of the state");
        let folder = StateFolder::at(laptop.state_dir());
        let identity = Identity { url: url.to_owned(), ..laptop.identity() };
        identity.store(&folder).expect("the identity is written");
        laptop
    }

    /// A laptop that is enrolled already, for a person of this name.
    pub async fn enrolled(server: &TestServer, person: &str, recording: &Recording) -> Self {
        let laptop = Self::new(recording, &server.clock);
        let outcome = laptop.enroll(&server.invite(person).await).await.expect("an enrolment");
        assert!(matches!(outcome, EnrollOutcome::Enrolled { .. }), "{outcome:?}");
        laptop
    }

    /// Answers as `recording` says from now on.
    pub fn becomes(&mut self, recording: &Recording) {
        self.context.host = Arc::new(recording.host());
    }

    /// Lets the laptop's clock show something else than the collector's.
    pub fn set_clock(&mut self, clock: Clock) {
        self.context.clock = clock;
    }

    /// `muster-agent enroll`.
    pub async fn enroll(&self, token: &Token) -> Result<EnrollOutcome, EnrollError> {
        agent::enroll(&self.context, token).await
    }

    /// `muster-agent enroll --from-settings`.
    pub async fn enroll_by_settings(&self) -> Result<Outcome, SettingsError> {
        enroll_by_settings(&self.context).await
    }

    /// What the agent is given to work with.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// `muster-agent report`, whatever comes of it.
    pub async fn try_report(&self) -> Result<RunSummary, ReportError> {
        agent::run_report(&self.context).await
    }

    /// `muster-agent report`.
    pub async fn report(&self) -> RunSummary {
        self.try_report().await.expect("a report")
    }

    /// `muster-agent unenroll`.
    pub async fn unenroll(&self, force: bool) -> Result<FarewellOutcome, FarewellError> {
        agent::farewell::unenroll(&self.context, force).await
    }

    /// Where the agent keeps its state.
    pub fn state_dir(&self) -> &Path {
        &self.context.state_dir
    }

    /// The laptop's own folder, around the state.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Who the laptop is to its collector.
    pub fn identity(&self) -> Identity {
        let folder = StateFolder::at(self.state_dir());
        Identity::load(&folder).expect("a readable identity").expect("an identity")
    }

    /// The id that the collector gave.
    pub fn device_id(&self) -> String {
        self.identity().device_id
    }

    /// The sequences of the reports that wait.
    pub fn waiting(&self) -> Vec<i64> {
        let folder = StateFolder::at(self.state_dir());
        let spool = Spool::of(&folder, &self.identity().key);
        let entries = spool.entries().expect("a readable queue");
        entries.into_iter().map(|entry| entry.sequence).collect()
    }

    /// What was last signed.
    pub fn last_signed(&self) -> Envelope {
        let folder = StateFolder::at(self.state_dir());
        let last = agent::chain::last_signed(&folder, &self.identity().key);
        last.expect("a readable state").expect("a signed statement")
    }
}
