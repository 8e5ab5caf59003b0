//! What is odd about the agent of a device. Version and program are the
//! agent's own word: a changed program could name any.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::agent_releases::shelf::{Build, Shelf};
use crate::agent_releases::version::AgentVersion;
use crate::app::Rules;
use crate::store::views::{DeviceRow, Standing};
use crate::web::times::date;

/// Whether a newer release could be installed on it.
pub(super) fn is_behind(row: &DeviceRow, rules: &Rules) -> bool {
    row.standing != Standing::Archived
        && row.owner.is_some()
        && rules.releases.is_outdated(&row.agent_version)
}

/// What is odd, as sentences; nothing for most.
pub(super) fn odd(
    row: &DeviceRow,
    shelf: &Shelf,
    dates: &BTreeMap<String, Timestamp>,
) -> Vec<String> {
    let mut odd = Vec::new();
    if let (true, Some(newest)) = (shelf.is_outdated(&row.agent_version), shelf.newest()) {
        let newest = &newest.manifest.version;
        odd.push(match outdated_since(row, shelf, dates) {
            Some(at) => format!("Outdated since {}; the newest release is {newest}.", date(at)),
            None => format!("Outdated; the newest release is {newest}."),
        });
    }
    if row.build == Build::Unknown {
        odd.push("No release that the collector knew at the newest report has its program.".into());
    }
    odd
}

/// When the first release newer than the device's agent became known; not
/// before the device was enrolled.
fn outdated_since(
    row: &DeviceRow,
    shelf: &Shelf,
    dates: &BTreeMap<String, Timestamp>,
) -> Option<Timestamp> {
    let version = AgentVersion::parse(&row.agent_version)?;
    let newer = shelf.releases.iter().filter(|release| release.version > version);
    let first = newer.filter_map(|release| dates.get(&release.manifest.version)).min()?;
    Some(row.enrolled.max(*first))
}
