//! Ending one's own sessions.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};

use crate::audit::Object;
use crate::auth::who::Who;
use crate::web::Console;
use crate::web::errors::PageError;

/// Ends one session; the one that asks may end itself.
pub(in crate::web) async fn end(
    State(console): State<Console>,
    Path(id): Path<String>,
    who: Who,
) -> Result<Response, PageError> {
    let is_this = who.session() == Some(id.as_str());
    let act = who.act("session_ended", Object::new("session", &id));
    // One that is gone already is as it was wanted.
    console.records(move |records| Ok(records.end_session(&who.account.id, &id, &act)?)).await?;
    if is_this {
        let cookie = [(header::SET_COOKIE, console.cookies.end())];
        return Ok((cookie, Redirect::to("/login")).into_response());
    }
    Ok(Redirect::to("/account").into_response())
}

/// Ends every session but the one that asks.
pub(in crate::web) async fn end_others(
    State(console): State<Console>,
    who: Who,
) -> Result<Response, PageError> {
    let object = Object::new("account", &who.account.id).called(&who.account.name);
    let act = who.act("sessions_ended", object).with("every other session of the account");
    console
        .records(move |records| Ok(records.end_sessions(&who.account.id, who.session(), &act)?))
        .await?;
    Ok(Redirect::to("/account").into_response())
}
