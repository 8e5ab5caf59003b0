//! One pipeline for reports: size, envelope, key, signature, statement, chain,
//! commit, receipt. The answer goes out only when the transaction is durable.

pub mod handlers;
pub mod key_cache;
pub mod limits;
pub mod queue;
mod receipt;
pub mod refusals;
pub mod system;
pub mod verify;
