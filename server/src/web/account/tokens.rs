//! Making and revoking one's own API tokens.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;

use super::{is_fresh, show};
use crate::audit::Object;
use crate::auth::AuthError;
use crate::auth::permission::{Permission, Permissions};
use crate::auth::token::{ApiToken, VALID_DAYS, ends};
use crate::auth::who::Who;
use crate::store::access::Records;
use crate::store::access::tokens::{NewToken, TokenAsk, TokenRecord};
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::shell::{Section, Shell, html};
use crate::web::times::When;

/// Most valid tokens of one account.
const MOST: usize = 50;
/// Longest name, in letters.
const NAME: usize = 100;

const STALE: &str =
    "You signed in more than 15 minutes ago. Sign out and in again; then tokens can be made.";
const NO_NAME: &str = "A token needs a name of 1 to 100 letters, such as the program that uses it.";
const NO_SCOPE: &str =
    "A token that may do nothing is of no use. Choose at least one thing that your role may do.";
const NO_DAYS: &str = "A token is valid for 1 to 365 days.";
const FULL: &str = "This account has 50 valid tokens. Revoke one that is no longer used first.";
const GONE: &str = "This account has no such token; it may have been revoked already.";

/// A token in the list.
pub(super) struct Token {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) scopes: String,
    pub(super) expires: When,
    pub(super) used: Option<When>,
}

/// A permission that a token can be given.
pub(super) struct Choice {
    pub(super) word: &'static str,
    pub(super) meaning: &'static str,
}

#[derive(Template)]
#[template(path = "token_made.html")]
struct MadePage {
    shell: Shell,
    name: String,
    token: String,
    ends: When,
}

/// What `who` can give to a token.
pub(super) fn choices(who: &Who) -> Vec<Choice> {
    let all = who.permissions();
    all.iter().map(|one| Choice { word: one.as_str(), meaning: one.meaning() }).collect()
}

/// The valid tokens of an account.
pub(super) fn valid(
    records: &dyn Records,
    account: &str,
    now: Timestamp,
) -> Result<Vec<TokenRecord>, AuthError> {
    let ask = TokenAsk { account: Some(account.to_owned()), after: None, limit: 500 };
    let all = records.tokens(&ask)?.into_iter();
    Ok(all.filter(|one| one.revoked.is_none() && one.expires > now).collect())
}

/// A token as the page shows it.
pub(super) fn shown(record: TokenRecord, now: Timestamp) -> Token {
    Token {
        id: record.id,
        name: record.name,
        scopes: record.scopes.words(),
        expires: When::relative(record.expires, now),
        used: record.used.map(|used| When::relative(used, now)),
    }
}

/// Makes a token and shows it, this once.
pub(in crate::web) async fn make(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let now = console.app.clock.now();
    if !is_fresh(&who, now) {
        return show(&console, shell, &who, STALE).await;
    }
    let (name, scopes, expires) = match asked(&form, &who, now) {
        Ok(asked) => asked,
        Err(why) => return show(&console, shell, &who, why).await,
    };
    let token = ApiToken::random()?;
    let new = NewToken {
        id: token.id().to_owned(),
        digest: token.digest(),
        account: who.account.id.clone(),
        name: name.clone(),
        scopes,
        expires,
    };
    let act = who
        .act("token_added", Object::new("token", token.id()).called(&name))
        .with(format!("may do {}, until {expires}", scopes.words()));
    let added = console
        .records(move |records| {
            if valid(records, &new.account, now)?.len() >= MOST {
                return Ok(false);
            }
            records.add_token(&new, &act)?;
            Ok(true)
        })
        .await?;
    if !added {
        return show(&console, shell, &who, FULL).await;
    }
    let shell = shell.titled("A new API token", Section::None);
    let page = MadePage { shell, name, token: token.reveal(), ends: When::exact(expires) };
    Ok(html(&page)?.into_response())
}

/// What a form asks for: name, permissions and end; or why it cannot be.
fn asked(
    form: &[(String, String)],
    who: &Who,
    now: Timestamp,
) -> Result<(String, Permissions, Timestamp), &'static str> {
    let field =
        |key: &str| form.iter().find(|(name, _)| name == key).map(|(_, value)| value.trim());
    let name = field("name").unwrap_or_default();
    let fits =
        !name.is_empty() && name.chars().count() <= NAME && !name.chars().any(char::is_control);
    if !fits {
        return Err(NO_NAME);
    }
    let words = form.iter().filter(|(name, _)| name == "scope").map(|(_, word)| word.as_str());
    let wanted: Permissions = words.filter_map(Permission::named).collect();
    let scopes = wanted.and(who.permissions());
    if scopes == Permissions::default() {
        return Err(NO_SCOPE);
    }
    let days = match field("days") {
        // Nothing chosen is the usual time.
        None | Some("") => VALID_DAYS,
        Some(days) => days.parse().map_err(|_| NO_DAYS)?,
    };
    Ok((name.to_owned(), scopes, ends(now, days).ok_or(NO_DAYS)?))
}

/// Ends a token at once.
pub(in crate::web) async fn revoke(
    State(console): State<Console>,
    Path(id): Path<String>,
    who: Who,
) -> Result<Response, PageError> {
    let done = console
        .records(move |records| {
            let own = records.token(&id)?.filter(|token| token.account == who.account.id);
            let Some(token) = own else { return Ok(false) };
            let act = who.act("token_revoked", Object::new("token", &id).called(token.name));
            Ok(records.revoke_token(&id, &act)?)
        })
        .await?;
    if done { Ok(Redirect::to("/account").into_response()) } else { Err(PageError::NotFound(GONE)) }
}
