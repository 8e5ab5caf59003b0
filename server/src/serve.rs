//! Starts the collector: opens what it needs, binds, serves, and stops.

mod files;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::thread::JoinHandle;

use axum::Router;
use shared::token::Token;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

pub use self::files::{ADDRESS_FILE, Address};
use self::files::{address_file, nonces};
use crate::agent_releases::AgentReleases;
use crate::app::{App, Rulebook};
use crate::auth::openid::{Providers, SetupError};
use crate::auth::passkey::RelyingParty;
use crate::auth::ways::{MailWay, Ways};
use crate::ca::{Ca, CaError};
use crate::clock::Clock;
use crate::config::Config;
use crate::config::sign_in::MailLinks;
use crate::device_api::{self, DeviceApi};
use crate::ingest::key_cache::KeyCache;
use crate::ingest::limits::Limits;
use crate::ingest::queue::{Queue, QueueError};
use crate::ingest::refusals::Refusals;
use crate::ingest::verify::Verifier;
use crate::jobs::turn::Turn;
use crate::jobs::{Jobs, stored_rules};
use crate::log::notary::{Log, LogError, origin};
use crate::mail::Mailer;
use crate::metrics::Watched;
use crate::metrics::meters::Meters;
use crate::metrics::place::Files;
use crate::os_releases::fetcher::{Attempt, Fetcher};
use crate::policy_document::PolicyDocuments;
use crate::state_dir::{StateDir, StateDirError};
use crate::store::StoreError;
use crate::store::place::Opened;
use crate::tls::{self, TlsError};
use crate::webhooks::Courier;
use crate::webhooks::client::Client;
use crate::webhooks::signature::Secrets;
use crate::webhooks::target::Targets;
use crate::{invitation, listener, metrics, public_url, telemetry, web};

/// Why the collector did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration contradicts itself.
    #[error("{0}")]
    Config(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another address with `--listen`")]
    Bind {
        /// Which address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The database cannot be used.
    #[error("{path}: {source}")]
    Database {
        /// Which file.
        path: String,
        /// Why.
        source: StoreError,
    },
    /// The state folder cannot be used.
    #[error(transparent)]
    State(#[from] StateDirError),
    /// The log cannot be used.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The CA cannot be used.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// TLS cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Providers cannot be asked.
    #[error(transparent)]
    OpenId(#[from] SetupError),
    /// The writer thread could not be started.
    #[error("the writer could not be started: {0}")]
    Thread(#[from] std::io::Error),
    /// The first round of the collector's own work failed.
    #[error("the collector could not judge its devices: {0}")]
    Round(#[from] QueueError),
}

/// A collector that serves.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// What its pages can reach.
    pub app: App,
    /// Its own CA.
    pub ca: Arc<Ca>,
    /// Whether tokens pin the collector's CA.
    pub pins_ca: bool,
    /// Its own work, for those who move the clock by hand.
    pub jobs: Jobs,
    /// Keeps the catalogue new; for those who move the clock by hand.
    pub fetcher: Fetcher,
    /// What the very first attempt at the feed came to, at the first start.
    pub first_fetch: Option<Attempt>,
    /// Where numbers and health are asked for, if they are.
    pub metrics: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    watching: Option<tokio::task::JoinHandle<()>>,
    serving: tokio::task::JoinHandle<()>,
    working: tokio::task::JoinHandle<()>,
    fetching: tokio::task::JoinHandle<()>,
    sending: tokio::task::JoinHandle<()>,
    writer: JoinHandle<()>,
}

/// Starts a collector at `clock`. When this returns, it answers.
pub async fn start(config: Config, clock: Clock) -> Result<Running, StartError> {
    // Callers need not carry what starting needs.
    Box::pin(begin(config, clock)).await
}

async fn begin(config: Config, clock: Clock) -> Result<Running, StartError> {
    let state = StateDir::open(&config.state_dir)?;
    let ca = Arc::new(Ca::open(&state, clock.now())?);
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|source| StartError::Bind { address: config.listen, source })?;
    let address = listener.local_addr()?;
    let public =
        public_url::decide(config.public_url.as_deref(), address).map_err(StartError::Config)?;
    let acceptor = acceptor(&config, &ca, &public, &clock)?;
    state.write(ADDRESS_FILE, &address_file(&public, &config))?;

    let Parts { app, jobs, fetcher, writer } = parts(&config, &clock, (&state, &ca), &public)?;
    let nonces = nonces(&state)?;
    let (stop, stopped) = watch::channel(false);
    let (started, has_started) = watch::channel(false);
    let watched = watched(&config, &app, &jobs, has_started);
    let metrics = metrics::start(config.metrics, watched, stopped.clone()).await?;
    // After everything that may keep the collector from starting; before the
    // first Mac is judged and before anybody is answered.
    let first_fetch = fetcher.first().await?;
    jobs.round().await?;
    started.send_replace(true);

    let limits = app.limits.clone();
    let api = DeviceApi {
        clock,
        verifier: Verifier {
            keys: jobs.keys.clone(),
            nonces,
            accept_recorded: config.accept_recorded,
            refusals: jobs.refusals.clone(),
        },
        queue: jobs.queue.clone(),
        rulebook: jobs.rulebook.clone(),
        documents: jobs.documents.clone(),
        fetcher: fetcher.clone(),
        ca: Arc::clone(&ca),
        log: app.log.clone(),
        settings: config.settings,
        limits: limits.clone(),
        meters: app.meters.clone(),
    };
    let router = router(api, &app, config.telemetry.is_some());
    let serving = listener::serve(listener, acceptor, router, limits, stopped.clone());
    let courier = app.courier.clone();
    Ok(Running {
        address,
        app,
        pins_ca: public.tls && config.tls_files.is_none(),
        ca,
        jobs: jobs.clone(),
        fetcher: fetcher.clone(),
        first_fetch,
        stop,
        serving: tokio::spawn(serving),
        working: tokio::spawn(jobs.run(stopped.clone())),
        fetching: tokio::spawn(fetcher.run(stopped.clone())),
        sending: tokio::spawn(courier.run(stopped)),
        metrics: metrics.as_ref().map(|(address, _)| *address),
        watching: metrics.map(|(_, watching)| watching),
        writer,
    })
}

/// What metrics and health look at.
fn watched(config: &Config, app: &App, jobs: &Jobs, started: watch::Receiver<bool>) -> Watched {
    Watched {
        app: app.clone(),
        turn: jobs.turn.clone(),
        files: Files::of(&config.state_dir, config.database.file()),
        started,
    }
}

/// Everything that the collector answers; with spans when they are sent away.
fn router(api: DeviceApi, app: &App, spans: bool) -> Router {
    let router = device_api::router(api)
        .merge(web::router(app.clone()))
        .merge(crate::api::router(app.clone()))
        .merge(crate::scim::router(app.clone()));
    if spans { router.layer(axum::middleware::from_fn(telemetry::request)) } else { router }
}

/// What stands over an open database.
struct Parts {
    app: App,
    jobs: Jobs,
    fetcher: Fetcher,
    writer: JoinHandle<()>,
}

/// Opens the database and the log, and starts the thread that writes.
fn parts(
    config: &Config,
    clock: &Clock,
    (state, ca): (&StateDir, &Arc<Ca>),
    public: &public_url::PublicUrl,
) -> Result<Parts, StartError> {
    let (opened, rulebook, rules_version) = blocking(|| open_database(config, clock))?;
    let Opened { writer, views, keys, records, log } = opened;
    let log = blocking(|| Log::open(state, &origin(&public.host), log))?;
    let meters = Meters::default();
    let (queue, writer) =
        Queue::start(writer, rulebook.clone(), log.clone(), (config.queue, meters.clone()))?;
    let holder = config.database.holder();
    let fetcher = Fetcher::new(clock.clone(), queue.clone(), rulebook.clone(), &config.os_releases);
    let jobs = Jobs {
        clock: clock.clone(),
        queue: queue.clone(),
        records: Arc::clone(&records),
        rulebook: rulebook.clone(),
        keys: KeyCache::new(keys),
        rules_version: Arc::new(AtomicI64::new(rules_version)),
        documents: PolicyDocuments::open(state, Arc::clone(ca))?,
        turn: Turn::new(&holder),
        refusals: Refusals::default(),
        releases: AgentReleases::new(config.agent_packages.clone()),
    };
    let secrets = Secrets::open(state).map_err(|error| StartError::Config(error.to_string()))?;
    let targets = Targets::new(config.webhooks.clone());
    let public_url: Arc<str> = public.url.as_str().into();
    let courier = Courier {
        clock: clock.clone(),
        queue: queue.clone(),
        turn: Turn::new(&holder),
        records: Arc::clone(&records),
        rulebook: rulebook.clone(),
        public_url: Arc::clone(&public_url),
        secrets,
        client: Client::new(&targets, config.webhooks.allow_loopback, clock),
        meters: meters.clone(),
        rounds: Arc::default(),
    };
    let mailer = mailer(config, clock, public)?;
    let app = App {
        clock: clock.clone(),
        readers: views,
        records,
        queue,
        openid: Providers::new(config.openid.clone(), &public.url, state, clock)?,
        limits: Limits::new(&config.limits),
        ways: ways(config, mailer.clone(), public),
        mailer,
        documents: jobs.documents.clone(),
        log,
        rulebook,
        public_url,
        releases: jobs.releases.clone(),
        meters,
        courier,
        pinned_ca: (public.tls && config.tls_files.is_none()).then(|| ca.sha256()),
        feed: config.os_releases.feed.clone().map(Arc::new),
        notice: config.notice.as_deref().map(Into::into),
    };
    Ok(Parts { app, jobs, fetcher, writer })
}

/// By what ways people come in.
fn ways(config: &Config, mailer: Option<Mailer>, public: &public_url::PublicUrl) -> Ways {
    let passkeys = config.sign_in.passkeys.then(|| RelyingParty::at(&public.url)).flatten();
    let mailer = mailer.filter(|_| config.sign_in.mail != MailLinks::Off);
    Ways::new(passkeys, mailer.map(|mailer| MailWay { links: config.sign_in.mail, mailer }))
}

/// Who sends letters, where mail is configured.
fn mailer(
    config: &Config,
    clock: &Clock,
    public: &public_url::PublicUrl,
) -> Result<Option<Mailer>, StartError> {
    let mailer =
        config.mail.clone().map(|mail| Mailer::new(mail, &public.host, clock.clone())).transpose();
    mailer.map_err(|error| StartError::Config(error.to_string()))
}

/// Runs `work` on a thread of its own: a database may bring a runtime of its
/// own, which cannot run within this one.
fn blocking<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| match scope.spawn(work).join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// Opens the database and puts the configured policy in force.
fn open_database(config: &Config, clock: &Clock) -> Result<(Opened, Rulebook, i64), StartError> {
    let open = || -> Result<_, StoreError> {
        let mut opened = config.database.open()?;
        let writer = opened.writer.as_mut();
        if let Some(policy) = &config.policy
            && writer.policy()?.as_deref() != Some(policy.source())
        {
            writer.set_policy(policy, clock.now())?;
        }
        let version = writer.rules_version()?;
        let rules = stored_rules(writer)?;
        Ok((opened, Rulebook::new(rules), version))
    };
    open().map_err(|source| StartError::Database { path: config.database.to_string(), source })
}

fn acceptor(
    config: &Config,
    ca: &Arc<Ca>,
    public: &public_url::PublicUrl,
    clock: &Clock,
) -> Result<Option<TlsAcceptor>, StartError> {
    if !public.tls {
        if config.tls_files.is_some() {
            return Err(StartError::Config(
                "a TLS certificate is configured, but `public_url` begins with http://; write https://".into(),
            ));
        }
        return Ok(None);
    }
    let tls = match &config.tls_files {
        Some((certificate, key)) => tls::from_files(certificate, key, clock)?,
        None => tls::from_ca(Arc::clone(ca), &public.host, clock)?,
    };
    Ok(Some(TlsAcceptor::from(Arc::new(tls))))
}

impl Running {
    /// Invites a person; the token admits one device.
    pub async fn invite(&self, request: &invitation::Request) -> Result<Token, QueueError> {
        let now = self.app.clock.now();
        let act = invitation::act_of_command(request, now);
        let ca_sha256 = self.pins_ca.then(|| self.ca.sha256());
        let (invitation, token) =
            invitation::make(request, self.app.public_url.as_ref(), ca_sha256, act);
        self.jobs.queue.run(move |writer| writer.invite(&invitation)).await?;
        Ok(token)
    }

    /// Lets requests under way finish, writes what is queued, and ends.
    pub async fn stop(self) {
        // Nobody listens any more: it has ended by itself.
        let _ = self.stop.send(true);
        let _ = self.serving.await;
        let _ = self.working.await;
        let _ = self.fetching.await;
        let _ = self.sending.await;
        if let Some(watching) = self.watching {
            let _ = watching.await;
        }
        for left in [self.jobs.leave().await, self.app.courier.leave().await] {
            if let Err(error) = left {
                tracing::warn!(%error, "the next replica has to wait for the end of the lease");
            }
        }
        drop((self.app, self.jobs, self.fetcher));
        let writer = self.writer;
        let _ = tokio::task::spawn_blocking(move || writer.join()).await;
    }
}
