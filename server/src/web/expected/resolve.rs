//! What is done about a Mac in one step: one that never came is invited or
//! explained, one that nobody expected is added or archived.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::errors::PageError;
use super::one::{known, refused};
use super::shell::{Section, Shell, html};
use super::{Console, object};
use crate::audit::Object;
use crate::auth::who::Who;
use crate::expected::{Facts, Source, State as Place, plain_text, serial_number};
use crate::fleet::life::LifeStep;
use crate::invitation;
use crate::store::devices::Moved;
use crate::store::views::expected::Expected;
use crate::web::join::link;
use crate::web::times::When;

/// What is wanted, why, and where the person was.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::web) struct Step {
    #[serde(rename = "step")]
    word: String,
    reason: String,
    back: String,
}

impl Step {
    /// Back to where the person was in the list.
    fn back(&self) -> Redirect {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~=&%+".contains(&byte);
        let fits = self.back.len() < 1000 && self.back.bytes().all(plain);
        if self.back.is_empty() || !fits {
            return Redirect::to("/expected");
        }
        Redirect::to(&format!("/expected?{}", self.back))
    }
}

#[derive(Template)]
#[template(path = "expected_invited.html")]
struct InvitedPage {
    shell: Shell,
    name: String,
    email: String,
    serial: String,
    token: String,
    link: String,
    until: When,
}

/// Resolves a Mac that never came.
pub(in crate::web) async fn never_enrolled(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path(serial): Path<String>,
    Form(form): Form<Step>,
) -> Result<Response, PageError> {
    let found = known(&console, &serial).await?;
    if form.word == "invite" {
        return invite(&console, shell, &who, found).await;
    }
    let Some(state) = Place::named(&form.word) else {
        return refused(&console, shell, &serial, "Choose what is to be done.").await;
    };
    let Some(reason) = plain_text(&form.reason) else {
        return refused(&console, shell, &serial, "Give a reason of at most 200 letters.").await;
    };
    if state == Place::NotCovered && reason.is_empty() {
        return refused(&console, shell, &serial, "Say why the Mac is not covered.").await;
    }
    let act = who.act("expected_changed", object(&found.serial)).with(match reason.as_str() {
        "" => state.title().to_owned(),
        reason => format!("{}: {reason}", state.title()),
    });
    let facts = Facts { state, reason, ..found.facts };
    console
        .records(move |records| {
            let mac = (found.serial.as_str(), found.source);
            Ok(records.put_expected(mac, &facts, None, &act)?)
        })
        .await?;
    Ok(form.back().into_response())
}

/// Invites the owner, for this Mac alone; the token is shown once.
async fn invite(
    console: &Console,
    shell: Shell,
    who: &Who,
    found: Expected,
) -> Result<Response, PageError> {
    let facts = &found.facts;
    let request = invitation::Request {
        person: facts.owner_name.clone(),
        email: facts.owner_email.clone(),
        serial: Some(found.serial.clone()),
        valid_for: invitation::VALID,
    };
    if invitation::check(&request).is_err() {
        let wrong = "Enter name and mail address of the owner; then the owner can be invited.";
        return refused(console, shell, &found.serial, wrong).await;
    }
    let app = &console.app;
    let act = who.act("invited", invitation::object(&request));
    let (new, token) = invitation::make(&request, &app.public_url, app.pinned_ca, act);
    let page = InvitedPage {
        shell: shell.titled("An invitation", Section::Expected),
        name: new.person.clone(),
        email: new.email.clone(),
        serial: found.serial,
        link: link(&app.public_url, &token.to_string()),
        token: token.to_string(),
        until: When::exact(new.expires_at),
    };
    app.queue.run(move |writer| writer.invite(&new)).await?;
    Ok(html(&page)?.into_response())
}

/// Resolves a device that is not on the list.
pub(in crate::web) async fn not_expected(
    State(console): State<Console>,
    who: Who,
    Path(id): Path<String>,
    Form(form): Form<Step>,
) -> Result<Response, PageError> {
    let device = id.clone();
    let row = console.read(move |views| views.device_row(&device)).await?;
    let row = row.ok_or(PageError::NotFound("No device has this address."))?;
    match form.word.as_str() {
        "add" => {
            let serial = row.serial.as_deref().and_then(serial_number).ok_or_else(|| {
                PageError::BadAddress("The device does not say its serial number.".to_owned())
            })?;
            let (owner_name, owner_email) =
                row.owner.map(|owner| (owner.name, owner.email.to_lowercase())).unwrap_or_default();
            let model = row.model.unwrap_or_default();
            let facts = Facts { owner_name, owner_email, model, ..Facts::default() };
            let act = who.act("expected_changed", object(&serial)).with("added");
            console
                .records(move |records| {
                    let mac = (serial.as_str(), Source::Console);
                    Ok(records.put_expected(mac, &facts, Some(0), &act)?)
                })
                .await?;
        }
        "archive" => {
            let life = LifeStep::Archive;
            let act = who
                .act(life.action(), Object::new("device", &id))
                .with("It is not on the list of expected devices.");
            let moved =
                console.app.queue.run(move |writer| writer.move_on(&id, life, &act)).await?;
            if let Moved::Refused { now } = moved {
                let words = format!("The device is {} by now; look at its page.", now.as_str());
                return Err(PageError::BadAddress(words));
            }
        }
        _ => return Err(PageError::NotFound("Nothing of this name can be done here.")),
    }
    Ok(form.back().into_response())
}
