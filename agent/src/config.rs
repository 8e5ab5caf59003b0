//! Where things are on this computer.

use std::path::PathBuf;

use shared::names::{AGENT_STATE_LINUX, AGENT_STATE_MACOS};

/// The state folder, unless the command line names another one.
pub fn state_dir(given: Option<PathBuf>) -> PathBuf {
    let usual = if cfg!(target_os = "macos") { AGENT_STATE_MACOS } else { AGENT_STATE_LINUX };
    given.unwrap_or_else(|| PathBuf::from(usual))
}
