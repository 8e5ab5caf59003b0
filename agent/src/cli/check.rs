//! `muster-agent check`: judge this Mac, or a recording of one.
//!
//! Nothing is sent and nothing is kept. On an enrolled Mac, root judges by the
//! rules that the collector last signed.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use shared::policy::{FindingStatus, Mode};

use self::assessment::Assessment;
use self::rules::rules;
use super::ending::print;
use super::failure::Failure;
use super::input;
use super::place::StateArgs;
use crate::exit::Exit;
use crate::host::{self, Host, Recorded};

mod assessment;
mod document;
mod page;
mod rules;

/// What `check` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Check this recording of a Mac instead of the computer itself.
    #[arg(long, value_name = "FILE")]
    recording: Option<PathBuf>,
    /// Judge by this policy instead of the collector's or the built-in one.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Use this catalogue of macOS releases instead of the collector's or the
    /// built-in one.
    #[arg(long, value_name = "FILE")]
    os_releases: Option<PathBuf>,
    /// Print one JSON document for programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    state: StateArgs,
}

/// Runs `check`.
pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let rules = rules(args)?;
    let host = host(args)?;
    let assessment = Assessment::of(host.as_ref(), &rules.policy, &rules.catalogue);
    let mut text = Vec::new();
    let written = if args.json {
        document::write(&mut text, &assessment, &rules)
    } else {
        page::write(&mut text, &assessment, &rules, may_colour(io::stdout().is_terminal()))
    };
    let printed = print(|out| written.and_then(|()| out.write_all(&text)));
    Ok(if printed == Exit::Success { exit(&assessment) } else { printed })
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
