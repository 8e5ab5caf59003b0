//! What agent, collector and auditor must agree on.
//!
//! No input or output, no async, no clock of its own: time is an argument.

pub mod names;
pub mod posture;
pub mod reading;
