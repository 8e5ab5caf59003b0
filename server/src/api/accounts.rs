//! Who may sign in, and as what.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::body::Body;
use super::call::Call;
use super::field;
use super::parameter::{Form, Parameter};
use super::problem::ApiProblem;
use super::reply::{self, Answered, Reply};
use crate::audit::Object;
use crate::auth::account::Account;
use crate::auth::link;
use crate::auth::role::Role;
use crate::store::access::accounts::{AccountAsk, AccountChange, Changed, NewAccount};

/// Longest name.
const NAME: usize = 120;

/// Somebody who may sign in.
#[derive(Serialize, ToSchema)]
pub(super) struct AccountItem {
    /// Random id.
    id: String,
    /// Mail address in small letters.
    email: String,
    /// Full name.
    name: String,
    /// `administrator`, `it`, `auditor`, `viewer` or `employee`.
    role: &'static str,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When its access ends by itself; an auditor's always does.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Timestamp>,
    /// Since when somebody has ended its access.
    #[schema(value_type = Option<String>, format = DateTime)]
    disabled_at: Option<Timestamp>,
    /// Newest sign-in.
    #[schema(value_type = Option<String>, format = DateTime)]
    seen_at: Option<Timestamp>,
}

impl AccountItem {
    fn of(account: Account) -> Self {
        Self {
            id: account.id,
            email: account.email,
            name: account.name,
            role: account.role.as_str(),
            created_at: account.created,
            ends_at: account.ends,
            disabled_at: account.disabled,
            seen_at: account.seen,
        }
    }
}

/// What an account is for.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RoleWord {
    Administrator,
    It,
    Auditor,
    Viewer,
    Employee,
}

impl RoleWord {
    fn role(self) -> Role {
        match self {
            Self::Administrator => Role::Administrator,
            Self::It => Role::It,
            Self::Auditor => Role::Auditor,
            Self::Viewer => Role::Viewer,
            Self::Employee => Role::Employee,
        }
    }
}

/// An account to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAccountForm {
    /// Mail address.
    #[schema(
        max_length = 254,
        pattern = r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}$"
    )]
    email: String,
    /// Full name.
    #[schema(
        min_length = 1,
        max_length = 120,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    name: String,
    /// What it is for.
    role: RoleWord,
    /// When its access ends by itself; an auditor's does after 90
    /// days unless told otherwise.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Timestamp>,
}

/// What changes of an account; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountChangeForm {
    /// Full name.
    #[schema(
        min_length = 1,
        max_length = 120,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    name: Option<String>,
    /// What it is for.
    role: Option<RoleWord>,
    /// When its access ends by itself; null for never, and for an auditor in
    /// 90 days.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    #[expect(clippy::option_option, reason = "null is another answer than nothing")]
    ends_at: Option<Option<Timestamp>>,
    /// Whether somebody has ended its access.
    disabled: Option<bool>,
}

/// Tells null from nothing.
#[expect(clippy::option_option, reason = "null is another answer than nothing")]
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<Timestamp>>, D::Error> {
    Option::<Timestamp>::deserialize(from).map(Some)
}

/// An account that was made, with the link that brings its owner in.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeAccount {
    /// Signs the colleague in once, within 72 hours; shown now and never again.
    link: String,
    #[serde(flatten)]
    account: AccountItem,
}

/// What a request may look like.
pub(super) fn example() -> Value {
    json!({ "email": "ada@company.example", "name": "Ada Poe", "role": "viewer" })
}

/// What a change may look like.
pub(super) fn change_example() -> Value {
    json!({ "role": "it" })
}

/// What accounts can be searched by.
pub(super) const FILTERS: &[Parameter] = &[
    Parameter::new("q", Form::Text(120), "Name or address hold this text."),
    Parameter::new("role", Form::Word(|| Role::ALL.map(Role::as_str).to_vec()), "This role alone."),
];

pub(super) async fn list(call: Call) -> Answered {
    let ask = AccountAsk {
        text: call.asked.text("q").map(str::to_owned),
        role: call.asked.text("role").and_then(Role::named),
        after: call.place()?,
        limit: call.asked.limit(),
    };
    let limit = ask.limit as usize;
    let mut all = call.records(move |records| Ok(records.accounts(&ask)?)).await?;
    let more = all.len() > limit;
    all.truncate(limit);
    let next = all.last().filter(|_| more).map(|last| call.cursor(&last.email));
    let items: Vec<_> = all.into_iter().map(AccountItem::of).collect();
    Reply::page(&items, next)
}

fn nobody() -> ApiProblem {
    ApiProblem::nothing("There is no account with this id.")
}

pub(super) async fn one(call: Call) -> Answered {
    let id = call.id();
    let found = call.records(move |records| Ok(records.account(&id)?)).await?;
    shown(found.ok_or_else(nobody)?)
}

fn shown(account: Account) -> Answered {
    let version = account.version;
    Ok(Reply::of(&AccountItem::of(account))?.version(version))
}

/// How long an auditor has access, if nobody says otherwise.
const AUDIT: SignedDuration = SignedDuration::from_hours(24 * 90);

/// When the access of an account of this role ends: an auditor's always does.
fn end(role: Role, ends: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    let auditor = || now.checked_add(AUDIT).ok().filter(|_| role == Role::Auditor);
    ends.or_else(auditor)
}

pub(super) async fn make(call: Call, Body(form): Body<NewAccountForm>) -> Answered {
    let role = form.role.role();
    let email = field::mail("email", &form.email)?.to_ascii_lowercase();
    let new = NewAccount {
        id: uuid::Uuid::new_v4().to_string(),
        email,
        name: field::line("name", &form.name, NAME)?,
        role,
        ends: end(role, form.ends_at, call.now()),
    };
    let object = Object::new("account", &new.id).called(&new.name);
    let act = call.who.act("account_added", object.clone()).with(format!("as {}", role.as_str()));
    let invited = call.who.act("account_invited", object);
    let location = format!("/api/v1/accounts/{}", new.id);
    let public_url = call.api.app.public_url.clone();
    let made = call
        .records(move |records| {
            if !records.add_account(&new, &act)? {
                let detail = "An account with this mail address is there already.";
                return Err(ApiProblem::new("conflict", detail));
            }
            let account = records.account(&new.id)?.ok_or_else(nobody)?;
            let link = link::invite(records, &public_url, &account, &invited)?;
            Ok((account, link))
        })
        .await?;
    let (account, link) = made;
    let version = account.version;
    let made = MadeAccount { link, account: AccountItem::of(account) };
    Ok(Reply::made(&made, location)?.version(version))
}

pub(super) async fn change(call: Call, Body(form): Body<AccountChangeForm>) -> Answered {
    let version = call.wanted_version()?;
    let id = call.id();
    let known = id.clone();
    let found = call.records(move |records| Ok(records.account(&known)?)).await?;
    let account = found.ok_or_else(nobody)?;
    let role = form.role.map_or(account.role, RoleWord::role);
    let change = AccountChange {
        name: match &form.name {
            Some(name) => field::line("name", name, NAME)?,
            None => account.name.clone(),
        },
        role,
        ends: end(role, form.ends_at.unwrap_or(account.ends), call.now()),
        disabled: form.disabled.unwrap_or(account.disabled.is_some()),
    };
    let act = call
        .who
        .act("account_changed", Object::new("account", &id).called(&change.name))
        .with(words(&account, &change));
    let changed = call
        .records(move |records| Ok(records.change_account(&id, version, &change, &act)?))
        .await?;
    match changed {
        Changed::Done(account) => shown(account),
        Changed::Missing => Err(nobody()),
        Changed::Stale => Err(reply::changed()),
        Changed::LastAdministrator => {
            let detail =
                "Nobody would be left who can change accounts; make another administrator first.";
            Err(ApiProblem::new("conflict", detail))
        }
    }
}

/// What is different, for the audit log.
fn words(was: &Account, change: &AccountChange) -> String {
    let mut words = Vec::new();
    if was.name != change.name {
        words.push(format!("called {}", change.name));
    }
    if was.role != change.role {
        words.push(format!("{} becomes {}", was.role.as_str(), change.role.as_str()));
    }
    if was.ends != change.ends {
        words.push(match change.ends {
            Some(ends) => format!("access ends at {ends}"),
            None => "access does not end by itself".to_owned(),
        });
    }
    if was.disabled.is_some() != change.disabled {
        words.push(if change.disabled { "access ended" } else { "access given back" }.to_owned());
    }
    if words.is_empty() { "nothing is different".to_owned() } else { words.join(", ") }
}
