//! What a package lays down: folders and files with owners and modes.

use std::collections::BTreeMap;

use crate::exit::{Exit, Failure};

/// Longest file, in bytes: numbers in a package have 32 bits.
const LONGEST: usize = 1 << 30;

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A folder.
    Folder,
    /// A file with these bytes.
    File(Vec<u8>),
}

/// One path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `.`, or `./` and the parts of the path.
    pub path: String,
    /// Permissions, such as `0o755`.
    pub mode: u16,
    /// Number of the owner.
    pub uid: u32,
    /// Number of the group.
    pub gid: u32,
    /// What lies there.
    pub content: Content,
}

/// Entries in their order: a folder, then what is in it; every folder is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree(Vec<Entry>);

impl Entry {
    /// Permissions with the kind of file, as `stat` gives them.
    pub fn full_mode(&self) -> u16 {
        match self.content {
            Content::Folder => 0o040_000 | self.mode,
            Content::File(_) => 0o100_000 | self.mode,
        }
    }

    /// The bytes of a file; none of a folder.
    pub fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Folder => &[],
            Content::File(bytes) => bytes,
        }
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.content == Content::Folder
    }

    /// The folder it is in; none for the top.
    pub fn parent(&self) -> Option<&str> {
        self.path.rsplit_once('/').map(|(parent, _)| parent)
    }

    /// The last part of its path.
    pub fn name(&self) -> &str {
        self.path.rsplit_once('/').map_or(self.path.as_str(), |(_, name)| name)
    }

    fn parts(&self) -> Vec<&str> {
        self.path.split('/').collect()
    }
}

impl Tree {
    /// Orders entries and refuses what is no tree.
    ///
    /// # Errors
    ///
    /// When a path is written twice or otherwise than `./a/b`, when its folder
    /// is not there, or when a file is too large.
    pub fn new(mut entries: Vec<Entry>) -> Result<Self, Failure> {
        entries.sort_by(|one, other| one.parts().cmp(&other.parts()));
        let mut folders = BTreeMap::new();
        for entry in &entries {
            let fault = |what: &str| {
                Failure::new(Exit::BadInput, format!("{}: {what}; mend its entry", entry.path))
            };
            let mut parts = entry.path.split('/');
            let is_plain = parts.next() == Some(".")
                && parts.all(|part| !["", ".", ".."].contains(&part) && part.len() < 250);
            if !is_plain {
                return Err(fault("the path is not written as `./folder/name`"));
            }
            if entry.mode > 0o7777 {
                return Err(fault("the mode has more than permissions"));
            }
            if entry.bytes().len() > LONGEST {
                return Err(fault("the file is longer than a package can hold"));
            }
            let parent = entry.parent();
            if parent.is_some_and(|parent| folders.get(parent) != Some(&true)) {
                return Err(fault("the folder it lies in has no entry"));
            }
            if folders.insert(entry.path.as_str(), entry.is_folder()).is_some() {
                return Err(fault("the path has two entries"));
            }
        }
        if !folders.contains_key(".") {
            return Err(Failure::new(Exit::BadInput, "`.` has no entry; every path needs one"));
        }
        Ok(Self(entries))
    }

    /// The entries, folders before what is in them.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// The entry at a path that begins with `/`.
    pub fn find(&self, path: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.path.strip_prefix('.') == Some(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, content: Content) -> Entry {
        Entry { path: path.to_owned(), mode: 0o755, uid: 0, gid: 0, content }
    }

    fn refused(entries: Vec<Entry>) -> String {
        Tree::new(entries).unwrap_err().to_string()
    }

    #[test]
    fn a_folder_comes_before_what_is_in_it_whatever_the_names_are() {
        let paths = ["./a/c", "./a b", ".", "./a", "./a-b", "./a/c/d"];
        let tree = Tree::new(paths.map(|path| entry(path, Content::Folder)).to_vec()).unwrap();
        let order: Vec<&str> = tree.entries().iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(order, [".", "./a", "./a/c", "./a/c/d", "./a b", "./a-b"]);
    }

    #[test]
    fn what_is_no_tree_is_refused_by_its_path() {
        let top = || entry(".", Content::Folder);
        let file = || Content::File(Vec::new());
        assert_eq!(
            refused(vec![top(), entry("./a/b", file())]),
            "./a/b: the folder it lies in has no entry; mend its entry"
        );
        assert_eq!(
            refused(vec![top(), entry("./a", file()), entry("./a/b", file())]),
            "./a/b: the folder it lies in has no entry; mend its entry"
        );
        assert_eq!(
            refused(vec![top(), entry("./a", file()), entry("./a", Content::Folder)]),
            "./a: the path has two entries; mend its entry"
        );
        for path in ["/a", "./a//b", "./../a", "./a/", "a", "././a"] {
            assert_eq!(
                refused(vec![top(), entry(path, file())]),
                format!("{path}: the path is not written as `./folder/name`; mend its entry")
            );
        }
        assert_eq!(refused(Vec::new()), "`.` has no entry; every path needs one");
        let modes = Entry { mode: 0o10_755, ..entry(".", Content::Folder) };
        assert_eq!(refused(vec![modes]), ".: the mode has more than permissions; mend its entry");
    }
}
