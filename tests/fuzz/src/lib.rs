//! What is tried on every parser, with bytes that nobody chose.
//!
//! A body takes the bytes, and panics when something does not hold; the files
//! in `targets/` only name one. A finding is a panic, an abort, a hang or too
//! much memory.

mod answers;
mod checks;
mod files;
mod signed;

pub use answers::{Answers, NOW, transcript};
pub use checks::check;
pub use files::{catalogue, corrections, mach_o, policy, recording, sofa};
pub use signed::{envelope, log_proof, log_receipt, rules, statement, strict_json, token};
