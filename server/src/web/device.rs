//! One device: what is wrong with it, how its owner fixes it, and why to
//! believe it.

mod agent;
pub(in crate::web) mod desk;
mod findings;
pub(in crate::web) mod life;
mod people;
mod timeline;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Html;
use jiff::{SignedDuration, Timestamp};

use self::desk::Told;
use self::findings::{Findings, sorted};
use self::people::{HolderView, NoteView, WaiverView};
use self::timeline::Entry;
use super::Console;
use super::errors::PageError;
use super::os_releases::CatalogueAge;
use super::shell::{Section, Shell, html};
use super::statement::{Proof, ReportView};
use super::times::When;
use super::words::{Mark, key_meaning, thousands, word};
use crate::app::Rules;
use crate::auth::permission::Permission;
use crate::auth::sight::Sight;
use crate::shown::names::{device_name, model_words};
use crate::shown::systems::{behind, facts, version_words};
use crate::store::access::holdings::Holding;
use crate::store::access::notes::Note;
use crate::store::access::refused::Refused;
use crate::store::access::waivers::Waiver;
use crate::store::views::device::{DeviceAsk, DeviceRecord, KeyRecord};
use crate::store::views::{DeviceRow, Standing};

/// Reports listed as evidence.
const REPORTS: u32 = 10;
/// A silence longer than this is told in the timeline.
const GAP: SignedDuration = SignedDuration::from_hours(24);

#[derive(Template)]
#[template(path = "device.html")]
struct DevicePage {
    shell: Shell,
    head: Head,
    findings: Findings,
    timeline: Vec<Entry>,
    reports: Vec<ReportView>,
    proof: Option<Proof>,
    /// Everybody who held it; empty for who may not see that.
    holders: Vec<HolderView>,
    notes: Vec<NoteView>,
    /// Exceptions that hold, and former ones.
    waivers: Vec<WaiverView>,
    /// Rules for which an exception can be accepted: id and title.
    rules: Vec<(String, String)>,
    /// What may be done with it next.
    steps: Vec<life::Choice>,
    /// Sees people and notes.
    is_desk: bool,
    /// Changes them.
    may_change: bool,
    told: Told,
    /// How often its revoked key tried to report, and when it did last.
    refused: Option<(String, When)>,
}

/// What stands above the fold.
struct Head {
    id: String,
    name: String,
    mark: Mark,
    was: &'static str,
    since: When,
    owner: Option<(String, String)>,
    /// A mail address that its profile names, while nobody holds it.
    owner_claim: String,
    model: String,
    serial: String,
    version: String,
    behind: String,
    catalogue: CatalogueAge,
    received: Option<When>,
    /// Not for who holds it since a later day.
    enrolled: Option<When>,
    key_meaning: &'static str,
    agent_version: String,
    /// What is odd about the agent, as sentences.
    agent_odd: Vec<String>,
    /// Whether the holder can be mailed the link to the newest package.
    may_mail: bool,
    /// When the agent said that it was removed.
    removed: Option<When>,
    platform: String,
    recorded: bool,
    /// Why a person stopped it, as a full sentence.
    stopped: String,
    /// Nothing was ever received.
    mute: bool,
}

/// The page of one device.
pub(super) async fn page(
    State(console): State<Console>,
    shell: Shell,
    sight: Sight,
    Path(id): Path<String>,
) -> Result<Html<String>, PageError> {
    show(&console, shell, (id, sight), Told::default()).await
}

/// What is kept of a device beside what it reports.
struct Desk {
    holders: Vec<Holding>,
    notes: Vec<Note>,
    waivers: Vec<Waiver>,
    /// What its revoked key tried.
    refused: Option<Refused>,
    /// Since when releases of the agent are known.
    releases: BTreeMap<String, Timestamp>,
}

/// The page, with forms that were not taken.
async fn show(
    console: &Console,
    shell: Shell,
    (id, sight): (String, Sight),
    told: Told,
) -> Result<Html<String>, PageError> {
    let ask = DeviceAsk { reports: REPORTS, gap: GAP };
    let device = id.clone();
    let found = console
        .read(move |views| {
            let Some(record) = views.device(&device, ask)? else { return Ok(None) };
            let keys = views.keys(&device)?;
            Ok(Some((record.seen(sight), keys)))
        })
        .await?;
    let (record, keys) = found.ok_or(PageError::NotFound("No device has this address."))?;
    let desk = console
        .records(move |records| {
            Ok(Desk {
                holders: records.holders(&id)?,
                notes: records.notes(&id)?,
                waivers: records.waivers(&id)?,
                refused: records.refused(&id)?,
                releases: records.release_dates()?,
            })
        })
        .await?;
    let rules = console.app.rulebook.current();
    let now = console.app.clock.now();
    let mails = console.app.mailer.is_some() && rules.releases.offered().is_some();
    let mut page = view((shell, sight), (&record, &keys, &desk), &rules, now);
    page.head.may_mail = mails && page.may_change && agent::is_behind(&record.row, &rules);
    html(&DevicePage { told, ..page })
}

fn view(
    (shell, sight): (Shell, Sight),
    (record, keys, desk): (&DeviceRecord, &[KeyRecord], &Desk),
    rules: &Rules,
    now: Timestamp,
) -> DevicePage {
    let is_desk = sight.is_whole();
    let may_change = is_desk && shell.may(Permission::ChangeFleet);
    let enrolled = sight.sees(record.row.enrolled);
    let mut head = head(record, rules, now);
    head.enrolled = head.enrolled.filter(|_| enrolled);
    head.agent_odd = agent::odd(&record.row, &rules.releases, &desk.releases);
    let proof = record.reports.first().map(|report| Proof::of(&record.row.id, report, keys));
    let holders = desk.holders.iter().filter(|_| is_desk);
    let notes = desk.notes.iter().filter(|_| is_desk);
    let waivers = desk.waivers.iter().filter(|one| sight.sees(one.from) || one.ended.is_none());
    DevicePage {
        shell: shell.titled(head.name.clone(), Section::Devices),
        findings: sorted(record, &desk.waivers, &rules.policy, now),
        timeline: timeline::entries(record, &rules.policy, sight),
        reports: record.reports.iter().map(|report| ReportView::of(report, now)).collect(),
        proof,
        holders: holders.map(|one| HolderView::of(one, now)).collect(),
        notes: notes.map(|one| NoteView::of(one, now)).collect(),
        waivers: waivers.map(|one| WaiverView::of(one, &rules.policy, now)).collect(),
        rules: people::rules(record, &desk.waivers, &rules.policy),
        steps: if may_change { life::choices(&record.row) } else { Vec::new() },
        is_desk,
        may_change,
        told: Told::default(),
        refused: desk.refused.filter(|_| is_desk).map(|one| {
            let times = match one.attempts {
                1 => "once".to_owned(),
                many => format!("{} times", thousands(many)),
            };
            (times, When::relative(one.last, now))
        }),
        head,
    }
}

fn head(record: &DeviceRecord, rules: &Rules, now: Timestamp) -> Head {
    let row: &DeviceRow = &record.row;
    let catalogue = &rules.catalogue;
    let system = row.system.as_ref();
    Head {
        id: row.id.clone(),
        name: device_name(row, catalogue),
        mark: Mark::of_device(row, now),
        was: match (row.standing, row.was) {
            (Standing::Stale, Some(was)) => word(was),
            _ => "",
        },
        since: When::relative(row.since, now),
        owner: row.owner.as_ref().map(|owner| (owner.name.clone(), owner.email.clone())),
        owner_claim: match &row.owner {
            None => row.owner_claim.clone().unwrap_or_default(),
            Some(_) => String::new(),
        },
        model: model_words(row, catalogue),
        serial: row.serial.clone().unwrap_or_default(),
        version: system.map(version_words).unwrap_or_default(),
        behind: system
            .map(|system| behind(facts(catalogue, system, now).as_ref()))
            .unwrap_or_default(),
        catalogue: CatalogueAge::of(catalogue, now),
        received: row.received.map(|at| When::relative(at, now)),
        enrolled: Some(When::relative(row.enrolled, now)),
        key_meaning: key_meaning(&row.key_protection),
        agent_version: row.agent_version.clone(),
        agent_odd: Vec::new(),
        may_mail: false,
        removed: row.removed.map(|at| When::relative(at, now)),
        platform: record.platform.clone(),
        recorded: row.recorded,
        stopped: stopped(row.standing, &record.lifecycle_reason),
        mute: row.received.is_none(),
    }
}

fn stopped(standing: Standing, reason: &str) -> String {
    let what = match standing {
        Standing::Suspended => "Its reports are refused until a person resumes it.",
        Standing::Revoked => "Its key was revoked; no report of it is accepted any more.",
        Standing::Pending => "A person has to approve it before its reports are accepted.",
        Standing::Archived => "It is archived: no longer watched, and not counted.",
        _ => return String::new(),
    };
    match reason {
        "" => what.to_owned(),
        reason => format!("{what} Reason: {reason}"),
    }
}
