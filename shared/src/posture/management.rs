//! What is read of who manages the Mac and of what people have for their work.

use super::FieldKind::{Choice, Flag, Integer, Text};
use super::{CheckSchema, Field, field};

pub(super) static PASSWORD_MANAGER: CheckSchema = CheckSchema {
    id: "password_manager",
    version: 1,
    about: "which known password managers are installed",
    why: "Nobody remembers a good password for every service.",
    fields: &[
        field("count", Integer, "number of known password managers that are installed"),
        Field {
            name: "installed",
            kind: Text,
            meaning: "their ids, such as 1password, parted by commas; left out when there is none",
            volatile: false,
            privacy: "which of the known password managers are there; no other application is named",
        },
    ],
};

pub(super) static MDM: CheckSchema = CheckSchema {
    id: "mdm",
    version: 1,
    about: "whether the Mac is enrolled in device management",
    why: "Only an enrolled Mac can be given settings, locked or erased from afar.",
    fields: &[
        field(
            "state",
            Choice(&["approved", "not_approved", "none"]),
            "enrolment, and whether its user or Apple's programme approved it",
        ),
        field("automated", Flag, "it was enrolled by Apple's programme for companies"),
    ],
};

pub(super) static ACTIVATION_LOCK: CheckSchema = CheckSchema {
    id: "activation_lock",
    version: 1,
    about: "whether the Mac is tied to an Apple Account",
    why: "A tied Mac is of little use to a thief, nor to the company without that account.",
    fields: &[
        Field {
            name: "on",
            kind: Flag,
            meaning: "Find My or the activation lock is on",
            volatile: false,
            privacy: "whether an Apple Account is in use; never which",
        },
        field(
            "source",
            Choice(&["find_my", "default", "system_profiler"]),
            "what says so; default when Find My was never switched on or off",
        ),
    ],
};
