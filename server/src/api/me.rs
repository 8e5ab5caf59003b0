//! Who asks, and what they may do.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::reply::{Answered, Reply};
use crate::auth::permission::Permission;
use crate::auth::who::Proof;

/// Who asks, and what they may do.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    /// Id of the account.
    account: String,
    /// Mail address of the account.
    email: String,
    /// Name of the account.
    name: String,
    /// `administrator`, `it`, `auditor`, `viewer` or `employee`.
    role: &'static str,
    /// When the account's access ends by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Timestamp>,
    /// What this request may do: what the role allows, and the token too.
    permissions: Vec<&'static str>,
    /// `token` or `session`.
    by: &'static str,
    /// Id of the token or session.
    credential: String,
}

pub(super) async fn show(call: Call) -> Answered {
    let who = &call.who;
    let (by, credential) = match &who.proof {
        Proof::Token { id, .. } => ("token", id.clone()),
        Proof::Session { id, .. } => ("session", id.clone()),
    };
    Reply::of(&Me {
        account: who.account.id.clone(),
        email: who.account.email.clone(),
        name: who.account.name.clone(),
        role: who.account.role.as_str(),
        ends_at: who.account.ends,
        permissions: who.permissions().iter().map(Permission::as_str).collect(),
        by,
        credential,
    })
}
