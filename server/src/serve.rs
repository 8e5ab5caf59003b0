//! Starts the collector: opens what it needs, binds, serves, and stops.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::thread::JoinHandle;

use shared::api::Settings;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::app::{App, Rulebook};
use crate::ca::{Ca, CaError};
use crate::clock::Clock;
use crate::device_api::{self, DeviceApi};
use crate::ingest::key_cache::KeyCache;
use crate::ingest::queue::{Queue, QueueError};
use crate::ingest::verify::Verifier;
use crate::jobs::{Jobs, stored_rules};
use crate::nonce::Nonces;
use crate::state_dir::{StateDir, StateDirError};
use crate::store::StoreError;
use crate::store::devices::Rulebooks as _;
use crate::store::sqlite::{Readers, Writer, open_writer};
use crate::tls::{self, TlsError};
use crate::{listener, public_url};

/// How a collector is to run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The database file.
    pub database: PathBuf,
    /// The folder with the CA and other secrets.
    pub state_dir: PathBuf,
    /// The address that tokens, links and the certificate carry.
    pub public_url: Option<String>,
    /// The company's certificate and key, PEM; none for the collector's own.
    pub tls_files: Option<(PathBuf, PathBuf)>,
    /// How agents are to behave.
    pub settings: Settings,
    /// A policy other than the baseline.
    pub policy: Option<Arc<shared::policy::Policy>>,
    /// Whether reports made from recordings are taken: demo and tests alone.
    pub accept_recorded: bool,
    /// Shown on every page.
    pub notice: Option<String>,
    /// Reports that may wait for the writer.
    pub queue: usize,
}

impl Config {
    /// A collector on a free port of loopback, with its files in `folder`.
    pub fn local(folder: &std::path::Path) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            database: folder.join("muster.db"),
            state_dir: folder.join("state"),
            public_url: None,
            tls_files: None,
            settings: Settings::default(),
            policy: None,
            accept_recorded: false,
            notice: None,
            queue: 4096,
        }
    }
}

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
    /// The CA cannot be used.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// TLS cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
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
    stop: watch::Sender<bool>,
    serving: tokio::task::JoinHandle<()>,
    working: tokio::task::JoinHandle<()>,
    writer: JoinHandle<()>,
}

/// Starts a collector at `clock`. When this returns, it answers.
pub async fn start(config: Config, clock: Clock) -> Result<Running, StartError> {
    let state = StateDir::open(&config.state_dir)?;
    let ca = Arc::new(Ca::open(&state, clock.now())?);
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|source| StartError::Bind { address: config.listen, source })?;
    let address = listener.local_addr()?;
    let public =
        public_url::decide(config.public_url.as_deref(), address).map_err(StartError::Config)?;
    let acceptor = acceptor(&config, &ca, &public, &clock)?;

    let database =
        |source| StartError::Database { path: config.database.display().to_string(), source };
    let mut writer = Writer::new(open_writer(&config.database).map_err(database)?);
    if let Some(policy) = &config.policy
        && writer.policy().map_err(database)?.as_deref() != Some(policy.source())
    {
        writer.set_policy(policy, clock.now()).map_err(database)?;
    }
    let rules_version = writer.rules_version().map_err(database)?;
    let rulebook = Rulebook::new(stored_rules(&writer).map_err(database)?);
    let readers = Readers::new(&config.database);
    let keys = KeyCache::new(Arc::new(readers.clone()));
    let (queue, writer) = Queue::start(writer, rulebook.clone(), config.queue)?;
    let jobs = Jobs {
        clock: clock.clone(),
        queue: queue.clone(),
        rulebook: rulebook.clone(),
        keys: keys.clone(),
        rules_version: Arc::new(AtomicI64::new(rules_version)),
    };
    jobs.round().await?;

    let app = App {
        clock: clock.clone(),
        readers,
        rulebook: rulebook.clone(),
        public_url: public.url.as_str().into(),
        notice: config.notice.as_deref().map(Into::into),
    };
    let api = DeviceApi {
        clock,
        verifier: Verifier {
            keys,
            nonces: nonces(&state)?,
            accept_recorded: config.accept_recorded,
        },
        queue,
        rulebook,
        ca: Arc::clone(&ca),
        settings: config.settings,
    };
    let router = device_api::router(api);
    let (stop, stopped) = watch::channel(false);
    Ok(Running {
        address,
        app,
        pins_ca: public.tls && config.tls_files.is_none(),
        ca,
        jobs: jobs.clone(),
        stop,
        serving: tokio::spawn(listener::serve(listener, acceptor, router, stopped.clone())),
        working: tokio::spawn(jobs.run(stopped)),
        writer,
    })
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

/// The secret of the nonces, made at the first start.
fn nonces(state: &StateDir) -> Result<Nonces, StartError> {
    const FILE: &str = "nonce.key";
    if let Some(bytes) = state.read(FILE)? {
        let secret: [u8; 32] = bytes.try_into().map_err(|_| CaError::Damaged(FILE))?;
        return Ok(Nonces::new(&secret));
    }
    let mut secret = [0; 32];
    aws_lc_rs::rand::fill(&mut secret)
        .map_err(|_| StartError::Config("the system gave no random bytes".into()))?;
    state.write(FILE, &secret)?;
    Ok(Nonces::new(&secret))
}

impl Running {
    /// Lets requests under way finish, writes what is queued, and ends.
    pub async fn stop(self) {
        // Nobody listens any more: it has ended by itself.
        let _ = self.stop.send(true);
        let _ = self.serving.await;
        let _ = self.working.await;
        drop((self.app, self.jobs));
        let writer = self.writer;
        let _ = tokio::task::spawn_blocking(move || writer.join()).await;
    }
}
