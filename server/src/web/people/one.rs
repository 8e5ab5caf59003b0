//! One person: what the person holds and held, checklists, days, an
//! invitation, and the end.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::change::{FactsErrors, FactsForm};
use super::{PersonView, day_words};
use crate::auth::permission::Permission;
use crate::people::today;
use crate::store::access::holdings::Holding;
use crate::store::access::people::{Person, PersonRow};
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::shell::{Section, Shell, html};
use crate::web::times::When;

#[derive(Template)]
#[template(path = "person.html")]
#[expect(clippy::struct_excessive_bools, reason = "each shows another part")]
struct PersonPage {
    shell: Shell,
    view: PersonView,
    source: &'static str,
    first_day: String,
    last_day: String,
    known_since: When,
    /// The console account with the same address: id, name of its role,
    /// whether it is open.
    account: Option<(String, &'static str, bool)>,
    before: Vec<HeldView>,
    /// Ended by somebody, not by the calendar.
    is_ended: bool,
    may_change: bool,
    may_invite: bool,
    may_see_accounts: bool,
    may_see_audit: bool,
    has_mail: bool,
    version: i64,
    form: FactsForm,
    errors: FactsErrors,
    away: String,
    away_error: &'static str,
    conflict: String,
    told: Told,
}

/// A Mac that the person held.
struct HeldView {
    device: String,
    short: String,
    from: When,
    until: When,
}

/// What is told beside the person.
#[derive(Default)]
pub(super) struct Told {
    pub(super) form: Option<FactsForm>,
    pub(super) errors: FactsErrors,
    pub(super) away: Option<String>,
    pub(super) away_error: &'static str,
    pub(super) conflict: String,
    /// Link and token of an invitation, shown once.
    pub(super) token: Option<(String, String)>,
    /// What became of the letter.
    pub(super) mail: String,
}

impl Told {
    fn is_wrong(&self) -> bool {
        self.errors.any() || !self.conflict.is_empty() || !self.away_error.is_empty()
    }
}

/// The page of one person.
pub(in crate::web) async fn page(
    State(console): State<Console>,
    shell: Shell,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    show(&console, shell, id, Told::default()).await
}

/// Everything that the page reads.
struct Found {
    row: PersonRow,
    held: Vec<Holding>,
    account: Option<crate::auth::account::Account>,
}

/// The page, with what is told beside.
pub(super) async fn show(
    console: &Console,
    shell: Shell,
    id: String,
    told: Told,
) -> Result<Response, PageError> {
    let found = console
        .records(move |records| {
            let Some(row) = records.person_row(&id)? else { return Ok(None) };
            let held = records.holdings(&id)?;
            let account = records.account_by_email(&row.person.email.to_lowercase())?;
            Ok(Some(Found { row, held, account }))
        })
        .await?;
    let found = found.ok_or(PageError::NotFound("No person has this address."))?;
    let status = if told.is_wrong() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, html(&view(console, shell, found, told))?).into_response())
}

fn view(console: &Console, shell: Shell, found: Found, mut told: Told) -> PersonPage {
    let Found { row, held, account } = found;
    let now = console.app.clock.now();
    let today = today(now);
    let catalogue = console.app.rulebook.current().catalogue;
    let person = &row.person;
    let day = |day: Option<jiff::civil::Date>| day.map(day_words).unwrap_or_default();
    let typed = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let before = held.into_iter().filter_map(|one| {
        let until = When::relative(one.until?, now);
        let short = one.device_id.chars().take(8).collect();
        Some(HeldView { device: one.device_id, short, from: When::relative(one.from, now), until })
    });
    PersonPage {
        source: source_words(person),
        first_day: day(person.first_day),
        last_day: day(person.last_day),
        known_since: When::relative(person.created, now),
        account: account.map(|one| (one.id.clone(), one.role.title(), one.is_open(now))),
        before: before.collect(),
        is_ended: person.ended.is_some(),
        may_change: shell.may(Permission::ChangePeople),
        may_invite: shell.may(Permission::ChangeFleet) && person.ended.is_none(),
        may_see_accounts: shell.may(Permission::SeeAccounts),
        may_see_audit: shell.may(Permission::SeeAudit),
        has_mail: console.app.ways.mail.is_some(),
        version: person.version,
        form: told.form.take().unwrap_or_else(|| FactsForm::of(person)),
        errors: told.errors,
        away: told.away.take().unwrap_or_else(|| typed(person.away_until)),
        away_error: told.away_error,
        conflict: std::mem::take(&mut told.conflict),
        view: PersonView::of(&row, &catalogue, (today, now)),
        shell: shell.titled(row.person.name.clone(), Section::People),
        told,
    }
}

fn source_words(person: &Person) -> &'static str {
    match person.source.as_str() {
        "csv" => "Imported file",
        "api" => "API",
        "scim" => "Directory (SCIM)",
        "console" => "Added by hand",
        _ => "Invitation",
    }
}
