//! `muster-server admin`

use clap::{Args, Subcommand};

use super::place::database;
use super::{PlaceOptions, answer};
use crate::auth::create_link;
use crate::clock::Clock;
use crate::exit::{Exit, Failure};

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
    // Refuses a place where no collector has run.
    place.must_be_there()?;
    let sessions = place.database.open().map_err(|error| database(&error))?.sessions;
    let link = create_link(sessions.as_ref(), &address.public_url, Clock::System.now())
        .map_err(|error| Failure::new(Exit::Unavailable, error.to_string()))?;
    answer(&format!("{link}\nThe link signs in whoever opens it first, within 15 minutes.\n"))
}
