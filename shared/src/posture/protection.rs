//! What is read of macOS's own protections and of programs that add to them.

use super::FieldKind::{Choice, Flag, Integer, Text};
use super::{CheckSchema, field, volatile};

pub(super) static SYSTEM_INTEGRITY: CheckSchema = CheckSchema {
    id: "system_integrity",
    version: 1,
    about: "whether System Integrity Protection guards macOS",
    why: "With it, not even an administrator's program can change macOS itself.",
    fields: &[field(
        "state",
        Choice(&["enabled", "disabled", "custom"]),
        "state of System Integrity Protection; custom when some of its parts are off",
    )],
};

pub(super) static GATEKEEPER: CheckSchema = CheckSchema {
    id: "gatekeeper",
    version: 1,
    about: "whether Gatekeeper checks programs before they first run",
    why: "Gatekeeper stops programs that nobody answers for.",
    fields: &[
        field("enabled", Flag, "programs are assessed before they first run"),
        field("enforced", Flag, "a configuration profile keeps it on"),
    ],
};

pub(super) static XPROTECT: CheckSchema = CheckSchema {
    id: "xprotect",
    version: 1,
    about: "whether macOS's own protection against malware runs with fresh data",
    why: "Known malware is found only by scans that run, with data that know it.",
    fields: &[
        volatile("data_version", Text, "version of the data, such as 5360"),
        volatile("data_installed_at", Text, "when the data were installed, in UTC"),
        field("launch_scans", Flag, "programs are scanned when they start"),
        field("background_scans", Flag, "the Mac is scanned in the background"),
    ],
};

pub(super) static SYSTEM_VOLUME: CheckSchema = CheckSchema {
    id: "system_volume",
    version: 1,
    about: "whether macOS runs from its sealed system volume",
    why: "A seal shows that nobody has changed macOS on the disk.",
    fields: &[
        field("sealed", Flag, "the system volume carries a seal that macOS has verified"),
        field("read_only", Flag, "the system volume cannot be written to"),
    ],
};

pub(super) static ENDPOINT_PROTECTION: CheckSchema = CheckSchema {
    id: "endpoint_protection",
    version: 1,
    about: "system extensions that watch the Mac or carry its traffic",
    why: "Such a product may see an attack that macOS does not, or be the way into the company.",
    fields: &[
        field("security_active", Integer, "number of active endpoint security extensions"),
        field(
            "security_inactive",
            Integer,
            "number of those that wait for consent or a restart, or are off",
        ),
        field(
            "security_products",
            Text,
            "known products among the active ones; left out when there is none",
        ),
        field("vpn_active", Integer, "number of active network extensions of known VPN clients"),
        field("vpn_products", Text, "known VPN clients among them; left out when there is none"),
        field(
            "network_unknown",
            Integer,
            "number of active network extensions of products that are not known",
        ),
    ],
};
