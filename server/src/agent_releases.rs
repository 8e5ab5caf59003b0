//! Releases of the agent: the packages and manifests that IT has put into a
//! folder of the collector.
//!
//! The folder is looked at every second and read again when it has changed. A
//! package is offered only when it is the very file that its manifest names, so
//! a half-copied one is never handed to a Mac. Each replica reads its own
//! folder.

mod folder;
pub mod shelf;
pub mod version;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;

use self::folder::{Seen, list, package, read};
use self::shelf::Shelf;

/// The folder of releases; cheap to clone. What stands in it is part of the
/// rules in force.
#[derive(Clone, Debug)]
pub struct AgentReleases {
    folder: Arc<Path>,
    /// The folder as it was when it was last read; held while it is read.
    seen: Arc<Mutex<Option<Vec<Seen>>>>,
}

impl AgentReleases {
    /// Releases in `folder`, none of which is read yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder: folder.into(), seen: Arc::default() }
    }

    /// Where packages are looked for.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What stands in the folder, when it has changed since the last time.
    /// Blocks on the disk.
    pub fn refresh(&self) -> Option<Arc<Shelf>> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = list(&self.folder);
        if seen.as_ref() == Some(&now) {
            return None;
        }
        let found = read(&self.folder, &now);
        for problem in &found.problems {
            tracing::warn!(
                file = problem.file,
                "a file in the folder of agent packages is not used: {}",
                problem.why
            );
        }
        if let Some(newest) = found.newest() {
            tracing::info!(
                releases = found.releases.len(),
                newest = newest.manifest.version,
                "releases of the agent were read"
            );
        }
        *seen = Some(now);
        Some(Arc::new(found))
    }

    /// The bytes of the package called `file` of `known`, as long as they are
    /// those that its manifest names. Blocks on the disk.
    pub fn package(&self, known: &Shelf, file: &str) -> Option<Bytes> {
        let release = known.releases.iter().find(|one| one.file() == Some(file))?;
        match known.held.as_ref().filter(|held| held.file == file) {
            Some(held) => Some(held.bytes.clone()),
            None => package(&self.folder, &release.manifest).ok(),
        }
    }
}

#[cfg(test)]
mod tests;
