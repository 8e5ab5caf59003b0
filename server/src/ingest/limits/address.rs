//! Whose request it is: the address it came from, also behind a balancer.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// Where a request came from, as far as limits are concerned.
///
/// One customer of IPv6 has at least 64 bits of addresses, so the first 64
/// name it. Has no words: addresses are personal data and are not logged.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source(IpAddr);

impl std::fmt::Debug for Source {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Source")
    }
}

impl From<&Self> for Source {
    fn from(other: &Self) -> Self {
        *other
    }
}

impl Source {
    /// The source that `address` belongs to.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & (u128::MAX << 64))),
            four @ IpAddr::V4(_) => four,
        })
    }
}

/// A range of addresses, such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether `address` lies in it.
    pub fn holds(&self, address: IpAddr) -> bool {
        let (own, other, width) = match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (u128::from(own.to_bits()), u128::from(other.to_bits()), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), 128),
            _ => return false,
        };
        let free = width - u32::from(self.prefix);
        // All 128 bits are free in `::/0`.
        own.checked_shr(free) == other.checked_shr(free)
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let network = || {
            let address: IpAddr = address.parse().ok()?;
            let width = if address.is_ipv4() { 32 } else { 128 };
            let prefix = prefix.map_or(Some(width), |prefix| prefix.parse().ok())?;
            (prefix <= width).then_some(Self { address, prefix })
        };
        network().ok_or_else(|| format!("`{text}` is not a range of addresses, such as 10.0.0.0/8"))
    }
}

/// Proxies whose word about addresses is believed.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    /// These networks.
    pub fn new(networks: Vec<Network>) -> Self {
        Self(networks)
    }

    /// Whether `address` is one of the proxies.
    pub fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.holds(address))
    }

    /// The source of a request that `peer` sent with these values of
    /// `X-Forwarded-For`, in order.
    ///
    /// Each proxy adds at the right whom it heard it from. So the right-most
    /// address that is no proxy of ours is the newest that somebody we trust
    /// has seen; what stands left of it is the client's own invention.
    pub fn source<'a>(
        &self,
        peer: IpAddr,
        forwarded: impl DoubleEndedIterator<Item = &'a str>,
    ) -> Source {
        Source::of(self.client(peer, forwarded))
    }

    /// The same, as the very address.
    pub fn client<'a>(
        &self,
        peer: IpAddr,
        forwarded: impl DoubleEndedIterator<Item = &'a str>,
    ) -> IpAddr {
        let mut seen = peer;
        if self.trust(peer) {
            for entry in forwarded.rev().flat_map(|value| value.rsplit(',')) {
                let Some(address) = address(entry.trim()) else { break };
                seen = address;
                if !self.trust(address) {
                    break;
                }
            }
        }
        seen.to_canonical()
    }
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
mod tests {
    use super::{Network, Source, TrustedProxies};

    fn source(text: &str) -> Source {
        Source::of(text.parse().unwrap())
    }

    fn proxies() -> TrustedProxies {
        let networks = ["10.0.0.0/8", "fd00::/8", "192.0.2.1"];
        TrustedProxies::new(networks.iter().map(|text| text.parse().unwrap()).collect())
    }

    fn found(peer: &str, forwarded: &[&str]) -> Source {
        proxies().source(peer.parse().unwrap(), forwarded.iter().copied())
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_other() {
        let holds = |network: &str, address: &str| {
            network.parse::<Network>().unwrap().holds(address.parse().unwrap())
        };
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("10.1.2.3", "10.1.2.3") && !holds("10.1.2.3", "10.1.2.4"));
        assert!(holds("10.0.0.0/8", "::ffff:10.1.2.3"), "the same address as IPv6 writes it");
        assert!(holds("fd00::/8", "fd12::1") && !holds("fd00::/8", "fe80::1"));
        assert!(holds("0.0.0.0/0", "203.0.113.9") && holds("::/0", "2001:db8::1"));
        assert!(!holds("0.0.0.0/0", "2001:db8::1"));
    }

    #[test]
    fn a_range_that_is_none_is_named() {
        for text in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.0/-1", "proxy"] {
            let error = text.parse::<Network>().unwrap_err();
            assert!(error.contains(&format!("`{text}`")), "{error}");
        }
    }

    #[test]
    fn only_a_proxy_of_ours_is_believed() {
        assert_eq!(found("203.0.113.9", &["198.51.100.1"]), source("203.0.113.9"));
        assert_eq!(found("10.0.0.1", &["198.51.100.1"]), source("198.51.100.1"));
    }

    #[test]
    fn the_right_most_address_that_is_no_proxy_counts() {
        let expected = source("198.51.100.1");
        assert_eq!(found("10.0.0.1", &["6.6.6.6, 198.51.100.1, 10.0.0.2"]), expected);
        assert_eq!(found("10.0.0.1", &["6.6.6.6", "198.51.100.1,192.0.2.1", "10.0.0.2"]), expected);
        assert_eq!(found("10.0.0.1", &["6.6.6.6, 198.51.100.1:4711"]), expected);
    }

    #[test]
    fn without_an_address_the_nearest_known_hop_counts() {
        assert_eq!(found("10.0.0.1", &[]), source("10.0.0.1"));
        assert_eq!(found("10.0.0.1", &["198.51.100.1, unknown"]), source("10.0.0.1"));
        assert_eq!(found("10.0.0.1", &["198.51.100.1, _x, 10.0.0.2"]), source("10.0.0.2"));
        assert_eq!(found("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), source("10.0.0.3"));
    }

    #[test]
    fn one_customer_of_ipv6_is_one_source() {
        assert_eq!(source("2001:db8:1:2::3"), source("2001:db8:1:2:ffff::9"));
        assert_ne!(source("2001:db8:1:2::3"), source("2001:db8:1:3::3"));
        assert_eq!(source("::ffff:192.0.2.7"), source("192.0.2.7"));
        assert_eq!(found("fd00::1", &["[2001:db8:1:2::3]:443"]), source("2001:db8:1:2::"));
        assert_eq!(format!("{:?}", source("192.0.2.7")), "Source", "never in a log");
    }
}
