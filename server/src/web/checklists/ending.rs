//! Signing a checklist off, or giving it up.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::change::{MEANWHILE, reason};
use super::one::{Told, show};
use super::{found, object};
use crate::auth::who::Who;
use crate::checklists::record::statement;
use crate::store::access::checklists::Changed;
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::shell::Shell;

/// Which version of the checklist was shown.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct CompleteForm {
    #[serde(default)]
    version: i64,
}

/// Why it is given up.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct CancelForm {
    #[serde(default)]
    text: String,
}

fn told(form: &'static str, error: &str, typed: &str) -> Told {
    Told { form, error: error.to_owned(), typed: typed.to_owned(), ..Told::default() }
}

/// Signs a checklist off: what was shown is what is signed, or nothing is.
pub(in crate::web) async fn complete(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path(id): Path<String>,
    Form(form): Form<CompleteForm>,
) -> Result<Response, PageError> {
    let whole = found(&console, &id).await?;
    if whole.checklist.version != form.version {
        return show(&console, (shell, &who), &id, told("complete", MEANWHILE, "")).await;
    }
    let (kind, version) = (whole.checklist.kind, whole.checklist.template_version);
    let template = console
        .records(move |records| Ok(records.template_version(kind, version)?))
        .await?
        .map(|template| template.source)
        .unwrap_or_default();
    let act = who.act("checklist_completed", object(&whole.checklist));
    let Some(payload) = statement(&whole, &template, (&act.actor, act.at)) else {
        let open = "Tasks are open. Close or override each of them first.";
        return show(&console, (shell, &who), &id, told("complete", open, "")).await;
    };
    let (record, sha256) = console.app.documents.sign(payload, act.at)?;
    let act = act.with(format!("{}; the record is {sha256}", whole.checklist.title));
    let place = (id.clone(), form.version);
    let changed = console
        .records(move |records| {
            Ok(records.complete_checklist((&place.0, place.1), (&record, &sha256), &act)?)
        })
        .await?;
    match changed {
        Changed::Done => Ok(Redirect::to(&format!("/checklists/{id}")).into_response()),
        Changed::Elsewhere => {
            show(&console, (shell, &who), &id, told("complete", MEANWHILE, "")).await
        }
    }
}

/// Gives a checklist up.
pub(in crate::web) async fn cancel(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path(id): Path<String>,
    Form(form): Form<CancelForm>,
) -> Result<Response, PageError> {
    let whole = found(&console, &id).await?;
    let text = match reason(&form.text) {
        Ok(text) => text,
        Err(error) => {
            return show(&console, (shell, &who), &id, told("cancel", &error, &form.text)).await;
        }
    };
    let act = who.act("checklist_cancelled", object(&whole.checklist));
    let act = act.with(format!("{}: {text}", whole.checklist.title));
    let of = id.clone();
    let changed =
        console.records(move |records| Ok(records.cancel_checklist(&of, &text, &act)?)).await?;
    match changed {
        Changed::Done => Ok(Redirect::to(&format!("/checklists/{id}")).into_response()),
        Changed::Elsewhere => {
            show(&console, (shell, &who), &id, told("cancel", MEANWHILE, &form.text)).await
        }
    }
}
