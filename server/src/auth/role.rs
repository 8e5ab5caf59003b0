//! What somebody is for the collector, and what that lets them do.

use super::permission::{Permission, Permissions};

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything, accounts included.
    Administrator,
    /// Looks after the fleet.
    It,
    /// Reads everything and exports, changes nothing.
    Auditor,
    /// Sees the fleet.
    Viewer,
    /// Sees the own Macs.
    Employee,
}

impl Role {
    /// Every role, the mightiest first.
    pub const ALL: [Self; 5] =
        [Self::Administrator, Self::It, Self::Auditor, Self::Viewer, Self::Employee];

    /// The word in the database, the API and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::It => "it",
            Self::Auditor => "auditor",
            Self::Viewer => "viewer",
            Self::Employee => "employee",
        }
    }

    /// The role of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// The word for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Administrator => "Administrator",
            Self::It => "IT",
            Self::Auditor => "Auditor",
            Self::Viewer => "Viewer",
            Self::Employee => "Employee",
        }
    }

    /// What it is for, in one sentence.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Administrator => "Does everything, and says who may do what.",
            Self::It => "Looks after the fleet: invites, approves, revokes, exports.",
            Self::Auditor => {
                "Reads and exports everything, changes nothing; the access ends on a date."
            }
            Self::Viewer => "Sees how the fleet stands.",
            Self::Employee => "Sees the own Macs and how to fix them.",
        }
    }

    /// What the role may do.
    pub fn permissions(self) -> Permissions {
        use Permission as P;
        let all: &[Permission] = match self {
            Self::Administrator => &Permission::ALL,
            Self::It => &[
                P::SeeFleet,
                P::ChangeFleet,
                P::SeePeople,
                P::ChangePeople,
                P::SeeEvidence,
                P::Export,
                P::SeeAudit,
                P::SeeAccounts,
                P::SeeIntegrations,
                P::Own,
            ],
            Self::Auditor => &[
                P::SeeFleet,
                P::SeePeople,
                P::SeeEvidence,
                P::Export,
                P::SeeAudit,
                P::SeeAccounts,
                P::SeeIntegrations,
                P::Own,
            ],
            Self::Viewer => &[P::SeeFleet, P::Own],
            Self::Employee => &[P::Own],
        };
        all.iter().copied().collect()
    }

    /// Whether the role may do it.
    pub fn allows(self, permission: Permission) -> bool {
        self.permissions().has(permission)
    }
}
