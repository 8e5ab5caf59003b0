//! How often somebody may fail or ask, counted in the database so that
//! replicas agree.
//!
//! Nobody can lock anybody out: what a stranger uses up is the stranger's own
//! share, and the share of an account that is only for places it never signed
//! in from. Sessions, other ways and known places are not touched.

use std::net::{IpAddr, Ipv6Addr};

use jiff::{SignedDuration, Timestamp};

use crate::store::StoreError;
use crate::store::access::Records;
use crate::store::access::audit::AuditAsk;

/// Failed attempts of one network in an hour; an office shares an address.
const FAILURES: u64 = 30;
/// Links by mail that one network may ask for in an hour.
const LINKS_OF_NETWORK: u64 = 20;
/// Links by mail to one account in an hour: from all places together that it
/// never signed in from, and from each place that it did.
const LINKS_TO_ACCOUNT: u64 = 5;

/// What is counted together.
const WINDOW_MS: i64 = 3_600_000;
/// How long counts are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Whether somebody at `address` has failed so often that nothing more is
/// looked at for the rest of the hour.
pub fn is_spent(records: &dyn Records, address: &str, now: Timestamp) -> Result<bool, StoreError> {
    Ok(records.failures(&failing(address), window(now))? >= FAILURES)
}

/// Counts a failed attempt.
pub fn failed(records: &dyn Records, address: &str, now: Timestamp) -> Result<(), StoreError> {
    count(records, &failing(address), now).map(drop)
}

/// Counts a link that somebody at `address` asks for, whomever it is for;
/// whether there may be one.
pub fn asks(records: &dyn Records, address: &str, now: Timestamp) -> Result<bool, StoreError> {
    let asked = count(records, &format!("links from {}", network(address)), now)?;
    Ok(asked <= LINKS_OF_NETWORK)
}

/// Counts a link to an account; whether it may be sent.
pub fn sends(
    records: &dyn Records,
    account: &str,
    address: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let what = if is_known(records, account, address)? {
        format!("links to {account} from {}", network(address))
    } else {
        format!("links to {account}")
    };
    Ok(count(records, &what, now)? <= LINKS_TO_ACCOUNT)
}

/// Whether the account has signed in from there before.
fn is_known(records: &dyn Records, account: &str, address: &str) -> Result<bool, StoreError> {
    let ask = AuditAsk {
        actor: Some(account.to_owned()),
        action: Some("sign_in".to_owned()),
        text: Some(address.to_owned()),
        limit: 20,
        ..AuditAsk::default()
    };
    Ok(records.audit(&ask)?.rows.iter().any(|row| row.address == address))
}

fn failing(address: &str) -> String {
    format!("failures from {}", network(address))
}

fn count(records: &dyn Records, what: &str, now: Timestamp) -> Result<u64, StoreError> {
    let forget = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
    records.count_failure(what, window(now), forget)
}

/// When the hour began that `now` is in.
fn window(now: Timestamp) -> Timestamp {
    let ms = now.as_millisecond();
    Timestamp::from_millisecond(ms - ms.rem_euclid(WINDOW_MS)).unwrap_or(now)
}

/// What one customer of a network provider has: an address of IPv4, or the
/// first half of one of IPv6.
pub(super) fn network(address: &str) -> String {
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_none() => {
            let first = Ipv6Addr::from_bits(address.to_bits() >> 64 << 64);
            format!("{first}/64")
        }
        Ok(IpAddr::V6(address)) => {
            address.to_ipv4_mapped().map_or_else(|| address.to_string(), |it| it.to_string())
        }
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{network, window};

    #[test]
    fn a_network_is_what_one_customer_has() {
        for (address, expected) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("somewhere", "somewhere"),
        ] {
            assert_eq!(network(address), expected);
        }
    }

    #[test]
    fn everybody_counts_by_the_same_hours() {
        let hour = "2026-08-23T09:00:00Z".parse().unwrap();
        for inside in ["2026-08-23T09:00:00Z", "2026-08-23T09:59:59.999Z"] {
            assert_eq!(window(inside.parse().unwrap()), hour);
        }
        assert_ne!(window("2026-08-23T10:00:00Z".parse().unwrap()), hour);
    }
}
