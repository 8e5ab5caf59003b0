//! `muster-server admin`

use clap::{Args, Subcommand};

use super::PlaceOptions;
use crate::exit::Failure;

/// What administrators need.
#[derive(Debug, Subcommand)]
pub(super) enum AdminCommand {
    /// Print a link that signs an administrator in once.
    LoginLink(LoginLinkOptions),
}

/// Options of `admin login-link`.
#[derive(Debug, Args)]
pub(super) struct LoginLinkOptions {
    #[command(flatten)]
    place: PlaceOptions,
}

pub(super) fn run(command: AdminCommand) -> Result<(), Failure> {
    let AdminCommand::LoginLink(options) = command;
    let place = options.place.place()?;
    let address = place.address()?;
    let _ = (place.writer()?, address);
    Ok(())
}
