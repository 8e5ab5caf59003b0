//! Reads a Mac's settings, signs what it observed and reports it.
//!
//! Start reading at [`checks`]: what is read. [`host`] is the only door to the
//! operating system, so everything else runs and is tested on any computer.

pub mod chain;
pub mod checks;
pub mod cli;
pub mod collector;
pub mod config;
pub mod context;
pub mod delivery;
pub mod device;
pub mod doctor;
pub mod enrollment;
pub mod exit;
pub mod farewell;
pub mod host;
pub mod identity;
pub mod log;
mod property_list;
mod recording;
pub mod report;
pub mod rules;
pub mod schedule;
pub mod settings;
pub mod spool;
pub mod state;
pub mod supervisor;
#[cfg(test)]
mod testbed;

pub use context::{Clock, Context};
pub use enrollment::{EnrollError, EnrollOutcome, enroll};
pub use report::{ReportError, RunSummary, run_report};
