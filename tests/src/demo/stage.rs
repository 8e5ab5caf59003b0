//! The collector of the demo, with its folders and its clock.

use std::path::{Path, PathBuf};

use agent::collector::{Collector, ServerTrust};
use anyhow::Context as _;
use jiff::Timestamp;
use server::auth::create_link;
use server::clock::{Clock, ManualClock};
use server::config::Config;
use server::invitation::{Request, VALID};
use server::serve::{Running, start};
use server::store::sqlite::sessions::SqliteSessions;
use shared::token::Token;
use tempfile::TempDir;

use super::story::email;

/// Shown on every page.
const NOTICE: &str = "This is a demonstration: people, Macs and reports are made up, and the clock is the demonstration's. It shows 23 August 2026, where the built-in catalogue of macOS releases ends.";
/// Memory that looks like a folder: what the agents flush to it is not slow.
const MEMORY: &str = "/dev/shm";

/// A collector that serves, and room for the Macs. Folders go with it.
pub struct Stage {
    /// The collector.
    pub running: Running,
    /// The clock of everybody.
    pub clock: ManualClock,
    /// Sends reports; its connections are kept.
    pub courier: Collector,
    macs: TempDir,
    // Last, so that the database is closed when its folder goes.
    files: TempDir,
}

impl Stage {
    /// Starts a collector at `now`.
    pub async fn set(now: Timestamp) -> anyhow::Result<Self> {
        let files = folder(&std::env::temp_dir())?;
        let macs = folder(Path::new(MEMORY)).or_else(|_| folder(&std::env::temp_dir()))?;
        let clock = ManualClock::new(now);
        let config = Config {
            public_url: Some("http://127.0.0.1:0".to_owned()),
            accept_recorded: true,
            notice: Some(NOTICE.to_owned()),
            ..Config::local(files.path())
        };
        let running = start(config, Clock::Manual(clock.clone())).await?;
        let told = clock.clone();
        let agents = agent::Clock::new(move || told.now());
        let courier = Collector::new(&running.app.public_url, &ServerTrust::Web, agents)?;
        Ok(Self { running, clock, courier, macs, files })
    }

    /// Where the Mac called `name` keeps its state.
    pub fn state_dir(&self, name: &str) -> PathBuf {
        self.macs.path().join(name)
    }

    /// Invites `person`, for one Mac if it has to be a certain one.
    pub async fn invite(&self, person: &str, serial: Option<&str>) -> anyhow::Result<Token> {
        let request = Request {
            person: person.to_owned(),
            email: email(person),
            serial: serial.map(str::to_owned),
            valid_for: VALID,
        };
        Ok(self.running.invite(&request).await?)
    }

    /// A link that signs in once.
    pub fn login_link(&self) -> anyhow::Result<String> {
        let sessions = SqliteSessions::open(&self.files.path().join("muster.db"))?;
        Ok(create_link(&sessions, &self.running.app.public_url, self.clock.now())?)
    }

    /// Ends the collector and removes its files.
    pub async fn strike(self) {
        self.running.stop().await;
    }
}

fn folder(parent: &Path) -> anyhow::Result<TempDir> {
    tempfile::Builder::new()
        .prefix("muster-demo-")
        .tempdir_in(parent)
        .with_context(|| format!("cannot make a temporary folder in {}", parent.display()))
}
