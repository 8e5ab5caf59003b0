//! What each check reads: one table of fields with type, meaning and privacy.
//!
//! This is the only thing the collector knows of a check. The agent's typed
//! observations are held against it by a test, a policy's expressions are
//! checked against it when the policy is loaded, and people are shown it.

mod accounts;
mod disk;
mod login;
mod management;
mod network;
mod protection;
mod system;

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

/// Every check, in the order in which people are shown them.
pub static CHECKS: &[&CheckSchema] = &[
    &disk::FILEVAULT,
    &accounts::PASSWORD_POLICY,
    &network::FIREWALL,
    &system::OS,
    &accounts::SCREEN_LOCK,
    &protection::SYSTEM_INTEGRITY,
    &protection::GATEKEEPER,
    &login::AUTO_LOGIN,
    &system::AUTOMATIC_UPDATES,
    &protection::XPROTECT,
    &network::REMOTE_ACCESS,
    &login::GUEST_ACCOUNT,
    &management::PASSWORD_MANAGER,
    &management::MDM,
    &protection::SYSTEM_VOLUME,
    &login::LOCAL_ADMINS,
    &protection::ENDPOINT_PROTECTION,
    &management::ACTIVATION_LOCK,
    &disk::DISK_SPACE,
];

/// What the device says of itself in each report, beside the checks.
pub static DEVICE_FACTS: &[Field] = &[
    field("model", FieldKind::Text, "model identifier, such as Mac15,12"),
    Field {
        name: "serial",
        kind: FieldKind::Text,
        meaning: "serial number, which names the laptop to the company",
        volatile: false,
        privacy: "identifies the laptop; shown to people by its last four characters",
    },
    Field {
        name: "hardware_uuid",
        kind: FieldKind::Text,
        meaning: "hardware UUID, by which a copied disk is noticed",
        volatile: false,
        privacy: "identifies the laptop; never shown, never in the log",
    },
];

/// The schema of the check called `id`.
pub fn check(id: &str) -> Option<&'static CheckSchema> {
    CHECKS.iter().copied().find(|check| check.id == id)
}

impl CheckSchema {
    /// The field called `name`.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}
