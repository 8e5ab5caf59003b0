//! The audit log: who did what, to what, when.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::parameter::{Form, Parameter};
use super::reply::{Answered, Reply};
use crate::store::access::audit::{AuditAsk, Noted};

/// One thing that somebody did.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditItem {
    /// Position of its entry in the tamper-evident log.
    position: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `account`, `token`, `command`, `collector` or `nobody`.
    actor_kind: &'static str,
    /// Id of the account; empty for who has none.
    actor: String,
    /// Name of that time.
    actor_name: String,
    /// What, as one word.
    action: String,
    /// Kind of what it was done to; empty for nothing.
    object_kind: String,
    /// Its id.
    object: String,
    /// Its name at that time.
    object_name: String,
    /// More, in one sentence.
    detail: String,
    /// Id of the request.
    request: String,
    /// Where the request came from.
    address: String,
}

/// What the log can be searched by.
pub(super) const FILTERS: &[Parameter] = &[
    Parameter::new("actor", Form::Text(120), "Acts of the account with this id."),
    Parameter::new("action", Form::Text(60), "This action alone."),
    Parameter::new("object", Form::Text(200), "Done to what has this id."),
    Parameter::new("q", Form::Text(120), "Names, details or addresses hold this text."),
    Parameter::new("from", Form::Time, "Not before."),
    Parameter::new("until", Form::Time, "Before."),
];

pub(super) async fn list(call: Call) -> Answered {
    let text = |name| call.asked.text(name).map(str::to_owned);
    let ask = AuditAsk {
        actor: text("actor"),
        action: text("action"),
        object: text("object"),
        text: text("q"),
        from: call.asked.time("from"),
        until: call.asked.time("until"),
        before: call.place()?,
        limit: call.asked.limit(),
    };
    let page = call.records(move |records| Ok(records.audit(&ask)?)).await?;
    let next = page.rows.last().filter(|_| page.more).map(|last| call.cursor(last.position));
    let items: Vec<AuditItem> = page.rows.into_iter().map(item).collect();
    Reply::page(&items, next)
}

fn item(noted: Noted) -> AuditItem {
    let (object_kind, object, object_name) = noted.object;
    AuditItem {
        position: noted.position,
        at: noted.at,
        actor_kind: noted.actor.kind.as_str(),
        actor: noted.actor.id,
        actor_name: noted.actor.name,
        action: noted.action,
        object_kind,
        object,
        object_name,
        detail: noted.detail,
        request: noted.request,
        address: noted.address,
    }
}
