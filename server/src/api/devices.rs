//! The list of devices, by the same words as the page.

use super::call::Call;
use super::parameter::{Form, Parameter};
use super::problem::ApiProblem;
use super::reply::{Answered, Reply};
use crate::shown::devices::{ListQuery, ask, place, place_word, sort_words};
use crate::shown::row::rows;
use crate::store::views::Standing;
use crate::store::views::list::{AgentState, PageStart};

/// Filters, search and order of the list.
pub(super) const FILTERS: &[Parameter] = &[
    Parameter::new(
        "q",
        Form::Text(120),
        "Every word is found in owner, mail address, serial number, model or version.",
    ),
    Parameter::new(
        "status",
        Form::AnyWord(|| Standing::ALL.iter().map(|one| one.as_str()).collect()),
        "Any of these; archived devices are left out unless named.",
    ),
    Parameter::new("failing", Form::Texts(80), "Failing any of the rules with these ids."),
    Parameter::new(
        "owner",
        Form::AnyWord(|| vec!["none", "left"]),
        "Devices that nobody holds, or whose holder has left.",
    ),
    Parameter::new("label", Form::Texts(80), "With any of these labels."),
    Parameter::new("macos", Form::Texts(80), "With any of these versions of macOS."),
    Parameter::new("model", Form::Texts(80), "Any of these model identifiers."),
    Parameter::new("key", Form::Texts(80), "With any of these kinds of key protection."),
    Parameter::new(
        "agent",
        Form::AnyWord(|| AgentState::ALL.map(AgentState::as_str).to_vec()),
        "Whose agent is outdated, current, or a program of no release that the collector knows.",
    ),
    Parameter::new("silent", Form::Number(1, 3650), "Without a report for so many days."),
    Parameter::new("failing_for", Form::Number(1, 3650), "Failing for so many days."),
    Parameter::new(
        "sort",
        Form::Word(|| sort_words().to_vec()),
        "By what the list is ordered; with `-` the other way round.",
    ),
];

pub(super) async fn list(call: Call) -> Answered {
    let names = [
        "q",
        "status",
        "failing",
        "owner",
        "label",
        "macos",
        "model",
        "key",
        "agent",
        "silent",
        "failing_for",
        "sort",
    ];
    let pairs: Vec<(String, String)> = names
        .iter()
        .flat_map(|name| {
            call.asked.all(name).iter().map(|value| ((*name).to_owned(), value.clone()))
        })
        .collect();
    let query =
        ListQuery::parse(&pairs).map_err(|detail| ApiProblem::new("bad-parameter", detail))?;
    let from = match call.place::<String>()? {
        Some(word) => PageStart::After(
            place(&word).map_err(|detail| ApiProblem::parameter("cursor", detail))?,
        ),
        None => PageStart::Start,
    };
    let rules = call.api.app.rulebook.current();
    let ask = ask(&query.at(from), &rules, call.now(), Some(call.asked.limit()));
    let page = call.read(move |views| views.devices(&ask)).await?;
    let next = page.after.as_ref().map(|after| call.cursor(place_word(after)));
    Reply::page(&rows(&page.rows, &rules, call.now()), next)
}
