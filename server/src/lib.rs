//! The collector: verifies, keeps, judges and shows what the agents report.

pub mod app;
pub mod clock;
pub mod fleet;
pub mod store;
