//! `muster-server fleet-token`

use std::fmt::Write as _;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::place::{Place, database};
use super::{PlaceOptions, answer};
use crate::audit::{Act, Object};
use crate::clock::Clock;
use crate::exit::{Exit, Failure};
use crate::fleet_token::{Request, check, make, preference};
use crate::invitation::length;
use crate::store::access::Records;

/// Fleet tokens for the profile of an MDM.
#[derive(Debug, Subcommand)]
pub(super) enum FleetTokenCommand {
    /// Make a token for many Macs; prints it once.
    Add(AddOptions),
    /// List tokens, the newest first.
    List(ListOptions),
    /// End a token.
    Revoke(RevokeOptions),
}

/// Options of `fleet-token add`.
#[derive(Debug, Args)]
pub(super) struct AddOptions {
    #[command(flatten)]
    place: PlaceOptions,
    /// Name for people, such as the MDM's.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Most Macs that may use it.
    #[arg(long, value_name = "NUMBER")]
    quota: i64,
    /// How long it is valid, at most 365d.
    #[arg(long, value_name = "LENGTH", default_value = "90d")]
    expires: String,
    /// Print the token alone, for scripts.
    #[arg(long)]
    token_only: bool,
}

/// Options of `fleet-token list`.
#[derive(Debug, Args)]
pub(super) struct ListOptions {
    #[command(flatten)]
    place: PlaceOptions,
}

/// Options of `fleet-token revoke`.
#[derive(Debug, Args)]
pub(super) struct RevokeOptions {
    #[command(flatten)]
    place: PlaceOptions,
    /// Id of the token, as `list` shows it, or its beginning.
    #[arg(value_name = "ID")]
    id: String,
}

pub(super) fn run(command: FleetTokenCommand) -> Result<(), Failure> {
    match command {
        FleetTokenCommand::Add(options) => add(options),
        FleetTokenCommand::List(options) => list(options),
        FleetTokenCommand::Revoke(options) => revoke(options),
    }
}

fn records(place: &Place) -> Result<Arc<dyn Records>, Failure> {
    // Refuses a place where no collector has run.
    place.must_be_there()?;
    Ok(place.database.open().map_err(|error| database(&error))?.records)
}

fn add(options: AddOptions) -> Result<(), Failure> {
    let usage = |message| Failure::new(Exit::Usage, message);
    let valid_for = length(&options.expires).ok_or_else(|| {
        usage(format!("`--expires` is `{}`, but it must be a length such as 90d", options.expires))
    })?;
    let request = Request { name: options.name, quota: options.quota, valid_for };
    check(&request).map_err(usage)?;
    let place = options.place.place()?;
    let address = place.address()?;
    let pinned = place.pinned(&address)?;
    let now = Clock::System.now();
    let (new, token) = make(&request, &address.public_url, pinned, now);
    let object = Object::new("fleet_token", &new.id).called(&new.name);
    let act = Act::of_command("fleet_token_made", object, now)
        .with(format!("for {} Macs, until {}", new.quota, new.expires));
    records(&place)?.make_fleet_token(&new, &act).map_err(|error| database(&error))?;
    if options.token_only {
        return answer(&format!("{token}\n"));
    }
    answer(&format!(
        "Fleet token {} for {} Macs, valid until {}. It is shown only now:\n\n{token}\n\nAs a managed preference of org.muster.agent:\n\n{}\n",
        new.name,
        new.quota,
        new.expires.strftime("%-d %B %Y, %H:%M UTC"),
        preference(&token),
    ))
}

fn list(options: ListOptions) -> Result<(), Failure> {
    let place = options.place.place()?;
    let all = records(&place)?.fleet_tokens().map_err(|error| database(&error))?;
    let now = Clock::System.now();
    let mut text = String::new();
    for token in all {
        let state = match token.revoked {
            Some(_) => "revoked",
            None if token.expires <= now => "expired",
            None if token.used >= token.quota => "used up",
            None => "open",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{}  {state:8}  {} of {}  until {}  {}",
            token.id,
            token.used,
            token.quota,
            token.expires.strftime("%Y-%m-%d"),
            token.name
        );
    }
    answer(if text.is_empty() { "There is no fleet token.\n" } else { &text })
}

fn revoke(options: RevokeOptions) -> Result<(), Failure> {
    let data = |message| Failure::new(Exit::Data, message);
    let place = options.place.place()?;
    let records = records(&place)?;
    let all = records.fleet_tokens().map_err(|error| database(&error))?;
    let mut found = all.into_iter().filter(|token| token.id.starts_with(&options.id));
    let (Some(token), None) = (found.next(), found.next()) else {
        let message = format!("`{}` names no fleet token, or several", options.id);
        return Err(data(message));
    };
    let object = Object::new("fleet_token", &token.id).called(&token.name);
    let act = Act::of_command("fleet_token_revoked", object, Clock::System.now());
    if records.revoke_fleet_token(&token.id, &act).map_err(|error| database(&error))? {
        return answer(&format!("The fleet token {} is revoked.\n", token.name));
    }
    Err(data(format!("the fleet token {} was revoked before", token.name)))
}
