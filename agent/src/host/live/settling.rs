//! Waits for settings that macOS is just writing anew.
//!
//! When a profile changes, the whole folder of managed settings is written
//! again, and for an instant its files are not there. Taking that for "no
//! profile" would show an enforced setting as free for an hour.

use std::path::Path;
use std::thread;
use std::time::Duration;

/// Where macOS keeps what profiles enforce.
const FOLDER: &str = "/Library/Managed Preferences";
/// A folder that changed so recently may not be whole yet.
const FRESH: Duration = Duration::from_secs(10);
/// How long writing it takes at most.
const WAIT: Duration = Duration::from_secs(2);

/// Says whether a file that is absent should be looked for again, after
/// having waited.
#[expect(clippy::disallowed_methods, reason = "nothing tells when macOS has done writing")]
pub(super) fn is_worth_another_look(path: &str) -> bool {
    let is_fresh = is_managed(path) && is_fresh(age(Path::new(FOLDER)));
    if is_fresh {
        thread::sleep(WAIT);
    }
    is_fresh
}

fn is_managed(path: &str) -> bool {
    path.strip_prefix(FOLDER).is_some_and(|rest| rest.starts_with('/'))
}

fn age(folder: &Path) -> Option<Duration> {
    std::fs::metadata(folder).ok()?.modified().ok()?.elapsed().ok()
}

/// A folder that is not there is not being written; its parent says nothing.
fn is_fresh(age: Option<Duration>) -> bool {
    age.is_some_and(|age| age < FRESH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_folder_that_just_changed_is_waited_for() {
        assert!(is_fresh(Some(Duration::ZERO)));
        assert!(is_fresh(FRESH.checked_sub(Duration::from_millis(1))));
        assert!(!is_fresh(Some(FRESH)));
        assert!(!is_fresh(None));
    }

    #[test]
    fn a_folder_just_made_is_fresh_and_an_absent_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_fresh(age(folder.path())));
        assert!(!is_fresh(age(&folder.path().join("absent"))));
    }

    #[test]
    fn other_files_are_never_waited_for() {
        assert!(is_managed("/Library/Managed Preferences/sam/com.apple.screensaver.plist"));
        assert!(!is_managed("/Library/Managed Preferences"));
        assert!(!is_managed("/Library/Managed Preferences.plist"));
        assert!(!is_managed("/Library/Preferences/com.apple.loginwindow.plist"));
    }
}
