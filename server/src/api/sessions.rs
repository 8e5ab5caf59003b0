//! Who is signed in, and ending that.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::problem::ApiProblem;
use super::reply::{Answered, Reply};
use super::tokens::account;
use crate::audit::Object;
use crate::auth::permission::Permission;
use crate::auth::session::IDLE;
use crate::store::access::sessions::Session;

/// A session of somebody who is signed in.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionItem {
    /// By which it is ended.
    id: String,
    /// How somebody signed in: `link`, `mail`, `passkey`, `openid:NAME`, ...
    way: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Newest use, to the minute.
    #[schema(value_type = String, format = DateTime)]
    seen_at: Timestamp,
    /// When it ends, whatever happens in it.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// The browser, as it calls itself.
    agent: String,
    /// Where it was begun.
    address: String,
    /// It is the one that asks.
    current: bool,
}

pub(super) async fn list(call: Call) -> Answered {
    let account = account(&call, Permission::SeeAccounts)?;
    let now = call.now();
    let all = call.records(move |records| Ok(records.sessions_of(&account, now, IDLE)?)).await?;
    let items: Vec<SessionItem> = all.into_iter().map(|one| item(one, &call)).collect();
    call.part(items, |one| one.id.clone())
}

fn item(session: Session, call: &Call) -> SessionItem {
    SessionItem {
        current: call.who.session() == Some(&session.id),
        id: session.id,
        way: session.way,
        created_at: session.created,
        seen_at: session.seen,
        expires_at: session.expires,
        agent: session.agent,
        address: session.address,
    }
}

pub(super) async fn end(call: Call) -> Answered {
    let account = account(&call, Permission::ChangeAccounts)?;
    let id = call.id();
    let act = call.who.act("session_ended", Object::new("session", &id));
    let ended = call.records(move |records| Ok(records.end_session(&account, &id, &act)?)).await?;
    if ended {
        Ok(Reply::done())
    } else {
        Err(ApiProblem::nothing("This account has no open session with this id."))
    }
}
