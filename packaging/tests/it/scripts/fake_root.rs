//! A folder that stands for the root of a Mac.
//!
//! A script that runs as root must not take its tools or its waiting from the
//! environment, so nothing in it can be set from outside. Here its text is
//! changed instead before it is run: every absolute path gets the folder in
//! front. In the folder lie stand-ins for what only a Mac has; each writes down
//! how it was called, and some fail on demand. Nothing sleeps.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use crate::fixture::source;
use crate::programs::program;

/// Where absolute paths begin.
const TOPS: [&str; 6] = ["/bin/", "/sbin/", "/usr/", "/Library/", "/private/", "/etc/"];

/// launchd: `loaded` is there while a service is, `leaving` counts how often it
/// is still seen after it was stopped, `refusals` how often a start fails, and
/// `forgets` makes a start that does nothing.
const LAUNCHCTL: &str = r#"
case $1 in
  print)
    [ -e "$ROOT/loaded" ] || exit 1
    if [ -e "$ROOT/leaving" ]; then
      left=$(cat "$ROOT/leaving")
      if [ "$left" -le 0 ]; then rm "$ROOT/loaded" "$ROOT/leaving"; exit 1; fi
      echo $((left - 1)) >"$ROOT/leaving"
    fi
    exit 0 ;;
  bootout)
    [ -e "$ROOT/loaded" ] || exit 1
    cat "$ROOT/slow" >"$ROOT/leaving" 2>/dev/null || echo 0 >"$ROOT/leaving" ;;
  bootstrap)
    left=$(cat "$ROOT/refusals" 2>/dev/null || echo 0)
    if [ "$left" -gt 0 ]; then
      echo $((left - 1)) >"$ROOT/refusals"; echo "stand-in: refused" >&2; exit 5
    fi
    [ -e "$ROOT/forgets" ] || touch "$ROOT/loaded" ;;
esac
"#;

pub(super) struct FakeRoot(tempfile::TempDir);

/// How a script ended, and all that it said.
pub(super) struct Ended {
    pub(super) code: i32,
    pub(super) said: String,
}

impl FakeRoot {
    /// A Mac as the payload leaves it.
    pub(super) fn new() -> Self {
        let root = Self(tempfile::tempdir().unwrap());
        root.stand_in("/bin/launchctl", LAUNCHCTL);
        root.stand_in("/bin/sleep", "");
        root.stand_in("/usr/sbin/pkgutil", "exit $(cat \"$ROOT/pkgutil\" 2>/dev/null || echo 0)");
        root.stand_in("/usr/bin/dscl", "exit 1");
        root.stand_in("/usr/sbin/chown", "");
        root.stand_in("/usr/bin/id", "cat \"$ROOT/id\" 2>/dev/null || echo 0");
        for tool in ["chmod", "ln", "mkdir", "mv", "rm", "rmdir"] {
            symlink(format!("/bin/{tool}"), root.path(&format!("/bin/{tool}"))).unwrap();
        }
        symlink("/usr/bin/readlink", root.path("/usr/bin/readlink")).unwrap();
        for folder in ["/Library/Application Support/Muster", "/Library/Logs", "/private/etc"] {
            fs::create_dir_all(root.path(folder)).unwrap();
        }
        root.stand_in(
            super::AGENT_EXECUTABLE,
            "exit $(cat \"$ROOT/unenroll\" 2>/dev/null || echo 0)",
        );
        root.file(super::AGENT_DAEMON, "plist");
        root.file("/private/etc/newsyslog.d/org.muster.agent.conf", "rule");
        root
    }

    /// A path of the Mac as a path of this computer.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path.trim_start_matches('/'))
    }

    pub(super) fn file(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(super) fn text(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.path(path)).ok()
    }

    pub(super) fn is_there(&self, path: &str) -> bool {
        fs::symlink_metadata(self.path(path)).is_ok()
    }

    pub(super) fn mode(&self, path: &str) -> u32 {
        fs::metadata(self.path(path)).unwrap().permissions().mode() & 0o7777
    }

    fn stand_in(&self, path: &str, body: &str) {
        let name = Path::new(path).file_name().unwrap().display();
        let root = self.0.path().display();
        let mut script = format!("#!/bin/sh\nROOT='{root}'\n");
        let _ = writeln!(script, "echo \"{name} $*\" >>\"$ROOT/calls\"\n{body}");
        self.file(path, &script);
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs a script of the package.
    pub(super) fn run(&self, script: &str, words: &[&str]) -> Ended {
        let text = source().text(script).unwrap();
        let path = self.path("/script");
        fs::write(&path, within(&text, &self.0.path().display().to_string())).unwrap();
        let output = program("/bin/sh").arg(path).args(words).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let said = text(&output.stdout) + &text(&output.stderr);
        let said = said.replace(&self.0.path().display().to_string(), "");
        Ended { code: output.status.code().unwrap(), said }
    }

    /// How stand-ins were called since this was last asked, without the folder.
    pub(super) fn calls(&self) -> Vec<String> {
        let calls = self.text("calls").unwrap_or_default();
        let _ = fs::remove_file(self.path("calls"));
        let calls = calls.replace(&self.0.path().display().to_string(), "");
        calls.lines().map(str::to_owned).collect()
    }

    /// The same, only of one program.
    pub(super) fn calls_of(&self, name: &str) -> Vec<String> {
        let start = format!("{name} ");
        let calls = self.calls().into_iter();
        calls.filter_map(|call| call.strip_prefix(&start).map(str::to_owned)).collect()
    }
}

/// A script with `root` before every absolute path.
fn within(script: &str, root: &str) -> String {
    let mut changed = String::new();
    let mut before = '\n';
    for (at, character) in script.char_indices() {
        let rest = &script[at..];
        // Not in the first line, and not within a path.
        let begins = !(before.is_alphanumeric() || "!./}*".contains(before));
        if begins && TOPS.iter().any(|top| rest.starts_with(top)) {
            changed.push_str(root);
        }
        changed.push(character);
        before = character;
    }
    changed
}

#[test]
fn no_absolute_path_of_a_script_is_left_outside() {
    for script in ["scripts/preinstall", "scripts/postinstall", "uninstall.sh"] {
        let text = source().text(script).unwrap();
        let changed = within(&text, "/ROOT");
        let ends = |it: char| it.is_whitespace() || "\"'=(;><`".contains(it);
        let left = changed.split(ends).find(|word| TOPS.iter().any(|top| word.starts_with(top)));
        assert_eq!(left, None, "{script}");
        assert!(changed.contains("/ROOT/bin/launchctl"), "{changed}");
    }
}
