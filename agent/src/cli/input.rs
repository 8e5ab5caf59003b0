//! Files that are named on the command line.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use super::failure::Failure;
use crate::exit::Exit;

/// Most bytes that are read from one file.
const LIMIT: u64 = 8 * 1024 * 1024;

/// The content of a file.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let length = File::open(path)
        .and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(path, &error))?;
    if length as u64 > LIMIT {
        let limit = LIMIT / (1024 * 1024);
        return Err(bad(path, format_args!("larger than {limit} MiB; give the right file")));
    }
    Ok(bytes)
}

/// The content of a file that holds text.
pub(super) fn text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(path)?).map_err(|error| {
        let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = valid.iter().fold(1, |line, &byte| line + usize::from(byte == b'\n'));
        bad(path, format_args!("line {line} is not valid UTF-8; save the file as UTF-8"))
    })
}

/// A file whose content is wrong.
pub(super) fn bad(path: &Path, what: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::BadInput, format!("{}: {what}", path.display()))
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let what = match error.kind() {
        io::ErrorKind::NotFound => "no such file; check the path".to_owned(),
        io::ErrorKind::IsADirectory => "is a folder; give the path of a file".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "may not be read; check its permissions or run as another user".to_owned()
        }
        _ => format!("cannot be read: {error}; check the file"),
    };
    Failure::new(Exit::Io, format!("{}: {what}", path.display()))
}
