//! The page of one's own account: who I am, how I come in, where I am signed
//! in, and which programs act for me.

mod browser;
pub(super) mod passkeys;
pub(super) mod sessions;
pub(super) mod tokens;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};

use self::browser::browser;
use self::tokens::{Choice, Token, choices, shown, valid};
use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use super::times::When;
use crate::auth::permission::Permission;
use crate::auth::session::{IDLE, way_words};
use crate::auth::who::{Proof, Who};
use crate::config::sign_in::{MAIL_STANDING, MailLinks};
use crate::store::access::passkeys::{PasskeyRow, WaysIn};
use crate::store::access::sessions::Session;

/// How long ago somebody may have signed in who changes how one signs in.
const FRESH: SignedDuration = SignedDuration::from_mins(15);

/// Whether `who` proved a moment ago who it is: a session that somebody else
/// has got hold of must not outlive itself by a passkey of theirs.
pub(super) fn is_fresh(who: &Who, now: Timestamp) -> bool {
    match &who.proof {
        Proof::Session { begun, .. } => now.duration_since(*begun) < FRESH,
        Proof::Token { .. } => false,
    }
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    shell: Shell,
    email: String,
    name: String,
    role: &'static str,
    purpose: &'static str,
    /// What the role allows, in words.
    allowed: Vec<&'static str>,
    ends: Option<When>,
    keys: Keys,
    /// What is said about links by mail; empty where there are none.
    mail: String,
    sessions: Vec<Place>,
    tokens: Vec<Token>,
    /// What a new token can be given.
    choices: Vec<Choice>,
    /// What went wrong with what was just asked.
    problem: String,
}

/// The part about passkeys.
struct Keys {
    /// Whether this collector takes passkeys.
    offered: bool,
    /// Whether one may be added or removed now.
    fresh: bool,
    /// The name that is suggested for another one.
    suggestion: String,
    rows: Vec<Key>,
}

struct Key {
    id: String,
    name: String,
    added: When,
    used: Option<When>,
}

/// Where somebody is signed in.
struct Place {
    id: String,
    browser: String,
    agent: String,
    address: String,
    way: String,
    since: When,
    seen: When,
    here: bool,
}

/// The page.
pub(super) async fn page(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
) -> Result<Response, PageError> {
    show(&console, shell, &who, "").await
}

/// The page, with what went wrong on top.
pub(super) async fn show(
    console: &Console,
    shell: Shell,
    who: &Who,
    problem: &str,
) -> Result<Response, PageError> {
    let (id, now) = (who.account.id.clone(), console.app.clock.now());
    let (keys, ways, sessions, valid) = console
        .records(move |records| {
            let (keys, ways) = (records.passkeys_of(&id)?, records.ways(&id)?);
            Ok((keys, ways, records.sessions_of(&id, now, IDLE)?, valid(records, &id, now)?))
        })
        .await?;
    let (account, role) = (&who.account, who.account.role);
    let page = AccountPage {
        email: account.email.clone(),
        name: account.name.clone(),
        role: role.title(),
        purpose: role.purpose(),
        allowed: role.permissions().iter().map(Permission::meaning).collect(),
        ends: account.ends.map(When::exact),
        keys: Keys {
            offered: console.app.ways.passkeys.is_some(),
            fresh: is_fresh(who, now),
            suggestion: browser(&who.origin.agent),
            rows: keys.into_iter().map(|row| key(row, now)).collect(),
        },
        mail: mail_words(console, ways),
        sessions: sessions.into_iter().map(|one| place(one, who, now)).collect(),
        tokens: valid.into_iter().map(|one| shown(one, now)).collect(),
        choices: choices(who),
        problem: problem.to_owned(),
        shell: shell.titled("Account", Section::None),
    };
    let status = if problem.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, html(&page)?).into_response())
}

fn key(row: PasskeyRow, now: Timestamp) -> Key {
    Key {
        id: row.id,
        name: row.name,
        added: When::relative(row.created, now),
        used: row.used.map(|used| When::relative(used, now)),
    }
}

fn place(session: Session, who: &Who, now: Timestamp) -> Place {
    Place {
        browser: browser(&session.agent),
        here: who.session() == Some(session.id.as_str()),
        way: way_words(&session.way),
        since: When::relative(session.created, now),
        seen: When::relative(session.seen, now),
        address: session.address,
        agent: session.agent,
        id: session.id,
    }
}

/// Whether a link by mail lets this account in, and what that is worth.
fn mail_words(console: &Console, ways: WaysIn) -> String {
    let links = console.app.ways.mail.as_ref().map_or(MailLinks::Off, |way| way.links);
    match links {
        MailLinks::Off => String::new(),
        MailLinks::Recovery if ways.passkeys + ways.identities > 0 => {
            "Links by mail do not sign you in: they are for accounts without another way."
                .to_owned()
        }
        MailLinks::Recovery => format!(
            "You have no other way in than a link by mail. Add a passkey: from then on such links no longer sign you in. {MAIL_STANDING}"
        ),
        MailLinks::Everybody => format!("A link by mail signs you in as well. {MAIL_STANDING}"),
    }
}
