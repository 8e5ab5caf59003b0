//! Reads `payload.toml`: every path that the package lays down.

use serde::Deserialize;

use super::tree::{Content, Entry, Tree};
use crate::exit::{Exit, Failure};

/// How the list is called in errors.
const LIST: &str = "packaging/macos/payload.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    entry: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    path: String,
    #[serde(rename = "type")]
    kind: Kind,
    mode: String,
    uid: u32,
    gid: u32,
    source: Option<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    File,
    Folder,
}

/// The tree that the list describes; `source` gives the bytes of a file.
///
/// # Errors
///
/// When the list is not as it must be, or a source is not there.
pub fn read(
    text: &str,
    mut source: impl FnMut(&str) -> Result<Vec<u8>, Failure>,
) -> Result<Tree, Failure> {
    let list: List = toml::from_str(text).map_err(|error| {
        let said = error.to_string();
        let said: Vec<&str> = said.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
        Failure::new(Exit::BadInput, format!("{LIST}: {}; mend the line", said.join(" ")))
    })?;
    let entries = list.entry.into_iter().map(|line| {
        let fault = |what: &str| {
            Failure::new(Exit::BadInput, format!("{LIST}: {}: {what}; mend its entry", line.path))
        };
        let mode = u16::from_str_radix(&line.mode, 8)
            .ok()
            .filter(|_| line.mode.len() == 4)
            .ok_or_else(|| fault("the mode is not four octal digits such as 0755"))?;
        let content = match (line.kind, &line.source) {
            (Kind::Folder, None) => Content::Folder,
            (Kind::File, Some(name)) => Content::File(source(name)?),
            (Kind::Folder, Some(_)) => return Err(fault("a folder has no source")),
            (Kind::File, None) => return Err(fault("the file has no source")),
        };
        let path = match line.path.strip_prefix('/') {
            Some(_) => format!(".{}", line.path),
            None => line.path,
        };
        Ok(Entry { path, mode, uid: line.uid, gid: line.gid, content })
    });
    Tree::new(entries.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOP: &str =
        "[[entry]]\npath = \".\"\ntype = \"folder\"\nmode = \"0755\"\nuid = 0\ngid = 0\n";

    fn line(rest: &str) -> String {
        format!("{TOP}[[entry]]\npath = \"/a\"\nuid = 0\ngid = 80\n{rest}")
    }

    fn refused(text: &str) -> String {
        read(text, |_| Ok(Vec::new())).unwrap_err().to_string()
    }

    #[test]
    fn a_file_takes_its_bytes_from_its_source_and_nothing_from_the_disk() {
        let text = line("type = \"file\"\nmode = \"0640\"\nsource = \"macos:a\"");
        let tree = read(&text, |name| Ok(name.into())).unwrap();
        let expected = Entry {
            path: "./a".to_owned(),
            mode: 0o640,
            uid: 0,
            gid: 80,
            content: Content::File(b"macos:a".to_vec()),
        };
        assert_eq!(tree.entries().last(), Some(&expected));
    }

    #[test]
    fn each_wrong_line_is_named() {
        let list = "packaging/macos/payload.toml: /a: ";
        for (rest, what) in [
            ("type = \"file\"\nmode = \"0640\"", "the file has no source; mend its entry"),
            (
                "type = \"folder\"\nmode = \"0640\"\nsource = \"a\"",
                "a folder has no source; mend its entry",
            ),
            (
                "type = \"folder\"\nmode = \"755\"",
                "the mode is not four octal digits such as 0755; mend its entry",
            ),
        ] {
            assert_eq!(refused(&line(rest)), format!("{list}{what}"));
        }
        let said = refused(&line("type = \"folder\"\nmode = \"0755\"\nowner = \"root\""));
        assert!(said.contains("unknown field `owner`") && !said.contains('\n'), "{said}");
    }
}
