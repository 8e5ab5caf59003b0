//! Who of the people whom a provider knows may come in.
//!
//! An account belongs to an identity, which is issuer and subject: an address
//! can be given to somebody else, a subject cannot. The verified address is
//! looked at once, to find the account that was made for a person who has not
//! come in through this provider yet.

use super::AuthError;
use super::account::{Account, full_name, mail_address};
use super::openid::token::Identity;
use super::role::Role;
use super::who::Origin;
use crate::audit::{Act, Actor, ActorKind, Object};
use crate::config::openid::OpenId;
use crate::store::access::Records;
use crate::store::access::accounts::{Bound, NewAccount};

/// Why somebody whom a provider knows is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// The provider gave no verified address, and the identity is not known.
    #[error("the identity is not known, and the provider gave no verified e-mail address")]
    NoAddress,
    /// There is no account for the address.
    #[error("nobody has let this address in")]
    NotInvited,
    /// The account belongs to another identity of the same provider.
    #[error("the account for this address belongs to another identity of the provider")]
    OtherIdentity,
    /// The account's access has ended.
    #[error("the access of the account has ended")]
    Ended,
}

impl NotAdmitted {
    /// The word in the audit log.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoAddress => "address_missing",
            Self::NotInvited => "not_invited",
            Self::OtherIdentity => "other_identity",
            Self::Ended => "account_ended",
        }
    }
}

/// The account of an identity that was verified. Blocks.
///
/// A known identity has one. Else an account with the verified address becomes
/// the identity's; else, where the provider is set so, a person of the fleet
/// gets an employee's.
pub fn admit(
    records: &dyn Records,
    provider: &OpenId,
    identity: &Identity,
    origin: &Origin,
) -> Result<Result<Account, NotAdmitted>, AuthError> {
    if let Some(account) = records.identity(&identity.issuer, &identity.subject)? {
        return Ok(if_open(account, origin));
    }
    let Some(email) = identity.email.as_deref().and_then(mail_address) else {
        return Ok(Err(NotAdmitted::NoAddress));
    };
    let known = match records.account_by_email(&email)? {
        Some(account) => Some(account),
        None if provider.employees => employee(records, provider, identity, (&email, origin))?,
        None => None,
    };
    let Some(account) = known else { return Ok(Err(NotAdmitted::NotInvited)) };
    let account = match if_open(account, origin) {
        Ok(account) => account,
        Err(refused) => return Ok(Err(refused)),
    };
    let act = of_account("identity_bound", &account, origin)
        .with(format!("by signing in with {}", provider.title));
    let pair = (identity.issuer.as_str(), identity.subject.as_str());
    Ok(match records.bind_identity(pair, &account.id, &act)? {
        Bound::Done => Ok(account),
        Bound::Taken => Err(NotAdmitted::OtherIdentity),
    })
}

fn if_open(account: Account, origin: &Origin) -> Result<Account, NotAdmitted> {
    if account.is_open(origin.at) { Ok(account) } else { Err(NotAdmitted::Ended) }
}

/// A new account for a person of the fleet with this address.
fn employee(
    records: &dyn Records,
    provider: &OpenId,
    identity: &Identity,
    (email, origin): (&str, &Origin),
) -> Result<Option<Account>, AuthError> {
    let Some(person) = records.person_named(email)? else { return Ok(None) };
    let shown = identity.name.as_deref().and_then(full_name);
    let new = NewAccount {
        id: uuid::Uuid::new_v4().to_string(),
        email: email.to_owned(),
        name: shown.or_else(|| full_name(&person)).unwrap_or_else(|| email.to_owned()),
        role: Role::Employee,
        ends: None,
    };
    let act = origin
        .act_of_nobody("account_added", Object::new("account", &new.id).called(&new.name))
        .with(format!("a person of the fleet, by signing in with {}", provider.title));
    // Whoever was faster made the same account.
    records.add_account(&new, &act)?;
    Ok(records.account_by_email(email)?)
}

fn of_account(action: &'static str, account: &Account, origin: &Origin) -> Act {
    let actor =
        Actor { kind: ActorKind::Account, id: account.id.clone(), name: account.name.clone() };
    let object = Object::new("account", &account.id).called(&account.name);
    Act { actor, ..origin.act_of_nobody(action, object) }
}
