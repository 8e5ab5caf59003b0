//! The folder and the files that the collector writes: how full and how large.

use std::path::{Path, PathBuf};

/// The least share of a disk that must be free, in hundredths.
const LEAST_FREE: u32 = 5;

/// Where files grow.
#[derive(Clone, Debug)]
pub struct Files {
    /// Folders whose disks are looked at.
    pub folders: Vec<PathBuf>,
    /// SQLite's write-ahead log, when the database is a file.
    pub wal: Option<PathBuf>,
}

impl Files {
    /// The files of a collector with this state folder and database file.
    pub fn of(state_dir: &Path, database: Option<&Path>) -> Self {
        let mut folders = vec![state_dir.to_owned()];
        folders.extend(database.and_then(Path::parent).map(Path::to_owned));
        let wal = database.map(|path| {
            let mut name = path.as_os_str().to_owned();
            name.push("-wal");
            PathBuf::from(name)
        });
        Self { folders, wal }
    }

    /// Bytes of the write-ahead log; none without a file.
    pub fn wal_bytes(&self) -> Option<u64> {
        let path = self.wal.as_ref()?;
        Some(std::fs::metadata(path).map_or(0, |it| it.len()))
    }

    /// The disk with the smallest free share, as that share; none when it
    /// cannot be known.
    pub fn free_share(&self) -> Option<f64> {
        let shares = self.folders.iter().filter_map(|folder| {
            let disk = rustix::fs::statvfs(folder_that_is_there(folder)).ok()?;
            share(disk.f_bavail, disk.f_blocks)
        });
        shares.min_by(f64::total_cmp)
    }

    /// Whether every disk has room.
    pub fn have_room(&self) -> bool {
        self.free_share().is_none_or(has_room)
    }
}

fn has_room(share: f64) -> bool {
    share * 100.0 > f64::from(LEAST_FREE)
}

#[expect(clippy::cast_precision_loss, reason = "a share of a disk needs no more digits")]
fn share(free: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| free as f64 / all as f64)
}

/// A relative path without a folder lies in the working folder.
fn folder_that_is_there(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Files, has_room, share};

    #[test]
    fn five_hundredths_are_too_few() {
        assert!(!has_room(share(5, 100).unwrap()));
        assert!(has_room(share(6, 100).unwrap()));
        assert_eq!(share(0, 0), None);
    }

    #[test]
    fn the_disk_of_a_folder_is_known_and_the_log_of_a_file_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("muster.db");
        let files = Files::of(folder.path(), Some(&database));
        assert!(files.free_share().is_some_and(|share| (0.0..=1.0).contains(&share)));
        assert_eq!(files.wal_bytes(), Some(0));
        std::fs::write(folder.path().join("muster.db-wal"), [0; 32]).unwrap();
        assert_eq!(files.wal_bytes(), Some(32));
        assert_eq!(Files::of(Path::new("x"), None).wal_bytes(), None);
    }
}
