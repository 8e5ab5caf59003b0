//! `muster-agent check`: judge this Mac, or a recording, without sending anything.

use crate::exit::Exit;

/// What `check` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

/// Runs `check`.
pub(super) fn run(_args: &Args) -> Exit {
    Exit::Success
}
