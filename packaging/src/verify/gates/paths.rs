//! Payload and list agree; owners and modes are those of a Mac; nothing lies
//! where it does not belong.

use shared::names::{AGENT_BUNDLE, AGENT_DAEMON, AGENT_LABEL};

use super::MEND_PAYLOAD;
use crate::pkg::cksum::cksum;
use crate::verify::bom::Line;
use crate::verify::cpio::Record;
use crate::verify::{BUILD_AGAIN, Fault, Package};

/// Folders that macOS brings, with the group that each has there.
const SHARED: [(&str, u32); 7] = [
    ("/", 0),
    ("/Library", 0),
    ("/Library/Application Support", 80),
    ("/Library/LaunchDaemons", 0),
    ("/private", 0),
    ("/private/etc", 0),
    ("/private/etc/newsyslog.d", 0),
];

pub(super) fn look(package: &Package, faults: &mut Vec<Fault>) {
    let Some(payload) = &package.payload else { return };
    for record in payload {
        place(record, faults);
        owner(record, faults);
    }
    if let Some(bom) = &package.bom {
        agree(payload, bom, faults);
    }
}

fn agree(payload: &[Record], bom: &[Line], faults: &mut Vec<Fault>) {
    for line in bom.iter().filter(|line| !payload.iter().any(|it| it.path == line.path)) {
        faults.push(Fault::new(&line.path, "it is in the Bom and not in the Payload", BUILD_AGAIN));
    }
    for record in payload {
        let Some(line) = bom.iter().find(|line| line.path == record.path) else {
            let what = "it is in the Payload and not in the Bom";
            faults.push(Fault::new(record.absolute(), what, BUILD_AGAIN));
            continue;
        };
        let mut differs = |what: &str, one: String, other: String| {
            if one != other {
                let what = format!("its {what} is {one} in the Payload and {other} in the Bom");
                faults.push(Fault::new(record.absolute(), what, BUILD_AGAIN));
            }
        };
        differs("mode", format!("{:06o}", record.mode), format!("{:06o}", line.mode));
        let owner = |uid: u32, gid: u32| format!("{uid}:{gid}");
        differs("owner", owner(record.uid, record.gid), owner(line.uid, line.gid));
        if record.is_file() {
            differs("size", record.bytes.len().to_string(), line.size.to_string());
            let checksum = cksum(&record.bytes).to_string();
            differs("checksum", checksum, line.checksum.to_string());
        }
    }
}

/// Whether the path is one of ours, or leads there.
fn place(record: &Record, faults: &mut Vec<Fault>) {
    let path = record.absolute();
    let mut fault = |what: &str| faults.push(Fault::new(path, what, MEND_PAYLOAD));
    if !record.is_folder() && !record.is_file() {
        fault("it is neither a file nor a folder");
    }
    let is_within = |folder: &str| {
        path == folder || path.strip_prefix(folder).is_some_and(|it| it.starts_with('/'))
    };
    let folder = AGENT_BUNDLE.rsplit_once('/').map_or("", |(folder, _)| folder);
    let rule = format!("/private/etc/newsyslog.d/{AGENT_LABEL}.conf");
    let is_shared = SHARED.iter().any(|(shared, _)| *shared == path);
    if is_within("/usr/local") {
        fault("/usr/local belongs to people on many Macs, and the package would take it from them");
    } else if is_within("/Users") {
        fault("what lies in /Users belongs to people");
    } else if is_within("/Library/LaunchDaemons") && !is_shared && path != AGENT_DAEMON {
        fault("it is a second LaunchDaemon, which nobody expects to be started");
    } else if !(is_shared
        || path == folder
        || is_within(AGENT_BUNDLE)
        || path == rule
        || path == AGENT_DAEMON)
    {
        fault("nothing of the agent belongs there");
    }
}

fn owner(record: &Record, faults: &mut Vec<Fault>) {
    let path = record.absolute();
    let mut fault = |what: String| faults.push(Fault::new(path, what, MEND_PAYLOAD));
    let shared = SHARED.iter().find(|(shared, _)| *shared == path);
    let group = shared.map_or(0, |(_, group)| *group);
    if (record.uid, record.gid) != (0, group) {
        fault(format!("its owner is {}:{}, not 0:{group}", record.uid, record.gid));
    }
    let mode = record.permissions();
    if shared.is_some() && mode != 0o755 {
        fault(format!(
            "its mode is {mode:04o}, and Installer would take 0755 from macOS's own folder"
        ));
    }
    if mode & 0o022 != 0 {
        fault(format!("its mode is {mode:04o}: others than root may write to it"));
    }
    if mode & 0o7000 != 0 {
        fault(format!("its mode is {mode:04o}, with more than permissions"));
    }
    if record.is_folder() && mode & 0o555 != 0o555 || mode & 0o444 != 0o444 {
        fault(format!("its mode is {mode:04o}: not everybody may read it"));
    }
}
