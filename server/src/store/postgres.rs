//! PostgreSQL: for those who outgrow one machine, or want to lose one.
//!
//! Several collectors may use one database. Whoever writes locks what it reads
//! first: devices by their ids, the head of the log last, so that two
//! collectors wait for each other and never block each other for good.

mod books;
mod connecting;
pub mod copy;
mod devices;
mod enroll;
mod failure;
mod intervals;
mod keys;
mod leases;
mod log;
mod migrations;
mod os_releases;
mod people;
mod readers;
mod reading;
pub mod records;
mod reports;
mod rulebooks;
pub mod session;
mod state;
mod stream;
mod target;
mod tuning;
mod writer;
mod writing;

#[cfg(test)]
#[path = "../../../tests/src/postgres_server.rs"]
#[expect(unreachable_pub, reason = "the file is a part of the crate of tests as well")]
pub(crate) mod server;
#[cfg(test)]
mod tests;

pub use migrations::{open, open_unfinished};
pub use readers::Readers;
pub use session::Session;
pub use target::Target;
pub use writer::Writer;

use super::StoreError;
