//! Reads payload and scripts: gzip of a cpio archive in the "odc" form.

use std::collections::BTreeSet;
use std::io::Read as _;

use flate2::bufread::GzDecoder;

use crate::pkg::cpio::LAST;

/// Longest archive, in bytes.
const LONGEST: u64 = 512 << 20;

/// One path of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// `.`, or `./` and the parts of the path.
    pub path: String,
    /// Kind and permissions, as `stat` gives them.
    pub mode: u32,
    /// Number of the owner.
    pub uid: u32,
    /// Number of the group.
    pub gid: u32,
    /// Bytes of a file; target of a link.
    pub bytes: Vec<u8>,
}

impl Record {
    /// The path on a Mac.
    pub fn absolute(&self) -> &str {
        match self.path.strip_prefix('.') {
            Some("") => "/",
            Some(path) => path,
            None => &self.path,
        }
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    /// Whether it is a file, not a link or anything else.
    pub fn is_file(&self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }

    /// The permissions alone.
    pub fn permissions(&self) -> u32 {
        self.mode & 0o7777
    }
}

/// Reads a compressed archive to its last byte; the error says what is wrong.
///
/// # Errors
///
/// When it is no such archive.
pub fn read(packed: &[u8]) -> Result<Vec<Record>, String> {
    let mut plain = Vec::new();
    let mut gzip = GzDecoder::new(packed);
    let read = gzip.by_ref().take(LONGEST).read_to_end(&mut plain);
    if read.is_err() || plain.len() as u64 >= LONGEST {
        return Err("it cannot be unpacked".to_owned());
    }
    if !gzip.into_inner().is_empty() {
        return Err("something follows the packed bytes".to_owned());
    }
    records(&plain)
}

fn records(archive: &[u8]) -> Result<Vec<Record>, String> {
    let mut records: Vec<Record> = Vec::new();
    let mut known = BTreeSet::new();
    let mut rest = archive;
    loop {
        let number = records.len() + 1;
        let (record, after) = record(rest).ok_or(format!("record {number} cannot be read"))?;
        rest = after;
        if record.path == LAST {
            break;
        }
        let is_plain = record.path == "."
            || record
                .path
                .strip_prefix("./")
                .is_some_and(|path| path.split('/').all(|part| !["", ".", ".."].contains(&part)));
        if !is_plain {
            return Err(format!("the path `{}` is not written as `./folder/name`", record.path));
        }
        if !known.insert(record.path.clone()) {
            return Err(format!("{} is there twice", record.path));
        }
        let parent = record.path.rsplit_once('/').map(|(parent, _)| parent);
        if parent.is_some_and(|parent| !known.contains(parent)) {
            return Err(format!("{} comes before its folder", record.path));
        }
        records.push(record);
    }
    if rest.len() >= 512 || rest.iter().any(|&byte| byte != 0) {
        return Err("something follows its last record".to_owned());
    }
    if records.first().is_none_or(|first| first.path != ".") {
        return Err("it does not begin with its top".to_owned());
    }
    Ok(records)
}

fn record(bytes: &[u8]) -> Option<(Record, &[u8])> {
    let (header, rest) = bytes.split_at_checked(76)?;
    let octal = |from: usize, length: usize| {
        let digits = std::str::from_utf8(header.get(from..from + length)?).ok()?;
        let is_octal = digits.bytes().all(|digit| matches!(digit, b'0'..=b'7'));
        is_octal.then(|| u64::from_str_radix(digits, 8).ok()).flatten()
    };
    let short = |from| octal(from, 6).and_then(|it| u32::try_from(it).ok());
    if header.get(..6) != Some(b"070707") {
        return None;
    }
    let (name, rest) = rest.split_at_checked(usize::try_from(octal(59, 6)?).ok()?)?;
    let (content, rest) = rest.split_at_checked(usize::try_from(octal(65, 11)?).ok()?)?;
    let name = name.strip_suffix(&[0])?;
    let record = Record {
        path: std::str::from_utf8(name).ok().filter(|it| !it.contains('\0'))?.to_owned(),
        mode: short(18)?,
        uid: short(24)?,
        gid: short(30)?,
        bytes: content.to_vec(),
    };
    Some((record, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pkg::cpio::{archive, gzip, write};
    use crate::pkg::tree::{Content, Entry, Tree};

    fn tree() -> Tree {
        let entry = |path: &str, mode, content| Entry {
            path: path.to_owned(),
            mode,
            uid: 501,
            gid: 80,
            content,
        };
        Tree::new(vec![
            entry(".", 0o755, Content::Folder),
            entry("./a", 0o700, Content::Folder),
            entry("./a/b c", 0o640, Content::File(b"text".to_vec())),
        ])
        .unwrap()
    }

    #[test]
    fn what_was_written_is_read_again() {
        let records = read(&write(&tree())).unwrap();
        let paths: Vec<&str> = records.iter().map(Record::absolute).collect();
        assert_eq!(paths, ["/", "/a", "/a/b c"]);
        let last = records.last().unwrap();
        assert_eq!(
            (last.mode, last.uid, last.gid, &last.bytes[..]),
            (0o100_640, 501, 80, &b"text"[..])
        );
        assert!(last.is_file() && records[1].is_folder());
    }

    #[test]
    fn an_archive_that_is_cut_or_longer_or_out_of_order_is_refused() {
        let plain = archive(&tree());
        for end in 0..plain.len() - 400 {
            assert!(read(&gzip(&plain[..end])).is_err(), "cut at {end}");
        }
        let longer = [&plain[..], &[0; 512]].concat();
        assert_eq!(read(&gzip(&longer)).unwrap_err(), "something follows its last record");
        let packed = [gzip(&plain), vec![0]].concat();
        assert_eq!(read(&packed).unwrap_err(), "something follows the packed bytes");
        let text = String::from_utf8(plain).unwrap();
        for (from, to, what) in [
            ("./a/b c", "./b/b c", "./b/b c comes before its folder"),
            ("./a/b c", "./../bc", "the path `./../bc` is not written as `./folder/name`"),
            ("./a\0", "./.\0", "the path `./.` is not written as `./folder/name`"),
            (".\0", "x\0", "the path `x` is not written as `./folder/name`"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_eq!(read(&gzip(changed.as_bytes())).unwrap_err(), what);
        }
    }
}
