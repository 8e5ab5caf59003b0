//! One Mac of the list: what is said of it, and changing that.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::errors::PageError;
use super::shell::{Section, Shell, html};
use super::{Console, object};
use crate::auth::account::mail_address;
use crate::auth::permission::Permission;
use crate::auth::who::Who;
use crate::expected::{
    Facts, LONGEST, SERIAL_WORDS, Source, State as Place, plain_text, serial_number,
};
use crate::store::access::expected::Put;
use crate::store::views::expected::Expected;
use crate::web::times::When;

/// The fields as they were typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::web) struct Typed {
    pub(super) serial: String,
    pub(super) state: String,
    pub(super) reason: String,
    pub(super) owner_name: String,
    pub(super) owner_email: String,
    pub(super) model: String,
    pub(super) asset_tag: String,
    /// Which version was shown; nothing for a new one.
    pub(super) version: String,
}

impl Typed {
    fn of(expected: &Expected) -> Self {
        let facts = expected.facts.clone();
        Self {
            serial: expected.serial.clone(),
            state: facts.state.as_str().to_owned(),
            reason: facts.reason,
            owner_name: facts.owner_name,
            owner_email: facts.owner_email,
            model: facts.model,
            asset_tag: facts.asset_tag,
            version: expected.version.to_string(),
        }
    }
}

/// What is wrong with each field; empty for what is right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Errors {
    serial: String,
    reason: String,
    owner_email: String,
    text: String,
}

impl Errors {
    fn words(&self) -> String {
        let all = [&self.serial, &self.reason, &self.owner_email, &self.text];
        let all: Vec<&str> =
            all.into_iter().map(String::as_str).filter(|it| !it.is_empty()).collect();
        all.join(" ")
    }
}

#[derive(Template)]
#[template(path = "expected_one.html")]
struct OnePage {
    shell: Shell,
    form: Typed,
    errors: Errors,
    /// What is wrong in all.
    wrong: String,
    states: Vec<(&'static str, &'static str)>,
    /// What stands on the list now.
    now: Option<Now>,
    may_change: bool,
}

struct Now {
    serial: String,
    source: &'static str,
    added: When,
    changed: When,
}

fn understand(typed: &Typed) -> Result<(String, Facts), Errors> {
    let mut errors = Errors::default();
    let serial = serial_number(&typed.serial).unwrap_or_else(|| {
        errors.serial = format!("Enter the serial number: {SERIAL_WORDS}.");
        String::new()
    });
    let mut text = |typed: &str| {
        plain_text(typed).unwrap_or_else(|| {
            errors.text = format!("Enter at most {LONGEST} letters in each field.");
            String::new()
        })
    };
    let (reason, owner_name) = (text(&typed.reason), text(&typed.owner_name));
    let (model, asset_tag) = (text(&typed.model), text(&typed.asset_tag));
    let state = Place::named(&typed.state).unwrap_or(Place::InUse);
    if state == Place::NotCovered && reason.is_empty() {
        errors.reason.push_str("Say why the Mac is not covered.");
    }
    let owner_email = match typed.owner_email.trim() {
        "" => String::new(),
        typed => mail_address(typed).unwrap_or_else(|| {
            errors.owner_email.push_str("Enter an address such as sam@company.example.");
            String::new()
        }),
    };
    if errors != Errors::default() {
        return Err(errors);
    }
    Ok((serial, Facts { state, reason, owner_name, owner_email, model, asset_tag }))
}

/// One Mac of the list.
pub(in crate::web) async fn page(
    State(console): State<Console>,
    shell: Shell,
    Path(serial): Path<String>,
) -> Result<Html<String>, PageError> {
    let found = known(&console, &serial).await?;
    show(&console, shell, (Typed::of(&found), Errors::default(), String::new()), Some(&found))
}

/// The Mac with this serial number.
pub(super) async fn known(console: &Console, serial: &str) -> Result<Expected, PageError> {
    let serial = serial.to_ascii_uppercase();
    let found = console.records(move |records| Ok(records.expected(&serial)?)).await?;
    found.ok_or(PageError::NotFound("This Mac is not on the list. It may have been removed."))
}

fn show(
    console: &Console,
    shell: Shell,
    (form, errors, wrong): (Typed, Errors, String),
    found: Option<&Expected>,
) -> Result<Html<String>, PageError> {
    let now = console.app.clock.now();
    html(&OnePage {
        may_change: shell.may(Permission::ChangeFleet),
        shell: shell.titled("Expected device", Section::Expected),
        states: Place::ALL.iter().map(|one| (one.as_str(), one.title())).collect(),
        now: found.map(|found| Now {
            serial: found.serial.clone(),
            source: found.source.title(),
            added: When::relative(found.added, now),
            changed: When::relative(found.changed, now),
        }),
        form,
        errors,
        wrong,
    })
}

/// The page with what a person has to mend.
pub(super) async fn refused(
    console: &Console,
    shell: Shell,
    serial: &str,
    wrong: &str,
) -> Result<Response, PageError> {
    let found = known(console, serial).await?;
    let told = (Typed::of(&found), Errors::default(), wrong.to_owned());
    let page = show(console, shell, told, Some(&found))?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// Adds a Mac by hand.
pub(in crate::web) async fn add(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Form(typed): Form<Typed>,
) -> Result<Response, PageError> {
    save(&console, shell, who, Typed { version: "0".to_owned(), ..typed }, None).await
}

/// Changes what is said of a Mac.
pub(in crate::web) async fn change(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path(serial): Path<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, PageError> {
    let found = known(&console, &serial).await?;
    let typed = Typed { serial: found.serial.clone(), ..typed };
    save(&console, shell, who, typed, Some(found)).await
}

async fn save(
    console: &Console,
    shell: Shell,
    who: Who,
    typed: Typed,
    found: Option<Expected>,
) -> Result<Response, PageError> {
    let wrong = |shell, errors: Errors, words: String| {
        let page = show(console, shell, (typed.clone(), errors, words), found.as_ref())?;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    let (serial, facts) = match understand(&typed) {
        Ok(understood) => understood,
        Err(errors) => {
            let words = errors.words();
            return wrong(shell, errors, words);
        }
    };
    // A new one must be new, or somebody would be overwritten.
    let version = Some(typed.version.parse().unwrap_or(0));
    let act = who.act("expected_changed", object(&serial)).with(facts.state.title());
    let name = serial.clone();
    let put = console
        .records(move |records| {
            let mac = (name.as_str(), Source::Console);
            Ok(records.put_expected(mac, &facts, version, &act)?)
        })
        .await?;
    match put {
        Put::Stale => {
            let words = if found.is_some() {
                "Somebody else changed this Mac meanwhile. Open its page again."
            } else {
                "This Mac is on the list already."
            };
            wrong(shell, Errors::default(), words.to_owned())
        }
        Put::Added | Put::Changed | Put::Kept => {
            Ok(Redirect::to(&format!("/expected/{serial}")).into_response())
        }
    }
}

/// Takes a Mac off the list.
pub(in crate::web) async fn remove(
    State(console): State<Console>,
    who: Who,
    Path(serial): Path<String>,
) -> Result<Response, PageError> {
    let found = known(&console, &serial).await?;
    let act = who.act("expected_removed", object(&found.serial));
    console.records(move |records| Ok(records.remove_expected(&found.serial, &act)?)).await?;
    Ok(Redirect::to("/expected").into_response())
}
