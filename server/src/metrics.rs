//! Metrics and health, on a listener of their own that only the company's own
//! programs reach.
//!
//! Nothing here asks who calls, so the listener belongs on loopback or on a
//! network for operations. `/livez` says that the process answers, `/readyz`
//! that it can keep reports, `/startupz` that it has started; `/metrics` has
//! the numbers, as `OpenMetrics` text.

pub mod levels;
pub mod meters;
pub mod place;
pub mod timing;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::levels::{Levels, Stored};
use self::place::Files;
use crate::app::App;
use crate::jobs::turn::Turn;
use crate::serve::StartError;

/// What the answers are written as.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The database has so long for an answer, or it counts as away.
const PATIENCE: Duration = Duration::from_secs(3);
/// The queue is too full for more from this share on, in hundredths.
const FULL: usize = 80;
/// The lease that is taken to see whether the database can be written.
const PROBE: &str = "ready";

/// What is asked for the answers.
#[derive(Clone)]
pub struct Watched {
    /// Database, log, writer, counters.
    pub app: App,
    /// Whose turn it is to do what one does.
    pub turn: Turn,
    /// What lies on disks.
    pub files: Files,
    /// Turns true when the first round is done.
    pub started: watch::Receiver<bool>,
}

/// Listens at `listen`, if it is configured, until `stop` turns true; where,
/// and what to wait for.
pub async fn start(
    listen: Option<SocketAddr>,
    watched: Watched,
    stop: watch::Receiver<bool>,
) -> Result<Option<(SocketAddr, JoinHandle<()>)>, StartError> {
    let Some(address) = listen else { return Ok(None) };
    let bind = |source| StartError::Bind { address, source };
    let listener = TcpListener::bind(address).await.map_err(bind)?;
    let address = listener.local_addr().map_err(bind)?;
    Ok(Some((address, tokio::spawn(serve(listener, watched, stop)))))
}

async fn serve(listener: TcpListener, watched: Watched, mut stop: watch::Receiver<bool>) {
    let mut stopping = stop.clone();
    let graceful = async move {
        // Nobody is left to say so: that is the end, too.
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    let served = axum::serve(listener, router(watched)).with_graceful_shutdown(graceful);
    let late = async move {
        let _ = stop.wait_for(|stop| *stop).await;
        tokio::time::sleep(PATIENCE).await;
    };
    tokio::select! {
        served = served => {
            if let Err(error) = served {
                tracing::error!(%error, "metrics are served no more");
            }
        }
        // Whoever still asks then will ask again.
        () = late => {}
    }
}

fn router(watched: Watched) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(|| async { plain(StatusCode::OK, "ok\n") }))
        .route("/readyz", get(ready))
        .route("/startupz", get(started))
        .with_state(Arc::new(watched))
}

fn plain(status: StatusCode, text: impl Into<String>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (status, kind, text.into()).into_response()
}

async fn started(State(watched): State<Arc<Watched>>) -> Response {
    if *watched.started.borrow() {
        plain(StatusCode::OK, "ok\n")
    } else {
        plain(StatusCode::SERVICE_UNAVAILABLE, "the first round is not done\n")
    }
}

/// Each condition on a line of its own; 200 only when all hold.
async fn ready(State(watched): State<Arc<Watched>>) -> Response {
    let database = watched.can_write().await;
    let conditions = [
        ("started", *watched.started.borrow()),
        ("database", database),
        ("queue", has_place(watched.app.queue.waiting(), watched.app.queue.capacity())),
        ("disk", watched.files.have_room()),
    ];
    let status = if conditions.iter().all(|(_, holds)| *holds) {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let line =
        |(name, holds): (&str, bool)| format!("{name} {}\n", if holds { "ok" } else { "failed" });
    plain(status, conditions.map(line).concat())
}

/// Whether the queue has place for more.
fn has_place(waiting: usize, limit: usize) -> bool {
    waiting * 100 < limit * FULL
}

impl Watched {
    /// Whether the database answers and takes a row, migrations done: the
    /// writer has none to begin with before that.
    async fn can_write(&self) -> bool {
        let now = self.app.clock.now();
        let write = self.app.queue.run(move |writer| writer.take(PROBE, PROBE, now, now));
        matches!(tokio::time::timeout(PATIENCE, write).await, Ok(Ok(_)))
    }

    async fn levels(&self) -> Levels {
        let (views, log) = (Arc::clone(&self.app.readers), Arc::clone(self.app.log.views()));
        let read = tokio::task::spawn_blocking(move || Stored::read(&views, &log));
        let stored = match tokio::time::timeout(PATIENCE, read).await {
            Ok(Ok(Ok(stored))) => Some(stored),
            _ => None,
        };
        Levels {
            queue: self.app.queue.waiting(),
            queue_limit: self.app.queue.capacity(),
            holds_lease: self.turn.is_ours(self.app.clock.now()),
            wal_bytes: self.files.wal_bytes(),
            disk_free: self.files.free_share(),
            stored,
        }
    }
}

async fn metrics(State(watched): State<Arc<Watched>>) -> Response {
    let mut registry = Registry::with_prefix("muster");
    watched.app.meters.register(&mut registry);
    let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("build", "What runs", build);
    registry.register_collector(Box::new(watched.levels().await));
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be written\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::has_place;

    #[test]
    fn four_fifths_of_the_queue_are_the_limit() {
        assert!(has_place(0, 10) && has_place(7, 10));
        assert!(!has_place(8, 10) && !has_place(10, 10));
    }
}
