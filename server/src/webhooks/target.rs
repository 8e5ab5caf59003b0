//! Where messages may go: to addresses that anybody could reach from outside,
//! and to the networks that the company has named.
//!
//! A webhook is an address that a person wrote and that this computer will
//! call from inside of the company's network, so names are resolved here, each
//! address is judged, and the connection goes to one that was judged.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::config::webhooks::Webhooks;

/// Longest address of a webhook.
const LONGEST: usize = 2000;

/// Why an address is no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is no URL.
    #[error("`{0}` is no address; write one such as https://siem.company.example/muster")]
    Form(String),
    /// It is not HTTPS.
    #[error("the address must begin with https://")]
    Scheme,
    /// It carries a name and a password.
    #[error("the address must not carry a user name or a password")]
    Credentials,
    /// It does not lead to where messages may go.
    #[error(
        "{0} is no public address; `webhooks.allowed_networks` in the configuration may allow it"
    )]
    Private(IpAddr),
    /// The name leads nowhere.
    #[error("the name of the address cannot be resolved")]
    Unresolved,
}

/// Decides where messages may go.
#[derive(Clone, Debug, Default)]
pub struct Targets(Arc<Webhooks>);

impl Targets {
    /// What the configuration allows.
    pub fn new(webhooks: Webhooks) -> Self {
        Self(Arc::new(webhooks))
    }

    /// Judges an address as it was written; names are judged when they are
    /// resolved.
    pub fn url(&self, text: &str) -> Result<Url, TargetError> {
        let form = || TargetError::Form(text.chars().take(200).collect());
        if text.len() > LONGEST {
            return Err(form());
        }
        let url: Url = text.parse().map_err(|_| form())?;
        let literal = literal(&url);
        match url.scheme() {
            "https" => {}
            "http" if self.0.allow_loopback && literal.is_some_and(|it| it.is_loopback()) => {}
            _ => return Err(TargetError::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::Credentials);
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(form());
        }
        match literal {
            Some(address) if !self.allow(address) => Err(TargetError::Private(address)),
            _ => Ok(url),
        }
    }

    /// Whether a message may go to `address`.
    pub fn allow(&self, address: IpAddr) -> bool {
        let address = inner(address);
        is_public(address)
            || (self.0.allow_loopback && address.is_loopback())
            || self.0.allowed_networks.iter().any(|network| network.holds(address))
    }
}

/// The address that stands in a URL instead of a name.
fn literal(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    let host = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(host);
    host.parse().ok()
}

/// Every name is resolved by this; what it does not give is not connected to.
impl Resolve for Targets {
    fn resolve(&self, name: Name) -> Resolving {
        let targets = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found: Vec<SocketAddr> = found.map_err(|_| TargetError::Unresolved)?.collect();
            // One bad address among good ones is an attempt, or soon will be.
            if let Some(bad) = found.iter().find(|it| !targets.allow(it.ip())) {
                return Err(TargetError::Private(inner(bad.ip())).into());
            }
            if found.is_empty() {
                return Err(TargetError::Unresolved.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The IPv4 address within one of IPv6 that stands for it.
fn inner(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else { return address };
    let bits = six.to_bits();
    let four = |bits: u128| {
        let bits = u32::try_from(bits & u128::from(u32::MAX)).unwrap_or_default();
        IpAddr::V4(Ipv4Addr::from_bits(bits))
    };
    let within = |prefix: u128, width: u32| bits >> (128 - width) == prefix >> (128 - width);
    // Mapped (RFC 4291) and, for translators, RFC 6052 and RFC 8215.
    let translated =
        [(0xffff_u128 << 32, 96), (0x0064_ff9b_u128 << 96, 96), (0x0064_ff9b_0001_u128 << 80, 48)];
    if translated.iter().any(|(prefix, width)| within(*prefix, *width)) {
        return four(bits);
    }
    // 6to4 (RFC 3056) carries it after the first 16 bits.
    if within(0x2002_u128 << 112, 16) {
        return four(bits >> 80);
    }
    address
}

/// Whether everybody on the internet means the same computer by `address`
/// (the registries of RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => is_public_v4(four),
        IpAddr::V6(six) => is_public_v6(six),
    }
}

fn is_public_v4(four: Ipv4Addr) -> bool {
    let [a, b, c, _] = four.octets();
    let special = four.is_private()
        || four.is_loopback()
        || four.is_link_local()
        || four.is_multicast()
        || four.is_broadcast()
        || four.is_documentation()
        || a == 0
        || a >= 240
        // Carrier's own (RFC 6598), protocol's own, old relays, benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a == 198 && (b == 18 || b == 19))
        // The platform's own services at Azure.
        || four == Ipv4Addr::new(168, 63, 129, 16);
    !special
}

fn is_public_v6(six: Ipv6Addr) -> bool {
    let bits = six.to_bits();
    let within = |prefix: u128, width: u32| bits >> (128 - width) == prefix >> (128 - width);
    // Only 2000::/3 is given out; these parts of it are not for everybody.
    let special = [
        (0x2001_0000_u128 << 96, 23), // protocol's own, Teredo among them
        (0x2001_0db8_u128 << 96, 32), // documentation
        (0x3fff_0000_u128 << 96, 20), // documentation
    ];
    within(0x2000_u128 << 112, 3) && !special.iter().any(|(prefix, width)| within(*prefix, *width))
}

#[cfg(test)]
mod tests {
    use super::{TargetError, Targets};
    use crate::config::webhooks::Webhooks;

    const PRIVATE: &[&str] = &[
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.8.8.8",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ];
    const PUBLIC: &[&str] = &[
        "1.1.1.1",
        "9.255.255.255",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.255.255",
        "172.32.0.1",
        "192.0.1.1",
        "198.20.0.1",
        "223.255.255.255",
        "::ffff:1.1.1.1",
        "64:ff9b::808:808",
        "2002:808:808::1",
        "2606:4700::1111",
        "2a00::1",
    ];

    #[test]
    fn only_public_addresses_are_sent_to() {
        let targets = Targets::default();
        for text in PRIVATE {
            assert!(!targets.allow(text.parse().unwrap()), "{text}");
        }
        for text in PUBLIC {
            assert!(targets.allow(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn an_address_is_judged_however_it_is_written() {
        let targets = Targets::default();
        let private = [
            "https://127.0.0.1/x",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.0.0.1/",
            "https://0177.0.0.1/",
            "https://[::1]:8443/",
            "https://[::ffff:169.254.169.254]/latest/meta-data/",
            "https://169.254.169.254/",
            "https://%31%30.0.0.1/",
            "https://１０.0.0.1/",
        ];
        for text in private {
            let error = targets.url(text).unwrap_err();
            assert!(matches!(error, TargetError::Private(_)), "{text}: {error}");
        }
        for text in [
            "http://siem.company.example/",
            "ftp://siem.company.example/",
            "file:///etc/passwd",
            "http://127.0.0.1/",
        ] {
            assert_eq!(targets.url(text).unwrap_err(), TargetError::Scheme, "{text}");
        }
        assert_eq!(targets.url("https://a:b@siem.company.example/"), Err(TargetError::Credentials));
        for text in ["", "siem", "https://", "//siem.company.example"] {
            assert!(matches!(targets.url(text), Err(TargetError::Form(_))), "{text}");
        }
        let good = targets.url("https://siem.company.example:8443/muster?key=1").unwrap();
        assert_eq!(good.as_str(), "https://siem.company.example:8443/muster?key=1");
    }

    #[test]
    fn named_networks_are_allowed_and_nothing_beside_them() {
        let allowed_networks = vec!["10.20.0.0/16".parse().unwrap(), "fd12::/16".parse().unwrap()];
        let targets = Targets::new(Webhooks { allowed_networks, allow_loopback: false });
        for (text, expected) in [
            ("10.20.3.4", true),
            ("::ffff:10.20.3.4", true),
            ("fd12::5", true),
            ("10.21.0.1", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(targets.allow(text.parse().unwrap()), expected, "{text}");
        }
        assert!(targets.url("https://10.20.3.4/").is_ok());
        assert_eq!(targets.url("http://10.20.3.4/"), Err(TargetError::Scheme));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused() {
        use reqwest::dns::Resolve as _;
        let name = || "localhost".parse().unwrap();
        let refused = Targets::default().resolve(name()).await.err().unwrap().to_string();
        assert!(refused.contains("is no public address"), "{refused}");
        let tests = Targets::new(Webhooks { allow_loopback: true, ..Webhooks::default() });
        assert!(tests.resolve(name()).await.unwrap().all(|it| it.ip().is_loopback()));
        assert!(tests.url("http://127.0.0.1:9/").is_ok());
        assert_eq!(tests.url("http://10.0.0.1/"), Err(TargetError::Scheme));
    }
}
