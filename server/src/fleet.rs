//! How a device stands: pure decisions over reports, rules and time.
//!
//! Nothing here reads a clock or a database. The store loads a
//! [`state::DeviceState`], lets these functions change it, and writes what
//! they say has changed.

pub mod advance;
pub mod chain;
pub mod finding;
pub mod life;
pub mod report;
pub mod state;
pub mod status;
