//! Reads a bill of materials, every pointer of it.

use std::collections::BTreeMap;

use crate::mach_o::bytes::Big;
use crate::pkg::bom::{HEADER, MOST};

/// The names that a list of a package has.
const NAMES: [&str; 5] = ["BomInfo", "Paths", "HLIndex", "VIndex", "Size64"];

/// One path of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `.`, or `./` and the parts of the path.
    pub path: String,
    /// Kind and permissions, as `stat` gives them.
    pub mode: u32,
    /// Number of the owner.
    pub uid: u32,
    /// Number of the group.
    pub gid: u32,
    /// Bytes of a file.
    pub size: u32,
    /// POSIX checksum of a file.
    pub checksum: u32,
}

/// The blocks of a list, by number.
struct Blocks<'b>(Vec<&'b [u8]>);

/// Reads a whole list; the error says what is wrong.
///
/// # Errors
///
/// When it is no list, or points where nothing is.
pub fn read(file: &[u8]) -> Result<Vec<Line>, String> {
    let (blocks, names) = store(file).ok_or("its index cannot be read")?;
    if names.keys().map(String::as_str).collect::<Vec<_>>() != sorted(NAMES) {
        return Err("it has not the five names that a list has".to_owned());
    }
    let lines = paths(&blocks, *names.get("Paths").unwrap_or(&0))?;
    for name in ["HLIndex", "Size64"] {
        let tree = names.get(name).and_then(|&block| blocks.tree(block));
        if tree.is_none_or(|pairs| !pairs.is_empty()) {
            return Err(format!("its `{name}` is no empty tree"));
        }
    }
    let count = names.get("BomInfo").and_then(|&block| blocks.get(block)?.length(4));
    if count != Some(lines.len() + 1) {
        return Err("its `BomInfo` names another number of paths".to_owned());
    }
    Ok(lines)
}

fn sorted(mut names: [&str; 5]) -> Vec<&str> {
    names.sort_unstable();
    names.to_vec()
}

impl<'b> Blocks<'b> {
    fn get(&self, number: u32) -> Option<Big<'b>> {
        let block = self.0.get(usize::try_from(number).ok()?)?;
        (number > 0).then_some(Big(block))
    }

    /// The pairs of a tree of one leaf.
    fn tree(&self, block: u32) -> Option<Vec<(u32, u32)>> {
        let tree = self.get(block)?;
        let leaf = self.get(tree.u32(8)?)?;
        let count = tree.length(16)?;
        let is_tree = tree.0.starts_with(b"tree") && tree.u32(4) == Some(1) && tree.0.len() == 21;
        // A leaf, with this number of pairs, and no other before or behind it.
        let is_leaf = leaf.u32(0) == Some(0x1_0000 | u32::try_from(count).ok()?)
            && (leaf.u32(4), leaf.u32(8)) == (Some(0), Some(0))
            && Some(leaf.0.len()) == tree.length(12);
        if !is_tree || !is_leaf || count > MOST {
            return None;
        }
        (0..count).map(|at| leaf.u32(12 + at * 8).zip(leaf.u32(16 + at * 8))).collect()
    }
}

/// The blocks of the file and the names of some.
fn store(file: &[u8]) -> Option<(Blocks<'_>, BTreeMap<String, u32>)> {
    let header = Big(file);
    if !file.starts_with(b"BOMStore") || header.u32(8) != Some(1) {
        return None;
    }
    let part = |from: usize, length: usize| file.get(from..from.checked_add(length)?);
    let index = Big(part(header.length(16)?, header.length(20)?)?);
    let names = Big(part(header.length(24)?, header.length(28)?)?);
    let count = index.length(0)?;
    // Behind the pairs stands the list of free blocks.
    if count.checked_mul(8)?.checked_add(4 + 20)? != index.0.len() || count == 0 {
        return None;
    }
    let blocks = (0..count).map(|number| {
        let (from, length) = index.length(4 + number * 8).zip(index.length(8 + number * 8))?;
        if (number == 0) != (from < HEADER) {
            return None;
        }
        part(from, length)
    });
    let blocks: Option<Vec<&[u8]>> = blocks.collect();
    if header.length(12)? + 1 != count {
        return None;
    }
    let mut found = BTreeMap::new();
    let mut at = 4;
    for _ in 0..names.length(0)? {
        let length = usize::from(names.byte(at + 4)?);
        let name = names.0.get(at + 5..at + 5 + length)?;
        found.insert(String::from_utf8(name.to_vec()).ok()?, names.u32(at)?);
        at += 5 + length;
    }
    (at == names.0.len()).then_some((Blocks(blocks?), found))
}

fn paths(blocks: &Blocks<'_>, tree: u32) -> Result<Vec<Line>, String> {
    let pairs = blocks.tree(tree).ok_or("its tree of paths cannot be read")?;
    let mut known: BTreeMap<u32, String> = BTreeMap::new();
    let mut before = None;
    let mut lines = Vec::new();
    for (identity, file) in pairs {
        let number = lines.len() + 1;
        let (id, about, parent, name) = entry(blocks, identity, file)
            .ok_or_else(|| format!("its path number {number} cannot be read"))?;
        if before.as_ref().is_some_and(|before| *before >= (parent, name.clone())) {
            return Err(format!("its path `{name}` is out of order"));
        }
        let path = match (parent, known.get(&parent)) {
            (0, None) if name == "." && known.is_empty() => name.clone(),
            (_, Some(folder)) if !name.contains('/') => format!("{folder}/{name}"),
            _ => return Err(format!("its path `{name}` lies in no folder")),
        };
        if known.insert(id, path.clone()).is_some() {
            return Err(format!("its path `{name}` has the number of another"));
        }
        lines.push(line(path.clone(), about).ok_or(format!("{path} cannot be read"))?);
        before = Some((parent, name));
    }
    Ok(lines)
}

fn entry<'b>(blocks: &Blocks<'b>, identity: u32, file: u32) -> Option<(u32, Big<'b>, u32, String)> {
    let identity = blocks.get(identity)?;
    let file = blocks.get(file)?;
    let about = blocks.get(identity.u32(4)?)?;
    let name = file.0.get(4..)?.strip_suffix(&[0])?;
    let name = String::from_utf8(name.to_vec()).ok()?;
    Some((identity.u32(0)?, about, file.u32(0)?, name))
}

fn line(path: String, about: Big<'_>) -> Option<Line> {
    let line = Line {
        path,
        mode: u32::from(about.byte(4)?) << 8 | u32::from(about.byte(5)?),
        uid: about.u32(6)?,
        gid: about.u32(10)?,
        size: about.u32(18)?,
        checksum: about.u32(23)?,
    };
    let (kind, length) = match line.mode & 0o170_000 {
        0o100_000 => (1, 35),
        0o040_000 => (2, 31),
        // Links and devices are none of ours, and are named by the gates.
        _ => return Some(line),
    };
    (about.byte(0) == Some(kind) && about.0.len() == length).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pkg::bom::write;
    use crate::pkg::tree::{Content, Entry, Tree};

    fn list() -> Vec<u8> {
        let entry = |path: &str, content| Entry {
            path: path.to_owned(),
            mode: 0o750,
            uid: 0,
            gid: 80,
            content,
        };
        let tree = Tree::new(vec![
            entry(".", Content::Folder),
            entry("./b", Content::Folder),
            entry("./a", Content::Folder),
            entry("./b/c", Content::File(b"123456789".to_vec())),
            entry("./a/z", Content::File(Vec::new())),
        ]);
        write(&tree.unwrap()).unwrap()
    }

    #[test]
    fn what_was_written_is_read_again_level_by_level() {
        let lines = read(&list()).unwrap();
        let paths: Vec<&str> = lines.iter().map(|line| line.path.as_str()).collect();
        assert_eq!(paths, [".", "./a", "./b", "./a/z", "./b/c"]);
        let last = lines.last().unwrap();
        assert_eq!((last.mode, last.uid, last.gid), (0o100_750, 0, 80));
        assert_eq!((last.size, last.checksum), (9, 930_766_865));
    }

    #[test]
    fn a_list_that_is_cut_is_refused_and_a_changed_byte_is_no_panic() {
        let list = list();
        for end in 0..list.len() {
            assert!(read(&list[..end]).is_err(), "cut at {end}");
        }
        for at in (0..64).chain(HEADER..list.len()) {
            for value in [0, 1, 0x7f, 0xff] {
                let mut changed = list.clone();
                changed[at] = value;
                let _ = read(&changed);
            }
        }
    }
}
