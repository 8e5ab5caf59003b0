//! People of the company: listed, added, changed, ended.

mod form;

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use self::form::{NewPersonForm, PersonChangeForm};
use super::body::Body;
use super::call::Call;
use super::operation::Operation;
use super::parameter::{Form, Parameter};
use super::problem::ApiProblem;
use super::reply::{self, Answered, Reply};
use crate::audit::Object;
use crate::auth::guard::{Access, Noted};
use crate::auth::permission::Permission::{ChangePeople, SeePeople};
use crate::people::{changes, odd_days, today};
use crate::shown::people::{PersonShown, shown};
use crate::store::access::people::{
    NewPerson, PeopleAsk, Person, PersonCase, PersonChanged, PersonRow,
};

const TAG: &str = "People";
const SEE: Access = Access::Needs(&[SeePeople]);
const CHANGE: Access = Access::Needs(&[ChangePeople]);
/// Days that count for joining and leaving, unless told otherwise.
const DAYS: u16 = 7;

/// What people can be searched by.
const FILTERS: &[Parameter] = &[
    Parameter::new(
        "q",
        Form::Text(120),
        "Every word is found in name, mail address or department.",
    ),
    Parameter::new(
        "is",
        Form::AnyWord(|| PersonCase::ALL.map(PersonCase::as_str).to_vec()),
        "All of these hold; people who have left are left out unless named.",
    ),
    Parameter::new("department", Form::Text(120), "This department alone."),
    Parameter::new(
        "days",
        Form::Number(0, 366),
        "How many days count for `joining` and `leaving`; 7 unless told otherwise.",
    ),
];

/// Every operation about people.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/api/v1/people", (SEE, Noted::Export("people")), list)
            .named("listPeople", TAG, "People with the Macs that they hold, by name", "")
            .asks(FILTERS)
            .lists::<PersonShown>(),
        Operation::post("/api/v1/people", CHANGE, make)
            .named(
                "createPerson",
                TAG,
                "Add a person",
                "With a first day that is not over, the onboarding checklist begins.",
            )
            .takes::<NewPersonForm>(form::example)
            .makes::<PersonShown>()
            .may_conflict(),
        Operation::get("/api/v1/people/{id}", (SEE, Noted::View("person")), one)
            .named("getPerson", TAG, "One person", "")
            .gives::<PersonShown>(),
        Operation::patch("/api/v1/people/{id}", CHANGE, change)
            .named("changePerson", TAG, "Change a person", "What is left out stays.")
            .takes::<PersonChangeForm>(form::change_example)
            .gives::<PersonShown>()
            .may_conflict(),
        Operation::post("/api/v1/people/{id}/state", CHANGE, step)
            .named(
                "stepPerson",
                TAG,
                "End a person, or open the person again",
                "An end closes the person's account with its sessions and tokens, lets open invitations expire and begins the offboarding checklist. Macs stay with the person until they are returned.",
            )
            .takes::<PersonStepForm>(step_example)
            .gives::<PersonShown>()
            .may_conflict(),
    ]
}

/// What is done to a person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PersonStepForm {
    /// `end` or `reopen`.
    #[schema(value_type = PersonStep)]
    step: String,
}

/// What can be done to a person.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only has a schema")]
enum PersonStep {
    #[schema(rename = "end")]
    End,
    #[schema(rename = "reopen")]
    Reopen,
}

fn step_example() -> Value {
    json!({ "step": "end" })
}

fn nobody() -> ApiProblem {
    ApiProblem::nothing("There is no person with this id.")
}

async fn list(call: Call) -> Answered {
    let cases = call.asked.all("is").iter().filter_map(|word| PersonCase::named(word));
    let ask = PeopleAsk {
        text: call.asked.text("q").map(str::to_owned),
        cases: cases.collect(),
        department: call.asked.text("department").map(str::to_owned),
        days: call.asked.number("days").and_then(|days| u16::try_from(days).ok()).unwrap_or(DAYS),
        today: today(call.now()),
        after: call.place()?,
        limit: Some(call.asked.limit()),
    };
    let page = call.records(move |records| Ok(records.people(&ask)?)).await?;
    let catalogue = call.api.app.rulebook.current().catalogue;
    let items: Vec<_> =
        page.rows.iter().map(|row| shown(row, &catalogue, today(call.now()))).collect();
    Reply::page(&items, page.next.map(|place| call.cursor(place)))
}

async fn row(call: &Call, id: String) -> Result<PersonRow, ApiProblem> {
    call.records(move |records| Ok(records.person_row(&id)?)).await?.ok_or_else(nobody)
}

fn item(call: &Call, row: &PersonRow) -> PersonShown {
    shown(row, &call.api.app.rulebook.current().catalogue, today(call.now()))
}

async fn one(call: Call) -> Answered {
    let row = row(&call, call.id()).await?;
    Ok(Reply::of(&item(&call, &row))?.version(row.person.version))
}

fn object(person: &Person) -> Object {
    Object::new("person", &person.id).called(&person.name)
}

/// The person as it is now, or why nothing was changed.
fn changed(changed: PersonChanged) -> Result<Person, ApiProblem> {
    let conflict = |detail: &str| Err(ApiProblem::new("conflict", detail));
    match changed {
        PersonChanged::Done(person) => Ok(*person),
        PersonChanged::Missing => Err(nobody()),
        PersonChanged::Stale => Err(reply::changed()),
        PersonChanged::EmailTaken => conflict("Another person has this mail address."),
        PersonChanged::UserNameTaken => {
            conflict("Another person has this mail address as user name in a directory.")
        }
        PersonChanged::LastAdministrator => conflict(
            "Nobody would be left who can change accounts; make another administrator first.",
        ),
    }
}

async fn make(call: Call, Body(form): Body<NewPersonForm>) -> Answered {
    let facts = form.facts()?;
    if let Some(odd) = odd_days(&facts) {
        return Err(ApiProblem::new("conflict", odd));
    }
    let id = uuid::Uuid::new_v4().to_string();
    let new = NewPerson { id: id.clone(), source: "api", is_ended: false, facts };
    let act = call.who.act("person_added", Object::new("person", &id).called(&new.facts.name));
    let made = call.records(move |records| Ok(records.add_person(&new, &act)?)).await?;
    let version = changed(made)?.version;
    let row = row(&call, id.clone()).await?;
    let location = format!("/api/v1/people/{id}");
    Ok(Reply::made(&item(&call, &row), location)?.version(version))
}

async fn change(call: Call, Body(form): Body<PersonChangeForm>) -> Answered {
    let version = call.wanted_version()?;
    let before = row(&call, call.id()).await?.person;
    let facts = form.facts(&before)?;
    if let Some(odd) = odd_days(&facts) {
        return Err(ApiProblem::new("conflict", odd));
    }
    let act = call.who.act("person_changed", object(&before)).with(changes(&before, &facts));
    let id = call.id();
    let done = call
        .records(move |records| Ok(records.change_person(&id, Some(version), &facts, &act)?))
        .await?;
    changed(done)?;
    one(call).await
}

async fn step(call: Call, Body(form): Body<PersonStepForm>) -> Answered {
    let action = match form.step.as_str() {
        "end" => "person_ended",
        "reopen" => "person_reopened",
        _ => return Err(ApiProblem::field("step", "it must be `end` or `reopen`.")),
    };
    let person = row(&call, call.id()).await?.person;
    let act = call.who.act(action, object(&person));
    let done = call
        .records(move |records| {
            Ok(match action {
                "person_ended" => records.end_person(&person.id, None, &act)?,
                _ => records.reopen_person(&person.id, None, &act)?,
            })
        })
        .await?;
    changed(done)?;
    one(call).await
}
