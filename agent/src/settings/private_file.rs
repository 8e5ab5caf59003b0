//! Files that may hold a secret: nobody but root may have written or read them.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

use super::fault::Fault;
use crate::state::is_private;

/// Largest file that is read, in bytes.
const LIMIT: u64 = 64 * 1024;

/// What is at a path.
pub(super) enum Private {
    /// Nothing.
    Missing,
    /// Something that is not read.
    Refused(Fault),
    /// Its text.
    Text(String),
}

/// Reads a file unless somebody else may have written or read it.
pub(super) fn read(path: &Path) -> Private {
    // A link could lead to a file of somebody else, and a pipe would wait.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let open = OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path);
    let refused = |says: &str, todo: &str| {
        Private::Refused(Fault::of_place(format!("{} {says}", path.display()), todo))
    };
    let file = match open {
        Ok(file) => file,
        Err(error) => {
            return match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => Private::Missing,
                ErrorKind::PermissionDenied => {
                    refused("may be read by root alone", "run this command with `sudo`")
                }
                _ => refused("cannot be read", "write it anew as a plain file"),
            };
        }
    };
    // What was opened is looked at, not what lies there a moment later.
    match file.metadata().map(|found| fault(&found)) {
        Ok(None) => match text(&file) {
            Some(text) => Private::Text(text),
            None => refused("is no short text in UTF-8", "write it anew"),
        },
        Ok(Some((says, todo))) => refused(says, &todo.replace("FILE", &path.to_string_lossy())),
        Err(_) => refused("cannot be read", "write it anew as a plain file"),
    }
}

fn fault(found: &Metadata) -> Option<(&'static str, &'static str)> {
    if !found.is_file() {
        return Some(("is no plain file", "write it anew as a plain file"));
    }
    // The daemon is root; a person who tries the agent out is somebody else.
    if found.uid() != 0 && found.uid() != rustix::process::geteuid().as_raw() {
        return Some((
            "does not belong to root",
            "run `sudo chown root:wheel 'FILE'` if you trust what it says",
        ));
    }
    if !is_private(found.permissions().mode()) {
        return Some((
            "can be read or written by other users",
            "run `sudo chmod 600 'FILE'`, and take a new token if somebody may have read it",
        ));
    }
    None
}

fn text(file: &File) -> Option<String> {
    let mut text = String::new();
    let length = file.take(LIMIT + 1).read_to_string(&mut text).ok()?;
    (length as u64 <= LIMIT).then_some(text)
}
