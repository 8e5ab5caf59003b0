//! The folder with the collector's own secrets: CA key, CA, nonce key.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// A folder that only the collector's user can read.
#[derive(Clone, Debug)]
pub struct StateDir(PathBuf);

/// The folder or a file in it cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct StateDirError {
    path: String,
    #[source]
    source: io::Error,
}

impl StateDir {
    /// Opens the folder, making it when it is not there.
    pub fn open(path: &Path) -> Result<Self, StateDirError> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(at(path))?;
        Ok(Self(path.to_owned()))
    }

    /// The path of a file in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The bytes of a file, if it is there.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StateDirError> {
        let path = self.file(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at(&path)(error)),
        }
    }

    /// Writes a file that only the owner can read, so that after a power cut
    /// it is there as a whole or not at all.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StateDirError> {
        let path = self.file(name);
        let fresh = self.file(&format!("{name}.new"));
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&fresh)
            .map_err(at(&fresh))?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at(&fresh))?;
        fs::rename(&fresh, &path).map_err(at(&path))?;
        File::open(&self.0).and_then(|folder| folder.sync_all()).map_err(at(&self.0))
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> StateDirError {
    let path = path.display().to_string();
    move |source| StateDirError { path, source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::StateDir;

    #[test]
    fn a_secret_is_written_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(&folder.path().join("a/b")).unwrap();
        assert_eq!(state.read("key").unwrap(), None);
        state.write("key", b"x").unwrap();
        assert_eq!(state.read("key").unwrap().as_deref(), Some(b"x".as_slice()));
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(state.file("key")), mode(folder.path().join("a/b"))), (0o600, 0o700));
    }

    #[test]
    fn an_error_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        std::fs::create_dir(state.file("key")).unwrap();
        assert!(
            state
                .read("key")
                .unwrap_err()
                .to_string()
                .ends_with("key: Is a directory (os error 21)")
        );
    }
}
