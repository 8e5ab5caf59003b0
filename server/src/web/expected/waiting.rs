//! Devices that wait for approval, approved or refused many at once.

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use shared::os_releases::Catalogue;

use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use crate::audit::Object;
use crate::auth::permission::Permission;
use crate::auth::who::Who;
use crate::fleet::life::LifeStep;
use crate::shown::names::{device_name, model_words};
use crate::store::views::expected::WaitingDevice;
use crate::web::times::When;
use crate::web::words::count;

/// Most devices on the page.
const ROWS: u32 = 200;

#[derive(Template)]
#[template(path = "waiting.html")]
struct WaitingPage {
    shell: Shell,
    total: String,
    rows: Vec<Row>,
    more: bool,
    may_change: bool,
    error: &'static str,
}

struct Row {
    id: String,
    name: String,
    serial: String,
    model: String,
    owner: String,
    /// Who has it by the list, when nobody holds it.
    is_guess: bool,
    /// A mail address that the Mac's profile names, when nobody is known.
    claim: String,
    reason: String,
    since: When,
}

impl Row {
    fn of(one: &WaitingDevice, catalogue: &Catalogue, now: Timestamp) -> Self {
        let holder = one.device.owner.as_ref().map(|owner| owner.name.clone());
        let listed = one.expected.as_ref().map(|it| &it.facts);
        let guess = listed.map(|facts| match facts.owner_name.as_str() {
            "" => facts.owner_email.clone(),
            name => name.to_owned(),
        });
        Self {
            id: one.device.id.clone(),
            name: device_name(&one.device, catalogue),
            serial: one.device.serial.clone().unwrap_or_default(),
            model: model_words(&one.device, catalogue),
            claim: match (&holder, &guess) {
                (None, None) => one.device.owner_claim.clone().unwrap_or_default(),
                _ => String::new(),
            },
            is_guess: holder.is_none(),
            owner: holder.or(guess).unwrap_or_default(),
            reason: one.reason.clone(),
            since: When::relative(one.device.enrolled, now),
        }
    }
}

/// All that wait.
pub(in crate::web) async fn page(
    State(console): State<Console>,
    shell: Shell,
) -> Result<Html<String>, PageError> {
    show(&console, shell, "").await
}

async fn show(
    console: &Console,
    shell: Shell,
    error: &'static str,
) -> Result<Html<String>, PageError> {
    let mut found = console.read(|views| views.waiting_devices(ROWS + 1)).await?;
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let catalogue = console.app.rulebook.current().catalogue;
    let now = console.app.clock.now();
    html(&WaitingPage {
        may_change: shell.may(Permission::ChangeFleet),
        shell: shell.titled("Waiting for approval", Section::Devices),
        total: count(found.len() as u64, "Mac", "Macs"),
        rows: found.iter().map(|one| Row::of(one, &catalogue, now)).collect(),
        more,
        error,
    })
}

/// Approves or refuses those that were chosen.
pub(in crate::web) async fn step(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let (step, why) = match field("step").map(String::as_str) {
        Some("approve") => (LifeStep::Approve, "approved with others"),
        Some("refuse") => (LifeStep::Archive, "refused"),
        _ => return Err(PageError::NotFound("Nothing of this name can be done here.")),
    };
    // All are those that were shown, not one that came meanwhile.
    let key = if field("all").is_some() { "shown" } else { "device" };
    let chosen: Vec<String> = form
        .iter()
        .filter(|(name, _)| name == key)
        .map(|(_, id)| id.clone())
        .take(ROWS as usize)
        .collect();
    if chosen.is_empty() {
        let page = show(&console, shell, "Choose at least one Mac.").await?;
        return Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let acts: Vec<_> = chosen
        .into_iter()
        .map(|id| (who.act(step.action(), Object::new("device", &id)).with(why), id))
        .collect();
    // Each is a change of its own: one that somebody else was faster with
    // does not hold up the others.
    console
        .app
        .queue
        .run(move |writer| {
            for (act, id) in &acts {
                writer.move_on(id, step, act)?;
            }
            Ok(())
        })
        .await?;
    Ok(Redirect::to("/devices/waiting").into_response())
}
