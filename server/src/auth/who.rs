//! Who makes a request, and how that was proven.

use axum::http::{HeaderMap, Request, header};
use jiff::Timestamp;

use super::account::Account;
use super::permission::{Permission, Permissions};
use crate::app::App;
use crate::audit::{Act, Actor, ActorKind, Object};
use crate::ingest::limits::Limits;

/// Where and when a request came from, for the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// When.
    pub at: Timestamp,
    /// Id of the request.
    pub request: String,
    /// Its address, behind trusted proxies the client's.
    pub address: String,
    /// The program, as it calls itself.
    pub agent: String,
}

/// The id of a request, given by the collector and sent back with the answer.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

impl Origin {
    /// The origin of `request`, which arrived at `at`.
    pub fn of<B>(request: &Request<B>, limits: &Limits, at: Timestamp) -> Self {
        let id = request.extensions().get().map(|RequestId(id)| id.clone());
        Self {
            at,
            request: id.unwrap_or_default(),
            address: limits.address(request).to_string(),
            agent: agent(request.headers()),
        }
    }

    /// The origin of a request at the collector of `app`.
    pub fn at<B>(request: &Request<B>, app: &App) -> Self {
        Self::of(request, &app.limits, app.clock.now())
    }

    /// Something that somebody did who is not signed in.
    pub fn act_of_nobody(&self, action: &'static str, object: Object) -> Act {
        Act {
            at: self.at,
            actor: Actor::nobody(),
            action,
            object,
            detail: String::new(),
            request: self.request.clone(),
            address: self.address.clone(),
        }
    }
}

fn agent(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    agent.unwrap_or_default().to_owned()
}

/// How it was proven who somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By a session of the console.
    Session {
        /// Its id.
        id: String,
        /// When somebody signed in.
        begun: Timestamp,
        /// How.
        way: String,
    },
    /// By an API token.
    Token {
        /// Its id.
        id: String,
        /// What the token is for.
        scopes: Permissions,
    },
}

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The account.
    pub account: Account,
    /// How it was proven.
    pub proof: Proof,
    /// Where the request came from.
    pub origin: Origin,
}

impl Who {
    /// What this request may do: what the role allows now, and the token too.
    pub fn permissions(&self) -> Permissions {
        let role = self.account.role.permissions();
        match &self.proof {
            Proof::Session { .. } => role,
            Proof::Token { scopes, .. } => role.and(*scopes),
        }
    }

    /// Whether this request may do it.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions().has(permission)
    }

    /// Something that this request does.
    pub fn act(&self, action: &'static str, object: Object) -> Act {
        let (kind, name) = match &self.proof {
            Proof::Session { .. } => (ActorKind::Account, self.account.name.clone()),
            Proof::Token { id, .. } => {
                (ActorKind::Token, format!("{} (token {id})", self.account.name))
            }
        };
        let actor = Actor { kind, id: self.account.id.clone(), name };
        Act { actor, ..self.origin.act_of_nobody(action, object) }
    }

    /// Id of the session, when there is one.
    pub fn session(&self) -> Option<&str> {
        match &self.proof {
            Proof::Session { id, .. } => Some(id),
            Proof::Token { .. } => None,
        }
    }
}
