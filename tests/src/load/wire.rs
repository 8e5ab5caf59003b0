//! One kept HTTP/1.1 connection: prepared bytes go out in one write, one
//! answer is read. No more of HTTP than the collector's answers need, because
//! generator and collector share the machine.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;

/// An answer of the collector is far smaller.
const LONGEST_ANSWER: usize = 64 * 1024 * 1024;

/// Where the collectors are, and how they are spoken to.
pub(super) struct Dial {
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) tls: Option<(TlsConnector, ServerName<'static>)>,
    /// Bytes on the wire, TLS included, of every connection.
    pub(super) carried: Arc<Carried>,
    next: AtomicUsize,
}

/// Bytes that went over connections.
#[derive(Debug, Default)]
pub(super) struct Carried {
    sent: AtomicU64,
    received: AtomicU64,
}

impl Carried {
    pub(super) fn total(&self) -> u64 {
        self.sent.load(Ordering::Relaxed) + self.received.load(Ordering::Relaxed)
    }
}

impl Dial {
    pub(super) fn new(
        addresses: Vec<SocketAddr>,
        tls: Option<(TlsConnector, ServerName<'static>)>,
    ) -> Self {
        Self { addresses, tls, carried: Arc::default(), next: AtomicUsize::new(0) }
    }

    /// Connects to each collector in turn.
    pub(super) async fn connect(&self) -> io::Result<Connection> {
        self.connect_from(None, &self.carried).await
    }

    /// The same from another address of this machine, counted elsewhere.
    pub(super) async fn connect_from(
        &self,
        from: Option<IpAddr>,
        carried: &Arc<Carried>,
    ) -> io::Result<Connection> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let address = self.addresses.get(turn % self.addresses.len().max(1));
        let address = *address.ok_or(io::ErrorKind::AddrNotAvailable)?;
        let socket = TcpSocket::new_v4()?;
        if let Some(from) = from {
            socket.bind(SocketAddr::new(from, 0))?;
        }
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        let stream = Counted { stream, carried: Arc::clone(carried) };
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(stream),
            Some((connector, name)) => Box::new(connector.connect(name.clone(), stream).await?),
        };
        Ok(Connection { stream, answer: Vec::new(), body: 0..0 })
    }
}

/// Plain or encrypted, read and written the same way.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub(super) struct Connection {
    stream: Box<dyn Stream>,
    answer: Vec<u8>,
    body: Range<usize>,
}

/// What an answer begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    /// Seconds of `Retry-After`.
    pub(super) retry_after: Option<u32>,
    length: usize,
}

impl Connection {
    /// Sends one request and reads its answer; the body is kept for
    /// [`Self::body`].
    pub(super) async fn exchange(&mut self, request: &[u8]) -> io::Result<Head> {
        self.send(request).await?;
        self.receive().await
    }

    /// Sends bytes, whatever they are.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// Reads one answer.
    pub(super) async fn receive(&mut self) -> io::Result<Head> {
        self.answer.clear();
        let begin = loop {
            if let Some(end) = self.answer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            self.more().await?;
        };
        let head = Head::parse(self.answer.get(..begin).unwrap_or_default())
            .ok_or_else(|| io::Error::other("an answer without status or `Content-Length`"))?;
        while self.answer.len() < begin + head.length {
            self.more().await?;
        }
        self.body = begin..begin + head.length;
        Ok(head)
    }

    /// The body of the newest answer.
    pub(super) fn body(&self) -> &[u8] {
        self.answer.get(self.body.clone()).unwrap_or_default()
    }

    async fn more(&mut self) -> io::Result<()> {
        if self.answer.len() > LONGEST_ANSWER {
            return Err(io::Error::other("an answer without an end"));
        }
        // More room than an answer needs: a read that fills its buffer is
        // followed by another one that finds nothing.
        self.answer.reserve(16 * 1024);
        match self.stream.read_buf(&mut self.answer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

impl Head {
    fn parse(head: &[u8]) -> Option<Self> {
        let head = std::str::from_utf8(head).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let (mut length, mut retry_after) = (None, None);
        for line in lines {
            let Some((name, value)) = line.split_once(':') else { continue };
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.trim().parse().ok()?);
            } else if name.eq_ignore_ascii_case("retry-after") {
                retry_after = value.trim().parse().ok();
            }
        }
        Some(Self { status, retry_after, length: length? })
    }
}

/// A stream whose bytes are counted.
struct Counted {
    stream: TcpStream,
    carried: Arc<Carried>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let count = buffer.filled().len() - before;
        self.carried.received.fetch_add(count as u64, Ordering::Relaxed);
        read
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(count)) = &written {
            self.carried.sent.fetch_add(*count as u64, Ordering::Relaxed);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::Head;

    #[test]
    fn the_head_of_an_answer_is_read_in_any_spelling() {
        let head =
            b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 12\r\nretry-after: 7\r\n\r\n";
        let expected = Head { status: 503, retry_after: Some(7), length: 12 };
        assert_eq!(Head::parse(head), Some(expected));
        let bare = b"HTTP/1.1 201 Created\r\ncontent-length:3\r\n\r\n";
        assert_eq!(Head::parse(bare).map(|head| (head.status, head.length)), Some((201, 3)));
        assert_eq!(Head::parse(b"HTTP/1.1 200 OK\r\n\r\n"), None);
        assert_eq!(Head::parse(b"rubbish\r\n\r\n"), None);
    }
}
