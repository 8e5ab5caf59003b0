//! A crash at a chosen change of the disk.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::StateFolder;

/// Lets a number of changes through, then none any more.
#[derive(Clone, Debug)]
pub(crate) struct Fuse(Arc<AtomicUsize>);

impl Fuse {
    pub(super) fn burn(&self) -> io::Result<()> {
        let left = self.0.load(Ordering::SeqCst);
        if left == 0 {
            return Err(io::Error::other("the computer crashed"));
        }
        self.0.store(left - 1, Ordering::SeqCst);
        Ok(())
    }
}

impl StateFolder {
    /// A folder whose computer crashes after `changes` changes of the disk.
    pub(crate) fn crashing_after(root: &Path, changes: usize) -> Self {
        let mut folder = Self::open(root).unwrap();
        folder.fuse = Some(Fuse(Arc::new(AtomicUsize::new(changes))));
        folder
    }
}
