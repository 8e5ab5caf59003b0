//! What end-to-end tests are made of: a real collector, laptops that run the
//! real agent, a device made by hand, and a bare connection for hostile ones.
//! Beside them, what the test programs share.
//!
//! Nothing here decides what is right; that is the tests' business. A piece
//! that cannot be set up panics, because then the test has failed.

pub mod caller;
pub mod connection;
pub mod demo;
pub mod feed_server;
pub mod fuzzing;
pub mod hand_made;
pub mod kept;
pub mod laptop;
pub mod ledger;
pub mod load;
pub mod mail_server;
pub mod openid_provider;
#[expect(clippy::panic, reason = "a server that does not start fails its tests")]
pub mod postgres_server;
pub mod program;
pub mod real_provider;
pub mod receiver;
pub mod recording;
pub mod released;
pub mod test_server;
pub mod visitor;

use jiff::Timestamp;

/// The instant that `text` names.
///
/// # Panics
///
/// When it names none.
#[expect(clippy::expect_used, reason = "tests write their instants down")]
pub fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant such as 2026-08-20T09:00:00Z")
}
