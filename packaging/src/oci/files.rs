//! What lies in the image, and the archive that holds it.

use std::io::{self, Cursor};

use super::USER;

/// A file or folder of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path, without a slash at the beginning.
    pub path: String,
    /// Permissions.
    pub mode: u32,
    /// User and group.
    pub owner: u64,
    /// Content of a file; none for a folder.
    pub content: Option<Vec<u8>>,
}

fn folder(path: &str, mode: u32, owner: u64) -> Entry {
    Entry { path: path.to_owned(), mode, owner, content: None }
}

fn file(path: &str, mode: u32, content: impl Into<Vec<u8>>) -> Entry {
    Entry { path: path.to_owned(), mode, owner: 0, content: Some(content.into()) }
}

/// Everything in the image: the program, the authorities that it trusts, and
/// libraries at the paths where the program looks for them.
pub fn root(
    program: Vec<u8>,
    authorities: Vec<u8>,
    libraries: Vec<(String, Vec<u8>)>,
) -> Vec<Entry> {
    let mut entries = vec![
        file("usr/bin/muster-server", 0o755, program),
        file("etc/ssl/certs/ca-certificates.crt", 0o644, authorities),
        file(
            "etc/passwd",
            0o644,
            format!("root:x:0:0:root:/:/none\nmuster:x:{USER}:{USER}:muster:/data:/none\n"),
        ),
        file("etc/group", 0o644, format!("root:x:0:\nmuster:x:{USER}:\n")),
        // Names are looked up as everywhere, without plug-ins.
        file("etc/nsswitch.conf", 0o644, "passwd: files\ngroup: files\nhosts: files dns\n"),
        folder("etc/muster", 0o755, 0),
        folder("data", 0o700, USER),
        folder("tmp", 0o1777, 0),
    ];
    for (path, library) in libraries {
        entries.push(file(path.trim_start_matches('/'), 0o755, library));
    }
    with_parents(entries)
}

/// Sorted, every folder before what lies in it, none implied.
fn with_parents(mut entries: Vec<Entry>) -> Vec<Entry> {
    let mut parents = Vec::new();
    for entry in &entries {
        for (at, _) in entry.path.match_indices('/') {
            if let Some(parent) = entry.path.get(..at) {
                parents.push(folder(parent, 0o755, 0));
            }
        }
    }
    entries.extend(parents);
    // Stable: what was named itself stands before what was only implied.
    entries.sort_by(|one, other| one.path.cmp(&other.path));
    entries.dedup_by(|later, earlier| later.path == earlier.path);
    entries
}

/// The archive, with one time and nothing of this machine.
pub fn archive(entries: &[Entry], time: u64) -> io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    for entry in entries {
        let mut header = tar::Header::new_ustar();
        header.set_mode(entry.mode);
        header.set_uid(entry.owner);
        header.set_gid(entry.owner);
        header.set_mtime(time);
        let content = entry.content.as_deref().unwrap_or_default();
        header.set_size(content.len() as u64);
        let path = if entry.content.is_some() {
            header.set_entry_type(tar::EntryType::Regular);
            entry.path.clone()
        } else {
            header.set_entry_type(tar::EntryType::Directory);
            format!("{}/", entry.path)
        };
        tar.append_data(&mut header, path, Cursor::new(content))?;
    }
    tar.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_before_what_lies_in_them_and_only_data_belongs_to_the_collector() {
        let library = ("/lib64/ld-linux-x86-64.so.2".to_owned(), b"l".to_vec());
        let entries = root(b"p".to_vec(), b"a".to_vec(), vec![library]);
        let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
        for path in &paths {
            if let Some((parent, _)) = path.rsplit_once('/') {
                let (parent, own) = (
                    paths.iter().position(|it| *it == parent),
                    paths.iter().position(|it| it == path),
                );
                assert!(parent.is_some() && parent < own, "{path}");
            }
        }
        let mut once = paths.clone();
        once.dedup();
        assert_eq!(once, paths);
        let owned: Vec<&str> =
            entries.iter().filter(|it| it.owner != 0).map(|it| it.path.as_str()).collect();
        assert_eq!(owned, ["data"]);
        assert!(paths.contains(&"lib64/ld-linux-x86-64.so.2"));
    }

    #[test]
    fn the_archive_is_read_back_with_modes_owners_and_one_time() {
        let entries = root(b"p".to_vec(), b"a".to_vec(), Vec::new());
        let bytes = archive(&entries, 7).unwrap();
        let mut read = tar::Archive::new(&bytes[..]);
        for (entry, expected) in read.entries().unwrap().zip(&entries) {
            let entry = entry.unwrap();
            let header = entry.header();
            assert_eq!(
                entry.path().unwrap().to_str().unwrap().trim_end_matches('/'),
                expected.path
            );
            assert_eq!(header.mode().unwrap(), expected.mode, "{}", expected.path);
            assert_eq!((header.uid().unwrap(), header.mtime().unwrap()), (expected.owner, 7));
        }
    }
}
