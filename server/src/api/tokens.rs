//! API tokens: made, listed and ended by their owners, and ended by whoever
//! changes accounts.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::body::Body;
use super::call::Call;
use super::field;
use super::problem::ApiProblem;
use super::reply::{Answered, Reply};
use crate::audit::Object;
use crate::auth::permission::{Permission, Permissions};
use crate::auth::token::{ApiToken, LONGEST_DAYS, VALID_DAYS, ends};
use crate::auth::who::Proof;
use crate::store::access::tokens::{NewToken, TokenAsk, TokenRecord};

/// Most valid tokens of one account.
const MOST: u32 = 50;

/// An API token, without its secret.
#[derive(Serialize, ToSchema)]
pub(super) struct TokenItem {
    /// What names it: the part behind `muster_`.
    id: String,
    /// Id of its owner's account.
    account: String,
    /// What it is for, in its owner's words.
    name: String,
    /// What it may do, as long as its owner may.
    scopes: Vec<&'static str>,
    /// `valid`, `expired` or `revoked`.
    state: &'static str,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Newest use, to the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    used_at: Option<Timestamp>,
    /// Since when somebody has ended it.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
}

impl TokenItem {
    fn of(record: TokenRecord, now: Timestamp) -> Self {
        let state = match record.revoked {
            Some(_) => "revoked",
            None if record.expires <= now => "expired",
            None => "valid",
        };
        Self {
            id: record.id,
            account: record.account,
            name: record.name,
            scopes: record.scopes.iter().map(Permission::as_str).collect(),
            state,
            created_at: record.created,
            expires_at: record.expires,
            used_at: record.used,
            revoked_at: record.revoked,
        }
    }
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTokenForm {
    /// What it is for, so that somebody knows what stops when it ends.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    name: String,
    /// What it may do; nothing that its maker may not.
    #[schema(value_type = Vec<Scope>, min_items = 1, max_items = 12)]
    scopes: Vec<String>,
    /// Days until it ends; 90 unless told otherwise.
    #[serde(default, deserialize_with = "field::whole")]
    #[schema(minimum = 1, maximum = 365)]
    valid_days: Option<i64>,
}

/// One thing that a token may do.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only has a schema")]
pub(super) enum Scope {
    #[schema(rename = "fleet:read")]
    FleetRead,
    #[schema(rename = "fleet:write")]
    FleetWrite,
    #[schema(rename = "people:read")]
    PeopleRead,
    #[schema(rename = "people:write")]
    PeopleWrite,
    #[schema(rename = "evidence:read")]
    EvidenceRead,
    #[schema(rename = "export")]
    Export,
    #[schema(rename = "audit:read")]
    AuditRead,
    #[schema(rename = "accounts:read")]
    AccountsRead,
    #[schema(rename = "accounts:write")]
    AccountsWrite,
    #[schema(rename = "integrations:read")]
    IntegrationsRead,
    #[schema(rename = "integrations:write")]
    IntegrationsWrite,
    #[schema(rename = "own")]
    Own,
}

/// A token that was made: the only answer that holds its secret.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeToken {
    /// The whole token, shown now and never again.
    secret: String,
    #[serde(flatten)]
    token: TokenItem,
}

/// What a request may look like.
pub(super) fn example() -> Value {
    json!({ "name": "Nightly export", "scopes": ["fleet:read", "export"], "valid_days": 30 })
}

/// The account whose tokens or sessions are meant: one's own, or another's for
/// whoever `may` look after those.
pub(super) fn account(call: &Call, may: Permission) -> Result<String, ApiProblem> {
    let own = &call.who.account.id;
    match call.asked.text("account") {
        Some(id) if id != own && !call.who.may(may) => {
            let detail = format!("Another account's needs `{}`.", may.as_str());
            Err(ApiProblem::new("not-allowed", detail))
        }
        Some(id) => Ok(id.to_owned()),
        None => Ok(own.clone()),
    }
}

pub(super) async fn list(call: Call) -> Answered {
    let ask = TokenAsk {
        account: Some(account(&call, Permission::SeeAccounts)?),
        after: call.place()?,
        limit: call.asked.limit(),
    };
    let limit = ask.limit as usize;
    let mut records = call.records(move |all| Ok(all.tokens(&ask)?)).await?;
    let more = records.len() > limit;
    records.truncate(limit);
    let next = records.last().filter(|_| more).map(|last| call.cursor((last.created, &last.id)));
    let now = call.now();
    let items: Vec<_> = records.into_iter().map(|one| TokenItem::of(one, now)).collect();
    Reply::page(&items, next)
}

/// A session must have begun so lately, because a token outlives it.
const FRESH: SignedDuration = SignedDuration::from_mins(15);

pub(super) async fn make(call: Call, Body(form): Body<NewTokenForm>) -> Answered {
    if let Proof::Session { begun, .. } = &call.who.proof
        && call.now().duration_since(*begun) >= FRESH
    {
        let detail =
            "You signed in more than 15 minutes ago; sign in again, then tokens can be made.";
        return Err(ApiProblem::new("not-allowed", detail));
    }
    let scopes = scopes(&call, &form.scopes)?;
    let name = field::line("name", &form.name, 100)?;
    let expires = ends(call.now(), form.valid_days.unwrap_or(VALID_DAYS)).ok_or_else(|| {
        ApiProblem::field("valid_days", format!("it must be 1 to {LONGEST_DAYS}."))
    })?;
    let token = ApiToken::random()?;
    let new = NewToken {
        id: token.id().to_owned(),
        digest: token.digest(),
        account: call.who.account.id.clone(),
        name,
        scopes,
        expires,
    };
    let act = call
        .who
        .act("token_made", Object::new("token", token.id()).called(&new.name))
        .with(format!("may do {}, until {expires}", scopes.words()));
    let maker = maker(&call);
    let record = call
        .records(move |records| {
            let mut new = new;
            // A token cannot live on in those that it makes.
            if let Some(maker) = maker.map(|id| records.token(&id)).transpose()?.flatten() {
                new.expires = new.expires.min(maker.expires);
            }
            let ask = TokenAsk { account: Some(new.account.clone()), after: None, limit: MOST * 4 };
            let valid = |one: &&TokenRecord| one.revoked.is_none() && one.expires > act.at;
            if records.tokens(&ask)?.iter().filter(valid).count() >= MOST as usize {
                let detail =
                    format!("This account has {MOST} valid tokens; end one that is not needed.");
                return Err(ApiProblem::new("conflict", detail));
            }
            records.add_token(&new, &act)?;
            Ok(records.token(&new.id)?)
        })
        .await?;
    let record = record.ok_or_else(|| ApiProblem::internal(&"a token is gone"))?;
    let location = "/api/v1/tokens".to_owned();
    let made = MadeToken { secret: token.reveal(), token: TokenItem::of(record, call.now()) };
    Reply::made(&made, location)
}

/// Id of the token that makes another.
fn maker(call: &Call) -> Option<String> {
    match &call.who.proof {
        Proof::Token { id, .. } => Some(id.clone()),
        Proof::Session { .. } => None,
    }
}

fn scopes(call: &Call, words: &[String]) -> Result<Permissions, ApiProblem> {
    let known = || Permission::ALL.map(Permission::as_str).join(", ");
    if words.is_empty() || words.len() > Permission::ALL.len() {
        return Err(ApiProblem::field("scopes", format!("name at least one of {}.", known())));
    }
    let mut wanted = Vec::new();
    for word in words {
        let permission = Permission::named(word).ok_or_else(|| {
            let word: String = word.chars().take(40).collect();
            ApiProblem::field("scopes", format!("`{word}` is no scope; use {}.", known()))
        })?;
        if !call.who.may(permission) {
            let detail = format!("`{word}` is more than this request itself may do.");
            return Err(ApiProblem::field("scopes", detail));
        }
        wanted.push(permission);
    }
    Ok(wanted.into_iter().collect())
}

pub(super) async fn revoke(call: Call) -> Answered {
    let id = call.id();
    let own = call.who.account.id.clone();
    let may = call.who.may(Permission::ChangeAccounts);
    let act = call.who.act("token_revoked", Object::new("token", &id));
    call.records(move |records| {
        let token = records.token(&id)?.filter(|token| token.account == own || may);
        let Some(token) = token else {
            return Err(ApiProblem::nothing("There is no token with this id that you may end."));
        };
        let object = act.object.clone().called(&token.name);
        records.revoke_token(&id, &crate::audit::Act { object, ..act })?;
        Ok(())
    })
    .await?;
    Ok(Reply::done())
}
