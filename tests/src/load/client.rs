//! Keep-alive connections that send prepared reports as fast as they are kept.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use shared::names::MEDIA_REPORT;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::collector::Collector;

/// What came back.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// Reports answered with 201: durable.
    pub kept: usize,
    /// Everything else, by what it was.
    pub refused: BTreeMap<String, usize>,
    /// How long each kept report took.
    pub latencies: Vec<Duration>,
    /// Bytes of bodies sent.
    pub sent: u64,
}

impl Load {
    /// The refusals in words.
    pub fn refusals(&self) -> String {
        let words: Vec<String> =
            self.refused.iter().map(|(what, count)| format!("{count} x {what}")).collect();
        if words.is_empty() { "none".to_owned() } else { words.join(", ") }
    }

    fn add(&mut self, other: Self) {
        self.kept += other.kept;
        self.sent += other.sent;
        self.latencies.extend(other.latencies);
        for (what, count) in other.refused {
            *self.refused.entry(what).or_default() += count;
        }
    }

    /// The latency that `percent` of the reports did not exceed.
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100);
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

pub(super) type Connection = SendRequest<Full<Bytes>>;

pub(super) async fn connect(
    collector: &Collector,
    count: usize,
) -> anyhow::Result<Vec<Connection>> {
    let mut connections = Vec::with_capacity(count);
    for _ in 0..count {
        let stream = TcpStream::connect(collector.address).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        connections.push(match &collector.tls {
            None => open(stream).await?,
            Some((connector, name)) => open(connector.connect(name.clone(), stream).await?).await?,
        });
    }
    Ok(connections)
}

async fn open(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) -> anyhow::Result<Connection> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Ends when the sender is dropped.
    tokio::spawn(connection);
    Ok(sender)
}

/// Sends the bodies in `queues`, one queue a connection: all of them, or until
/// `end`, when all stop as soon as one has nothing left. A queue is sent in
/// order: the reports of a Mac build on each other.
pub(super) async fn send(
    connections: &mut Vec<Connection>,
    queues: Vec<Vec<Bytes>>,
    end: Option<Instant>,
) -> Load {
    let over = Arc::new(AtomicBool::new(false));
    let mut tasks = JoinSet::new();
    for (connection, queue) in connections.drain(..).zip(queues) {
        tasks.spawn(drain(connection, queue, end, Arc::clone(&over)));
    }
    let mut load = Load::default();
    while let Some(Ok((connection, one))) = tasks.join_next().await {
        load.add(one);
        connections.extend(connection);
    }
    load
}

async fn drain(
    mut connection: Connection,
    queue: Vec<Bytes>,
    end: Option<Instant>,
    over: Arc<AtomicBool>,
) -> (Option<Connection>, Load) {
    let mut load = Load { latencies: Vec::with_capacity(queue.len()), ..Load::default() };
    for body in queue {
        if end.is_some_and(|end| over.load(Ordering::Relaxed) || Instant::now() >= end) {
            break;
        }
        let size = body.len() as u64;
        let start = Instant::now();
        let what = match one(&mut connection, body).await {
            Ok(what) => what,
            Err(error) => {
                *load.refused.entry(format!("connection lost: {error}")).or_default() += 1;
                return (None, load);
            }
        };
        load.sent += size;
        match what {
            None => {
                load.kept += 1;
                load.latencies.push(start.elapsed());
            }
            Some(what) => *load.refused.entry(what).or_default() += 1,
        }
    }
    over.store(true, Ordering::Relaxed);
    (Some(connection), load)
}

/// Sends one report; says what it was, unless it was kept.
async fn one(connection: &mut Connection, body: Bytes) -> hyper::Result<Option<String>> {
    connection.ready().await?;
    let mut request = Request::post("/v1/attestations").body(Full::new(body)).unwrap_or_default();
    let headers = request.headers_mut();
    headers.insert(header::HOST, header::HeaderValue::from_static("127.0.0.1"));
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(MEDIA_REPORT));
    let answer = connection.send_request(request).await?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    if status == hyper::StatusCode::CREATED {
        return Ok(None);
    }
    let problem: Result<shared::api::Problem, _> = serde_json::from_slice(&body);
    let code = problem.map_or_else(|_| String::new(), |problem| problem.code().to_owned());
    Ok(Some(format!("{} {code}", status.as_u16())))
}
