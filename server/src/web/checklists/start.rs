//! Starting a checklist by hand.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use serde::Deserialize;

use crate::audit::Object;
use crate::auth::who::Who;
use crate::checklists::ChecklistKind;
use crate::checklists::kind::day_of;
use crate::store::access::checklists::Started;
use crate::store::access::people::Person;
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::shell::{Section, Shell, html};

/// What is typed, and what the address of the form may say already.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::web) struct StartForm {
    #[serde(default)]
    pub(super) email: String,
    #[serde(default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) day: String,
}

/// What is wrong with each field; empty for what is right.
#[derive(Clone, Debug, Default)]
pub(super) struct Errors {
    email: String,
    kind: String,
    day: String,
}

impl Errors {
    fn any(&self) -> bool {
        !(self.email.is_empty() && self.kind.is_empty() && self.day.is_empty())
    }
}

#[derive(Template)]
#[template(path = "checklist_start.html")]
struct StartPage {
    shell: Shell,
    form: StartForm,
    errors: Errors,
    kinds: [ChecklistKind; 3],
}

/// The form.
pub(in crate::web) async fn page(
    State(console): State<Console>,
    shell: Shell,
    Query(form): Query<StartForm>,
) -> Result<Response, PageError> {
    let today = day_of(console.app.clock.now()).to_string();
    let day = if form.day.is_empty() { today } else { form.day.clone() };
    show(shell, StartForm { day, ..form }, Errors::default())
}

fn show(shell: Shell, form: StartForm, errors: Errors) -> Result<Response, PageError> {
    let status = if errors.any() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = StartPage {
        form,
        errors,
        kinds: ChecklistKind::ALL,
        shell: shell.titled("Start a checklist", Section::Checklists),
    };
    Ok((status, html(&page)?).into_response())
}

fn understand(form: &StartForm, person: Option<&Person>) -> Result<(ChecklistKind, Date), Errors> {
    let mut errors = Errors::default();
    if person.is_none() {
        errors.email =
            "Nobody has this mail address. Add the person under People, or mend the address."
                .into();
    }
    let kind = ChecklistKind::named(&form.kind);
    if kind.is_none() {
        errors.kind = "Choose what the checklist is for.".into();
    }
    let day = form.day.trim().parse();
    if day.is_err() {
        errors.day = "Enter a day such as 2026-11-28.".into();
    }
    match (kind, day) {
        (Some(kind), Ok(day)) if !errors.any() => Ok((kind, day)),
        _ => Err(errors),
    }
}

/// Starts it.
pub(in crate::web) async fn start(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Form(form): Form<StartForm>,
) -> Result<Response, PageError> {
    let email = form.email.trim().to_lowercase();
    let person = console.records(move |records| Ok(records.person_by_email(&email)?)).await?;
    let (kind, day) = match understand(&form, person.as_ref()) {
        Ok(understood) => understood,
        Err(errors) => return show(shell, form, errors),
    };
    let Some(person) = person else { return show(shell, form, Errors::default()) };
    let object = Object::new("checklist", "").called(&person.name);
    let detail = format!("{}, {} is {day}", kind.title(), kind.day_name());
    let act = who.act("checklist_started", object).with(detail);
    let id = person.id.clone();
    let started =
        console.records(move |records| Ok(records.start_checklist(kind, &id, day, &act)?)).await?;
    match started {
        Started::Done(id) => Ok(Redirect::to(&format!("/checklists/{id}")).into_response()),
        Started::Refused => {
            let why = format!(
                "{} has an open checklist of this kind, or its template has no tasks.",
                person.name
            );
            show(shell, form, Errors { kind: why, ..Errors::default() })
        }
        Started::NoPerson => {
            let why = "This person was removed meanwhile.".to_owned();
            show(shell, form, Errors { email: why, ..Errors::default() })
        }
    }
}
