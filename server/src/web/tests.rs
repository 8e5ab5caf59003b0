//! Pages over a made-up fleet, asked for as a browser would.

mod os_releases;
mod pages;
mod sign_in;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use jiff::Timestamp;
use shared::os_releases::Catalogue;
use shared::policy::Policy;
use tower::ServiceExt as _;

use super::{router, seed};
use crate::app::{App, Rulebook, Rules};
use crate::auth::link;
use crate::auth::openid::Providers;
use crate::auth::passkey::RelyingParty;
use crate::auth::role::Role;
use crate::auth::ways::Ways;
use crate::ca::Ca;
use crate::clock::{Clock, ManualClock};
use crate::ingest::limits::{self, Limits};
use crate::ingest::queue::Queue;
use crate::jobs::turn::Turn;
use crate::log::notary::Log;
use crate::metrics::meters::Meters;
use crate::policy_document::PolicyDocuments;
use crate::state_dir::StateDir;
use crate::store::access::Records;
use crate::store::sqlite::records::SqliteRecords;
use crate::store::sqlite::{Readers, Writer, open_writer};
use crate::webhooks::Courier;
use crate::webhooks::client::Client;
use crate::webhooks::signature::Secrets;
use crate::webhooks::target::Targets;

/// A console over a database of its own.
struct Site {
    router: axum::Router,
    records: Arc<dyn Records>,
    clock: ManualClock,
    readers: Readers,
    cookie: String,
    _folder: tempfile::TempDir,
}

/// An answer with its whole body.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

fn noon() -> Timestamp {
    "2026-08-23T12:00:00Z".parse().unwrap()
}

impl Site {
    /// A console with `devices` devices, seen by somebody who is signed in.
    async fn with(devices: usize) -> Self {
        let mut site = Self::signed_out(devices);
        site.sign_in().await;
        site
    }

    /// Begins a session at the clock's time.
    async fn sign_in(&mut self) {
        let link = self.link();
        let answer = self.get(&link).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let cookie = answer.header(header::SET_COOKIE);
        self.cookie = cookie.split(';').next().unwrap().to_owned();
    }

    fn signed_out(devices: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("muster.db");
        seed::fill(&mut open_writer(&path).unwrap(), devices, noon().as_millisecond());
        let records: Arc<dyn Records> = Arc::new(SqliteRecords::open(&path).unwrap());
        let clock = ManualClock::new(noon());
        let readers = Readers::new(&path);
        let state = StateDir::open(&folder.path().join("state")).unwrap();
        let rules = Rules::new(Policy::baseline(), Catalogue::embedded());
        let rulebook = Rulebook::new(rules);
        let log = Log::open(&state, "muster.example/log", Arc::new(readers.clone())).unwrap();
        let writer = Box::new(Writer::new(open_writer(&path).unwrap()));
        let meters = Meters::default();
        let limit = (16, meters.clone());
        let (queue, _) = Queue::start(writer, rulebook.clone(), log.clone(), limit).unwrap();
        let clock_of_all = Clock::Manual(clock.clone());
        let courier = Courier {
            clock: clock_of_all.clone(),
            queue: queue.clone(),
            turn: Turn::new("test"),
            records: Arc::clone(&records),
            rulebook: rulebook.clone(),
            public_url: "https://muster.example".into(),
            secrets: Secrets::of(&[7; 32]),
            client: Client::new(&Targets::default(), true, &clock_of_all),
            meters: meters.clone(),
            rounds: Arc::default(),
        };
        let ca = Arc::new(Ca::open(&state, noon()).unwrap());
        let documents = PolicyDocuments::open(&state, ca).unwrap();
        let app = App {
            releases: crate::agent_releases::AgentReleases::new(folder.path().join("packages")),
            clock: clock_of_all,
            readers: Arc::new(readers.clone()),
            records: Arc::clone(&records),
            queue,
            openid: Providers::default(),
            limits: Limits::new(&limits::Settings::default()),
            mailer: None,
            ways: Ways::new(RelyingParty::at("https://muster.example"), None),
            rulebook,
            documents,
            log,
            pinned_ca: None,
            public_url: "https://muster.example".into(),
            feed: None,
            meters,
            courier,
            notice: Some("A notice <for> everybody.".into()),
        };
        let router = router(app);
        Self { router, records, clock, readers, cookie: String::new(), _folder: folder }
    }

    /// Path of a new sign-in link.
    fn link(&self) -> String {
        let (records, now) = (&*self.records, self.clock.now());
        let person = ("Robin Vale", "robin@muster.example");
        let account = link::account(records, person, Role::Administrator, now).unwrap();
        let url = link::sign_in(records, "https://muster.example", &account, now).unwrap();
        url.strip_prefix("https://muster.example").unwrap().to_owned()
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path)).await
    }

    async fn ask(&self, request: axum::http::request::Builder) -> Answer {
        let request = request.header(header::COOKIE, &self.cookie).body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Id of the seeded device with that number.
    fn device(&self, number: usize) -> String {
        let ending = format!("%-{number:012x}");
        self.readers
            .with(|db| {
                let sql = "SELECT id FROM device WHERE id LIKE ?1";
                Ok(db.query_row(sql, [&ending], |row| row.get(0))?)
            })
            .unwrap()
    }
}
