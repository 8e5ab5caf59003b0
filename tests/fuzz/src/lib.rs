//! What is tried on every parser, with bytes that nobody chose.
//!
//! A body takes the bytes, and panics when something does not hold; the files
//! in `targets/` only name one. A finding is a panic, an abort, a hang or too
//! much memory.

mod answers;
mod checks;
mod encrypted;
mod files;
// By itself: the whole collector would take long to build in this way.
#[path = "../../../server/src/auth/openid/jwe.rs"]
mod jwe;
mod signed;

pub use answers::{Answers, NOW, transcript};
pub use checks::check;
pub use encrypted::jwe;
pub use files::{catalogue, corrections, mach_o, policy, recording, sofa};
pub use signed::{envelope, log_proof, log_receipt, rules, statement, strict_json, token};
