//! Links that admit once: for the first administrator, for whoever may run
//! `muster-server` on the collector's machine, and for invited colleagues.

use jiff::{SignedDuration, Timestamp};

use super::account::Account;
use super::role::Role;
use super::session::after;
use super::{AuthError, Secret};
use crate::audit::{Act, Object};
use crate::store::access::Records;
use crate::store::access::accounts::{AccountAsk, NewAccount};
use crate::store::access::links::{LinkKind, NewLink};

/// How long a link of the command line admits.
pub const COMMAND_VALID_FOR: SignedDuration = SignedDuration::from_mins(15);
/// How long the set-up link admits.
pub const SETUP_VALID_FOR: SignedDuration = SignedDuration::from_hours(1);
/// How long a colleague may take to follow an invitation.
pub const INVITATION_VALID_FOR: SignedDuration = SignedDuration::from_hours(72);

/// A link that makes whoever opens it first an administrator.
pub fn set_up(
    records: &dyn Records,
    public_url: &str,
    now: Timestamp,
) -> Result<String, AuthError> {
    let act = Act::of_command("setup_link", Object::default(), now);
    let secret = keep(records, None, (LinkKind::Setup, SETUP_VALID_FOR), &act)?;
    Ok(address(public_url, "setup", &secret))
}

/// A link that signs an administrator in.
pub fn sign_in(
    records: &dyn Records,
    public_url: &str,
    account: &Account,
    now: Timestamp,
) -> Result<String, AuthError> {
    let object = Object::new("account", &account.id).called(&account.name);
    let act = Act::of_command("login_link", object, now);
    let kind = (LinkKind::Command, COMMAND_VALID_FOR);
    let secret = keep(records, Some(&account.id), kind, &act)?;
    Ok(address(public_url, "login", &secret))
}

/// A link that brings an invited colleague in; `act` says who invited.
pub fn invite(
    records: &dyn Records,
    public_url: &str,
    account: &Account,
    act: &Act,
) -> Result<String, AuthError> {
    let kind = (LinkKind::Invitation, INVITATION_VALID_FOR);
    let secret = keep(records, Some(&account.id), kind, act)?;
    Ok(address(public_url, "welcome", &secret))
}

/// The account with this mail address, made if there is none: for the demo and
/// for tests, which have nobody to follow a set-up link.
pub fn account(
    records: &dyn Records,
    (name, email): (&str, &str),
    role: Role,
    now: Timestamp,
) -> Result<Account, AuthError> {
    if let Some(known) = records.account_by_email(email)? {
        return Ok(known);
    }
    let new = NewAccount {
        id: uuid::Uuid::new_v4().to_string(),
        email: email.to_owned(),
        name: name.to_owned(),
        role,
        ends: None,
    };
    let object = Object::new("account", &new.id).called(name);
    let act = Act::of_command("account_added", object, now).with(format!("as {}", role.as_str()));
    records.add_account(&new, &act)?;
    let known = records.account_by_email(email)?;
    known.ok_or_else(|| {
        AuthError::Store(crate::store::StoreError::Corrupt {
            what: "an account",
            why: "it is gone".to_owned(),
        })
    })
}

/// Administrators who can sign in at `now`, by mail address.
pub fn administrators(records: &dyn Records, now: Timestamp) -> Result<Vec<Account>, AuthError> {
    let ask = AccountAsk { role: Some(Role::Administrator), limit: 100, ..AccountAsk::default() };
    let all = records.accounts(&ask)?.into_iter();
    Ok(all.filter(|account| account.is_open(now)).collect())
}

fn keep(
    records: &dyn Records,
    account: Option<&str>,
    (kind, valid_for): (LinkKind, SignedDuration),
    act: &Act,
) -> Result<Secret, AuthError> {
    let secret = Secret::random()?;
    let link = NewLink {
        digest: secret.digest(),
        account: account.map(str::to_owned),
        kind,
        browser: None,
        expires: after(act.at, valid_for),
    };
    records.add_link(&link, act)?;
    Ok(secret)
}

fn address(public_url: &str, page: &str, secret: &Secret) -> String {
    format!("{}/{page}/{}", public_url.trim_end_matches('/'), secret.reveal())
}
