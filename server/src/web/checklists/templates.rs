//! Templates: what is in force, and writing another version.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::view::how;
use crate::audit::Object;
use crate::auth::permission::Permission;
use crate::auth::who::Who;

use crate::checklists::{ChecklistKind, Owner, Template as Tasks};
use crate::store::access::checklists::KeptTemplate;
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::shell::{Section, Shell, html};
use crate::web::times::When;

#[derive(Template)]
#[template(path = "checklist_templates.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<Row>,
}

struct Row {
    kind: &'static str,
    title: String,
    version: i64,
    author: String,
    since: Option<When>,
    tasks: usize,
}

#[derive(Template)]
#[template(path = "checklist_template.html")]
struct OnePage {
    shell: Shell,
    kind: &'static str,
    kind_title: &'static str,
    row: Row,
    tasks: Vec<TaskRow>,
    source: String,
    version: i64,
    error: String,
    may_change: bool,
}

struct TaskRow {
    title: String,
    due: String,
    owner: &'static str,
    how: String,
}

/// What is sent to be put in force.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct TemplateForm {
    #[serde(default)]
    source: String,
    #[serde(default)]
    version: i64,
}

impl Row {
    fn of(template: &KeptTemplate) -> Self {
        let read = Tasks::parse(&template.source, &|_| true);
        Self {
            kind: template.kind.as_str(),
            title: template.title.clone(),
            version: template.version,
            author: template.author.clone(),
            since: (template.created > jiff::Timestamp::UNIX_EPOCH)
                .then(|| When::exact(template.created)),
            tasks: read.map_or(0, |read| read.tasks.len()),
        }
    }
}

/// What is in force of each kind.
pub(in crate::web) async fn list(
    State(console): State<Console>,
    shell: Shell,
) -> Result<Html<String>, PageError> {
    let all = console
        .records(|records| {
            let each = ChecklistKind::ALL.into_iter();
            Ok(each.map(|kind| records.checklist_template(kind)).collect::<Result<Vec<_>, _>>()?)
        })
        .await?;
    html(&ListPage {
        rows: all.iter().map(Row::of).collect(),
        shell: shell.titled("Templates of checklists", Section::Checklists),
    })
}

fn named(kind: &str) -> Result<ChecklistKind, PageError> {
    ChecklistKind::named(kind)
        .ok_or(PageError::NotFound("There are templates for onboarding, offboarding and yearly."))
}

/// One template.
pub(in crate::web) async fn page(
    State(console): State<Console>,
    shell: Shell,
    Path(kind): Path<String>,
) -> Result<Response, PageError> {
    show(&console, shell, named(&kind)?, None).await
}

async fn show(
    console: &Console,
    shell: Shell,
    kind: ChecklistKind,
    refused: Option<(TemplateForm, String)>,
) -> Result<Response, PageError> {
    let template = console.records(move |records| Ok(records.checklist_template(kind)?)).await?;
    let read = Tasks::parse(&template.source, &|_| true).map(|read| read.tasks);
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let row = Row::of(&template);
    let (form, error) = refused.unwrap_or_else(|| {
        let form = TemplateForm { source: template.source, version: template.version };
        (form, String::new())
    });
    let task = |task: crate::checklists::Task| TaskRow {
        due: kind.relative(task.due),
        owner: match task.owner {
            Owner::It => "IT",
            Owner::Person => "The person",
        },
        how: how(&task.closes, task.last),
        title: task.title,
    };
    let page = OnePage {
        kind: kind.as_str(),
        kind_title: kind.title(),
        tasks: read.unwrap_or_default().into_iter().map(task).collect(),
        row,
        source: form.source,
        version: form.version,
        error,
        may_change: shell.may(Permission::ChangePeople),
        shell: shell.titled(format!("Template: {}", kind.title()), Section::Checklists),
    };
    Ok((status, html(&page)?).into_response())
}

/// Puts another version in force.
pub(in crate::web) async fn change(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path(kind): Path<String>,
    Form(form): Form<TemplateForm>,
) -> Result<Response, PageError> {
    let kind = named(&kind)?;
    // Browsers send the line ends of forms in their own way.
    let source = form.source.replace("\r\n", "\n");
    let policy = console.app.rulebook.current().policy;
    let read = Tasks::parse(&source, &|rule| policy.rule(rule).is_some());
    let title = match read {
        Ok(read) => read.title,
        Err(error) => {
            let error = format!("{error}. Nothing was changed.");
            return show(&console, shell, kind, Some((form, error))).await;
        }
    };
    let object = Object::new("checklist_template", kind.as_str()).called(&title);
    let act = who.act("template_changed", object).with(format!("version {}", form.version + 1));
    let (text, before) = ((title, source), form.version);
    let put = console
        .records(move |records| Ok(records.put_template(kind, (&text.0, &text.1), before, &act)?))
        .await?;
    if put.is_some() {
        let back = format!("/checklists/templates/{}", kind.as_str());
        return Ok(Redirect::to(&back).into_response());
    }
    let error = format!(
        "Somebody has put another version in force meanwhile; yours began with version {before}. Nothing was changed. Copy your text, open the page again and bring both together."
    );
    show(&console, shell, kind, Some((form, error))).await
}
