//! Is the daemon there that reports on schedule?

use shared::names::AGENT_LABEL;

use super::Line;
use crate::host::{Answer, Host};

/// What `launchctl` says of a service that is not loaded.
const NOT_FOUND: i32 = 113;

/// Asks `launchctl` for the agent's own daemon.
pub(super) fn line(host: &dyn Host) -> Line {
    const DAEMON: &str = "daemon";
    let label = format!("system/{AGENT_LABEL}");
    match host.run(&["/bin/launchctl", "print", &label]) {
        Answer::Done { exit: 0, .. } => Line::well(DAEMON, "loaded; it reports on schedule"),
        Answer::Done { exit: NOT_FOUND, .. } => Line::attention(
            DAEMON,
            "not loaded, so nothing is reported on schedule",
            "turn Muster on in System Settings > General > Login Items, or install the package again",
        ),
        _ => Line::unknown(DAEMON, "launchctl did not say whether it is loaded"),
    }
}
