//! Writes a bill of materials: what a package lays down, as a list.
//!
//! Installer keeps it as the receipt, removes by it what a later version no
//! longer brings, and may set owner and mode of every folder in it. The format
//! is that of a small database: a header, numbered blocks, names of some of
//! them, and an index that says where each lies; numbers are big endian.

use super::TIME;
use super::cksum::cksum;
use super::tree::{Content, Entry, Tree};
use crate::exit::{Exit, Failure};

/// Length of the header.
pub(crate) const HEADER: usize = 512;
/// Length of the leaf of a tree.
const LEAF: usize = 4096;
/// Most paths that one leaf holds.
pub(crate) const MOST: usize = (LEAF - 12) / 8;

/// Blocks in the order of their numbers; the first has number one.
#[derive(Default)]
struct Blocks(Vec<Vec<u8>>);

impl Blocks {
    fn add(&mut self, block: Vec<u8>) -> u32 {
        self.0.push(block);
        size(self.0.len())
    }

    /// A tree of one leaf.
    fn tree(&mut self, leaf_length: usize, pairs: &[(u32, u32)]) -> u32 {
        let mut leaf = Vec::new();
        leaf.extend(1_u16.to_be_bytes());
        leaf.extend(u16::try_from(pairs.len()).unwrap_or(u16::MAX).to_be_bytes());
        words(&mut leaf, &[0, 0]);
        for &(one, other) in pairs {
            words(&mut leaf, &[one, other]);
        }
        leaf.resize(leaf_length, 0);
        let leaf = self.add(leaf);
        let mut tree = b"tree".to_vec();
        words(&mut tree, &[1, leaf, size(leaf_length), size(pairs.len())]);
        tree.push(0);
        self.add(tree)
    }
}

/// The list of a tree.
///
/// # Errors
///
/// When one leaf cannot hold all paths.
pub fn write(tree: &Tree) -> Result<Vec<u8>, Failure> {
    let count = tree.entries().len();
    if count > MOST {
        let message =
            format!("the package has {count} paths, and its list holds {MOST}; pack less");
        return Err(Failure::new(Exit::BadInput, message));
    }
    let mut blocks = Blocks::default();
    let mut information = Vec::new();
    words(&mut information, &[1, size(count) + 1, 1, 0, 0, 0, 0]);
    let information = blocks.add(information);
    let pairs = paths(&mut blocks, tree);
    let paths = blocks.tree(LEAF, &pairs);
    let hard_links = blocks.tree(LEAF, &[]);
    let versions = blocks.tree(128, &[]);
    let mut index = Vec::new();
    words(&mut index, &[1, versions, 0]);
    index.push(0);
    let versions = blocks.add(index);
    let large = blocks.tree(LEAF, &[]);
    Ok(store(
        &blocks.0,
        &[
            ("BomInfo", information),
            ("Paths", paths),
            ("HLIndex", hard_links),
            ("VIndex", versions),
            ("Size64", large),
        ],
    ))
}

/// Writes the blocks of every path; numbers go level by level, so that pairs
/// stand in the order of their folders.
fn paths(blocks: &mut Blocks, tree: &Tree) -> Vec<(u32, u32)> {
    let mut pairs = Vec::new();
    let mut level: Vec<(u32, &Entry)> = tree.entries().iter().take(1).map(|top| (0, top)).collect();
    let mut number = 0;
    while !level.is_empty() {
        let mut next = Vec::new();
        for (parent, entry) in level {
            number += 1;
            let about = blocks.add(about(entry));
            let mut identity = Vec::new();
            words(&mut identity, &[number, about]);
            let identity = blocks.add(identity);
            let mut name = parent.to_be_bytes().to_vec();
            name.extend(entry.name().as_bytes());
            name.push(0);
            pairs.push((identity, blocks.add(name)));
            let within = |child: &&Entry| child.parent() == Some(&entry.path);
            next.extend(tree.entries().iter().filter(within).map(|child| (number, child)));
        }
        level = next;
    }
    pairs
}

/// Kind, mode, owner, length and checksum of one path.
fn about(entry: &Entry) -> Vec<u8> {
    let (kind, checksum) = match &entry.content {
        Content::File(bytes) => (1, cksum(bytes)),
        Content::Folder => (2, 0),
    };
    let mut about = vec![kind, 1];
    about.extend(3_u16.to_be_bytes());
    about.extend(entry.full_mode().to_be_bytes());
    words(&mut about, &[entry.uid, entry.gid, TIME, size(entry.bytes().len())]);
    about.push(1);
    // The last word is the length of a link's target.
    words(&mut about, &[checksum, 0]);
    if !entry.is_folder() {
        words(&mut about, &[0]);
    }
    about
}

fn store(blocks: &[Vec<u8>], names: &[(&str, u32)]) -> Vec<u8> {
    let mut body: Vec<u8> = Vec::new();
    let mut index = Vec::new();
    words(&mut index, &[size(blocks.len()) + 1, 0, 0]);
    for block in blocks {
        words(&mut index, &[size(HEADER + body.len()), size(block.len())]);
        body.extend(block);
    }
    // The list of free blocks: empty, and expected to be there.
    index.extend([0; 20]);
    let mut variables = Vec::new();
    words(&mut variables, &[size(names.len())]);
    for (name, block) in names {
        words(&mut variables, &[*block]);
        variables.push(u8::try_from(name.len()).unwrap_or_default());
        variables.extend(name.as_bytes());
    }
    let variables_at = HEADER + body.len();
    let index_at = variables_at + variables.len();
    let mut store = b"BOMStore".to_vec();
    words(&mut store, &[1, size(blocks.len()), size(index_at), size(index.len())]);
    words(&mut store, &[size(variables_at), size(variables.len())]);
    store.resize(HEADER, 0);
    store.extend(body);
    store.extend(variables);
    store.extend(index);
    store
}

fn words(bytes: &mut Vec<u8>, words: &[u32]) {
    bytes.extend(words.iter().flat_map(|word| word.to_be_bytes()));
}

/// A length or a place as a number; a tree's files are far shorter.
fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, content: Content) -> Entry {
        Entry { path: path.to_owned(), mode: 0o755, uid: 0, gid: 80, content }
    }

    #[test]
    fn a_file_is_told_in_thirty_five_bytes_and_a_folder_in_thirty_one() {
        let file = about(&entry("./a", Content::File(b"123456789".to_vec())));
        let expected = [
            &[1, 1, 0, 3, 0o201, 0o355][..],
            &[0, 0, 0, 0, 0, 0, 0, 80],
            &TIME.to_be_bytes(),
            &[0, 0, 0, 9, 1],
            &930_766_865_u32.to_be_bytes(),
            &[0; 8],
        ];
        assert_eq!((file.len(), file), (35, expected.concat()));
        assert_eq!(about(&entry(".", Content::Folder)).len(), 31);
    }

    #[test]
    fn more_paths_than_a_leaf_holds_are_refused() {
        let many = |count: usize| {
            let files = (1..count).map(|at| entry(&format!("./{at}"), Content::File(Vec::new())));
            let top = std::iter::once(entry(".", Content::Folder));
            write(&Tree::new(top.chain(files).collect()).unwrap())
        };
        assert!(many(MOST).is_ok());
        let said = many(MOST + 1).unwrap_err().to_string();
        assert_eq!(said, "the package has 511 paths, and its list holds 510; pack less");
    }
}
