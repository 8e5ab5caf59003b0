//! The Macs that the company says it has: which of them never came, and which
//! came without being expected.

pub(super) mod export;
pub(super) mod import;
mod list;
pub(super) mod one;
pub(super) mod resolve;
mod rows;
pub(super) mod tokens;
pub(super) mod waiting;

pub(super) use self::list::page;
use super::{Console, errors, shell, upload};
use crate::audit::Object;

/// A Mac of the list, for the audit log. The log keeps ids for ever, and a
/// serial number is none that may stay there.
fn object(serial: &str) -> Object {
    Object::new("expected_device", "").called(serial)
}
