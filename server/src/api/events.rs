//! The stream of events, pulled with a cursor: one line of JSON an event.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use tokio::time::{Instant, sleep, timeout_at};

use super::call::Call;
use super::parameter::{Form, Parameter};
use super::problem::ApiProblem;
use crate::auth::guard::blocking;
use crate::auth::permission::Permission;
use crate::siem::cursor::Cursor;
use crate::siem::event::Event;
use crate::siem::{Format, Wording};
use crate::store::stream::Kinds;

/// Where the next pull begins.
pub(super) const NEXT: &str = "muster-cursor";
/// Events of one answer unless told otherwise, and at most.
const EVENTS: u64 = 1000;
/// Longest time that an answer waits for something to tell, in seconds.
const LONGEST: u64 = 30;
/// How often it is looked meanwhile.
const LOOK: Duration = Duration::from_millis(500);

/// Parameters of a pull.
pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter::new(
        "cursor",
        Form::Text(50),
        "What the last answer gave as `Muster-Cursor`; `latest` begins now. Without it everything comes, from the beginning.",
    ),
    Parameter::new(
        "format",
        Form::Word(formats),
        "How events are written; `muster` unless told otherwise.",
    ),
    Parameter::new(
        "kinds",
        Form::Word(kinds),
        "Changes of findings, entries of the audit log, or both.",
    ),
    Parameter::new("limit", Form::Number(1, EVENTS), "Most events of the answer."),
    Parameter::new(
        "wait",
        Form::Number(0, LONGEST),
        "Seconds to wait for an event when there is none.",
    ),
];

fn formats() -> Vec<&'static str> {
    vec![Format::Muster.as_str(), Format::Ocsf.as_str()]
}

fn kinds() -> Vec<&'static str> {
    vec!["findings", "audit"]
}

/// Events after a cursor, as lines of JSON; `Muster-Cursor` names the last.
pub(super) async fn pull(call: Call) -> Result<Response, ApiProblem> {
    let kinds = wanted(&call)?;
    let from = cursor(&call).await?;
    let limit = u32::try_from(call.asked.number("limit").unwrap_or(EVENTS)).unwrap_or(u32::MAX);
    let wait = call.asked.number("wait").unwrap_or(0);
    let events = wait_for(&call, (from, kinds, limit), Duration::from_secs(wait)).await?;
    let format = call.asked.text("format").and_then(Format::named).unwrap_or_default();
    let end = events.last().map_or(from, |event| event.cursor);
    Ok(answer(&call, &events, (format, end)))
}

/// The audit log is told to who may see it.
fn wanted(call: &Call) -> Result<Kinds, ApiProblem> {
    let may = call.who.may(Permission::SeeAudit);
    match call.asked.text("kinds") {
        Some("audit") if !may => {
            let detail =
                format!("Entries of the audit log need `{}`.", Permission::SeeAudit.as_str());
            Err(ApiProblem::new("not-allowed", detail))
        }
        Some("audit") => Ok(Kinds { findings: false, audit: true }),
        Some(_) => Ok(Kinds { findings: true, audit: false }),
        None => Ok(Kinds { findings: true, audit: may }),
    }
}

async fn cursor(call: &Call) -> Result<Cursor, ApiProblem> {
    match call.asked.text("cursor") {
        None => Ok(Cursor::START),
        Some("latest") => call.records(|records| Ok(records.stream_end()?)).await,
        Some(text) => text.parse().map_err(|error: crate::siem::cursor::CursorError| {
            ApiProblem::parameter("cursor", error.to_string())
        }),
    }
}

/// What there is, or what comes within `wait`.
async fn wait_for(
    call: &Call,
    (from, kinds, limit): (Cursor, Kinds, u32),
    wait: Duration,
) -> Result<Vec<Event>, ApiProblem> {
    let end = Instant::now() + wait;
    loop {
        let records = call.api.app.records.clone();
        let events = blocking(move || records.events((from, Cursor::END), kinds, limit)).await?;
        // The last look is after the end of the wait.
        if !events.is_empty() || timeout_at(end, sleep(LOOK)).await.is_err() {
            return Ok(events);
        }
    }
}

fn answer(call: &Call, events: &[Event], (format, end): (Format, Cursor)) -> Response {
    let wording = Wording {
        rules: call.api.app.rulebook.current(),
        public_url: call.api.app.public_url.to_string(),
    };
    let mut body = String::new();
    for event in events {
        body.push_str(&wording.write(event, format).to_string());
        body.push('\n');
    }
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    let end = HeaderValue::from_str(&end.to_string()).ok();
    headers.extend(end.map(|end| (HeaderName::from_static(NEXT), end)));
    response
}
