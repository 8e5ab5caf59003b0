//! `muster-agent show`: the very bytes that were last signed and sent, or what
//! is read at all.

use std::io::{self, Write};

use shared::envelope::Envelope;
use shared::keys::hex;
use shared::policy::Policy;

use super::ending::{fail, of_state, print, say};
use super::place::StateArgs;
use crate::chain::last_signed;
use crate::context::Clock;
use crate::delivery::verdict::advice;
use crate::exit::Exit;
use crate::host::Live;
use crate::identity::Identity;
use crate::identity::progress::{LOG_FORK, Progress};
use crate::state::{StateError, StateFolder};

mod explain;

/// How `--explain` writes.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Form {
    /// For a terminal.
    Text,
    /// As a page.
    Markdown,
}

/// What `show` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 shown; 77 not run as root; 78 nothing was signed yet.")]
pub(super) struct Args {
    /// The exact bytes that were signed, and nothing else
    #[arg(long, conflicts_with = "envelope")]
    raw: bool,
    /// The signed envelope as it was sent
    #[arg(long)]
    envelope: bool,
    /// What is read, why, and what is sent
    #[arg(long, value_name = "FORM", num_args = 0..=1, require_equals = true,
        default_missing_value = "text", conflicts_with_all = ["raw", "envelope"])]
    explain: Option<Form>,
    #[command(flatten)]
    state: StateArgs,
}

/// Runs `show`.
pub(super) fn run(args: &Args) -> Exit {
    if let Some(form) = args.explain {
        let policy = Policy::baseline();
        return print(|out| match form {
            Form::Text => explain::text(out, &policy),
            Form::Markdown => explain::markdown(out, &policy),
        });
    }
    match read(&StateFolder::at(&args.state.folder())) {
        Ok(Some((_, last))) if args.raw => print(|out| out.write_all(&last.payload)),
        Ok(Some((_, last))) if args.envelope => print(|out| writeln!(out, "{}", last.to_json())),
        Ok(Some((log, last))) => print(|out| pretty(&log, &last, out)),
        Ok(None) => {
            say("muster-agent: nothing was signed yet; run `muster-agent report`");
            Exit::Config
        }
        Err(error) => fail(&error, of_state(&error)),
    }
}

/// What was last signed, with where the device stands with the log.
fn read(folder: &StateFolder) -> Result<Option<(Vec<String>, Envelope)>, StateError> {
    let Some(identity) = Identity::load(folder)? else { return Ok(None) };
    let progress = Progress::load(folder, &identity.key)?.unwrap_or_default();
    let now = Clock::of(Live::new()).now();
    let mut log = crate::log::sentences(&progress, now);
    if let Some(trouble) = progress.trouble.filter(|it| it.code == LOG_FORK) {
        log.push(format!("{}; {}", trouble.detail, advice(LOG_FORK)));
    }
    Ok(last_signed(folder, &identity.key)?.map(|last| (log, last)))
}

fn pretty(log: &[String], envelope: &Envelope, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Statement SHA-256: {}", hex(&envelope.digest()))?;
    writeln!(out, "Signed by key:     {}", envelope.keyid.as_str())?;
    for sentence in log {
        writeln!(out, "Collector's log:   {sentence}")?;
    }
    let value: serde_json::Value = serde_json::from_slice(&envelope.payload)?;
    writeln!(out, "{value:#}")
}
