//! What IT does at a device's page: gives the Mac to somebody, writes notes,
//! accepts exceptions.

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::show;
use crate::audit::Object;
use crate::auth::account::mail_address;
use crate::auth::sight::Sight;
use crate::auth::who::Who;
use crate::store::access::holdings::Held;
use crate::store::access::waivers::{NewWaiver, Waived};
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::shell::Shell;

/// Longest note.
const NOTE: usize = 2000;
/// Length of a reason.
const REASON: std::ops::RangeInclusive<usize> = 10..=500;
/// An exception ends after at most this time.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 366);

const NO_DEVICE: PageError = PageError::NotFound("No device has this address.");

/// What was typed and not taken, with what would be right.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    pub(super) holder: String,
    pub(super) holder_error: String,
    pub(super) note: String,
    pub(super) note_error: &'static str,
    pub(super) waiver: WaiverForm,
    pub(super) waiver_error: &'static str,
}

/// Who holds the Mac from now on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct HolderForm {
    #[serde(default)]
    email: String,
}

/// Something to remember.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct NoteForm {
    #[serde(default)]
    text: String,
}

/// An exception.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct WaiverForm {
    #[serde(default)]
    pub(super) rule: String,
    #[serde(default)]
    pub(super) reason: String,
    /// Its last day.
    #[serde(default)]
    pub(super) until: String,
}

fn back(id: &str, section: &str) -> Response {
    Redirect::to(&format!("/devices/{id}#{section}")).into_response()
}

async fn again(
    console: &Console,
    (shell, id): (Shell, String),
    told: Told,
) -> Result<Response, PageError> {
    let page = show(console, shell, (id, Sight::WHOLE), told).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// Gives the Mac to a person, or to nobody.
pub(in crate::web) async fn hold(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path(id): Path<String>,
    Form(form): Form<HolderForm>,
) -> Result<Response, PageError> {
    let typed = form.email.trim().to_owned();
    let wrong =
        |holder_error: String| Told { holder: typed.clone(), holder_error, ..Told::default() };
    let email = mail_address(&typed);
    if email.is_none() && !typed.is_empty() {
        let what =
            "Enter a mail address such as sam@company.example, or nothing to take the Mac back.";
        return again(&console, (shell, id), wrong(what.to_owned())).await;
    }
    let (device, wanted) = (id.clone(), email.clone());
    let held = console
        .records(move |records| {
            let person = match &wanted {
                Some(email) => match records.person_by_email(email)? {
                    Some(person) => Some(person),
                    None => return Ok(Held::NoPerson),
                },
                None => None,
            };
            let object = Object::new("device", &device);
            let detail =
                person.as_ref().map_or("to nobody".to_owned(), |one| format!("to {}", one.name));
            let act = who.act("device_assigned", object).with(detail);
            Ok(records.assign(&device, person.as_ref().map(|one| one.id.as_str()), &act)?)
        })
        .await?;
    match held {
        Held::Done => Ok(back(&id, "people")),
        Held::NoDevice => Err(NO_DEVICE),
        Held::NoPerson => {
            let what = format!(
                "Nobody is known with the address {}. Add the person first, or invite them.",
                email.unwrap_or_default()
            );
            again(&console, (shell, id), wrong(what)).await
        }
    }
}

/// Writes a note.
pub(in crate::web) async fn write(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path(id): Path<String>,
    Form(form): Form<NoteForm>,
) -> Result<Response, PageError> {
    let text = form.text.trim().replace("\r\n", "\n");
    let odd = |letter: char| letter.is_control() && letter != '\n';
    if text.is_empty() || text.chars().count() > NOTE || text.chars().any(odd) {
        let note_error = "Write something, at most 2,000 characters.";
        let told = Told { note: form.text, note_error, ..Told::default() };
        return again(&console, (shell, id), told).await;
    }
    let act = who.act("note_written", Object::new("device", &id));
    let device = id.clone();
    let is_there =
        console.records(move |records| Ok(records.add_note(&device, &text, &act)?)).await?;
    if is_there { Ok(back(&id, "notes")) } else { Err(NO_DEVICE) }
}

/// Removes a note.
pub(in crate::web) async fn erase(
    State(console): State<Console>,
    who: Who,
    Path((id, note)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let act = who.act("note_removed", Object::new("device", &id));
    let device = id.clone();
    console.records(move |records| Ok(records.remove_note(&device, &note, &act)?)).await?;
    Ok(back(&id, "notes"))
}

/// The end of the day that was typed, if the exception may last so long.
fn last_day(text: &str, now: Timestamp) -> Result<Timestamp, &'static str> {
    const WHAT: &str = "Enter the last day of the exception, such as 2027-03-31.";
    let day: Date = text.trim().parse().map_err(|_| WHAT)?;
    let end = day.tomorrow().and_then(|next| next.to_zoned(TimeZone::UTC)).map_err(|_| WHAT)?;
    let end = end.timestamp();
    if end <= now {
        return Err("This day is over; choose a later one.");
    }
    if end.duration_since(now) > LONGEST {
        return Err("An exception lasts at most a year; it can be accepted again then.");
    }
    Ok(end)
}

/// Accepts an exception.
pub(in crate::web) async fn waive(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path(id): Path<String>,
    Form(form): Form<WaiverForm>,
) -> Result<Response, PageError> {
    let reason = form.reason.trim().to_owned();
    let policy = console.app.rulebook.current().policy;
    let understood = match last_day(&form.until, who.origin.at) {
        _ if policy.rule(&form.rule).is_none() => Err("Choose a rule of the policy in force."),
        _ if !REASON.contains(&reason.chars().count()) || reason.chars().any(char::is_control) => {
            Err("Say why the exception is acceptable, in 10 to 500 characters.")
        }
        day => day,
    };
    let expires = match understood {
        Ok(expires) => expires,
        Err(waiver_error) => {
            let told = Told { waiver: form, waiver_error, ..Told::default() };
            return again(&console, (shell, id), told).await;
        }
    };
    let new = NewWaiver {
        id: uuid::Uuid::new_v4().to_string(),
        device_id: id.clone(),
        rule: form.rule.clone(),
        reason: reason.clone(),
        expires,
    };
    let detail = format!("{} until {}: {reason}", new.rule, form.until.trim());
    let act = who.act("waiver_accepted", Object::new("device", &id)).with(detail);
    let waived = console.records(move |records| Ok(records.waive(&new, &act)?)).await?;
    match waived {
        Waived::Done => Ok(back(&id, "waivers")),
        Waived::NoDevice => Err(NO_DEVICE),
        Waived::Already => {
            let waiver_error = "An exception for this rule holds already; end it first.";
            again(&console, (shell, id), Told { waiver: form, waiver_error, ..Told::default() })
                .await
        }
    }
}

/// Ends an exception before its day.
pub(in crate::web) async fn end_waiver(
    State(console): State<Console>,
    who: Who,
    Path((id, waiver)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let act = who.act("waiver_ended", Object::new("device", &id));
    let device = id.clone();
    console.records(move |records| Ok(records.end_waiver(&device, &waiver, &act)?)).await?;
    Ok(back(&id, "waivers"))
}

#[cfg(test)]
mod tests {
    use super::last_day;

    #[test]
    fn an_exception_holds_to_the_end_of_its_last_day_and_a_year_at_most() {
        let now = "2026-08-23T12:00:00Z".parse().unwrap();
        assert_eq!(last_day("2026-08-23", now), Ok("2026-08-24T00:00:00Z".parse().unwrap()));
        assert!(last_day("2026-08-22", now).unwrap_err().contains("is over"));
        assert!(last_day("2028-01-01", now).unwrap_err().contains("a year"));
        assert!(last_day("soon", now).unwrap_err().contains("2027-03-31"));
    }
}
