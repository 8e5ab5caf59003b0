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
use crate::checklists::{ChecklistState, TaskState};
use crate::shown::names::device_name;
use crate::store::access::checklists::WholeChecklist;
use crate::store::views::device::DeviceAsk;

#[derive(Template)]
#[template(path = "own.html")]
struct OwnPage {
    shell: Shell,
    name: String,
    macs: Vec<Mac>,
    /// Open checklists about who looks: address, title, what is to do.
    checklists: Vec<(String, String, String)>,
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
    let email = who.account.email.to_lowercase();
    let lists = console
        .records(move |records| {
            let Some(person) = records.person_by_email(&email)? else { return Ok(Vec::new()) };
            let open = records.checklists_of(&person.id)?.into_iter();
            let open = open.filter(|list| list.state == ChecklistState::Open);
            let whole = open.map(|list| records.checklist(&list.id));
            Ok(whole.collect::<Result<Vec<_>, _>>()?)
        })
        .await?;
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
        checklists: lists.iter().flatten().map(checklist).collect(),
        shell: shell.titled("My Macs", Section::Own),
    };
    html(&page)
}

/// Address, title, and what of it is for the person to do.
fn checklist(whole: &WholeChecklist) -> (String, String, String) {
    let mine = whole.tasks.iter().filter(|it| it.owner == "person" && it.state == TaskState::Open);
    let to_do = match mine.count() {
        0 => "nothing is left for you to do".to_owned(),
        number => format!("{number} for you to do"),
    };
    let list = &whole.checklist;
    (format!("/me/checklists/{}", list.id), list.title.clone(), to_do)
}
