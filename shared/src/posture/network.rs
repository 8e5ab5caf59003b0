//! What is read of doors to the network.

use super::FieldKind::{Choice, Flag};
use super::{CheckSchema, field};

pub(super) static FIREWALL: CheckSchema = CheckSchema {
    id: "firewall",
    version: 1,
    about: "the application firewall built into macOS",
    why: "The firewall keeps other computers on a shared network away from open services.",
    fields: &[
        field("state", Choice(&["off", "on", "block_all"]), "state of the application firewall"),
        field("stealth", Flag, "the Mac does not answer probes"),
        field("block_all", Flag, "all non-essential incoming connections are blocked"),
        field(
            "source",
            Choice(&["socketfilterfw", "system_profiler", "alf_plist"]),
            "what answered; each only when those before it gave no known answer, the file of \
             settings only up to macOS 14",
        ),
        field("answers_agree", Flag, "the state and the answer about blocking say the same"),
        field("enforced", Flag, "a profile turns the firewall on"),
    ],
};

pub(super) static REMOTE_ACCESS: CheckSchema = CheckSchema {
    id: "remote_access",
    version: 1,
    about: "services that let others into the Mac from the network",
    why: "Each such service is a door that a stolen password or a hole can open.",
    fields: &[
        field("ssh", Flag, "remote login (SSH) is on"),
        field("screen_sharing", Flag, "screen sharing is on"),
        field("remote_management", Flag, "remote management is on"),
        field("remote_apple_events", Flag, "remote Apple events are on"),
        field("file_sharing", Flag, "file sharing is on"),
    ],
};
