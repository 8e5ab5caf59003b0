//! Sessions: how long they last, and how each way of signing in begins one.

use jiff::{SignedDuration, Timestamp};

use super::account::Account;
use super::who::Origin;
use super::{AuthError, Secret};
use crate::audit::{Act, Actor, Object};
use crate::store::access::Records;
use crate::store::access::sessions::NewSession;

/// How long a session lasts, whatever happens in it.
pub const LASTS: SignedDuration = SignedDuration::from_hours(12);
/// How long nothing may happen in it.
pub const IDLE: SignedDuration = SignedDuration::from_hours(1);

/// Longest name of a browser that is kept.
const AGENT: usize = 200;

/// A session to be begun by a request: its secret for the cookie, and what is
/// kept. The store puts in whose it is when a link says so.
pub fn prepare(
    account: &str,
    way: &str,
    origin: &Origin,
) -> Result<(Secret, NewSession), AuthError> {
    let secret = Secret::random()?;
    let id = uuid::Uuid::new_v4().to_string();
    let act = Act {
        at: origin.at,
        actor: Actor::nobody(),
        action: "sign_in",
        object: Object::new("session", &id),
        detail: format!("by {}", way_words(way)),
        request: origin.request.clone(),
        address: origin.address.clone(),
    };
    let session = NewSession {
        digest: secret.digest(),
        id,
        account: account.to_owned(),
        way: way.to_owned(),
        expires: after(origin.at, LASTS),
        agent: origin.agent.chars().filter(|it| !it.is_control()).take(AGENT).collect(),
        act,
    };
    Ok((secret, session))
}

/// Begins a session of an account; nothing when it admits nobody now. Blocks.
pub fn begin(
    records: &dyn Records,
    account: &str,
    way: &str,
    origin: &Origin,
) -> Result<Option<(Secret, Account)>, AuthError> {
    let (secret, session) = prepare(account, way, origin)?;
    Ok(records.begin_session(&session)?.map(|account| (secret, account)))
}

/// How somebody signed in, for people.
pub fn way_words(way: &str) -> String {
    match way {
        "link" => "a link from the collector's machine".to_owned(),
        "setup" => "the set-up link".to_owned(),
        "invitation" => "an invitation".to_owned(),
        "mail" => "a link by mail".to_owned(),
        "passkey" => "a passkey".to_owned(),
        other => other.strip_prefix("openid:").unwrap_or(other).to_owned(),
    }
}

/// `now` and so much later.
pub fn after(now: Timestamp, time: SignedDuration) -> Timestamp {
    now.checked_add(time).unwrap_or(Timestamp::MAX)
}
