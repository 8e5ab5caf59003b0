//! How much room is left for updates and people's files?
//!
//! Asks the system for the room on the volume that holds people's files. What
//! macOS would clear by itself when room runs out counts as taken.
//!
//! Sent: size and free room in whole gigabytes. They show whether the next
//! update can be installed. Nothing of a person. Not seen: other volumes.

use shared::reading::{FieldValue, UnknownReason};

use super::inquiry::{Inquiry, fields};
use super::{Check, Found};
use crate::host::{Host, Space};

pub(super) const CHECK: Check = Check {
    id: "disk_space",
    sources: &["call:space"],
    read,
    #[cfg(test)]
    full: tests::full,
};

/// As macOS counts: a gigabyte is a thousand million bytes.
const GIGABYTE: u64 = 1_000_000_000;

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let outcome = ask(&mut inquiry).map(|space| {
        let whole = |bytes: u64| i64::try_from(bytes / GIGABYTE).ok().map(FieldValue::Integer);
        fields([("total_gb", whole(space.total)), ("available_gb", whole(space.available))])
    });
    inquiry.found(outcome)
}

fn ask(inquiry: &mut Inquiry<'_>) -> Result<Space, UnknownReason> {
    let space = inquiry.space().ok_or(UnknownReason::Missing)?;
    // A volume without size, or with more room than that, is no answer.
    let is_plausible = space.total >= GIGABYTE && space.available <= space.total;
    if is_plausible { Ok(space) } else { Err(UnknownReason::NotUnderstood) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::fixture::{Mac, observed, unknown};

    pub(super) fn full() -> Vec<Mac> {
        vec![Mac::new().with_space(494_384_795_648, 121_000_000_000)]
    }

    #[test]
    fn room_is_told_in_whole_gigabytes() {
        assert_eq!(observed(&CHECK, &full()[0]), "available_gb=121 total_gb=494");
        let almost = Mac::new().with_space(494_384_795_648, 999_999_999);
        assert_eq!(observed(&CHECK, &almost), "available_gb=0 total_gb=494");
        let whole = Mac::new().with_space(GIGABYTE, GIGABYTE);
        assert_eq!(observed(&CHECK, &whole), "available_gb=1 total_gb=1");
    }

    #[test]
    fn what_cannot_be_is_unknown() {
        for (total, available) in [(0, 0), (GIGABYTE - 1, 1), (GIGABYTE, GIGABYTE + 1)] {
            let mac = Mac::new().with_space(total, available);
            assert_eq!(unknown(&CHECK, &mac), "not-understood");
        }
    }

    #[test]
    fn a_system_that_does_not_tell_is_unknown() {
        assert_eq!(unknown(&CHECK, &Mac::new()), "missing");
    }
}
