//! A connection to the mail server, verified by the collector's own rustls
//! and clock before a name, a password or a letter goes over it.
//!
//! `STARTTLS` is begun here and not by the mail library: what a stranger put
//! before the handshake is thrown away with the connection.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::extension::ClientId;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::MailError;
use crate::clock::Clock;
use crate::config::mail::{Mail, Security};
use crate::outgoing::{self, OutgoingError};

/// Longest line that a server may say before TLS, in bytes.
const LINE_LIMIT: usize = 2048;
/// Most lines of one answer before TLS.
const LINES_LIMIT: usize = 64;

/// Connects, as far as the server's own greeting.
pub(super) async fn open(
    mail: &Mail,
    hello: &ClientId,
    clock: &Clock,
) -> Result<AsyncSmtpConnection, MailError> {
    let mut plain = TcpStream::connect((mail.host.as_str(), mail.port)).await?;
    plain.set_nodelay(true)?;
    let stream: Box<dyn AsyncTokioStream> = match mail.security {
        Security::Loopback => Box::new(plain),
        Security::Tls => Box::new(Encrypted { said: b"", stream: tls(mail, clock, plain).await? }),
        Security::StartTls => {
            start_tls(&mut plain, hello).await?;
            let stream = tls(mail, clock, plain).await?;
            // The library waits for a greeting, which came before TLS.
            Box::new(Encrypted { said: b"220 continued\r\n", stream })
        }
    };
    Ok(AsyncSmtpConnection::connect_with_transport(stream, hello).await?)
}

async fn tls(
    mail: &Mail,
    clock: &Clock,
    plain: TcpStream,
) -> Result<TlsStream<TcpStream>, MailError> {
    let mut config = prepared(mail, clock)?;
    config.alpn_protocols.clear();
    let name = ServerName::try_from(mail.host.clone()).map_err(std::io::Error::other)?;
    Ok(TlsConnector::from(Arc::new(config)).connect(name, plain).await?)
}

/// TLS as for everything that the collector asks of others.
pub(super) fn prepared(mail: &Mail, clock: &Clock) -> Result<ClientConfig, OutgoingError> {
    outgoing::tls("smtps://", mail.ca.as_deref(), clock)
}

/// Asks the server to begin TLS.
async fn start_tls(plain: &mut TcpStream, hello: &ClientId) -> Result<(), MailError> {
    expect(plain, "220").await?;
    plain.write_all(format!("EHLO {hello}\r\n").as_bytes()).await?;
    expect(plain, "250").await?;
    plain.write_all(b"STARTTLS\r\n").await?;
    expect(plain, "220").await
}

/// Reads one whole answer, byte by byte, so that nothing of what follows it
/// is taken from the stream.
async fn expect(plain: &mut TcpStream, code: &str) -> Result<(), MailError> {
    for _ in 0..LINES_LIMIT {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") && line.len() < LINE_LIMIT {
            line.push(plain.read_u8().await?);
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        match line.strip_prefix(code) {
            Some(rest) if rest.starts_with('-') => {}
            Some(_) => return Ok(()),
            None => return Err(MailError::NoTls(line)),
        }
    }
    Err(MailError::NoTls("more lines than an answer has".into()))
}

/// TLS, and what the server is taken to have said first.
#[derive(Debug)]
struct Encrypted {
    said: &'static [u8],
    stream: TlsStream<TcpStream>,
}

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> std::io::Result<SocketAddr> {
        self.stream.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if self.said.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, into);
        }
        let said = self.said;
        let (now, later) = said.split_at(said.len().min(into.remaining()));
        into.put_slice(now);
        self.said = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
