//! Builds the agent for macOS from any computer, and checks what was built.
//!
//! Start reading at [`cross`]: what a build needs and how it is started. No
//! Apple SDK takes part: [`zig`] compiles C and links, against the lists of
//! names in `macos/stubs/`. What came out is read back by [`mach_o`] and held
//! against [`executable`], because nothing here can run it.

pub mod cli;
pub mod cross;
pub mod executable;
pub mod exit;
pub mod mach_o;
pub mod mdm;
pub mod oci;
pub mod pkg;
mod place;
pub mod profiles;
mod program;
pub mod target;
pub mod verify;
pub mod zig;
