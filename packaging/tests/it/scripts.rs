//! The scripts of the package, run as they are in a root folder of their own.

use shared::names::{
    AGENT_BUNDLE, AGENT_COMMAND, AGENT_CONFIG_MACOS, AGENT_DAEMON, AGENT_EXECUTABLE, AGENT_LOGS,
    AGENT_STATE_MACOS, AGENT_TOKEN_FILE_MACOS,
};

mod fake_root;
mod removing;
mod starting;
mod tokens;

use fake_root::FakeRoot;

/// What Installer gives a script.
const INSTALLER: [&str; 4] = ["/tmp/Muster-1.2.3.pkg", "/", "/", "/"];
