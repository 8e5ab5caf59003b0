//! What an employee sees: the own Macs, and which of them need something.

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use super::times::When;
use super::words::Mark;
use crate::auth::who::Who;
use crate::shown::names::device_name;
use crate::store::views::device::DeviceAsk;

#[derive(Template)]
#[template(path = "own.html")]
struct OwnPage {
    shell: Shell,
    name: String,
    macs: Vec<Mac>,
}

struct Mac {
    id: String,
    name: String,
    mark: Mark,
    received: Option<When>,
    /// Titles of the rules that fail.
    failing: Vec<String>,
}

/// The own Macs.
pub(super) async fn page(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
) -> Result<Html<String>, PageError> {
    let email = who.account.email.clone();
    let held = console.records(move |records| Ok(records.held(&email)?)).await?;
    let ask = DeviceAsk { reports: 1, gap: jiff::SignedDuration::from_hours(24) };
    let records = console
        .read(move |views| {
            held.iter()
                .filter_map(|id| views.device(id, ask).transpose())
                .collect::<Result<Vec<_>, _>>()
        })
        .await?;
    let (now, rules) = (console.app.clock.now(), console.app.rulebook.current());
    let title = |id: &str| rules.policy.rule(id).map_or(id, |rule| &rule.title).to_owned();
    let macs = records.iter().map(|record| Mac {
        id: record.row.id.clone(),
        name: device_name(&record.row, &rules.catalogue),
        mark: Mark::of_device(&record.row, now),
        received: record.row.received.map(|at| When::relative(at, now)),
        failing: record.row.failing().map(|problem| title(&problem.rule)).collect(),
    });
    let page = OwnPage {
        name: who.account.name.clone(),
        macs: macs.collect(),
        shell: shell.titled("My Macs", Section::Own),
    };
    html(&page)
}
