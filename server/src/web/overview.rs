//! The first page: is anything wrong that was not wrong yesterday, and what
//! to do first.

mod chart;
pub(super) mod first_run;
mod patches;
mod sentence;

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use jiff::Timestamp;
use shared::os_releases::Catalogue;

use self::chart::Chart;
use self::first_run::{Line, Running};
use self::patches::{Exposure, PatchBar};
use self::sentence::Part;
use super::Console;
use super::errors::PageError;
use super::os_releases::{CatalogueAge, Warning};
use super::problems::{ProblemWord, problem_words, was_words};
use super::shell::{Section, Shell, html};
use super::times::{When, exact};
use super::words::{INVITE_COMMAND, Mark, count, thousands};
use crate::agent_releases::shelf::{Build, Shelf};
use crate::auth::permission::Permission;
use crate::shown::names::device_name;
use crate::store::views::fleet::{AgentCount, Overview, OverviewAsk, StatusChange};
use crate::store::views::{DeviceRow, Standing};

/// Rows in each list; links lead to the rest.
const ROWS: u32 = 12;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    shell: Shell,
    invite: &'static str,
    empty: bool,
    sentence: Vec<Part>,
    as_of: String,
    catalogue: CatalogueAge,
    warning: Option<Warning>,
    first_run: Vec<Line>,
    may_dismiss: bool,
    attention: Vec<AttentionRow>,
    attention_more: String,
    changes: Vec<ChangeRow>,
    changes_total: String,
    changes_more: String,
    chart: Option<Chart>,
    patches: Vec<PatchBar>,
    exposure: Exposure,
    /// Enrolled Macs that are not on the list; empty when there are none.
    unexpected: String,
    /// Macs of the list that never came; empty when there are none.
    never_enrolled: String,
    /// Macs whose agent is older than the newest release; empty for none.
    outdated: String,
    /// Macs whose agent is no known release; empty for none.
    unknown_builds: String,
    /// Files of the folder of releases that are not used; empty for none.
    release_problems: String,
}

/// A device that needs a person.
struct AttentionRow {
    id: String,
    name: String,
    owner: String,
    mark: Mark,
    problems: Vec<ProblemWord>,
    /// What it was before it went silent, when no rule is named.
    was: &'static str,
    since: When,
    due: Option<When>,
    overdue: bool,
}

/// A device whose status changed.
struct ChangeRow {
    id: String,
    name: String,
    owner: String,
    from: Option<Mark>,
    to: Mark,
    at: When,
}

/// The overview.
pub(super) async fn page(
    State(console): State<Console>,
    shell: Shell,
) -> Result<Html<String>, PageError> {
    let now = console.app.clock.now();
    let ask = OverviewAsk::at(now, ROWS);
    let past = std::sync::Arc::clone(&console.days);
    let rules = console.app.rulebook.current();
    let catalogue = rules.catalogue;
    let sha256 = catalogue.sha256().to_owned();
    let (overview, days, keeping) = console
        .read(move |views| {
            let overview = views.overview(ask)?;
            let days = past.until(now, views)?;
            Ok((overview, days, views.keeping(&sha256)?))
        })
        .await?;
    let chart = Chart::new(&days, (&overview.standings, overview.population.never_enrolled), now);
    let warning = Warning::of(&catalogue, &keeping, console.app.feed.as_deref(), now);
    let first_run = first_run(&console, &shell, now).await?;
    let may_dismiss = shell.may(Permission::ChangeAccounts);
    let rest = view(shell, &overview, chart, &catalogue, now);
    let (outdated, unknown_builds) = agents(&overview.agents, &rules.releases);
    let release_problems = match rules.releases.problems.len() {
        0 => String::new(),
        number => count(number as u64, "file of a release is", "files of releases are"),
    };
    html(&OverviewPage {
        warning,
        first_run,
        may_dismiss,
        outdated,
        unknown_builds,
        release_problems,
        ..rest
    })
}

/// Macs with an outdated agent, and with one that is no known release.
fn agents(counts: &[AgentCount], shelf: &Shelf) -> (String, String) {
    let sum = |fits: &dyn Fn(&AgentCount) -> bool| match counts
        .iter()
        .filter(|one| fits(one))
        .map(|one| one.devices)
        .sum()
    {
        0 => String::new(),
        number => count(number, "Mac", "Macs"),
    };
    (
        sum(&|one| shelf.is_outdated(&one.version)),
        sum(&|one| one.build == Build::Unknown && shelf.newest().is_some()),
    )
}

/// What the collector still needs, for who can do something about it.
async fn first_run(
    console: &Console,
    shell: &Shell,
    now: Timestamp,
) -> Result<Vec<Line>, PageError> {
    if !shell.may(Permission::ChangeFleet) {
        return Ok(Vec::new());
    }
    let seen = console.records(|records| Ok(records.first_run()?)).await?;
    Ok(first_run::lines(&Running::of(&console.app, now), seen))
}

fn view(
    shell: Shell,
    overview: &Overview,
    chart: Option<Chart>,
    catalogue: &Catalogue,
    now: Timestamp,
) -> OverviewPage {
    let attention: Vec<AttentionRow> =
        overview.attention.iter().map(|row| attention_row(row, catalogue, now)).collect();
    let more = |total: u64, shown: usize| {
        let rest = total.saturating_sub(shown as u64);
        if rest == 0 { String::new() } else { thousands(rest) }
    };
    OverviewPage {
        shell: shell.titled("Overview", Section::Overview),
        invite: INVITE_COMMAND,
        empty: overview.standings.is_empty() && !overview.population.is_listed,
        sentence: sentence::parts(
            &overview.standings,
            overview.population.never_enrolled,
            overview.silent_since,
            now,
        ),
        unexpected: match overview.population.unexpected {
            0 => String::new(),
            number => count(number, "enrolled Mac is", "enrolled Macs are"),
        },
        never_enrolled: match overview.population.never_enrolled {
            0 => String::new(),
            number => count(number, "Mac", "Macs"),
        },
        as_of: exact(now),
        catalogue: CatalogueAge::of(catalogue, now),
        warning: None,
        first_run: Vec::new(),
        may_dismiss: false,
        attention_more: more(overview.attention_total, attention.len()),
        attention,
        changes_more: more(overview.changes_total, overview.changes.len()),
        changes_total: thousands(overview.changes_total),
        changes: overview.changes.iter().map(|one| change_row(one, catalogue, now)).collect(),
        chart,
        patches: patches::bars(&overview.systems, catalogue, now),
        exposure: patches::exposure(&overview.systems, catalogue, now),
        outdated: String::new(),
        unknown_builds: String::new(),
        release_problems: String::new(),
    }
}

fn attention_row(row: &DeviceRow, catalogue: &Catalogue, now: Timestamp) -> AttentionRow {
    let since = match row.standing {
        Standing::Stale => row.received.unwrap_or(row.since),
        Standing::NeverReported => row.enrolled,
        Standing::NonCompliant | Standing::AtRisk => row
            .failing()
            .filter(|problem| problem.due.is_some())
            .map(|problem| problem.since)
            .min()
            .unwrap_or(row.since),
        _ => row.unknown().map(|problem| problem.since).min().unwrap_or(row.since),
    };
    let due = row.due.filter(|_| matches!(row.standing, Standing::NonCompliant | Standing::AtRisk));
    let overdue = due.is_some_and(|due| due <= now);
    let problems = problem_words(row);
    AttentionRow {
        id: row.id.clone(),
        name: device_name(row, catalogue),
        owner: owner_words(row, now),
        mark: Mark::of_device(row, now),
        was: was_words(row, &problems),
        problems,
        since: When::relative(since, now),
        due: due.map(|due| When::due(due, now)),
        overdue,
    }
}

fn change_row(change: &StatusChange, catalogue: &Catalogue, now: Timestamp) -> ChangeRow {
    ChangeRow {
        id: change.device.id.clone(),
        name: device_name(&change.device, catalogue),
        owner: owner_words(&change.device, now),
        from: change.from.map(Mark::of),
        to: Mark::of(change.to),
        at: When::relative(change.at, now),
    }
}

fn owner_words(row: &DeviceRow, now: Timestamp) -> String {
    let Some(owner) = &row.owner else { return "Nobody".to_owned() };
    let away = super::devices::away(row, now);
    if away.is_empty() { owner.name.clone() } else { format!("{}, {away}", owner.name) }
}
