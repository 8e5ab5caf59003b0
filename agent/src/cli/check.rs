//! `muster-agent check`: judge this Mac, or a recording of one.
//!
//! Nothing is sent and nothing is kept: no key, no connection, no state.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::sync::Arc;

use shared::os_releases::Catalogue;
use shared::policy::{FindingStatus, Mode, Policy};

use self::assessment::Assessment;
use super::ending::print;
use super::failure::Failure;
use super::input;
use crate::exit::Exit;
use crate::host::{self, Host, Recorded};

mod assessment;
mod document;
mod page;

/// What `check` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Check this recording of a Mac instead of the computer itself.
    #[arg(long, value_name = "FILE")]
    recording: Option<PathBuf>,
    /// Judge by this policy instead of the built-in baseline.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Use this catalogue of macOS releases instead of the built-in one.
    #[arg(long, value_name = "FILE")]
    os_releases: Option<PathBuf>,
    /// Print one JSON document for programs.
    #[arg(long)]
    json: bool,
}

/// Runs `check`.
pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let policy = policy(args)?;
    let catalogue = catalogue(args)?;
    let host = host(args)?;
    let assessment = Assessment::of(host.as_ref(), &policy, &catalogue);
    let mut text = Vec::new();
    let written = if args.json {
        document::write(&mut text, &assessment)
    } else {
        page::write(&mut text, &assessment, &catalogue, may_colour(io::stdout().is_terminal()))
    };
    let printed = print(|out| written.and_then(|()| out.write_all(&text)));
    Ok(if printed == Exit::Success { exit(&assessment) } else { printed })
}

fn policy(args: &Args) -> Result<Arc<Policy>, Failure> {
    let Some(path) = &args.policy else { return Ok(Policy::baseline()) };
    let policy = Policy::parse(&input::text(path)?);
    // The error begins with the file's name itself.
    let file = path.display().to_string();
    let policy = policy.map_err(|error| {
        let error = error.in_file(&file);
        Failure::new(Exit::BadInput, format!("{error}; correct the policy and try again"))
    })?;
    Ok(Arc::new(policy))
}

fn catalogue(args: &Args) -> Result<Arc<Catalogue>, Failure> {
    let Some(path) = &args.os_releases else { return Ok(Catalogue::embedded()) };
    let catalogue = Catalogue::parse(&input::bytes(path)?).map_err(|error| {
        input::bad(path, format_args!("{error}; correct the file or use the built-in catalogue"))
    })?;
    Ok(Arc::new(catalogue))
}

fn host(args: &Args) -> Result<Box<dyn Host>, Failure> {
    let Some(path) = &args.recording else {
        let live = host::this_computer();
        let live = live.map_err(|error| Failure::new(Exit::Unsupported, error.to_string()))?;
        return Ok(Box::new(live));
    };
    let recorded = Recorded::parse(&path.display().to_string(), &input::bytes(path)?);
    let recorded = recorded.map_err(|error| Failure::new(Exit::BadInput, error.to_string()))?;
    Ok(Box::new(recorded))
}

/// Whether colours may be used on a terminal, or what is none.
pub(super) fn may_colour(is_terminal: bool) -> bool {
    let refuses = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    is_terminal && !refuses("NO_COLOR") && !is_dumb
}

/// Only required rules decide.
fn exit(assessment: &Assessment<'_>) -> Exit {
    let has = |status| {
        let mut required = assessment.findings().filter(|(rule, _)| rule.mode == Mode::Required);
        required.any(|(_, verdict)| verdict.status == status)
    };
    if has(FindingStatus::Fail) {
        Exit::RuleFails
    } else if has(FindingStatus::Unknown) {
        Exit::RuleUnknown
    } else {
        Exit::Success
    }
}
