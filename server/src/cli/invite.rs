//! `muster-server invite`

use clap::Args;

use super::place::database;
use super::{PlaceOptions, answer};
use crate::clock::Clock;
use crate::exit::{Exit, Failure};
use crate::invitation::{Request, act_of_command, check, length, make};

/// Options of `invite`.
#[derive(Debug, Args)]
pub(super) struct InviteOptions {
    #[command(flatten)]
    place: PlaceOptions,
    /// Name of the person who holds the Mac.
    #[arg(long, value_name = "NAME")]
    person: String,
    /// Mail address of the person.
    #[arg(long, value_name = "MAIL")]
    email: String,
    /// Serial number of the one Mac that is admitted at once.
    #[arg(long, value_name = "SERIAL")]
    serial: Option<String>,
    /// How long the invitation is valid, such as 72h or 7d.
    #[arg(long, value_name = "LENGTH", default_value = "72h")]
    expires: String,
    /// Print the token alone, for scripts.
    #[arg(long)]
    token_only: bool,
}

pub(super) fn run(options: InviteOptions) -> Result<(), Failure> {
    let usage = |message| Failure::new(Exit::Usage, message);
    let valid_for = length(&options.expires).ok_or_else(|| {
        usage(format!(
            "`--expires` is `{}`, but it must be a length such as 72h or 7d",
            options.expires
        ))
    })?;
    let request =
        Request { person: options.person, email: options.email, serial: options.serial, valid_for };
    check(&request).map_err(usage)?;
    let place = options.place.place()?;
    let address = place.address()?;
    let pinned = place.pinned(&address)?;
    let mut writer = place.writer()?;
    let act = act_of_command(&request, Clock::System.now());
    let (invitation, token) = make(&request, &address.public_url, pinned, act);
    writer.invite(&invitation).map_err(|error| database(&error))?;
    if options.token_only {
        return answer(&format!("{token}\n"));
    }
    answer(&format!(
        "Invitation for {} <{}>, valid until {}, for one Mac. The token is shown only now:\n\n{token}\n\nOn the Mac: sudo muster-agent enroll TOKEN\nOr open there: {}/join#TOKEN\n",
        invitation.person,
        invitation.email,
        invitation.expires_at.strftime("%-d %B %Y, %H:%M UTC"),
        address.public_url,
    ))
}
