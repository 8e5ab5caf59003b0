//! Writes `Distribution`: what Installer shows, and on which Macs it installs.

use std::fmt::Write as _;

use shared::names::AGENT_LABEL;

use super::COMPONENT;
use super::xml::escaped;
use crate::mach_o::Architecture;
use crate::target::oldest_macos;

/// The pages that Installer knows, with the kind of each.
pub(crate) const PAGES: [(&str, &str, &str); 4] = [
    ("welcome", "welcome.html", "text/html"),
    ("readme", "readme.html", "text/html"),
    ("license", "license.txt", "text/plain"),
    ("conclusion", "conclusion.html", "text/html"),
];

/// The text. Without the processors in it, a Mac with Apple silicon would take
/// the package for Intel's and ask for Rosetta.
pub fn write(
    version: &str,
    architectures: &[Architecture],
    kilobytes: usize,
    pages: &[&str],
) -> String {
    let version = escaped(version);
    let oldest = oldest_macos();
    let processors: Vec<String> = architectures.iter().map(ToString::to_string).collect();
    let processors = processors.join(",");
    let mut shown = String::new();
    for (element, file, kind) in PAGES.iter().filter(|(_, file, _)| pages.contains(file)) {
        let _ = writeln!(shown, "    <{element} file=\"{file}\" mime-type=\"{kind}\"/>");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <installer-gui-script minSpecVersion=\"2\">\n    <title>Muster</title>\n{shown}    \
         <domains enable_anywhere=\"false\" enable_currentUserHome=\"false\" \
         enable_localSystem=\"true\"/>\n    \
         <options customize=\"never\" require-scripts=\"false\" rootVolumeOnly=\"true\" \
         hostArchitectures=\"{processors}\"/>\n    \
         <volume-check>\n        <allowed-os-versions>\n            \
         <os-version min=\"{oldest}\"/>\n        </allowed-os-versions>\n    </volume-check>\n    \
         <product id=\"{AGENT_LABEL}\" version=\"{version}\"/>\n    \
         <choices-outline>\n        <line choice=\"default\">\n            \
         <line choice=\"{AGENT_LABEL}\"/>\n        </line>\n    </choices-outline>\n    \
         <choice id=\"default\"/>\n    \
         <choice id=\"{AGENT_LABEL}\" visible=\"false\">\n        \
         <pkg-ref id=\"{AGENT_LABEL}\"/>\n    </choice>\n    \
         <pkg-ref id=\"{AGENT_LABEL}\" version=\"{version}\" onConclusion=\"none\" \
         installKBytes=\"{kilobytes}\" auth=\"root\">#{COMPONENT}</pkg-ref>\n\
         </installer-gui-script>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_processors_oldest_macos_and_the_pages_that_there_are() {
        let both = [Architecture::Arm64, Architecture::X86_64];
        let text = write("1.2.3", &both, 926, &["license.txt", "welcome.html"]);
        for part in [
            "hostArchitectures=\"arm64,x86_64\"",
            "<os-version min=\"12.0\"/>",
            "    <welcome file=\"welcome.html\" mime-type=\"text/html\"/>\n    <license file=",
            "installKBytes=\"926\" auth=\"root\">#muster-agent.pkg</pkg-ref>",
        ] {
            assert!(text.contains(part), "{part}:\n{text}");
        }
        assert!(!text.contains("conclusion"), "{text}");
    }
}
