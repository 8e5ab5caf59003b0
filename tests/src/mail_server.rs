//! A mail server on loopback: it speaks real SMTP, with real TLS by a CA of
//! its own, and keeps what it gets.

#![expect(clippy::expect_used, reason = "a server that does not start fails its test")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rustls::ServerConfig;
use server::ca::Ca;
use server::config::mail::{Login, Mail, Security};
use server::state_dir::StateDir;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

/// The name and the password that it takes.
pub const LOGIN: (&str, &str) = ("muster", "correct horse");

/// How long a letter may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// How it protects connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// Not at all.
    Plain,
    /// TLS from the first byte.
    Tls,
    /// TLS after `STARTTLS`.
    StartTls,
    /// As if somebody on the way had taken `STARTTLS` out.
    NoStartTls,
    /// As if somebody on the way had put a line before the handshake.
    Injected,
}

/// What it got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Whether the connection was encrypted.
    pub encrypted: bool,
    /// Name and password, if somebody signed in.
    pub login: Option<(String, String)>,
    /// The sender of the envelope.
    pub from: String,
    /// The recipient of the envelope.
    pub to: String,
    /// Headers and text.
    pub text: String,
}

impl Received {
    /// The address within the letter that begins with `start`.
    pub fn link(&self, start: &str) -> Option<String> {
        let at = self.text.find(start)?;
        self.text.get(at..)?.split_whitespace().next().map(str::to_owned)
    }
}

/// A server that lives as long as this value.
pub struct MailServer {
    speaks: Speaks,
    port: u16,
    kept: Arc<Kept>,
    serving: tokio::task::JoinHandle<()>,
    folder: TempDir,
}

#[derive(Default)]
struct Kept {
    letters: Mutex<Vec<Received>>,
    came: Notify,
}

impl MailServer {
    /// Starts it with a certificate that is valid at `now`.
    pub async fn start(speaks: Speaks, now: Timestamp) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let state = StateDir::open(folder.path()).expect("a folder");
        let ca = Ca::open(&state, now).expect("a CA");
        std::fs::write(folder.path().join("mail-ca.pem"), ca.pem()).expect("a file");
        std::fs::write(folder.path().join("password"), LOGIN.1).expect("a file");
        let (chain, key, _) = ca.issue_server("localhost", now).expect("a certificate");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("TLS")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a certificate");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let kept = Arc::<Kept>::default();
        let serving = tokio::spawn(serve(
            listener,
            speaks,
            TlsAcceptor::from(Arc::new(config)),
            Arc::clone(&kept),
        ));
        Self { speaks, port, kept, serving, folder }
    }

    /// What `[mail]` has to say to use it.
    pub fn mail(&self) -> Mail {
        let security = match self.speaks {
            Speaks::Plain => Security::Loopback,
            Speaks::Tls => Security::Tls,
            Speaks::StartTls | Speaks::NoStartTls | Speaks::Injected => Security::StartTls,
        };
        let password_file = self.folder.path().join("password");
        Mail {
            host: "localhost".to_owned(),
            port: self.port,
            security,
            from: "Muster <muster@company.example>".parse().expect("an address"),
            login: Some(Login { user: LOGIN.0.to_owned(), password_file }),
            ca: Some(self.authority()),
        }
    }

    /// The file with its CA.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("mail-ca.pem")
    }

    /// Every letter so far.
    pub fn letters(&self) -> Vec<Received> {
        self.kept.letters.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The letter with this number, from 0, when it has come.
    pub async fn letter(&self, number: usize) -> Received {
        let wait = async {
            loop {
                let came = self.kept.came.notified();
                if let Some(letter) = self.letters().get(number) {
                    return letter.clone();
                }
                came.await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("a letter")
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, speaks: Speaks, tls: TlsAcceptor, kept: Arc<Kept>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, kept) = (tls.clone(), Arc::clone(&kept));
        // A client may hang up at any time.
        tokio::spawn(async move { connection(stream, speaks, &tls, &kept).await });
    }
}

async fn connection(
    stream: TcpStream,
    speaks: Speaks,
    tls: &TlsAcceptor,
    kept: &Kept,
) -> std::io::Result<()> {
    match speaks {
        Speaks::Plain => Talk::new(stream, false).greet().await?.letters(kept).await,
        Speaks::Tls => {
            Talk::new(tls.accept(stream).await?, true).greet().await?.letters(kept).await
        }
        Speaks::StartTls | Speaks::NoStartTls | Speaks::Injected => {
            let mut talk = Talk::new(stream, false).greet().await?;
            while let Some(line) = talk.line().await? {
                match line.split(' ').next().unwrap_or_default() {
                    "EHLO" if speaks == Speaks::NoStartTls => talk.say("250 localhost").await?,
                    "EHLO" => talk.say("250-localhost\r\n250 STARTTLS").await?,
                    "STARTTLS" if speaks == Speaks::NoStartTls => talk.say("502 no").await?,
                    "STARTTLS" if speaks == Speaks::Injected => {
                        talk.say("220 go\r\n250 AUTH PLAIN").await?;
                        return tls.accept(talk.stream.into_inner()).await.map(|_| ());
                    }
                    "STARTTLS" => {
                        talk.say("220 go").await?;
                        let stream = tls.accept(talk.stream.into_inner()).await?;
                        return Talk::new(stream, true).letters(kept).await;
                    }
                    _ => talk.say("530 STARTTLS first").await?,
                }
            }
            Ok(())
        }
    }
}

/// A conversation by lines.
struct Talk<S> {
    stream: BufStream<S>,
    encrypted: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    fn new(stream: S, encrypted: bool) -> Self {
        Self { stream: BufStream::new(stream), encrypted }
    }

    async fn greet(mut self) -> std::io::Result<Self> {
        self.say("220 localhost").await?;
        Ok(self)
    }

    async fn say(&mut self, text: &str) -> std::io::Result<()> {
        self.stream.write_all(format!("{text}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }

    async fn line(&mut self) -> std::io::Result<Option<String>> {
        let mut line = String::new();
        let count = self.stream.read_line(&mut line).await?;
        Ok((count > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    async fn letters(mut self, kept: &Kept) -> std::io::Result<()> {
        let (mut login, mut from, mut to) = (None, String::new(), String::new());
        while let Some(line) = self.line().await? {
            let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match word {
                "EHLO" => self.say("250-localhost\r\n250-8BITMIME\r\n250 AUTH PLAIN").await?,
                "AUTH" => {
                    login = plain_login(rest);
                    let is_right = login.as_ref().is_some_and(|(user, password)| {
                        (user.as_str(), password.as_str()) == LOGIN
                    });
                    self.say(if is_right { "235 welcome" } else { "535 wrong password" }).await?;
                }
                "MAIL" => {
                    from = address(rest);
                    self.say("250 ok").await?;
                }
                "RCPT" => {
                    to = address(rest);
                    self.say("250 ok").await?;
                }
                "DATA" => {
                    self.say("354 go on").await?;
                    let mut text = String::new();
                    while let Some(line) = self.line().await?.filter(|line| line != ".") {
                        text.push_str(line.strip_prefix('.').unwrap_or(&line));
                        text.push('\n');
                    }
                    let (encrypted, login) = (self.encrypted, login.clone());
                    let (from, to) = (std::mem::take(&mut from), std::mem::take(&mut to));
                    let letter = Received { encrypted, login, from, to, text };
                    kept.letters.lock().unwrap_or_else(PoisonError::into_inner).push(letter);
                    kept.came.notify_waiters();
                    self.say("250 kept").await?;
                }
                "QUIT" => return self.say("221 bye").await,
                _ => self.say("250 ok").await?,
            }
        }
        Ok(())
    }
}

/// Name and password of `AUTH PLAIN`.
fn plain_login(rest: &str) -> Option<(String, String)> {
    let bytes = STANDARD.decode(rest.strip_prefix("PLAIN ")?).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let mut parts = text.split('\0').skip(1);
    Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
}

/// What stands between the angle brackets.
fn address(rest: &str) -> String {
    let inner = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or(rest, |(address, _)| address).to_owned()
}
