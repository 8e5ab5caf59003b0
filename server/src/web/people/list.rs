//! The list of people.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::PersonView;
use super::change::{AddErrors, AddForm};
use super::query::{Chip, Choice, PeopleQuery, ROWS};
use crate::auth::permission::Permission;
use crate::people::today;
use crate::store::access::people::{PeopleCounts, PersonCase};
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::shell::{Section, Shell, html};
use crate::web::words::count;

/// Pairs of an address's query, in order.
pub(super) type Pairs = Query<Vec<(String, String)>>;

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    shell: Shell,
    /// Nobody is known at all.
    empty: bool,
    total: String,
    /// What needs somebody, each with the address that shows it.
    sentence: Vec<(String, &'static str)>,
    query: PeopleQuery,
    hidden: Vec<(&'static str, String)>,
    cases: Vec<Choice>,
    departments: Vec<Choice>,
    chips: Vec<Chip>,
    rows: Vec<PersonView>,
    first_href: Option<String>,
    after_href: Option<String>,
    csv_href: String,
    json_href: String,
    may_change: bool,
    may_export: bool,
    form: AddForm,
    errors: AddErrors,
}

/// The list.
pub(in crate::web) async fn page(
    State(console): State<Console>,
    shell: Shell,
    Query(pairs): Pairs,
) -> Result<Response, PageError> {
    let query = PeopleQuery::parse(&pairs).map_err(PageError::BadAddress)?;
    show(&console, shell, query, (AddForm::default(), AddErrors::default())).await
}

/// The list, with a form that was not taken.
pub(super) async fn show(
    console: &Console,
    shell: Shell,
    query: PeopleQuery,
    (form, errors): (AddForm, AddErrors),
) -> Result<Response, PageError> {
    let now = console.app.clock.now();
    let today = today(now);
    let ask = query.ask(today, Some(ROWS));
    let whole = PeopleQuery::default().ask(today, None);
    let (page, counts, all) = console
        .records(move |records| {
            let counts = records.count_people(&ask)?;
            Ok((records.people(&ask)?, counts, records.count_people(&whole)?))
        })
        .await?;
    let catalogue = console.app.rulebook.current().catalogue;
    let rows = page.rows.iter().map(|row| PersonView::of(row, &catalogue, (today, now)));
    let first = query.first();
    let page = PeoplePage {
        empty: !counts.any,
        total: count(counts.total, "person", "people"),
        sentence: sentence(&all),
        hidden: query.without_search(),
        cases: query.cases(&counts),
        departments: query.departments(&counts),
        chips: query.chips(),
        rows: rows.collect(),
        first_href: query.is_later().then(|| first.address("/people")),
        after_href: page.next.map(|place| query.after(place).address("/people")),
        csv_href: first.address("/people.csv"),
        json_href: first.address("/people.json"),
        may_change: shell.may(Permission::ChangePeople),
        may_export: shell.may(Permission::Export),
        shell: shell.titled("People", Section::People),
        query,
        form,
        errors,
    };
    let status = if page.errors.any() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, html(&page)?).into_response())
}

/// What needs somebody, in words.
fn sentence(counts: &PeopleCounts) -> Vec<(String, &'static str)> {
    let of = |case: PersonCase| {
        counts.cases.iter().find(|(one, _)| *one == case).map_or(0, |(_, count)| *count)
    };
    let said = |number: u64, one: &str, many: &str| {
        format!("{} {}", count(number, "person", "people"), if number == 1 { one } else { many })
    };
    let parts = [
        (
            PersonCase::LeftWithMac,
            "has left and still holds a Mac",
            "have left and still hold a Mac",
            "/people?is=left_with_mac",
        ),
        (
            PersonCase::NotCompliant,
            "holds a Mac that is not compliant",
            "hold a Mac that is not compliant",
            "/people?is=not_compliant",
        ),
        (PersonCase::WithoutMac, "holds no Mac", "hold no Mac", "/people?is=without_mac"),
        (PersonCase::Joining, "joins within 7 days", "join within 7 days", "/people?is=joining"),
    ];
    let parts = parts.into_iter().filter(|(case, ..)| of(*case) > 0);
    parts.map(|(case, one, many, href)| (said(of(case), one, many), href)).collect()
}
