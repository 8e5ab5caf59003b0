//! Both scripts are there, may be started, and are understood by a shell.

use std::fs;

use super::MEND_SOURCE;
use crate::program::{answer, last_words, program};
use crate::verify::cpio::Record;
use crate::verify::{BUILD_AGAIN, Fault, Package};

/// The scripts that Installer starts.
const SCRIPTS: [&str; 2] = ["preinstall", "postinstall"];

pub(super) fn look(package: &Package, faults: &mut Vec<Fault>) {
    let Some(scripts) = &package.scripts else { return };
    for name in SCRIPTS {
        let place = format!("Scripts/{name}");
        match scripts.iter().find(|record| record.absolute() == format!("/{name}")) {
            None => faults.push(Fault::new(place, "it is missing", MEND_SOURCE)),
            Some(record) => script(&place, record, faults),
        }
        let known = package.info.as_ref().map(|info| info.at(&["scripts", name]));
        let named = known.flatten().and_then(|it| it.attribute("file"));
        if package.info.is_some() && named != Some(&format!("./{name}")) {
            let what = format!("it does not name the script {name}, so nothing would start it");
            faults.push(Fault::new("PackageInfo", what, BUILD_AGAIN));
        }
    }
    let is_strange = |record: &&Record| {
        !record.is_folder() && !SCRIPTS.iter().any(|it| record.path == format!("./{it}"))
    };
    for record in scripts.iter().filter(is_strange) {
        let place = format!("Scripts{}", record.absolute());
        faults.push(Fault::new(place, "nobody expects this script", MEND_SOURCE));
    }
}

fn script(place: &str, record: &Record, faults: &mut Vec<Fault>) {
    let mut fault = |what: String| faults.push(Fault::new(place, what, MEND_SOURCE));
    if !record.is_file() || record.permissions() != 0o755 {
        let mode = record.permissions();
        fault(format!("its mode is {mode:04o}, and Installer starts it with 0755"));
    }
    if (record.uid, record.gid) != (0, 0) {
        fault(format!("its owner is {}:{}, not 0:0", record.uid, record.gid));
    }
    if !record.bytes.starts_with(b"#!/bin/sh\n") {
        fault("its first line is not #!/bin/sh".to_owned());
        return;
    }
    match understood(&record.bytes) {
        Ok(None) => {}
        Ok(Some(said)) => fault(format!("no shell understands it: {said}")),
        Err(said) => fault(said),
    }
}

/// What a shell says against a script that it reads and does not start.
fn understood(script: &[u8]) -> Result<Option<String>, String> {
    let file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    fs::write(file.path(), script).map_err(|error| error.to_string())?;
    let output = answer(program("sh").arg("-n").arg(file.path()), "install a POSIX shell")
        .map_err(|failure| failure.to_string())?;
    Ok((!output.status.success()).then(|| last_words(&output)))
}
