//! What can be allowed; the same words are the scopes of API tokens.

/// One thing that somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Sees devices, findings, rules, releases and the log's checkpoint.
    SeeFleet,
    /// Invites, approves, hands over, suspends, revokes and archives.
    ChangeFleet,
    /// Sees people, what they hold, and checklists.
    SeePeople,
    /// Adds and ends people, works on checklists.
    ChangePeople,
    /// Sees signed statements, keys, entries of the log and proofs.
    SeeEvidence,
    /// Takes lists and the stream of events away.
    Export,
    /// Sees who did what.
    SeeAudit,
    /// Sees accounts.
    SeeAccounts,
    /// Invites colleagues, changes roles, ends access.
    ChangeAccounts,
    /// Sees where events are sent.
    SeeIntegrations,
    /// Says where events are sent.
    ChangeIntegrations,
    /// Sees the own Macs and keeps the own account.
    Own,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 12] = [
        Self::SeeFleet,
        Self::ChangeFleet,
        Self::SeePeople,
        Self::ChangePeople,
        Self::SeeEvidence,
        Self::Export,
        Self::SeeAudit,
        Self::SeeAccounts,
        Self::ChangeAccounts,
        Self::SeeIntegrations,
        Self::ChangeIntegrations,
        Self::Own,
    ];

    /// The scope's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SeeFleet => "fleet:read",
            Self::ChangeFleet => "fleet:write",
            Self::SeePeople => "people:read",
            Self::ChangePeople => "people:write",
            Self::SeeEvidence => "evidence:read",
            Self::Export => "export",
            Self::SeeAudit => "audit:read",
            Self::SeeAccounts => "accounts:read",
            Self::ChangeAccounts => "accounts:write",
            Self::SeeIntegrations => "integrations:read",
            Self::ChangeIntegrations => "integrations:write",
            Self::Own => "own",
        }
    }

    /// The permission of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }

    /// What it lets somebody do, for forms.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::SeeFleet => "see devices, findings and rules",
            Self::ChangeFleet => "invite, approve, hand over, suspend, revoke and archive",
            Self::SeePeople => "see people, what they hold, and checklists",
            Self::ChangePeople => "add and end people, and work on checklists",
            Self::SeeEvidence => "see signed statements, keys and proofs",
            Self::Export => "take lists and the stream of events away",
            Self::SeeAudit => "see who did what",
            Self::SeeAccounts => "see who may sign in",
            Self::ChangeAccounts => "invite colleagues, change roles and end access",
            Self::SeeIntegrations => "see where events are sent",
            Self::ChangeIntegrations => "say where events are sent",
            Self::Own => "see the own Macs and keep the own account",
        }
    }

    fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

/// A set of permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions(u16);

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(all: I) -> Self {
        Self(all.into_iter().fold(0, |bits, one| bits | one.bit()))
    }
}

impl Permissions {
    /// Whether the set holds `permission`.
    pub fn has(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// What both sets hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The permissions of the set.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |one| self.has(*one))
    }

    /// Reads scopes with a blank between; the word that is none otherwise.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.split_whitespace()
            .map(|word| Permission::named(word).ok_or_else(|| word.to_owned()))
            .collect()
    }

    /// The scopes with a blank between.
    pub fn words(self) -> String {
        self.iter().map(Permission::as_str).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::{Permission, Permissions};
    use crate::auth::role::Role;

    #[test]
    fn a_set_is_read_back_from_its_words() {
        for role in Role::ALL {
            let set = role.permissions();
            assert_eq!(Permissions::parse(&set.words()), Ok(set), "{role:?}");
            assert_eq!(Role::named(role.as_str()), Some(role));
        }
        assert_eq!(Permissions::parse("own fleet:all"), Err("fleet:all".to_owned()));
        assert_eq!(Permissions::parse("").unwrap(), Permissions::default());
    }

    #[test]
    fn who_only_reads_can_change_nothing() {
        let changes = [
            Permission::ChangeFleet,
            Permission::ChangePeople,
            Permission::ChangeAccounts,
            Permission::ChangeIntegrations,
        ];
        for role in [Role::Auditor, Role::Viewer, Role::Employee] {
            assert!(changes.iter().all(|change| !role.allows(*change)), "{role:?}");
        }
        assert_eq!(Role::Employee.permissions().iter().collect::<Vec<_>>(), [Permission::Own]);
        assert!(Permission::ALL.iter().all(|one| Role::Administrator.allows(*one)));
    }
}
