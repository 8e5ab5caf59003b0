//! One account: its role, its sessions, and how to change it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::AccountView;
use super::form::{Errors, Typed, day_of};
use crate::auth::account::Account;
use crate::auth::permission::Permission;
use crate::auth::role::Role;
use crate::auth::session::{IDLE, way_words};
use crate::store::access::sessions::Session;
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::shell::{Section, Shell, html};
use crate::web::times::When;

#[derive(Template)]
#[template(path = "account_of.html")]
struct AccountPage {
    shell: Shell,
    view: AccountView,
    may_change: bool,
    /// What the role may do.
    allowed: Vec<&'static str>,
    roles: [Role; 5],
    form: Typed,
    version: i64,
    ended: bool,
    errors: Errors,
    conflict: String,
    /// A new invitation, shown once.
    link: Option<String>,
    sessions: Vec<SessionView>,
}

struct SessionView {
    way: String,
    created: When,
    seen: When,
    agent: String,
    address: String,
}

/// What is told beside the account.
#[derive(Default)]
pub(super) struct Told {
    pub(super) form: Option<Typed>,
    pub(super) errors: Errors,
    pub(super) conflict: String,
    pub(super) link: Option<String>,
}

/// The page of one account.
pub(in crate::web) async fn page(
    State(console): State<Console>,
    shell: Shell,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    show(&console, shell, id, Told::default()).await
}

/// The page, with what is told beside.
pub(super) async fn show(
    console: &Console,
    shell: Shell,
    id: String,
    told: Told,
) -> Result<Response, PageError> {
    let now = console.app.clock.now();
    let found = console
        .records(move |records| {
            let Some(account) = records.account(&id)? else { return Ok(None) };
            let sessions = records.sessions_of(&id, now, IDLE)?;
            Ok(Some((account, sessions)))
        })
        .await?;
    let (account, sessions) = found.ok_or(PageError::NotFound("No account has this address."))?;
    let status = if told.errors.any() || !told.conflict.is_empty() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let page = AccountPage {
        view: AccountView::of(&account, now),
        may_change: shell.may(Permission::ChangeAccounts),
        shell: shell.titled(account.name.clone(), Section::Accounts),
        allowed: account.role.permissions().iter().map(Permission::meaning).collect(),
        roles: Role::ALL,
        form: told.form.unwrap_or_else(|| as_typed(&account)),
        version: account.version,
        ended: account.disabled.is_some(),
        errors: told.errors,
        conflict: told.conflict,
        link: told.link,
        sessions: sessions.iter().map(|session| SessionView::of(session, now)).collect(),
    };
    Ok((status, html(&page)?).into_response())
}

fn as_typed(account: &Account) -> Typed {
    Typed {
        name: account.name.clone(),
        email: account.email.clone(),
        role: account.role.as_str().to_owned(),
        ends: day_of(account.ends),
        version: account.version,
        disabled: if account.disabled.is_some() { "on".to_owned() } else { String::new() },
    }
}

impl SessionView {
    fn of(session: &Session, now: jiff::Timestamp) -> Self {
        Self {
            way: way_words(&session.way),
            created: When::relative(session.created, now),
            seen: When::relative(session.seen, now),
            agent: session.agent.clone(),
            address: session.address.clone(),
        }
    }
}
