//! Accounts: who may sign in, as what, until when.

pub(super) mod change;
pub(super) mod form;
pub(super) mod list;
pub(super) mod one;

use jiff::{SignedDuration, Timestamp};

use super::times::{When, date};
use crate::auth::account::Account;

/// The end of a last day belongs to that day.
fn last_moment(ends: Timestamp) -> Timestamp {
    ends.checked_sub(SignedDuration::from_secs(1)).unwrap_or(ends)
}

/// An account as lists and its page show it.
pub(super) struct AccountView {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: &'static str,
    pub(super) seen: Option<When>,
    /// Whether it admits, and until when.
    pub(super) state: String,
    /// Shape and colour of the state.
    pub(super) kind: &'static str,
}

impl AccountView {
    fn of(account: &Account, now: Timestamp) -> Self {
        let (kind, state) = match (account.disabled, account.ends) {
            (Some(since), _) => ("archived", format!("Ended {}", date(since))),
            (None, Some(ends)) if ends <= now => {
                ("archived", format!("Ended {}", date(last_moment(ends))))
            }
            (None, Some(ends)) => ("due", format!("Until {}", date(last_moment(ends)))),
            (None, None) => ("pass", "Open".to_owned()),
        };
        Self {
            id: account.id.clone(),
            name: account.name.clone(),
            email: account.email.clone(),
            role: account.role.title(),
            seen: account.seen.map(|at| When::relative(at, now)),
            state,
            kind,
        }
    }
}
