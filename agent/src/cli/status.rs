//! `muster-agent status`: where this device stands with its collector.

use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;
use shared::keys::KeyProtection;
use shared::statement::{CatalogueRef, PolicyRef, Spool};

use super::ending::{fail, of_state, print, say};
use super::failure::one_line;
use super::place::StateArgs;
use crate::chain::Chain;
use crate::context::Clock;
use crate::delivery::verdict::advice;
use crate::exit::Exit;
use crate::host::Live;
use crate::identity::progress::Progress;
use crate::identity::{Enrolling, Identity};
use crate::rules::Received;
use crate::settings::{Attempt, Ending};
use crate::state::{StateError, StateFolder};
use crate::supervisor::{Memory, plan};

/// What `status` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 enrolled; 75 the enrolment waits for approval; \
    77 not run as root; 78 not enrolled.")]
pub(super) struct Args {
    /// Print it as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    state: StateArgs,
}

#[derive(Debug, Serialize)]
struct Status {
    collector: String,
    device_id: String,
    enrolled_at: Timestamp,
    key_protection: &'static str,
    key_protection_means: &'static str,
    queue: Spool,
    next_run: Option<Timestamp>,
    rules: Option<RulesAtHand>,
    /// Where the device stands with the collector's log, in sentences.
    log: Vec<String>,
    progress: Progress,
}

/// The rules that the collector last signed.
#[derive(Debug, Serialize)]
struct RulesAtHand {
    policy: PolicyRef,
    catalogue: CatalogueRef,
    /// Whole days since the date of the catalogue.
    catalogue_age_days: i64,
    issued_at: Timestamp,
    received_at: Timestamp,
}

impl RulesAtHand {
    fn of(received: &Received, now: Timestamp) -> Self {
        Self {
            policy: received.rules.policy_ref(),
            catalogue: received.rules.catalogue_ref(),
            catalogue_age_days: received.catalogue_age_days(now),
            issued_at: received.rules.issued_at,
            received_at: received.received_at,
        }
    }
}

/// Runs `status`.
pub(super) fn run(args: &Args) -> Exit {
    let folder = StateFolder::at(&args.state.folder());
    match read(&folder, Clock::of(Live::new()).now()) {
        Ok(Some(status)) => {
            print(|out| if args.json { write_json(&status, out) } else { write(&status, out) })
        }
        Ok(None) => not_enrolled(&folder),
        Err(error) => fail(&error, of_state(&error)),
    }
}

fn not_enrolled(folder: &StateFolder) -> Exit {
    match Enrolling::load(folder) {
        Ok(Some(open)) => {
            let since = open.since;
            say(&format!("muster-agent: the enrolment waits for approval since {since}"));
            Exit::TryLater
        }
        Ok(None) => {
            say(&not_enrolled_because(Attempt::load(folder).unwrap_or_default()));
            Exit::Config
        }
        Err(error) => fail(&error, of_state(&error)),
    }
}

fn not_enrolled_because(attempt: Option<Attempt>) -> String {
    let start = "muster-agent: this computer is not enrolled";
    let Some(Attempt { at, says, again_at, ending, .. }) = attempt else {
        return format!("{start}; run `muster-agent enroll` with the token that IT sent");
    };
    let says = one_line(says);
    if ending == Ending::Left {
        return format!(
            "{start}: {says}; run `muster-agent enroll --from-settings` if it is to come back"
        );
    }
    format!(
        "{start}; its settings were tried at {at}: {says}; they are tried again about {again_at}, or as soon as they change"
    )
}

fn read(folder: &StateFolder, now: Timestamp) -> Result<Option<Status>, StateError> {
    let Some(identity) = Identity::load(folder)? else { return Ok(None) };
    let progress = Progress::load(folder, &identity.key)?.unwrap_or_default();
    let queue = Chain::look(folder, &identity.key, progress.clone()).queue()?;
    let next_run = plan(folder, &Memory::default(), now)?.map(|next| next.at);
    let rules = Received::load(folder, &identity)?.map(|it| RulesAtHand::of(&it, now));
    let log = crate::log::sentences(&progress, now);
    let protection = KeyProtection::SoftwareFile;
    Ok(Some(Status {
        collector: identity.url,
        device_id: identity.device_id,
        enrolled_at: identity.enrolled_at,
        key_protection: protection.as_str(),
        key_protection_means: protection.meaning(),
        queue,
        next_run,
        rules,
        log,
        progress,
    }))
}

fn write(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    let progress = &status.progress;
    let or_never = |time: Option<Timestamp>| time.map_or("never".to_owned(), |it| it.to_string());
    writeln!(out, "Collector:    {}", status.collector)?;
    writeln!(out, "Device:       {} (enrolled {})", status.device_id, status.enrolled_at)?;
    writeln!(out, "Key:          {}", status.key_protection_means)?;
    let sequence = progress.head.as_ref().map_or(0, |head| head.sequence);
    writeln!(out, "Last report:  {}, number {sequence}", or_never(progress.reported_at))?;
    writeln!(out, "Confirmed:    {}", or_never(progress.confirmed_at))?;
    let standing = progress.status.as_deref().unwrap_or("nothing yet");
    writeln!(out, "Standing:     {standing}, as the collector last said")?;
    match &status.rules {
        None => writeln!(out, "Policy:       none received yet")?,
        Some(rules) => write_rules(rules, out)?,
    }
    for sentence in &status.log {
        writeln!(out, "Log:          {sentence}")?;
    }
    let Spool { queued, dropped } = status.queue;
    writeln!(out, "Queue:        {queued} waiting, {dropped} lost to limits")?;
    if let Some(until) = progress.not_before {
        writeln!(out, "Sending:      not before {until}")?;
    }
    if let Some(trouble) = &progress.trouble {
        let code = &trouble.code;
        writeln!(out, "Trouble:      {} ({code}); {}", trouble.detail, advice(code))?;
    }
    if let Some(next) = status.next_run {
        writeln!(out, "Next run:     about {next}, while `muster-agent run` is at work")?;
    }
    Ok(())
}

fn write_rules(rules: &RulesAtHand, out: &mut dyn Write) -> io::Result<()> {
    let PolicyRef { id, version, .. } = &rules.policy;
    let received = rules.received_at;
    writeln!(out, "Policy:       {} version {version}, received {received}", one_line(id))?;
    let age = match rules.catalogue_age_days {
        0 => "of today".to_owned(),
        1 => "1 day old".to_owned(),
        days => format!("{days} days old"),
    };
    writeln!(out, "Catalogue:    macOS releases as of {}, {age}", rules.catalogue.as_of)
}

fn write_json(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(status).map_err(io::Error::other)?;
    writeln!(out, "{text}")
}
