//! The Macs that the company says it has.

mod form;

use self::form::ExpectedState;
pub(super) use self::form::{
    ExpectedForm, ExpectedImportForm, ExpectedItem, ImportedItem, example, import_example,
};

use super::body::Body;
use super::call::Call;
use super::parameter::{Form, Parameter};
use super::problem::ApiProblem;
use super::reply::{Answered, Reply};
use crate::audit::Object;
use crate::auth::account::mail_address;
use crate::expected::{Facts, SERIAL_WORDS, Said, Source, State, plain_text, serial_number};
use crate::store::access::expected::ImportAsk;
use crate::store::views::expected::{Claim, ExpectedAsk, ExpectedRow};

/// Most Macs of one import.
const MOST: usize = 500;

/// Filters of the list.
pub(super) const FILTERS: &[Parameter] = &[
    Parameter::new(
        "q",
        Form::Text(120),
        "Every word is found in serial number, owner, mail address, model or number.",
    ),
    Parameter::new(
        "state",
        Form::AnyWord(|| State::ALL.iter().map(|one| one.as_str()).collect()),
        "Any of these states.",
    ),
    Parameter::new(
        "source",
        Form::Word(|| Source::ALL.iter().map(|one| one.as_str()).collect()),
        "What brought it into the list.",
    ),
    Parameter::new(
        "show",
        Form::Word(|| vec!["never_enrolled", "claimed"]),
        "Only Macs in use that no device claims, or only those that one claims.",
    ),
];

fn serial_of(text: &str) -> Result<String, ApiProblem> {
    serial_number(text).ok_or_else(|| ApiProblem::nothing("The address names no serial number."))
}

fn said(serial: String, form: ExpectedForm) -> Result<Said, ApiProblem> {
    let text = |name: &str, value: Option<String>| match value {
        None => Ok(None),
        Some(value) => plain_text(&value).map(Some).ok_or_else(|| {
            ApiProblem::field(name, "it must have at most 200 characters, none of control.")
        }),
    };
    let owner_email = match form.owner_email {
        Some(typed) if !typed.is_empty() => Some(mail_address(&typed).ok_or_else(|| {
            ApiProblem::field(
                "owner_email",
                "it must be a mail address such as sam@company.example.",
            )
        })?),
        typed => typed,
    };
    Ok(Said {
        serial,
        state: form.state.map(ExpectedState::state),
        reason: text("reason", form.reason)?,
        owner_name: text("owner_name", form.owner_name)?,
        owner_email,
        model: text("model", form.model)?,
        asset_tag: text("asset_tag", form.asset_tag)?,
    })
}

pub(super) async fn list(call: Call) -> Answered {
    let word = |name: &str| call.asked.text(name);
    let ask = ExpectedAsk {
        states: call.asked.all("state").iter().filter_map(|one| State::named(one)).collect(),
        source: word("source").and_then(Source::named),
        claim: match word("show") {
            Some("never_enrolled") => Some(Claim::NeverEnrolled),
            Some(_) => Some(Claim::Claimed),
            None => None,
        },
        words: word("q").unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
        after: call.place::<String>()?,
        limit: Some(call.asked.limit()),
    };
    let limit = call.asked.limit() as usize;
    let mut rows = call.read(move |views| views.expected_rows(&ask)).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| call.cursor(&row.expected.serial));
    let items: Vec<_> = rows.into_iter().map(ExpectedItem::of).collect();
    Reply::page(&items, next)
}

pub(super) async fn put(call: Call, Body(form): Body<ExpectedForm>) -> Answered {
    let serial = serial_of(&call.id())?;
    let said = said(serial.clone(), form)?;
    let object = Object::new("expected_device", "").called(&serial);
    let act = call.who.act("expected_changed", object);
    let found = call
        .records(move |records| {
            use crate::expected::merge::{Decision, decide};
            let now = records.expected(&said.serial)?;
            let known = now.as_ref().map(|one| (&one.facts, one.source));
            let facts: Facts = match decide(known, &said, Source::Api) {
                Decision::Add(facts) | Decision::Change(facts) => facts,
                Decision::Keep => return Ok(now),
            };
            if facts.state == State::NotCovered && facts.reason.is_empty() {
                return Err(ApiProblem::new(
                    "conflict",
                    "A Mac that is not covered needs a reason.",
                ));
            }
            let mac = (said.serial.as_str(), Source::Api);
            records.put_expected(mac, &facts, None, &act)?;
            Ok(records.expected(&said.serial)?)
        })
        .await?;
    let expected = found.ok_or_else(|| ApiProblem::nothing("The Mac was removed meanwhile."))?;
    let ask = ExpectedAsk { words: vec![serial.clone()], ..ExpectedAsk::default() };
    let rows = call.read(move |views| views.expected_rows(&ask)).await?;
    let device =
        rows.into_iter().find(|row| row.expected.serial == serial).and_then(|row| row.device);
    Reply::of(&ExpectedItem::of(ExpectedRow { expected, device }))
}

pub(super) async fn remove(call: Call) -> Answered {
    let serial = serial_of(&call.id())?;
    let object = Object::new("expected_device", "").called(&serial);
    let act = call.who.act("expected_removed", object);
    let removed = call.records(move |records| Ok(records.remove_expected(&serial, &act)?)).await?;
    if removed {
        Ok(Reply::done())
    } else {
        Err(ApiProblem::nothing("The Mac is not on the list."))
    }
}

pub(super) async fn import(call: Call, Body(form): Body<ExpectedImportForm>) -> Answered {
    if form.devices.is_empty() || form.devices.len() > MOST {
        return Err(ApiProblem::field("devices", format!("it must name 1 to {MOST} Macs.")));
    }
    let mut all: Vec<Said> = Vec::with_capacity(form.devices.len());
    for (at, mac) in form.devices.into_iter().enumerate() {
        let serial = serial_number(&mac.serial).ok_or_else(|| {
            ApiProblem::field(
                "devices",
                format!("of number {at} the serial is wrong: {SERIAL_WORDS}."),
            )
        })?;
        let one = said(serial, mac.facts.unwrap_or_default())?;
        let uncovered = one.state == Some(State::NotCovered);
        if uncovered && one.reason.as_deref().unwrap_or_default().is_empty() {
            let detail = format!("`devices`: number {at} is not covered and needs a reason.");
            return Err(ApiProblem::new("conflict", detail));
        }
        if all.iter().any(|before| before.serial == one.serial) {
            let detail = format!("`devices`: number {at} has the serial number of one before.");
            return Err(ApiProblem::new("conflict", detail));
        }
        all.push(one);
    }
    let ask = ImportAsk { said: all, source: Source::Api, retire_missed: None };
    let object = Object::new("expected_devices", Source::Api.as_str()).called(Source::Api.title());
    let act = call.who.act("expected_imported", object);
    let done = call.records(move |records| Ok(records.import_expected(&ask, &act)?)).await?;
    Reply::of(&ImportedItem {
        added: done.added.len(),
        changed: done.changed.len(),
        unchanged: done.kept,
    })
}
