//! One kept connection that sends whatever a test wants, right or wrong.
//!
//! The agent's own client would not send most of it, so this one knows nothing
//! of reports: method, path, headers and bytes.

#![expect(clippy::expect_used, reason = "a connection that cannot be made fails its test")]
#![expect(clippy::panic, reason = "a message says more than a bare `unwrap`")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]

use std::sync::Arc;

use agent::Clock;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use shared::api::Problem;
use shared::envelope::Envelope;
use shared::names::{MEDIA_REPORT, MEDIA_REPORTS};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// What it takes to connect to one collector.
#[derive(Clone)]
pub struct Connector {
    /// `host:port`.
    authority: String,
    /// None for plain HTTP.
    tls: Option<Arc<ClientConfig>>,
}

/// Plain or encrypted, read and written the same way.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Connector {
    /// The collector at `url`, whose certificate is from the CA in `ca_pem`.
    pub fn new(url: &str, ca_pem: &str, clock: Clock) -> Self {
        if let Some(authority) = url.strip_prefix("http://") {
            return Self { authority: authority.to_owned(), tls: None };
        }
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_slice(ca_pem.as_bytes()).expect("a CA certificate");
        roots.add(ca).expect("a CA certificate");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_details(provider, Arc::new(clock))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let authority = url.strip_prefix("https://").expect("https").to_owned();
        Self { authority, tls: Some(Arc::new(config)) }
    }

    async fn stream(&self) -> std::io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect(&self.authority).await?;
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return Ok(Box::new(stream)) };
        let (host, _) = self.authority.rsplit_once(':').expect("an address with a port");
        let host = ServerName::try_from(host.to_owned()).expect("a host");
        Ok(Box::new(TlsConnector::from(Arc::clone(tls)).connect(host, stream).await?))
    }

    /// Opens a connection, if the collector is there.
    pub async fn try_connect(&self) -> anyhow::Result<Connection> {
        let (sender, connection) = handshake(TokioIo::new(self.stream().await?)).await?;
        // It ends by itself when either side hangs up.
        tokio::spawn(connection);
        Ok(Connection { sender, authority: self.authority.clone() })
    }

    /// Opens a connection.
    pub async fn connect(&self) -> Connection {
        self.try_connect().await.expect("a connection")
    }

    /// Writes bytes that need not be HTTP at all, and reads until the
    /// collector hangs up.
    pub async fn shout(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.stream().await.expect("a connection");
        // The collector may hang up while it is still being shouted at.
        let _ = stream.write_all(bytes).await;
        let _ = stream.flush().await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        answer
    }
}

/// An open connection.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    authority: String,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Every header.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Connection {
    /// Sends one request; an error when the collector hung up.
    pub async fn try_send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> anyhow::Result<Reply> {
        let mut request =
            Request::builder().method(method).uri(path).header("host", &self.authority);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.sender.ready().await?;
        let answer = self.sender.send_request(request.body(Full::new(body.into()))?).await?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes().to_vec();
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, body })
    }

    /// Sends one request.
    pub async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        self.try_send(method, path, headers, body).await.expect("an answer")
    }

    /// Sends bytes as one report.
    pub async fn report(&mut self, body: impl Into<Bytes>) -> Reply {
        self.send("POST", "/v1/attestations", &[("content-type", MEDIA_REPORT)], body).await
    }

    /// Sends one signed report.
    pub async fn deliver(&mut self, envelope: &Envelope) -> Reply {
        self.report(envelope.to_json()).await
    }

    /// Sends bytes as a batch of reports, one a line.
    pub async fn batch(&mut self, body: impl Into<Bytes>) -> Reply {
        self.send("POST", "/v1/attestations/batch", &[("content-type", MEDIA_REPORTS)], body).await
    }

    /// Sends bytes as a request to be enrolled.
    pub async fn enroll(&mut self, body: impl Into<Bytes>) -> Reply {
        self.send("POST", "/v1/enroll", &[("content-type", "application/json")], body).await
    }
}

impl Reply {
    /// The body as JSON of a known form.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        let read = serde_json::from_slice(&self.body);
        read.unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// The body as a problem, which must be labelled as one.
    pub fn problem(&self) -> Problem {
        let problem: Problem = self.json();
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem.status, self.status, "the body's status is that of the answer");
        problem
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The header called `name`.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
