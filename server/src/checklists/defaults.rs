//! The templates that are in force until somebody writes others.

use super::kind::ChecklistKind;

/// The text of the template for a kind.
pub fn text(kind: ChecklistKind) -> &'static str {
    match kind {
        ChecklistKind::Onboarding => include_str!("defaults/onboarding.toml"),
        ChecklistKind::Offboarding => include_str!("defaults/offboarding.toml"),
        ChecklistKind::Yearly => include_str!("defaults/yearly.toml"),
    }
}
