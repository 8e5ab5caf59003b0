//! The list of devices, by the same words as the page.

use super::call::Call;
use super::parameter::{Form, Parameter};
use super::problem::ApiProblem;
use super::reply::{Answered, Reply};
use crate::shown::devices::{ListQuery, ask, place, place_word, sort_words};
use crate::shown::row::rows;
use crate::store::views::Standing;
use crate::store::views::list::PageStart;

/// Filters, search and order of the list.
pub(super) const FILTERS: &[Parameter] = &[
    Parameter::new(
        "q",
        Form::Text(120),
        "Every word is found in owner, mail address, serial number or model.",
    ),
    Parameter::new(
        "status",
        Form::AnyWord(|| Standing::ALL.iter().map(|one| one.as_str()).collect()),
        "Any of these; archived devices are left out unless named.",
    ),
    Parameter::new("failing", Form::Texts(80), "Failing any of the rules with these ids."),
    Parameter::new("owner", Form::Word(|| vec!["none"]), "Only devices that nobody holds."),
    Parameter::new(
        "sort",
        Form::Word(|| sort_words().to_vec()),
        "By what the list is ordered; with `-` the other way round.",
    ),
];

pub(super) async fn list(call: Call) -> Answered {
    let names = ["q", "status", "failing", "owner", "sort"];
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
    let ask = ask(&query.at(from), &rules, Some(call.asked.limit()));
    let page = call.read(move |views| views.devices(&ask)).await?;
    let next = page.after.as_ref().map(|after| call.cursor(place_word(after)));
    Reply::page(&rows(&page.rows, &rules.catalogue, call.now()), next)
}
