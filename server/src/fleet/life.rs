//! Steps in a device's life: from where each may be taken, and to where.

use super::state::Lifecycle;

/// What a person does to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifeStep {
    /// A device that waits may report.
    Approve,
    /// Its reports are refused until it is resumed.
    Suspend,
    /// A suspended device may report again.
    Resume,
    /// Its reports are refused for ever.
    Revoke,
    /// It is no longer watched.
    Archive,
}

impl LifeStep {
    /// Every step.
    pub const ALL: [Self; 5] =
        [Self::Approve, Self::Suspend, Self::Resume, Self::Revoke, Self::Archive];

    /// Where a device must be.
    pub fn from(self) -> &'static [Lifecycle] {
        use Lifecycle::{Active, Pending, Revoked, Suspended};
        match self {
            Self::Approve => &[Pending],
            Self::Suspend => &[Active],
            Self::Resume => &[Suspended],
            Self::Revoke => &[Pending, Active, Suspended],
            Self::Archive => &[Pending, Active, Suspended, Revoked],
        }
    }

    /// Where it is afterwards.
    pub fn to(self) -> Lifecycle {
        match self {
            Self::Approve | Self::Resume => Lifecycle::Active,
            Self::Suspend => Lifecycle::Suspended,
            Self::Revoke => Lifecycle::Revoked,
            Self::Archive => Lifecycle::Archived,
        }
    }

    /// The word in the audit log.
    pub fn action(self) -> &'static str {
        match self {
            Self::Approve => "device_approved",
            Self::Suspend => "device_suspended",
            Self::Resume => "device_resumed",
            Self::Revoke => "device_revoked",
            Self::Archive => "device_archived",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LifeStep, Lifecycle};
    use crate::audit::device_action;

    #[test]
    fn no_step_leads_to_where_it_begins_and_none_leads_out_of_the_archive() {
        for step in LifeStep::ALL {
            assert!(!step.from().contains(&step.to()), "{step:?}");
            assert!(!step.from().contains(&Lifecycle::Archived), "{step:?}");
            assert!(
                step.from().iter().all(|from| device_action(*from, step.to()) == step.action())
            );
        }
    }
}
