//! What agent, collector and auditor must agree on.
//!
//! No input or output, no async, no clock of its own: time is an argument.

pub mod agent_release;
pub mod agent_settings;
pub mod api;
pub mod days;
pub mod envelope;
pub mod json;
pub mod keys;
pub mod log;
pub mod names;
pub mod os_releases;
pub mod policy;
pub mod posture;
pub mod reading;
pub mod statement;
pub mod token;
