//! `muster-server admin`

use clap::{Args, Subcommand};

use super::place::database;
use super::{PlaceOptions, answer};
use crate::auth::account::{Account, mail_address};
use crate::auth::{AuthError, link};
use crate::clock::Clock;
use crate::exit::{Exit, Failure};
use crate::store::access::Records;

/// What administrators need.
#[derive(Debug, Subcommand)]
pub(super) enum AdminCommand {
    /// Print a link that signs an administrator in once.
    LoginLink(LoginLinkOptions),
    /// Print a link that makes whoever opens it first an administrator.
    SetupLink(SetupLinkOptions),
}

/// Options of `admin login-link`.
#[derive(Debug, Args)]
pub(super) struct LoginLinkOptions {
    #[command(flatten)]
    place: PlaceOptions,
    /// Whom it signs in; may be left out while there is one administrator.
    #[arg(long, value_name = "MAIL")]
    email: Option<String>,
}

/// Options of `admin setup-link`.
#[derive(Debug, Args)]
pub(super) struct SetupLinkOptions {
    #[command(flatten)]
    place: PlaceOptions,
}

pub(super) fn run(command: &AdminCommand) -> Result<(), Failure> {
    let (AdminCommand::LoginLink(LoginLinkOptions { place, .. })
    | AdminCommand::SetupLink(SetupLinkOptions { place })) = command;
    let place = place.clone().place()?;
    let address = place.address()?;
    // Refuses a place where no collector has run.
    place.must_be_there()?;
    let records = place.database.open().map_err(|error| database(&error))?.records;
    let (url, now) = (&address.public_url, Clock::System.now());
    let failed = |error: AuthError| Failure::new(Exit::Unavailable, error.to_string());
    if let AdminCommand::LoginLink(LoginLinkOptions { email, .. }) = command {
        let all = link::administrators(&*records, now).map_err(failed)?;
        if !all.is_empty() || email.is_some() {
            let account = choose(&*records, all, email.as_deref())?;
            let link = link::sign_in(&*records, url, &account, now).map_err(failed)?;
            return answer(&format!(
                "{link}\nThe link signs {} <{}> in once, within 15 minutes.\n",
                account.name, account.email
            ));
        }
    }
    let link = link::set_up(&*records, url, now).map_err(failed)?;
    answer(&format!(
        "{link}\nThe link makes whoever opens it first an administrator, within one hour.\n"
    ))
}

fn choose(
    records: &dyn Records,
    all: Vec<Account>,
    email: Option<&str>,
) -> Result<Account, Failure> {
    let usage = |message: String| Failure::new(Exit::Data, message);
    let Some(email) = email else {
        let mut all = all.into_iter();
        return match (all.next(), all.next()) {
            (Some(only), None) => Ok(only),
            (first, second) => {
                let known: Vec<String> =
                    first.into_iter().chain(second).chain(all).map(|one| one.email).collect();
                Err(usage(format!(
                    "there are {} administrators ({}); say with `--email` whom the link signs in",
                    known.len(),
                    known.join(", ")
                )))
            }
        };
    };
    let address = mail_address(email).unwrap_or_default();
    let found = records.account_by_email(&address).map_err(|error| database(&error))?;
    let now = Clock::System.now();
    found.filter(|account| account.is_open(now)).ok_or_else(|| {
        usage(format!(
            "no account that may sign in has the mail address `{email}`; `muster-server admin setup-link` makes an administrator"
        ))
    })
}
