//! Clients that mean no good, beside those that do.
//!
//! They come from other addresses of loopback, as they would in life, so that
//! what is done about them can be told from what is done to the good ones.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use server::clock::Clock;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::device::{Device, Pen, post, request};
use super::lane::class;
use super::wire::{Carried, Dial};

/// What one kind of hostile client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Harm {
    /// Sends its report one byte at a time.
    Trickle,
    /// Hangs up in the middle of its report.
    Cut,
    /// Sends a body that is no report.
    Garbage,
    /// Signs with a key that nobody enrolled.
    UnknownKey,
    /// Names an enrolled key that did not sign.
    BadSignature,
}

impl Harm {
    const ALL: [Self; 5] =
        [Self::Trickle, Self::Cut, Self::Garbage, Self::UnknownKey, Self::BadSignature];

    fn name(self) -> &'static str {
        match self {
            Self::Trickle => "trickle",
            Self::Cut => "cut",
            Self::Garbage => "garbage",
            Self::UnknownKey => "unknown key",
            Self::BadSignature => "bad signature",
        }
    }
}

/// Time between two bytes of a trickle.
const DRIP: Duration = Duration::from_millis(250);
/// Time between two attempts of one client.
const PAUSE: Duration = Duration::from_millis(10);

/// Every hostile client under way; they end when this is dropped.
pub(super) struct Crowd {
    tasks: JoinSet<()>,
    seen: Arc<Seen>,
}

/// What each kind got, by what it was.
#[derive(Default)]
struct Seen(Mutex<BTreeMap<String, usize>>);

impl Seen {
    fn count(&self, harm: Harm, what: &str) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *seen.entry(format!("{}: {what}", harm.name())).or_default() += 1;
    }
}

impl Crowd {
    /// Starts `clients` of each kind, which know a report of `victim`.
    pub(super) fn start(
        dial: &Arc<Dial>,
        clients: usize,
        victim: &mut Device,
        pen: &Pen,
    ) -> anyhow::Result<Self> {
        let now = Clock::System.now();
        let mut stranger = Device::new("nobody knows this fleet", 0)?;
        let unknown = request(&stranger.sign(pen, now)?);
        let victim = victim.sign(pen, now)?;
        let mut forged = victim.clone();
        forged.payload.push(b' ');
        let forged = request(&forged);
        let garbage = post("/v1/attestations", shared::names::MEDIA_REPORT, b"{\"payload\":1e9}");
        let (seen, mut tasks) = (Arc::<Seen>::default(), JoinSet::new());
        for (host, harm) in (2..).zip(Harm::ALL) {
            let bytes = match harm {
                Harm::Trickle | Harm::Cut => request(&victim),
                Harm::Garbage => garbage.clone(),
                Harm::UnknownKey => unknown.clone(),
                Harm::BadSignature => forged.clone(),
            };
            let bytes = Arc::new(bytes);
            for _ in 0..clients {
                let one = Client {
                    dial: Arc::clone(dial),
                    from: IpAddr::V4(Ipv4Addr::new(127, 0, 0, host)),
                    harm,
                    bytes: Arc::clone(&bytes),
                    seen: Arc::clone(&seen),
                };
                tasks.spawn(one.run());
            }
        }
        Ok(Self { tasks, seen })
    }

    /// Ends them all; says what they got.
    pub(super) async fn stop(mut self) -> BTreeMap<String, usize> {
        self.tasks.shutdown().await;
        std::mem::take(&mut *self.seen.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Client {
    dial: Arc<Dial>,
    from: IpAddr,
    harm: Harm,
    bytes: Arc<Vec<u8>>,
    seen: Arc<Seen>,
}

impl Client {
    async fn run(self) {
        let carried = Arc::<Carried>::default();
        loop {
            match self.once(&carried).await {
                Ok(what) => self.seen.count(self.harm, &what),
                Err(error) => self.seen.count(self.harm, &format!("connection lost: {error}")),
            }
            sleep_until(Instant::now() + PAUSE).await;
        }
    }

    async fn once(&self, carried: &Arc<Carried>) -> std::io::Result<String> {
        let mut connection = self.dial.connect_from(Some(self.from), carried).await?;
        match self.harm {
            Harm::Trickle => {
                self.seen.count(self.harm, "begun");
                for byte in self.bytes.iter() {
                    connection.send(&[*byte]).await?;
                    sleep_until(Instant::now() + DRIP).await;
                }
            }
            Harm::Cut => {
                let half = self.bytes.get(..self.bytes.len() / 2).unwrap_or_default();
                connection.send(half).await?;
                return Ok("hung up".to_owned());
            }
            Harm::Garbage | Harm::UnknownKey | Harm::BadSignature => {
                connection.send(&self.bytes).await?;
            }
        }
        let head = connection.receive().await?;
        Ok(class(head, connection.body()))
    }
}
