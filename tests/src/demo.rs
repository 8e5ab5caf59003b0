//! The demo: a made-up company whose Macs are recordings, served by the real
//! collector to the real agent over real HTTP, at a clock that is the demo's.
//!
//! [`story`] says what happens, [`calendar`] when, [`look`] and [`answers`]
//! turn it into what a Mac's tools print, `company` who comes and goes, [`stage`] holds the collector, and
//! [`play`] lets time pass.

pub mod answers;
pub mod calendar;
mod company;
pub mod live;
pub mod look;
pub mod play;
pub mod player;
pub mod progress;
pub mod stage;
pub mod story;
