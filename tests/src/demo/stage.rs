//! The collector of the demo, with its folders and its clock.

use std::path::{Path, PathBuf};

use agent::collector::{Collector, ServerTrust};
use anyhow::Context as _;
use jiff::Timestamp;
use server::auth::link;
use server::auth::role::Role;
use server::clock::{Clock, ManualClock};
use server::config::Config;
use server::invitation::{Request, VALID};
use server::serve::{Running, start};
use shared::token::Token;
use tempfile::TempDir;

use super::story::email;

/// Shown on every page.
const NOTICE: &str = "A demonstration: people, Macs and reports are made up. Its clock stands at 23 August 2026, where the built-in catalogue of macOS releases ends.";
/// Memory that looks like a folder: what the agents flush to it is not slow.
const MEMORY: &str = "/dev/shm";

/// Temporary folders, which go with this value: keep it until nothing runs any
/// more that could write into them.
pub struct Folders {
    /// For the collector, on a disk.
    collector: TempDir,
    /// For the Macs.
    macs: TempDir,
}

impl Folders {
    /// Makes them.
    pub fn make() -> anyhow::Result<Self> {
        let temporary = std::env::temp_dir();
        let macs = folder(Path::new(MEMORY)).or_else(|_| folder(&temporary))?;
        Ok(Self { collector: folder(&temporary)?, macs })
    }
}

/// A collector that serves, and room for the Macs.
pub struct Stage {
    /// The collector.
    pub running: Running,
    /// The clock of everybody.
    pub clock: ManualClock,
    /// Sends reports; its connections are kept.
    pub courier: Collector,
    macs: PathBuf,
}

impl Stage {
    /// Starts a collector at `now`, in `folders`.
    pub async fn set(folders: &Folders, now: Timestamp) -> anyhow::Result<Self> {
        let clock = ManualClock::new(now);
        let config = Config {
            public_url: Some("http://127.0.0.1:0".to_owned()),
            accept_recorded: true,
            notice: Some(NOTICE.to_owned()),
            ..Config::local(folders.collector.path())
        };
        let running = start(config, Clock::Manual(clock.clone())).await?;
        let told = clock.clone();
        let agents = agent::Clock::new(move || told.now());
        let courier = Collector::new(&running.app.public_url, &ServerTrust::Web, agents)?;
        let macs = folders.macs.path().to_owned();
        Ok(Self { running, clock, courier, macs })
    }

    /// Where the Mac called `name` keeps its state.
    pub fn state_dir(&self, name: &str) -> PathBuf {
        self.macs.join(name)
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
        let (app, now) = (&self.running.app, self.clock.now());
        let person = ("Robin Vale", "robin@company.example");
        let account = link::account(&*app.records, person, Role::Administrator, now)?;
        Ok(link::sign_in(&*app.records, &app.public_url, &account, now)?)
    }

    /// Ends the collector.
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
