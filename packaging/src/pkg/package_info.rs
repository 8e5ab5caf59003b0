//! Writes `PackageInfo`: what the component is and how it is laid down.

use shared::names::{AGENT_BUNDLE, AGENT_LABEL};

use super::tree::Tree;
use super::xml::escaped;

/// How long Installer waits for a script, in seconds: longer than both wait for
/// launchd.
const SCRIPT_TIMEOUT: u32 = 600;

/// What the payload takes on a disk: blocks of 512 bytes, one for a folder,
/// none for the top; in units of 1024 bytes, rounded up.
pub fn kilobytes(payload: &Tree) -> usize {
    let blocks = payload.entries().iter().map(|entry| match entry.path.as_str() {
        "." => 0,
        _ if entry.is_folder() => 1,
        _ => entry.bytes().len().div_ceil(512),
    });
    blocks.sum::<usize>().div_ceil(2)
}

/// The text.
///
/// An empty `relocate`: Installer never follows a copy that somebody moved. An
/// empty `bundle-version`: an older version replaces a newer one, so that a
/// company can go back.
pub fn write(version: &str, payload: &Tree) -> String {
    let version = escaped(version);
    let files = payload.entries().len();
    let kilobytes = kilobytes(payload);
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <pkg-info overwrite-permissions=\"true\" relocatable=\"false\" \
         identifier=\"{AGENT_LABEL}\" postinstall-action=\"none\" version=\"{version}\" \
         format-version=\"2\" install-location=\"/\" auth=\"root\">\n    \
         <payload numberOfFiles=\"{files}\" installKBytes=\"{kilobytes}\"/>\n    \
         <bundle path=\".{AGENT_BUNDLE}\" id=\"{AGENT_LABEL}\" \
         CFBundleShortVersionString=\"{version}\" CFBundleVersion=\"{version}\"/>\n    \
         <bundle-version/>\n    <upgrade-bundle/>\n    <update-bundle/>\n    \
         <atomic-update-bundle/>\n    <strict-identifier/>\n    <relocate/>\n    \
         <scripts>\n        \
         <preinstall file=\"./preinstall\" timeout=\"{SCRIPT_TIMEOUT}\"/>\n        \
         <postinstall file=\"./postinstall\" timeout=\"{SCRIPT_TIMEOUT}\"/>\n    \
         </scripts>\n</pkg-info>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pkg::tree::{Content, Entry};

    fn payload() -> Tree {
        let entry = |path: &str, content| Entry {
            path: path.to_owned(),
            mode: 0o755,
            uid: 0,
            gid: 0,
            content,
        };
        Tree::new(vec![
            entry(".", Content::Folder),
            entry("./a", Content::Folder),
            entry("./a/empty", Content::File(Vec::new())),
            entry("./a/one", Content::File(vec![1])),
            entry("./a/three", Content::File(vec![1; 1025])),
        ])
        .unwrap()
    }

    #[test]
    fn what_it_takes_on_a_disk_is_rounded_up() {
        // A folder, one block, three blocks.
        assert_eq!(kilobytes(&payload()), 3);
    }

    #[test]
    fn an_older_version_may_replace_a_newer_one_and_nothing_is_moved() {
        let text = write("1.2.3", &payload());
        assert!(text.contains("<payload numberOfFiles=\"5\" installKBytes=\"3\"/>"), "{text}");
        assert!(text.contains("<bundle-version/>") && text.contains("<relocate/>"), "{text}");
        assert_eq!(text.matches("\"1.2.3\"").count(), 3);
    }
}
