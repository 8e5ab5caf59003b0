//! One Mac that plays its part: it enrols and reports through the agent.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agent::collector::Collector;
use agent::delivery::Stop;
use agent::enrollment::EnrollOutcome;
use agent::host::Recorded;
use agent::identity::Identity;
use agent::report::{ReportError, Scope, run_through};
use agent::state::StateFolder;
use anyhow::{Context as _, anyhow};
use jiff::SignedDuration;
use server::clock::ManualClock;
use shared::os_releases::Catalogue;
use shared::token::Token;

use super::answers::answers;
use super::look::{Look, look};
use super::story::{Mac, What, dice};

/// Most seconds that pass between a report's making and its arrival.
const ON_THE_WAY_S: u64 = 40;

/// A Mac with its state.
pub struct Player {
    /// Its part.
    pub mac: Mac,
    /// Whether its firewall is off beside what the story says.
    pub firewall_off: bool,
    clock: ManualClock,
    catalogue: Arc<Catalogue>,
    state_dir: PathBuf,
    host: Option<(Look, Arc<Recorded>)>,
}

impl Player {
    /// A Mac that keeps its state in `state_dir`.
    pub fn new(mac: Mac, clock: ManualClock, state_dir: PathBuf) -> Self {
        let catalogue = Catalogue::embedded();
        Self { mac, firewall_off: false, clock, catalogue, state_dir, host: None }
    }

    /// What the agent is given: this Mac, now. It was so `late_s` seconds ago.
    fn context(&mut self, state_dir: &Path, late_s: u64) -> anyhow::Result<agent::Context> {
        let now = self.clock.now();
        let mut look = look(&self.mac, &self.catalogue, now);
        look.firewall &= !self.firewall_off;
        let host = match &self.host {
            Some((known, host)) if *known == look => Arc::clone(host),
            _ => Arc::new(answers(&self.mac, &look)?),
        };
        self.host = Some((look, Arc::clone(&host)));
        let clock = self.clock.clone();
        let late = SignedDuration::from_secs(i64::try_from(late_s)?);
        let told = move || clock.now().checked_sub(late).unwrap_or_else(|_| clock.now());
        Ok(agent::Context { host, state_dir: state_dir.to_owned(), clock: agent::Clock::new(told) })
    }

    /// Enrols with `token`.
    pub async fn enroll(&mut self, token: &Token) -> anyhow::Result<()> {
        let context = self.context(&self.state_dir.clone(), 0)?;
        match (agent::enroll(&context, token).await?, &self.mac.invited_for) {
            (EnrollOutcome::Enrolled { .. }, None) | (EnrollOutcome::Pending { .. }, Some(_)) => {
                Ok(())
            }
            (outcome, _) => Err(anyhow!("{} enrolled otherwise: {outcome:?}", self.mac.owner)),
        }
    }

    /// Reports.
    pub async fn report(&mut self, courier: &Collector) -> anyhow::Result<()> {
        self.report_from(&self.state_dir.clone(), courier).await
    }

    /// The disk is copied, and the copy reports.
    pub async fn report_copied(&mut self, courier: &Collector) -> anyhow::Result<()> {
        let copy = self.state_dir.with_extension("copy");
        copy_folder(&self.state_dir, &copy)
            .with_context(|| format!("cannot copy the state of {}", self.mac.owner))?;
        self.report_from(&copy, courier).await
    }

    async fn report_from(&mut self, state_dir: &Path, courier: &Collector) -> anyhow::Result<()> {
        let at = self.clock.now().to_string();
        let late_s = 2 + dice(&[&self.mac.serial, &at], ON_THE_WAY_S);
        let context = self.context(state_dir, late_s)?;
        match run_through(&context, Scope::Report, courier).await {
            Ok(summary) => match summary.stop {
                None if summary.aside.is_empty() => Ok(()),
                Some(Stop::Trouble(_)) if self.mac.ever(What::Copied) => Ok(()),
                stop => Err(anyhow!("{} could not report: {stop:?}", self.mac.owner)),
            },
            Err(ReportError::Pending(_)) if self.mac.invited_for.is_some() => Ok(()),
            Err(ReportError::Trouble(_)) if self.mac.ever(What::Copied) => Ok(()),
            Err(error) => Err(anyhow!("{} could not report: {error}", self.mac.owner)),
        }
    }

    /// The id that the collector gave.
    pub fn device_id(&self) -> anyhow::Result<String> {
        let identity = Identity::load(&StateFolder::at(&self.state_dir))?;
        Ok(identity.with_context(|| format!("{} is not enrolled", self.mac.owner))?.device_id)
    }
}

/// Copies files with their rights, which the agent looks at.
fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
