//! Inviting a colleague, changing an account, ending its sessions.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::form::{Errors, Typed, understand};
use super::list::{self, ListQuery};
use super::one::{self, Told};
use crate::audit::Object;
use crate::auth::link;
use crate::auth::who::Who;
use crate::store::access::accounts::{AccountChange, Changed, NewAccount};
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::shell::Shell;

/// Makes an account and shows its invitation once.
pub(in crate::web) async fn add(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Form(typed): Form<Typed>,
) -> Result<Response, PageError> {
    let query = ListQuery::default();
    let understood = match understand(&typed, who.origin.at) {
        Ok(understood) => understood,
        Err(errors) => {
            return list::show(&console, shell, query, (typed, errors, String::new())).await;
        }
    };
    let new = NewAccount {
        id: uuid::Uuid::new_v4().to_string(),
        email: understood.email,
        name: understood.name,
        role: understood.role,
        ends: understood.ends,
    };
    let id = new.id.clone();
    let object = Object::new("account", &id).called(&new.name);
    let added = who.act("account_added", object.clone()).with(format!("as {}", new.role.as_str()));
    let invited = who.act("account_invited", object);
    let url = console.app.public_url.clone();
    let link = console
        .records(move |records| {
            if !records.add_account(&new, &added)? {
                return Ok(None);
            }
            let Some(account) = records.account(&new.id)? else { return Ok(None) };
            Ok(Some(link::invite(records, &url, &account, &invited)?))
        })
        .await?;
    if link.is_none() {
        let conflict = "There is an account with this mail address already.".to_owned();
        return list::show(&console, shell, query, (typed, Errors::default(), conflict)).await;
    }
    one::show(&console, shell, id, Told { link, ..Told::default() }).await
}

/// Changes name, role and end of an account.
pub(in crate::web) async fn change(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path(id): Path<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, PageError> {
    let understood = match understand(&typed, who.origin.at) {
        Ok(understood) => understood,
        Err(errors) => {
            let told = Told { form: Some(typed), errors, ..Told::default() };
            return one::show(&console, shell, id, told).await;
        }
    };
    let change = AccountChange {
        name: understood.name,
        role: understood.role,
        ends: understood.ends,
        disabled: typed.disabled == "on",
    };
    let mut detail = format!("now {}", change.role.as_str());
    if change.disabled {
        detail.push_str(", access ended");
    }
    let object = Object::new("account", &id).called(&change.name);
    let act = who.act("account_changed", object).with(detail);
    let (account, version) = (id.clone(), typed.version);
    let changed = console
        .records(move |records| Ok(records.change_account(&account, version, &change, &act)?))
        .await?;
    let conflict = match changed {
        Changed::Done(_) => return Ok(Redirect::to(&format!("/accounts/{id}")).into_response()),
        Changed::Missing => return Err(PageError::NotFound("No account has this address.")),
        Changed::Stale => {
            "Somebody else has changed this account meanwhile. Look at it as it is now."
        }
        Changed::LastAdministrator => {
            "This is the last administrator without an end. Make another one first."
        }
    };
    let form = (changed != Changed::Stale).then_some(typed);
    let told = Told { form, conflict: conflict.to_owned(), ..Told::default() };
    one::show(&console, shell, id, told).await
}

/// Makes a new invitation; the one before no longer works.
pub(in crate::web) async fn invite_again(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let url = console.app.public_url.clone();
    let account = id.clone();
    let link = console
        .records(move |records| {
            let account = records.account(&account)?;
            let Some(account) = account.filter(|account| account.is_open(who.origin.at)) else {
                return Ok(None);
            };
            let object = Object::new("account", &account.id).called(&account.name);
            let act = who.act("account_invited", object);
            Ok(Some(link::invite(records, &url, &account, &act)?))
        })
        .await?;
    let conflict = match link {
        Some(_) => String::new(),
        None => "This access has ended; open it again first.".to_owned(),
    };
    one::show(&console, shell, id, Told { conflict, link, ..Told::default() }).await
}

/// Ends every session of an account.
pub(in crate::web) async fn end_sessions(
    State(console): State<Console>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let account = id.clone();
    console
        .records(move |records| {
            let Some(found) = records.account(&account)? else { return Ok(()) };
            let object = Object::new("account", &account).called(&found.name);
            let act = who.act("sessions_ended", object);
            records.end_sessions(&account, None, &act)?;
            Ok(())
        })
        .await?;
    Ok(Redirect::to(&format!("/accounts/{id}")).into_response())
}
