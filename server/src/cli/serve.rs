//! `muster-server serve`

use std::net::SocketAddr;

use clap::Args;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use super::settled::{Settled, settle};
use super::{PlaceOptions, answer};
use crate::app::App;
use crate::auth::{AuthError, link};
use crate::clock::Clock;
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::journal::{self, JournalLine};
use crate::serve::{StartError, start};
use crate::service_manager::ServiceManager;
use crate::store::os_releases::Outcome;
use crate::telemetry::Traces;

/// Options of `serve`.
#[derive(Debug, Args)]
pub(super) struct ServeOptions {
    #[command(flatten)]
    pub(super) place: PlaceOptions,
    /// Address and port to listen on [default: `127.0.0.1:8443`].
    #[arg(long, value_name = "ADDR")]
    pub(super) listen: Option<SocketAddr>,
}

pub(super) fn run(options: ServeOptions) -> Result<(), Failure> {
    let Settled { config, problems, .. } = settle(options)?;
    if let Some(first) = problems.into_iter().next() {
        return Err(first);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Software, format!("no runtime: {error}")))?;
    let traces = config.telemetry.as_ref().map(|it| Traces::start(it, runtime.handle().clone()));
    let traces = traces.transpose().map_err(|error| Failure::new(Exit::Config, error))?;

    // Logging must not hold up requests; lines are dropped before requests
    // are. The guard writes what is left when the program ends.
    let (writer, _guard) = tracing_appender::non_blocking(std::io::stderr());
    let filter = EnvFilter::try_from_env("MUSTER_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
    let stream = std::env::var_os("JOURNAL_STREAM");
    let lines = if journal::is_journal(std::io::stderr(), stream.as_deref()) {
        lines.event_format(JournalLine::default()).boxed()
    } else {
        lines.boxed()
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(traces.as_ref().map(Traces::layer))
        .init();

    let served = runtime.block_on(serve(config));
    if let Some(traces) = traces {
        traces.stop();
    }
    served
}

async fn serve(config: Config) -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    // Before anybody is told that it listens: who is told may stop it at once.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let database = config.database.to_string();
    let running = start(config, Clock::System).await.map_err(|error| failure(&error))?;
    if let Some(first) = running.first_fetch.as_ref().filter(|it| it.outcome == Outcome::Failed) {
        let as_of = running.app.rulebook.current().catalogue.as_of();
        tracing::warn!(
            "no catalogue of macOS releases could be fetched ({}); Macs are judged by the built-in one of {as_of} until one can be",
            first.detail
        );
    }
    let listening = format!(
        "Listening on {} as {}, database {database}.",
        running.address, running.app.public_url
    );
    answer(&format!("{listening}\n"))?;
    if let Some(link) = set_up_link(&running.app).await? {
        answer(&format!(
            "No administrator can sign in yet. Whoever opens this link first becomes one, within one hour:\n{link}\n"
        ))?;
    }
    let manager = ServiceManager::of(|name| std::env::var_os(name));
    manager.ready(&listening);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = manager.stay_alive() => {}
    }
    manager.stopping();
    tracing::info!("going down: requests under way are finished first");
    running.stop().await;
    Ok(())
}

/// A link for the first administrator, as long as there is none.
async fn set_up_link(app: &App) -> Result<Option<String>, Failure> {
    let (records, url, now) = (app.records.clone(), app.public_url.clone(), app.clock.now());
    let link = move || -> Result<_, AuthError> {
        if records.has_administrator(now)? {
            return Ok(None);
        }
        link::set_up(&*records, &url, now).map(Some)
    };
    let made = tokio::task::spawn_blocking(link).await;
    let failed = |error: String| Failure::new(Exit::Io, error);
    made.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))
}

fn failure(error: &StartError) -> Failure {
    let exit = match error {
        StartError::Config(_) | StartError::Tls(_) | StartError::OpenId(_) => Exit::Config,
        StartError::Bind { .. } => Exit::Unavailable,
        StartError::Database { .. } | StartError::Log(_) | StartError::Ca(_) => Exit::Io,
        StartError::State(_) => Exit::CannotCreate,
        StartError::Thread(_) | StartError::Round(_) => Exit::Software,
    };
    Failure::new(exit, error.to_string())
}
