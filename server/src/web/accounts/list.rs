//! Everybody who may sign in, and the form that invites a colleague.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::AccountView;
use super::form::{Errors, Typed};
use crate::auth::permission::Permission;
use crate::auth::role::Role;
use crate::store::access::accounts::AccountAsk;
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::shell::{Section, Shell, html};
use crate::web::words::count;

/// Accounts on one page.
const ROWS: u32 = 50;

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    shell: Shell,
    total: String,
    search: String,
    roles: Vec<RoleChoice>,
    rows: Vec<AccountView>,
    after_href: Option<String>,
    filtered: bool,
    /// Shows the form.
    may_invite: bool,
    form: Typed,
    errors: Errors,
    conflict: String,
}

struct RoleChoice {
    word: &'static str,
    title: &'static str,
    purpose: &'static str,
    count: u64,
    chosen: bool,
}

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::web) struct ListQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    after: String,
}

/// The list.
pub(in crate::web) async fn page(
    State(console): State<Console>,
    shell: Shell,
    Query(query): Query<ListQuery>,
) -> Result<Response, PageError> {
    let told = (Typed::default(), Errors::default(), String::new());
    show(&console, shell, query, told).await
}

/// The list, with a form that was not taken.
pub(super) async fn show(
    console: &Console,
    shell: Shell,
    query: ListQuery,
    (form, errors, conflict): (Typed, Errors, String),
) -> Result<Response, PageError> {
    let text = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let ask = AccountAsk {
        text: text(&query.q),
        role: Role::named(&query.role),
        after: text(&query.after),
        limit: ROWS,
    };
    let (mut found, counts) = console
        .records(move |records| Ok((records.accounts(&ask)?, records.count_accounts()?)))
        .await?;
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let now = console.app.clock.now();
    let after_href = found.last().filter(|_| more).map(|last| {
        format!(
            "/accounts?q={}&role={}&after={}",
            encoded(&query.q),
            query.role,
            encoded(&last.email)
        )
    });
    let roles = Role::ALL.into_iter().map(|role| RoleChoice {
        word: role.as_str(),
        title: role.title(),
        purpose: role.purpose(),
        count: counts.iter().find(|(one, _)| *one == role).map_or(0, |(_, many)| *many),
        chosen: query.role == role.as_str(),
    });
    let page = AccountsPage {
        total: count(counts.iter().map(|(_, many)| many).sum(), "account", "accounts"),
        may_invite: shell.may(Permission::ChangeAccounts),
        shell: shell.titled("Accounts", Section::Accounts),
        filtered: !query.q.is_empty() || !query.role.is_empty() || !query.after.is_empty(),
        search: query.q,
        roles: roles.collect(),
        rows: found.iter().map(|account| AccountView::of(account, now)).collect(),
        after_href,
        form,
        conflict,
        errors,
    };
    let wrong = page.errors.any() || !page.conflict.is_empty();
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, html(&page)?).into_response())
}

fn encoded(text: &str) -> String {
    crate::web::devices::encoded(text)
}
