//! A feed of macOS releases on loopback: a real HTTP server whose answer a
//! test sets, and which remembers what it was asked.

#![expect(clippy::expect_used, reason = "a server that does not start fails its test")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]

use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;
use serde_json::{Value, json};
use server::os_releases::source::Source;
use shared::os_releases::{Catalogue, Release};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the server answers.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status line, such as `200 OK`.
    pub status: &'static str,
    /// More header lines, each with its line break.
    pub headers: String,
    /// The body.
    pub body: Vec<u8>,
}

/// A server that lives as long as this value.
pub struct FeedServer {
    /// Its address.
    pub url: String,
    answer: Arc<Mutex<Answer>>,
    requests: Arc<Mutex<Vec<String>>>,
    serving: tokio::task::JoinHandle<()>,
}

impl FeedServer {
    /// Starts it; it answers with `feed`.
    pub async fn start(feed: &Feed) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let answer = Arc::new(Mutex::new(feed.answer()));
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let (now, log) = (Arc::clone(&answer), Arc::clone(&requests));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client may hang up at any time.
                let _ = exchange(stream, &now, &log).await;
            }
        });
        Self { url: format!("http://{address}/v2/feed.json"), answer, requests, serving }
    }

    /// Answers differently from now on.
    pub fn set(&self, answer: Answer) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }

    /// The heads of all requests so far, in small letters.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where a collector is to fetch from.
    pub fn source(&self) -> Source {
        Source { url: self.url.clone(), every: SignedDuration::from_hours(6), ca: None }
    }
}

impl Drop for FeedServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Answer {
    /// A page, a notice or anything else with status 200.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: "200 OK", headers: String::new(), body: body.into() }
    }

    /// The way to another address.
    pub fn redirect(to: &str) -> Self {
        let headers = format!("location: {to}\r\n");
        Self { status: "302 Found", headers, body: Vec::new() }
    }
}

async fn exchange(
    mut stream: TcpStream,
    answer: &Mutex<Answer>,
    requests: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16_384 {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let Answer { mut status, headers, mut body } =
        answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let value = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.to_lowercase().starts_with(name))?.to_owned();
        line.split_once(':').map(|(_, value)| value.trim().to_lowercase())
    };
    let is_known =
        |asked, told| value(&head, asked).is_some_and(|it| Some(it) == value(&headers, told));
    if is_known("if-none-match:", "etag:") || is_known("if-modified-since:", "last-modified:") {
        (status, body) = ("304 Not Modified", Vec::new());
    }
    requests.lock().unwrap_or_else(PoisonError::into_inner).push(head);
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(text.as_bytes()).await?;
    stream.write_all(&body).await?;
    stream.shutdown().await
}

/// A feed in the shape of version 2: everything that the built-in catalogue
/// knows, and what a test adds.
#[derive(Clone, Debug)]
pub struct Feed {
    last_check: String,
    etag: &'static str,
    more: Vec<(String, String, String)>,
}

impl Feed {
    /// As its makers saw it on the day `last_check`.
    pub fn of(last_check: &str, etag: &'static str) -> Self {
        Self { last_check: last_check.to_owned(), etag, more: Vec::new() }
    }

    /// The same with one more release.
    #[must_use]
    pub fn with(mut self, version: &str, build: &str, released: &str) -> Self {
        self.more.push((version.to_owned(), build.to_owned(), released.to_owned()));
        self
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        let known = Catalogue::embedded();
        let mut releases: Vec<Value> = known.releases().iter().map(entry).collect();
        for (version, build, released) in &self.more {
            releases.push(json!({
                "UpdateName": format!("macOS {version}"), "ProductVersion": version,
                "Build": build, "ReleaseDate": format!("{released}T00:00:00Z"), "CVEs": {},
            }));
        }
        json!({
            "LastCheck": format!("{}T18:45:02+00:00", self.last_check),
            "OSVersions": [{"OSVersion": "all", "SecurityReleases": releases}],
        })
    }

    /// As an answer with its tag.
    pub fn answer(&self) -> Answer {
        let headers = format!("etag: \"{}\"\r\n", self.etag);
        Answer { headers, ..Answer::ok(self.json().to_string()) }
    }
}

fn entry(release: &Release) -> Value {
    let holes = (0..release.cves).map(|number| format!("CVE-2020-{}", 10_000 + number));
    let holes: serde_json::Map<String, Value> = holes.map(|id| (id, json!({}))).collect();
    json!({
        "UpdateName": format!("macOS {}", release.version),
        "ProductVersion": release.version, "Build": release.build.clone().unwrap_or_default(),
        "ReleaseDate": format!("{}T00:00:00Z", release.released),
        "CVEs": holes, "ActivelyExploitedCVEs": release.exploited,
    })
}
