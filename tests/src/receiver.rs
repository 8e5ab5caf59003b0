//! A receiver on loopback: a real HTTP server that keeps what it is sent and
//! answers as a test wants it, politely or not.

#![expect(clippy::expect_used, reason = "a server that does not start fails its test")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// How the receiver answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manner {
    /// With this status line, such as `204 No Content`.
    Status(&'static str),
    /// It shows the way to another address.
    Redirect(String),
    /// Not at all, and it keeps the connection.
    Silence,
}

/// What was sent to it.
#[derive(Clone, Debug)]
pub struct Received {
    /// The request line.
    pub line: String,
    /// Headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Received {
    /// A header's value; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(it, _)| it == name).map_or("", |(_, value)| value)
    }
}

/// A server that lives as long as this value.
pub struct Receiver {
    /// Its address.
    pub url: String,
    manner: Arc<Mutex<Manner>>,
    received: Arc<Mutex<Vec<Received>>>,
    arrived: Arc<Notify>,
    serving: tokio::task::JoinHandle<()>,
}

impl Receiver {
    /// Starts it; it answers 204.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let manner = Arc::new(Mutex::new(Manner::Status("204 No Content")));
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let arrived = Arc::<Notify>::default();
        let (now, log, bell) = (Arc::clone(&manner), Arc::clone(&received), Arc::clone(&arrived));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (now, log, bell) = (Arc::clone(&now), Arc::clone(&log), Arc::clone(&bell));
                // A client may hang up at any time.
                tokio::spawn(async move { exchange(stream, &now, &log, &bell).await.ok() });
            }
        });
        Self { url: format!("http://{address}/hook"), manner, received, arrived, serving }
    }

    /// Answers differently from now on.
    pub fn answers(&self, manner: Manner) {
        *self.manner.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }

    /// Everything so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until so many requests have arrived.
    pub async fn until(&self, requests: usize) -> Vec<Received> {
        loop {
            let arrived = self.arrived.notified();
            let received = self.received();
            if received.len() >= requests {
                return received;
            }
            arrived.await;
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn exchange(
    mut stream: TcpStream,
    manner: &Mutex<Manner>,
    received: &Mutex<Vec<Received>>,
    arrived: &Notify,
) -> std::io::Result<()> {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") && head.len() < 16_384 {
            head.push(stream.read_u8().await?);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.lines();
        let line = lines.next().unwrap_or_default().to_owned();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let request = Received { line, headers, body };
        received.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        arrived.notify_waiters();
        let manner = manner.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (status, more) = match manner {
            Manner::Status(status) => (status, String::new()),
            Manner::Redirect(to) => ("307 Temporary Redirect", format!("location: {to}\r\n")),
            Manner::Silence => {
                // Until the client gives up.
                let _ = stream.read_u8().await;
                return Ok(());
            }
        };
        let text = format!("HTTP/1.1 {status}\r\n{more}content-length: 0\r\n\r\n");
        stream.write_all(text.as_bytes()).await?;
    }
}
