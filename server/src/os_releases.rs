//! Keeps the catalogue of macOS releases new.
//!
//! One collector asks the public feed for a whole fleet: on a schedule, and at
//! once when a Mac runs a system that the catalogue does not know. An answer
//! is put in force only after it has been read, corrected and found plausible;
//! whatever goes wrong, the catalogue in force stays.

pub mod adopt;
pub mod feed;
pub mod fetcher;
pub mod shown;
pub mod source;
pub mod timing;
