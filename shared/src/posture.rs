//! What each check reads: one table of fields with type, meaning and privacy.
//!
//! This is the only thing the collector knows of a check. The agent's typed
//! observations are held against it by a test, a policy's expressions are
//! checked against it when the policy is loaded, and people are shown it.

/// One subject that the agent reads.
#[derive(Clone, Copy, Debug)]
pub struct CheckSchema {
    /// Name in reports and policies, for example `filevault`.
    pub id: &'static str,
    /// Raised when the meaning of a field changes.
    pub version: u32,
    /// What is read, as a person would say it.
    pub about: &'static str,
    /// Why a company wants to know.
    pub why: &'static str,
    /// Every field that an observation of this check may carry.
    pub fields: &'static [Field],
}

/// One typed fact within an observation.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Name in reports and policies.
    pub name: &'static str,
    /// What values it takes.
    pub kind: FieldKind,
    /// What it says, with its unit.
    pub meaning: &'static str,
    /// Changes by itself, so a change alone does not make a report `full`.
    pub volatile: bool,
    /// What it tells about a person; empty when nothing.
    pub privacy: &'static str,
}

/// The type of a [`Field`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// True or false.
    Flag,
    /// A whole number.
    Integer,
    /// Free text that the operating system chose.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
}

const fn field(name: &'static str, kind: FieldKind, meaning: &'static str) -> Field {
    Field { name, kind, meaning, volatile: false, privacy: "" }
}

const fn volatile(name: &'static str, kind: FieldKind, meaning: &'static str) -> Field {
    Field { name, kind, meaning, volatile: true, privacy: "" }
}

use FieldKind::{Choice, Flag, Integer, Text};

/// Every check, in the order in which people are shown them.
pub static CHECKS: &[CheckSchema] = &[
    CheckSchema {
        id: "filevault",
        version: 1,
        about: "whether FileVault encrypts the startup disk",
        why: "A lost laptop with FileVault on cannot be read without a password.",
        fields: &[
            field(
                "state",
                Choice(&["on", "off", "encrypting", "decrypting", "deferred", "restart_pending"]),
                "state of FileVault on the startup disk",
            ),
            volatile("percent", Integer, "progress of encryption or decryption, 0 to 100"),
            field("stalled", Flag, "encryption waits, usually for the power adapter"),
            field(
                "institutional_key",
                Flag,
                "a FileVault master keychain from before macOS 11 is installed",
            ),
            field(
                "source",
                Choice(&["fdesetup", "diskutil"]),
                "which tool answered; diskutil only when fdesetup gave no known answer",
            ),
        ],
    },
    CheckSchema {
        id: "password_policy",
        version: 1,
        about: "the rules that macOS enforces when a local password is set",
        why: "A short password can be guessed by someone who holds the laptop.",
        fields: &[
            field(
                "min_length_at_least",
                Integer,
                "a length that every new password surely has: the most that understood rules ask for",
            ),
            field(
                "min_length",
                Integer,
                "the effective minimum length; left out while a rule about length is not understood",
            ),
            field(
                "rules_not_understood",
                Integer,
                "number of content rules in a form nobody knows",
            ),
        ],
    },
    CheckSchema {
        id: "firewall",
        version: 1,
        about: "the application firewall built into macOS",
        why: "The firewall keeps other computers on a shared network away from open services.",
        fields: &[
            field(
                "state",
                Choice(&["off", "on", "block_all"]),
                "state of the application firewall",
            ),
            field("stealth", Flag, "the Mac does not answer probes"),
            field("block_all", Flag, "all non-essential incoming connections are blocked"),
            field(
                "source",
                Choice(&["socketfilterfw", "system_profiler"]),
                "which tool answered; system_profiler only when socketfilterfw gave no known answer",
            ),
        ],
    },
    CheckSchema {
        id: "os",
        version: 1,
        about: "the version of macOS",
        why: "Old versions have holes that are known and used.",
        fields: &[
            field("version", Text, "product version, such as 26.6.2"),
            field("build", Text, "build, such as 25G83"),
            field(
                "extra",
                Text,
                "suffix of a background security improvement, such as (a); empty when there is none",
            ),
            field("beta", Flag, "the build is one of a beta"),
        ],
    },
];

/// What the device says of itself in each report, beside the checks.
pub static DEVICE_FACTS: &[Field] = &[
    field("model", Text, "model identifier, such as Mac15,12"),
    Field {
        name: "serial",
        kind: Text,
        meaning: "serial number, which names the laptop to the company",
        volatile: false,
        privacy: "identifies the laptop; shown to people by its last four characters",
    },
    Field {
        name: "hardware_uuid",
        kind: Text,
        meaning: "hardware UUID, by which a copied disk is noticed",
        volatile: false,
        privacy: "identifies the laptop; never shown, never in the log",
    },
];

/// The schema of the check called `id`.
pub fn check(id: &str) -> Option<&'static CheckSchema> {
    CHECKS.iter().find(|check| check.id == id)
}

impl CheckSchema {
    /// The field called `name`.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}
