//! How much one key and one address may ask for, so that no single client
//! takes the collector away from the others.
//!
//! A key may deliver a whole spool at once and then one report a second; only
//! reports whose signature holds count, so nobody can use up another's share.
//! An address may be refused a number of times. Past that, only keys that have
//! proven themselves are still heard from it, because a whole office may share
//! one address; everything else is answered before it is verified. Addresses
//! live in memory alone, only while they have something to make up for, and
//! are never logged.

pub mod address;
pub mod bucket;
pub mod connections;

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, Request};
use jiff::Timestamp;

use address::{Source, TrustedProxies};
use bucket::{Allowance, Buckets};
use connections::{Connections, Open};

/// Reports of one key: a spool at once, then as many as nobody needs.
const REPORTS: Allowance = Allowance { burst: 2500, refill_ms: 1000 };
/// Refused requests of one address.
const REFUSALS: Allowance = Allowance { burst: 60, refill_ms: 1000 };
/// Requests of one token or session to the API, if nobody says otherwise.
const API: Allowance = Allowance { burst: 600, refill_ms: 50 };
/// Most keys and most addresses that are remembered at one time.
const REMEMBERED: usize = 200_000;
/// Open connections of one address, if nobody says otherwise.
const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(1000).unwrap();

/// What a company can say about its network.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Proxies whose `X-Forwarded-For` is believed.
    pub proxies: TrustedProxies,
    /// Open connections of one address.
    pub connections: NonZeroUsize,
    /// Requests of one token or session to the API.
    pub api: Allowance,
}

impl Default for Settings {
    fn default() -> Self {
        Self { proxies: TrustedProxies::default(), connections: CONNECTIONS, api: API }
    }
}

/// The other end of a connection, put beside each request by the listener.
#[derive(Clone, Copy)]
pub struct Peer(pub IpAddr);

/// The limits of one collector, cheap to clone.
#[derive(Clone, Debug)]
pub struct Limits(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    reports: Mutex<Buckets<Box<str>>>,
    refusals: Mutex<Buckets<Source>>,
    proxies: TrustedProxies,
    connections: Connections,
    api: Allowance,
}

/// Where a request comes from, and what that means for it.
#[derive(Clone, Debug)]
pub struct Client {
    limits: Limits,
    source: Source,
}

impl Limits {
    /// Nobody has asked for anything yet.
    pub fn new(settings: &Settings) -> Self {
        Self(Arc::new(Inner {
            reports: Mutex::new(Buckets::new(REPORTS, REMEMBERED)),
            refusals: Mutex::new(Buckets::new(REFUSALS, REMEMBERED)),
            proxies: settings.proxies.clone(),
            connections: Connections::new(settings.connections.get()),
            api: settings.api,
        }))
    }

    /// What one token or session may ask of the API.
    pub fn api(&self) -> Allowance {
        self.0.api
    }

    /// Whether one more report of the key `keyid`, whose signature holds, is
    /// kept now.
    pub fn takes(&self, keyid: &str, now: Timestamp) -> bool {
        lock(&self.0.reports).take(keyid, now)
    }

    /// Counts a connection until what this gives is dropped; an error when the
    /// address holds too many. Those of a trusted proxy are not counted: they
    /// carry everybody's requests.
    pub fn connect(&self, peer: IpAddr) -> Result<Option<Open>, TooMany> {
        if self.0.proxies.trust(peer) {
            return Ok(None);
        }
        self.0.connections.open(Source::of(peer)).map(Some).ok_or(TooMany)
    }

    /// The address that `request` came from, for the audit log: only people
    /// who sign in are noted with it, never Macs.
    pub fn address<B>(&self, request: &Request<B>) -> IpAddr {
        self.0.proxies.client(peer(request), forwarded(request.headers()))
    }

    /// Who sent `request`.
    pub fn client<B>(&self, request: &Request<B>) -> Client {
        let source = self.0.proxies.source(peer(request), forwarded(request.headers()));
        Client { limits: self.clone(), source }
    }
}

fn peer<B>(request: &Request<B>) -> IpAddr {
    // Only tests call without a listener.
    request.extensions().get().map_or(IpAddr::from([0; 4]), |Peer(peer)| *peer)
}

/// An address holds too many connections.
#[derive(Clone, Copy, Debug)]
pub struct TooMany;

fn forwarded(headers: &HeaderMap) -> impl DoubleEndedIterator<Item = &str> {
    // What is no text breaks the chain of proxies, as an unknown word does.
    headers.get_all("x-forwarded-for").iter().map(|value| value.to_str().unwrap_or_default())
}

impl Client {
    /// Whether so much from there was refused that only keys that have proven
    /// themselves are heard.
    pub fn is_suspect(&self, now: Timestamp) -> bool {
        lock(&self.limits.0.refusals).is_spent(&self.source, now)
    }

    /// Its request was refused with `status`; it counts when the client was at
    /// fault.
    pub fn refused(&self, status: u16, now: Timestamp) {
        if matches!(status, 400 | 401 | 403 | 413 | 415 | 422) {
            // What is too much is noticed at the next request.
            lock(&self.limits.0.refusals).take(&self.source, now);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::address::TrustedProxies;
    use super::{Client, Limits, Peer, Settings};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_800_000_000 + seconds)
    }

    fn client(limits: &Limits, peer: &str, forwarded: &str) -> Client {
        let mut request = axum::http::Request::new(());
        request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
        limits.client(&request)
    }

    fn limits() -> Limits {
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        Limits::new(&Settings { proxies, ..Settings::default() })
    }

    #[test]
    fn a_spool_fits_and_then_one_report_a_second() {
        let limits = limits();
        assert!((0..2500).all(|_| limits.takes("key", at(0))));
        assert!(!limits.takes("key", at(0)));
        assert!(limits.takes("other key", at(0)), "each key has its own share");
        assert!(limits.takes("key", at(1)));
        assert!(!limits.takes("key", at(1)));
        assert!((0..100).all(|_| limits.takes("key", at(101))));
        assert!(!limits.takes("key", at(101)));
    }

    #[test]
    fn sixty_refusals_are_answered_and_then_one_a_second() {
        let limits = limits();
        // Both behind one balancer.
        let bad = client(&limits, "10.0.0.1", "192.0.2.7");
        let good = client(&limits, "10.0.0.1", "192.0.2.8");
        for _ in 0..60 {
            assert!(!bad.is_suspect(at(0)));
            bad.refused(401, at(0));
        }
        assert!(bad.is_suspect(at(0)) && !good.is_suspect(at(0)));
        assert!(!bad.is_suspect(at(1)));
        bad.refused(400, at(1));
        assert!(bad.is_suspect(at(1)) && !bad.is_suspect(at(2)));
    }

    #[test]
    fn what_is_not_the_clients_fault_does_not_count() {
        let limits = limits();
        let client = client(&limits, "192.0.2.7", "");
        for status in [408, 409, 429, 500, 503] {
            (0..200).for_each(|_| client.refused(status, at(0)));
        }
        assert!(!client.is_suspect(at(0)));
    }

    #[test]
    fn connections_of_a_balancer_are_not_counted() {
        let limits = limits();
        let open = |peer: &str| -> Vec<_> {
            (0..1001).map(|_| limits.connect(peer.parse().unwrap())).collect()
        };
        assert!(open("10.0.0.1").iter().all(Result::is_ok));
        assert_eq!(open("192.0.2.7").iter().filter(|open| open.is_err()).count(), 1);
    }
}
