//! The folder where the agent keeps its key, identity and queue.
//!
//! Every file is written beside its place, flushed, renamed into it, and the
//! folder is flushed: after a crash a file is whole, or was never there.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

#[cfg(test)]
pub(crate) mod fuse;

/// Start of names of files that are not finished.
const UNFINISHED: &str = ".unfinished-";

/// Why the folder could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The operating system refused.
    #[error("cannot {action} `{path}`")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Another run holds the lock.
    #[error("another muster-agent is at work in `{0}`; try again in a minute")]
    Busy(PathBuf),
    /// A file does not hold what the agent writes there.
    #[error("`{path}` is damaged ({reason}); run `muster-agent enroll` with a new token")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl StateError {
    /// Whether the operating system denied access.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == ErrorKind::PermissionDenied)
    }
}

/// An open state folder.
#[derive(Debug)]
pub struct StateFolder {
    root: PathBuf,
    #[cfg(test)]
    fuse: Option<fuse::Fuse>,
}

/// Held for one run; let go when dropped or when the process ends.
#[derive(Debug)]
pub struct Lock(File);

impl Drop for Lock {
    /// Lets go by word: a program that is being started at this moment holds a
    /// copy of the open file until it runs, and with it the lock.
    fn drop(&mut self) {
        // Closing the file lets go as well, only later.
        let _ = self.0.unlock();
    }
}

impl StateFolder {
    /// Opens the folder and makes it when it is not there, for its owner alone.
    pub fn open(root: &Path) -> Result<Self, StateError> {
        if let Some(parent) = root.parent() {
            fs::create_dir_all(parent).map_err(|error| failed("create", parent, error))?;
        }
        make_private(root).map_err(|error| failed("create", root, error))?;
        Ok(Self::at(root))
    }

    /// The folder as it stands, for reading alone.
    pub fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            #[cfg(test)]
            fuse: None,
        }
    }

    /// Where a file of this folder is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Keeps other runs out, so that two never make the same sequence.
    pub fn lock(&self) -> Result<Lock, StateError> {
        let path = self.path("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(|error| failed("open", &path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => Err(StateError::Busy(self.root.clone())),
            Err(TryLockError::Error(error)) => Err(failed("lock", &path, error)),
        }
    }

    /// A file's content; none when it is not there.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StateError> {
        let path = self.path(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read", &path, error)),
        }
    }

    /// Reads a JSON file that the agent wrote.
    pub fn read_json<T: serde::de::DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<T>, StateError> {
        let Some(bytes) = self.read(name)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| self.damaged(name, &error))
    }

    /// Writes a JSON file.
    pub fn write_json(&self, name: &str, value: &impl serde::Serialize) -> Result<(), StateError> {
        let bytes = serde_json::to_vec_pretty(value).map_err(|error| self.damaged(name, &error))?;
        self.write(name, &bytes)
    }

    /// Replaces a file as a whole, readable by its owner alone, durably.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StateError> {
        let path = self.path(name);
        let folder = path.parent().unwrap_or(&self.root);
        make_private(folder).map_err(|error| failed("create", folder, error))?;
        let last = path.file_name().unwrap_or_default().to_string_lossy();
        let unfinished = folder.join(format!("{UNFINISHED}{last}"));
        self.step("write", &unfinished, || write_flushed(&unfinished, bytes))?;
        self.step("rename", &path, || fs::rename(&unfinished, &path))?;
        self.step("flush", folder, || File::open(folder)?.sync_all())
    }

    /// Moves a file within the state folder, durably.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), StateError> {
        let (from, to) = (self.path(from), self.path(to));
        let folder = to.parent().unwrap_or(&self.root);
        make_private(folder).map_err(|error| failed("create", folder, error))?;
        self.step("move", &to, || fs::rename(&from, &to))?;
        self.step("flush", folder, || File::open(folder)?.sync_all())
    }

    /// Removes a file; it is no error when it is gone already.
    pub fn remove(&self, name: &str) -> Result<(), StateError> {
        let path = self.path(name);
        self.step("remove", &path, || absent_is_fine(fs::remove_file(&path)))
    }

    /// Removes a folder with all that is in it.
    pub fn remove_folder(&self, name: &str) -> Result<(), StateError> {
        let path = self.path(name);
        self.step("remove", &path, || absent_is_fine(fs::remove_dir_all(&path)))
    }

    /// Names of the finished files and folders in `folder`, sorted.
    pub fn list(&self, folder: &str) -> Result<Vec<String>, StateError> {
        let path = self.path(folder);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed("list", &path, error)),
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| !name.starts_with(UNFINISHED))
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Says that a file does not hold what the agent writes there.
    pub fn damaged(&self, name: &str, reason: &dyn std::fmt::Display) -> StateError {
        StateError::Damaged { path: self.path(name), reason: reason.to_string() }
    }

    /// One change of the disk; tests make it fail, as a crash would.
    fn step(
        &self,
        action: &'static str,
        path: &Path,
        change: impl FnOnce() -> io::Result<()>,
    ) -> Result<(), StateError> {
        debug_assert!(path.starts_with(&self.root), "only this folder is changed");
        #[cfg(test)]
        if let Some(fuse) = &self.fuse {
            fuse.burn().map_err(|error| failed(action, path, error))?;
        }
        change().map_err(|error| failed(action, path, error))
    }
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> StateError {
    StateError::Io { action, path: path.to_owned(), source }
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Makes a folder that only its owner may enter, and closes one that is open.
fn make_private(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if is_private(found.permissions().mode()) => Ok(()),
        Ok(_) => fs::set_permissions(path, Permissions::from_mode(0o700)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            DirBuilder::new().recursive(true).mode(0o700).create(path)
        }
        Err(error) => Err(error),
    }
}

/// Whether neither group nor others have any right.
pub(crate) fn is_private(mode: u32) -> bool {
    const OTHERS: u32 = 0o077;
    mode | OTHERS == mode ^ OTHERS
}

fn write_flushed(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A leftover of a crash may have been made with other rights.
    absent_is_fine(fs::remove_file(path))?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
