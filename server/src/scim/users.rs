//! Users: found, added, changed, ended and removed by a directory.

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::wanted::{Wanted, wanted};
use super::{Answer, MOST, Refusal, Scim, filter, listed, patch, resource};
use crate::audit::Object;
use crate::auth::who::Who;
use crate::people::changes;
use crate::store::access::people::{NewPerson, Person, PersonChanged};

/// Most users of one answer.
pub(super) const PAGE: u64 = 200;

type Pairs = Query<Vec<(String, String)>>;

/// The value of a query's parameter, in any case of letters.
fn parameter<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, it)| it.as_str())
}

fn number(pairs: &[(String, String)], name: &str, usual: u64) -> Result<u64, Refusal> {
    let Some(text) = parameter(pairs, name) else { return Ok(usual) };
    let number: i64 =
        text.parse().map_err(|_| Refusal::value(format!("`{name}` must be a whole number.")))?;
    Ok(u64::try_from(number).unwrap_or(0))
}

/// A person as the answer to a query.
fn shown(scim: &Scim, person: &Person, pairs: &[(String, String)]) -> Value {
    let mut user = resource::user(person, &scim.app.public_url);
    let excluded = parameter(pairs, "excludedAttributes");
    resource::select(&mut user, parameter(pairs, "attributes"), excluded);
    user
}

pub(super) async fn list(State(scim): State<Scim>, Query(pairs): Pairs) -> Result<Answer, Refusal> {
    found(&scim, pairs).await
}

/// The same with the query in a body, as RFC 7644 section 3.4.3 has it.
pub(super) async fn search(State(scim): State<Scim>, body: Body) -> Result<Answer, Refusal> {
    let asked = object(body).await?.into_iter().map(|(name, value)| {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let value = match &value {
            Value::Array(all) => all.iter().map(text).collect::<Vec<_>>().join(","),
            one => text(one),
        };
        (name, value)
    });
    found(&scim, asked.collect()).await
}

async fn found(scim: &Scim, pairs: Vec<(String, String)>) -> Result<Answer, Refusal> {
    let what = parameter(&pairs, "filter").map(filter::lookup).transpose()?;
    let start = number(&pairs, "startIndex", 1)?.max(1);
    let count = number(&pairs, "count", PAGE)?.min(PAGE);
    let (people, total) =
        scim.records(move |records| records.look_up(what.as_ref(), (start - 1, count))).await?;
    let users: Vec<Value> = people.iter().map(|person| shown(scim, person, &pairs)).collect();
    Ok(Answer::of(listed(&users, total, start)))
}

/// The person whom a directory sees.
async fn person(scim: &Scim, id: String) -> Result<Person, Refusal> {
    let found = scim.records(move |records| records.person(&id)).await?;
    found.filter(|person| person.removed.is_none()).ok_or_else(Refusal::nobody)
}

pub(super) async fn one(
    State(scim): State<Scim>,
    Path(id): Path<String>,
    Query(pairs): Pairs,
) -> Result<Answer, Refusal> {
    Ok(Answer::of(shown(&scim, &person(&scim, id).await?, &pairs)))
}

/// The object in a body; its media type is what the directory likes.
async fn object(body: Body) -> Result<Map<String, Value>, Refusal> {
    let bytes = to_bytes(body, MOST).await.map_err(|_| {
        let detail = format!("A body may have {MOST} bytes; send less.");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    })?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Refusal::wrong("invalidSyntax", "The body must be an object in JSON.")),
    }
}

/// The person as it is now, or why nothing was changed.
fn done(changed: PersonChanged) -> Result<Person, Refusal> {
    match changed {
        PersonChanged::Done(person) => Ok(*person),
        PersonChanged::Missing => Err(Refusal::nobody()),
        PersonChanged::EmailTaken => Err(Refusal::taken("Another user has this mail address.")),
        PersonChanged::UserNameTaken => Err(Refusal::taken("Another user has this userName.")),
        PersonChanged::Stale => Err(Refusal::later(
            StatusCode::SERVICE_UNAVAILABLE,
            "The user is changed by somebody else just now; come again.",
        )),
        PersonChanged::LastAdministrator => Err(Refusal::new(
            StatusCode::CONFLICT,
            "Nobody would be left who can change accounts; make another administrator first.",
        )),
    }
}

pub(super) async fn create(
    State(scim): State<Scim>,
    Extension(who): Extension<Who>,
    Query(pairs): Pairs,
    body: Body,
) -> Result<Answer, Refusal> {
    let Wanted { facts, is_active } = wanted(&object(body).await?, None)?;
    let id = uuid::Uuid::new_v4().to_string();
    let new = NewPerson { id, source: "scim", is_ended: !is_active, facts };
    let object = Object::new("person", &new.id).called(&new.facts.name);
    let act = who.act("person_added", object).with("by a directory");
    let person = done(scim.records(move |records| records.add_person(&new, &act)).await?)?;
    Ok(Answer { status: StatusCode::CREATED, ..Answer::of(shown(&scim, &person, &pairs)) })
}

pub(super) async fn replace(
    State(scim): State<Scim>,
    Extension(who): Extension<Who>,
    (Path(id), Query(pairs)): (Path<String>, Pairs),
    body: Body,
) -> Result<Answer, Refusal> {
    let before = person(&scim, id).await?;
    let user = object(body).await?;
    if super::wanted::member(&user, "userName").is_none() {
        return Err(Refusal::value("`userName` is missing."));
    }
    let wanted = wanted(&user, Some(&before))?;
    let after = become_(&scim, &who, before, wanted).await?;
    Ok(Answer::of(shown(&scim, &after, &pairs)))
}

pub(super) async fn change(
    State(scim): State<Scim>,
    Extension(who): Extension<Who>,
    (Path(id), Query(pairs)): (Path<String>, Pairs),
    body: Body,
) -> Result<Answer, Refusal> {
    let before = person(&scim, id).await?;
    let touched = patch::touched(&Value::Object(object(body).await?))?;
    let wanted = wanted(&touched, Some(&before))?;
    let after = become_(&scim, &who, before, wanted).await?;
    Ok(Answer::of(shown(&scim, &after, &pairs)))
}

/// Makes a person what the directory wants: first what is said of the person,
/// then whether the person is still here.
async fn become_(
    scim: &Scim,
    who: &Who,
    before: Person,
    wanted: Wanted,
) -> Result<Person, Refusal> {
    let Wanted { facts, is_active } = wanted;
    let object = || Object::new("person", &before.id).called(&before.name);
    let change = who.act("person_changed", object()).with(changes(&before, &facts));
    let step = if is_active { "person_reopened" } else { "person_ended" };
    let step = who.act(step, object()).with("by a directory");
    let is_known = before.ended.is_none() == is_active;
    let changed = scim
        .records(move |records| {
            let changed = records.change_person(&before.id, None, &facts, &change)?;
            if is_known || !matches!(changed, PersonChanged::Done(_)) {
                return Ok(changed);
            }
            if is_active {
                records.reopen_person(&before.id, None, &step)
            } else {
                records.end_person(&before.id, None, &step)
            }
        })
        .await?;
    done(changed)
}

pub(super) async fn remove(
    State(scim): State<Scim>,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let before = person(&scim, id).await?;
    let object = Object::new("person", &before.id).called(&before.name);
    let act = who.act("person_removed", object).with("by a directory");
    done(scim.records(move |records| records.remove_person(&before.id, &act)).await?)?;
    Ok(StatusCode::NO_CONTENT)
}
