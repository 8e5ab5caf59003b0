//! The parts of the test programs that are shared: load on a real collector,
//! and the demo.

pub mod demo;
pub mod load;
