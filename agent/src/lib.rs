//! Reads a Mac's settings, signs what it observed and reports it.
//!
//! Start reading at [`checks`]: what is read. [`host`] is the only door to the
//! operating system, so everything else runs and is tested on any computer.

pub mod checks;
pub mod cli;
pub mod device;
pub mod exit;
pub mod host;
