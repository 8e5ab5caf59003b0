//! The collector's tamper-evident log: what is appended, and what is said of it.
//!
//! Entries are appended by the store, in the transaction of what they prove,
//! with the row of the log's head locked: so the database orders replicas, and
//! no entry is without its fact. A checkpoint is signed only when that
//! transaction is durable, from the committed size and root alone. Two
//! replicas can therefore only ever sign the same tree.

pub mod entry;
pub mod growth;
pub mod notary;
pub mod recent;
