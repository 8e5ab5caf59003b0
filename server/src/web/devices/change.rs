//! One change to many devices: asked once, with what it comes to, then done.

mod act;
mod fate;
mod letter;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use shared::keys::{hex, sha256};

use self::act::{carry_out, has_left};
use self::fate::{Change, Fate, fate};
use super::views::pairs;
use super::{Pairs, looked_up};
use crate::auth::account::mail_address;
use crate::auth::permission::Permission;
use crate::auth::who::Who;
use crate::shown::devices::{ListQuery, ask};
use crate::shown::names::device_name;
use crate::store::access::labels::written;
use crate::store::views::DeviceRow;
use crate::store::views::list::PageStart;
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::shell::{Section, Shell, html};
use crate::web::words::{count, thousands};

/// Most devices of one change: each is an act of its own in the log.
const MOST: usize = 2000;
/// Names that are listed; the rest is counted.
const NAMED: usize = 25;

/// What was asked for.
#[derive(Clone, Debug, Default)]
struct Asked {
    what: String,
    value: String,
    /// Ids of chosen devices.
    devices: Vec<String>,
    /// All of the view instead.
    all: bool,
    /// The view's query.
    view: String,
    /// Digest of the devices that somebody was shown.
    seen: String,
}

impl Asked {
    fn read(pairs: Vec<(String, String)>) -> Self {
        let mut asked = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "what" => asked.what = value,
                "value" => asked.value = value.trim().to_owned(),
                "device" if !asked.devices.contains(&value) => asked.devices.push(value),
                "which" => asked.all = value == "all",
                "view" => asked.view = value,
                "seen" => asked.seen = value,
                _ => {}
            }
        }
        asked
    }

    fn back(&self) -> String {
        if self.view.is_empty() { "/devices".to_owned() } else { format!("/devices?{}", self.view) }
    }
}

#[derive(Template)]
#[template(path = "device_change.html")]
struct ChangePage {
    shell: Shell,
    title: String,
    consequence: &'static str,
    /// Said above when the devices are others than before.
    changed: bool,
    does: Vec<String>,
    does_more: String,
    already: String,
    cannot: Vec<String>,
    cannot_more: String,
    button: String,
    /// Fields that the form carries on.
    hidden: Vec<(&'static str, String)>,
    back: String,
}

#[derive(Template)]
#[template(path = "device_changed.html")]
struct ChangedPage {
    shell: Shell,
    done: String,
    already: String,
    refused: Vec<String>,
    refused_more: String,
    back: String,
}

#[derive(Template)]
#[template(path = "device_change_wrong.html")]
struct WrongPage {
    shell: Shell,
    error: String,
    back: String,
}

/// A change with the devices that were asked for.
struct Ready {
    change: Change,
    rows: Vec<(DeviceRow, String)>,
    digest: String,
}

/// Asks once, and says what it comes to.
pub(in crate::web) async fn page(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Query(pairs): Pairs,
) -> Result<Response, PageError> {
    let asked = Asked::read(pairs);
    match ready(&console, &who, &asked).await? {
        Ok(ready) => Ok(html(&confirmation(shell, &asked, &ready, false))?.into_response()),
        Err(error) => wrong(shell, &asked, error),
    }
}

/// Does it.
pub(in crate::web) async fn make(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let asked = Asked::read(pairs);
    let ready = match ready(&console, &who, &asked).await? {
        Ok(ready) => ready,
        Err(error) => return wrong(shell, &asked, error),
    };
    if asked.seen != ready.digest {
        let page = html(&confirmation(shell, &asked, &ready, true))?;
        return Ok((StatusCode::CONFLICT, page).into_response());
    }
    Ok(done(&console, (shell, &who), &asked, ready).await?.into_response())
}

fn wrong(shell: Shell, asked: &Asked, error: String) -> Result<Response, PageError> {
    let shell = shell.titled("Nothing was changed", Section::Devices);
    let page = html(&WrongPage { shell, error, back: asked.back() })?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// The change and its devices; the inner error is for who asked.
async fn ready(
    console: &Console,
    who: &Who,
    asked: &Asked,
) -> Result<Result<Ready, String>, PageError> {
    let change = match change(console, who, asked).await? {
        Ok(change) => change,
        Err(error) => return Ok(Err(error)),
    };
    let rules = console.app.rulebook.current();
    let rows = match rows(console, asked).await? {
        Ok(rows) => rows,
        Err(error) => return Ok(Err(error)),
    };
    let rows: Vec<(DeviceRow, String)> = rows
        .into_iter()
        .map(|row| {
            let name = device_name(&row, &rules.catalogue);
            (row, name)
        })
        .collect();
    let mut ids: Vec<&str> = rows.iter().map(|(row, _)| row.id.as_str()).collect();
    ids.sort_unstable();
    let digest = hex(&sha256(ids.join("\n").as_bytes()));
    Ok(Ok(Ready { change, rows, digest }))
}

async fn change(
    console: &Console,
    who: &Who,
    asked: &Asked,
) -> Result<Result<Change, String>, PageError> {
    Ok(match asked.what.as_str() {
        "label" => match written(&asked.value) {
            Ok(label) => Ok(Change::Label(as_before(console, label).await?)),
            Err(error) => Err(error),
        },
        "unlabel" => match written(&asked.value) {
            Ok(label) => Ok(Change::Unlabel(as_before(console, label).await?)),
            Err(error) => Err(error),
        },
        "assign" | "release" if !who.may(Permission::ChangePeople) => {
            return Err(PageError::Forbidden(Permission::ChangePeople));
        }
        "assign" => assign(console, &asked.value).await?,
        "release" => Ok(Change::Release),
        "archive" => Ok(Change::Archive),
        "approve" => Ok(Change::Approve),
        "agent_mail" => letter::change(console),
        _ => Err("Choose what to do with the Macs.".to_owned()),
    })
}

/// A label in the letters in which it is there already: `berlin` is `Berlin`.
async fn as_before(console: &Console, label: String) -> Result<String, PageError> {
    let known = console.records(|records| Ok(records.all_labels()?)).await?;
    let small = label.to_lowercase();
    if known.iter().any(|(one, _)| *one == label) {
        return Ok(label);
    }
    let before = known.into_iter().map(|(one, _)| one).find(|one| one.to_lowercase() == small);
    Ok(before.unwrap_or(label))
}

async fn assign(console: &Console, value: &str) -> Result<Result<Change, String>, PageError> {
    let Some(email) = mail_address(value) else {
        let error = "Enter the mail address of who gets the Macs, such as sam@company.example.";
        return Ok(Err(error.to_owned()));
    };
    let wanted = email.clone();
    let person = console.records(move |records| Ok(records.person_by_email(&wanted)?)).await?;
    let now = console.app.clock.now();
    Ok(match person {
        None => {
            Err(format!("Nobody here has the address {email}. Add or invite the person first."))
        }
        Some(person) if has_left(person.ended, now) => {
            Err(format!("{} has left and gets no Mac.", person.name))
        }
        Some(person) => Ok(Change::Assign(Box::new(person))),
    })
}

/// The devices that were asked for.
async fn rows(
    console: &Console,
    asked: &Asked,
) -> Result<Result<Vec<DeviceRow>, String>, PageError> {
    if !asked.all && asked.devices.is_empty() {
        return Ok(Err("Choose at least one Mac: tick the boxes in the list.".to_owned()));
    }
    let query = ListQuery::parse(&pairs(&asked.view)?).map_err(PageError::BadAddress)?;
    let rules = console.app.rulebook.current();
    let now = console.app.clock.now();
    let most = u32::try_from(MOST).unwrap_or(u32::MAX);
    let mut wanted = ask(&query.at(PageStart::Start), &rules, now, Some(most));
    if asked.all {
        wanted = looked_up(console, wanted).await?;
    } else {
        if asked.devices.len() > MOST {
            return Ok(Err(too_many()));
        }
        // Whatever the view shows: these were chosen one by one.
        wanted.filter = crate::store::views::list::Filter {
            standings: crate::store::views::Standing::ALL.to_vec(),
            found: Some(asked.devices.clone()),
            ..Default::default()
        };
    }
    let page = console.read(move |views| views.devices(&wanted)).await?;
    Ok(if page.after.is_some() {
        Err(too_many())
    } else if page.rows.is_empty() {
        Err("None of these Macs is there any more.".to_owned())
    } else {
        Ok(page.rows)
    })
}

fn too_many() -> String {
    format!(
        "At most {} Macs can be changed at once. Narrow the view with a filter.",
        thousands(MOST as u64)
    )
}

/// The names that are listed, and how many more there are.
fn named(mut names: Vec<String>) -> (Vec<String>, String) {
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let more =
        if more == 0 { String::new() } else { format!("and {} more", thousands(more as u64)) };
    (names, more)
}

fn already(change: &Change, number: usize) -> String {
    if number == 0 {
        return String::new();
    }
    match (number, change.already()) {
        (1, (one, _)) => format!("1 Mac {one} and stays as it is."),
        (_, (_, many)) => format!("{} Macs {many} and stay as they are.", thousands(number as u64)),
    }
}

fn confirmation(shell: Shell, asked: &Asked, ready: &Ready, changed: bool) -> ChangePage {
    let change = &ready.change;
    let (mut does, mut same, mut cannot) = (Vec::new(), 0, Vec::new());
    for (row, name) in &ready.rows {
        match fate(change, row) {
            Fate::Does => does.push(name.clone()),
            Fate::Already => same += 1,
            Fate::Cannot(why) => cannot.push(format!("{name}: {why}")),
        }
    }
    let title = change.title(&count(ready.rows.len() as u64, "Mac", "Macs"));
    let button = if does.is_empty() {
        String::new()
    } else {
        change.title(&count(does.len() as u64, "Mac", "Macs"))
    };
    let mut hidden = vec![
        ("what", change.word().to_owned()),
        ("value", change.value().to_owned()),
        ("view", asked.view.clone()),
        ("seen", ready.digest.clone()),
    ];
    if asked.all {
        hidden.push(("which", "all".to_owned()));
    } else {
        hidden.extend(asked.devices.iter().map(|id| ("device", id.clone())));
    }
    let (does, does_more) = named(does);
    let (cannot, cannot_more) = named(cannot);
    ChangePage {
        shell: shell.titled(title.clone(), Section::Devices),
        title,
        consequence: change.consequence(),
        changed,
        does,
        does_more,
        already: already(change, same),
        cannot,
        cannot_more,
        button,
        hidden,
        back: asked.back(),
    }
}

/// Does what can be done, and says what became of it.
async fn done(
    console: &Console,
    (shell, who): (Shell, &Who),
    asked: &Asked,
    ready: Ready,
) -> Result<Html<String>, PageError> {
    let change = ready.change;
    let (mut does, mut same, mut refused) = (Vec::new(), 0, Vec::new());
    let mut letters = Vec::new();
    for (row, name) in ready.rows {
        match fate(&change, &row) {
            Fate::Does => {
                letters.push(row.owner.map(|owner| (owner.name, owner.email)));
                does.push((row.id, name));
            }
            Fate::Already => same += 1,
            Fate::Cannot(why) => refused.push(format!("{name}: {why}")),
        }
    }
    let names: Vec<String> = does.iter().map(|(_, name)| name.clone()).collect();
    let outcomes = match &change {
        Change::MailAgent(_, version) => {
            letter::send(console, who, version, (does, letters)).await?
        }
        _ => carry_out(console, who, &change, does).await?,
    };
    let number = outcomes.iter().filter(|outcome| outcome.is_none()).count();
    let late = names.into_iter().zip(outcomes);
    refused.extend(late.filter_map(|(name, why)| why.map(|why| format!("{name}: {why}"))));
    let title = change.title(&count(number as u64, "Mac", "Macs"));
    let (refused, refused_more) = named(refused);
    html(&ChangedPage {
        shell: shell.titled(format!("Done: {title}"), Section::Devices),
        done: title,
        already: already(&change, same),
        refused,
        refused_more,
        back: asked.back(),
    })
}
