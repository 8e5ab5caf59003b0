//! Faults by asking for what cannot be seen, or for nobody.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::{Unknown, verdict};
use crate::checks::fixture::{Mac, plist};
use crate::checks::{ALL, Check, read_all};
use crate::host::{Answer, FileAnswer, Host, Recorded, Space};

/// Notes everything that is asked, also what no report would name.
struct Notebook<'m> {
    host: &'m dyn Host,
    asked: Mutex<BTreeSet<String>>,
}

impl<'m> Notebook<'m> {
    fn on(host: &'m dyn Host) -> Self {
        Self { host, asked: Mutex::default() }
    }

    fn note(&self, what: String) {
        self.asked.lock().unwrap().insert(what);
    }
}

impl Host for Notebook<'_> {
    fn run(&self, argv: &[&str]) -> Answer {
        self.note(argv.join(" "));
        self.host.run(argv)
    }

    fn read(&self, path: &str) -> FileAnswer {
        self.note(path.to_owned());
        self.host.read(path)
    }

    fn exists(&self, path: &str) -> bool {
        self.note(path.to_owned());
        self.host.exists(path)
    }

    fn list(&self, path: &str) -> Vec<String> {
        self.note(path.to_owned());
        self.host.list(path)
    }

    fn now(&self) -> jiff::Timestamp {
        self.host.now()
    }

    fn space(&self) -> Option<Space> {
        self.host.space()
    }

    fn is_recorded(&self) -> bool {
        true
    }
}

/// Everything that any check asks of a Mac that answers nothing, and of Macs
/// that together answer all that the checks know.
fn asked() -> BTreeSet<String> {
    let mute = Recorded::mute(jiff::Timestamp::UNIX_EPOCH);
    let mut asked = BTreeSet::new();
    let mut ask = |check: &Check, host: &dyn Host| {
        let notebook = Notebook::on(host);
        check.run(&notebook);
        asked.append(&mut notebook.asked.into_inner().unwrap());
    };
    for check in ALL {
        ask(check, &mute);
        for mac in (check.full)() {
            ask(check, &mac);
        }
    }
    assert!(asked.contains("/usr/bin/fdesetup status") && asked.len() > ALL.len());
    asked
}

/// Without full disk access Time Machine's settings read as if there were no
/// backups, so they are not read at all.
#[test]
fn bug_16_nothing_is_concluded_from_backups_that_may_not_be_seen() {
    for what in asked() {
        let lower = what.to_ascii_lowercase();
        assert!(!lower.contains("timemachine") && !lower.contains("tmutil"), "{what}");
    }
}

/// The database of consents is closed to everybody from macOS 27 on, and so
/// are people's mail, messages and containers without full disk access.
#[test]
fn bug_17_nothing_is_asked_that_needs_full_disk_access() {
    for what in asked() {
        for closed in [
            "TCC",
            "/Library/Mail",
            "/Library/Messages",
            "/Library/Containers",
            "/Library/Safari",
            "/Library/Calendars",
            "systemsetup",
        ] {
            assert!(!what.contains(closed), "{what}");
        }
    }
}

/// With nobody logged in, a path or command made with an empty name would
/// read somebody else's settings or none, which looks like a good answer.
#[test]
fn bug_18_at_the_login_window_nothing_is_asked_for_nobody() {
    let console = "/usr/bin/stat -f %Su %u /dev/console";
    for owner in ["root 0\n", "loginwindow 92\n", "_mbsetupuser 248\n", " 0\n", "\n"] {
        let mac = Mac::new()
            .says(console, owner)
            .holds_plist("/System/Applications/Passwords.app/Contents/Info.plist", &plist(""));
        let notebook = Notebook::on(&mac);
        read_all(&notebook);
        for what in notebook.asked.into_inner().unwrap() {
            assert!(!what.contains("/Users/") && !what.contains("asuser"), "{owner}: {what}");
        }
        assert_eq!(verdict("password-manager", &mac).status, Unknown, "{owner}");
    }
}
