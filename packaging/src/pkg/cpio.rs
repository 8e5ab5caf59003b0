//! Writes payload and scripts: gzip of a cpio archive in its oldest portable
//! form ("odc"), which macOS has always read.
//!
//! A header of 76 octal digits, the name with a zero byte, the bytes; nothing
//! between entries.

use std::io::Write as _;

use flate2::{Compression, GzBuilder};

use super::TIME;
use super::tree::{Content, Entry, Tree};

/// The archive is filled up to a multiple of this.
const BLOCK: usize = 512;
/// Name of the entry that ends an archive.
pub(crate) const LAST: &str = "TRAILER!!!";

/// The compressed archive of a tree.
pub fn write(tree: &Tree) -> Vec<u8> {
    gzip(&archive(tree))
}

/// The archive of a tree, in the tree's order.
pub fn archive(tree: &Tree) -> Vec<u8> {
    let mut archive = Vec::new();
    for (number, entry) in (1..).zip(tree.entries()) {
        let links = match entry.content {
            Content::Folder => 2 + children(tree, entry),
            Content::File(_) => 1,
        };
        let fields = Fields {
            number,
            mode: u32::from(entry.full_mode()),
            owner: (entry.uid, entry.gid),
            links,
            time: TIME,
        };
        record(&mut archive, &fields, &entry.path, entry.bytes());
    }
    let last = Fields { number: 0, mode: 0, owner: (0, 0), links: 1, time: 0 };
    record(&mut archive, &last, LAST, &[]);
    archive.resize(archive.len().next_multiple_of(BLOCK), 0);
    archive
}

fn children(tree: &Tree, folder: &Entry) -> usize {
    tree.entries().iter().filter(|entry| entry.parent() == Some(&folder.path)).count()
}

struct Fields {
    number: usize,
    mode: u32,
    owner: (u32, u32),
    links: usize,
    time: u32,
}

fn record(archive: &mut Vec<u8>, fields: &Fields, name: &str, bytes: &[u8]) {
    let Fields { number, mode, owner: (uid, gid), links, time } = fields;
    let header = format!(
        "070707{:06o}{number:06o}{mode:06o}{uid:06o}{gid:06o}{links:06o}{:06o}{time:011o}{:06o}{:011o}",
        0,
        0,
        name.len() + 1,
        bytes.len()
    );
    archive.extend(header.as_bytes());
    archive.extend(name.as_bytes());
    archive.push(0);
    archive.extend(bytes);
}

/// gzip without a name, a time, or a system that depends on this computer.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip =
        GzBuilder::new().mtime(0).operating_system(3).write(Vec::new(), Compression::best());
    // Writing into memory cannot fail.
    let _ = gzip.write_all(bytes);
    gzip.finish().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, mode: u16, content: Content) -> Entry {
        Entry { path: path.to_owned(), mode, uid: 0, gid: 80, content }
    }

    #[test]
    fn an_archive_is_written_byte_by_byte_as_the_format_says() {
        let tree = Tree::new(vec![
            entry(".", 0o755, Content::Folder),
            entry("./a", 0o640, Content::File(b"text".to_vec())),
        ]);
        let archive = archive(&tree.unwrap());
        let expected = concat!(
            "070707",
            "000000",
            "000001",
            "040755",
            "000000",
            "000120",
            "000003",
            "000000",
            "07033241600",
            "000002",
            "00000000000",
            ".\0",
            "070707",
            "000000",
            "000002",
            "100640",
            "000000",
            "000120",
            "000001",
            "000000",
            "07033241600",
            "000004",
            "00000000004",
            "./a\0text",
            "070707",
            "000000",
            "000000",
            "000000",
            "000000",
            "000000",
            "000001",
            "000000",
            "00000000000",
            "000013",
            "00000000000",
            "TRAILER!!!\0",
        );
        let (written, rest) = archive.split_at(expected.len());
        assert_eq!(String::from_utf8_lossy(written), expected);
        assert_eq!((archive.len(), rest.iter().all(|&byte| byte == 0)), (512, true));
    }

    #[test]
    fn gzip_says_neither_when_nor_where() {
        let packed = gzip(b"text");
        assert_eq!(&packed[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3]);
    }
}
