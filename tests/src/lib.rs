//! The parts of the test programs that are shared: load on a real collector.

pub mod load;
