//! Scripts that an MDM runs on a Mac as root. POSIX shell, absolute paths,
//! nothing from outside but the version.

use shared::names::{AGENT_BUNDLE, AGENT_LABEL};

use super::Release;

/// Sets `installed` to the version that is installed, empty for none.
fn reading() -> String {
    format!(
        "info='{AGENT_BUNDLE}/Contents/Info.plist'\n\
         installed=''\n\
         if [ -f \"$info\" ]; then\n  \
           installed=$(/usr/libexec/PlistBuddy -c 'Print :CFBundleShortVersionString' \"$info\" 2>/dev/null)\n\
         fi\n"
    )
}

/// Ends with 0 when this version is installed and its daemon is loaded, else
/// with 1; `right` and `wrong` swap the two for those who ask the other way.
fn check(release: &Release, right: u8, wrong: u8) -> String {
    let (reading, version) = (reading(), &release.version);
    format!(
        "version='{version}'\n{reading}\
         if [ \"$installed\" != \"$version\" ]; then\n  \
           echo \"Muster $version is wanted, ${{installed:-none}} is installed\"\n  \
           exit {wrong}\n\
         fi\n\
         # The bundle alone reports nothing.\n\
         if ! /bin/launchctl print 'system/{AGENT_LABEL}' >/dev/null 2>&1; then\n  \
           echo 'the daemon of Muster is not loaded'\n  \
           exit {wrong}\n\
         fi\n\
         echo \"Muster $version is installed\"\n\
         exit {right}\n"
    )
}

/// Kandji: 0 means that all is well, anything else that it installs.
pub(super) fn audit(release: &Release) -> String {
    let check = check(release, 0, 1);
    format!(
        "#!/bin/sh\n# Is this version of Muster installed and at work? Exit 0: yes; 1: install it.\n{check}"
    )
}

/// Munki: 0 means that it installs.
pub(super) fn install_check(release: &Release) -> String {
    let check = check(release, 1, 0);
    format!("#!/bin/sh\n# Is Muster to be installed? Exit 0: yes; 1: no.\n{check}")
}

/// Intune: a custom attribute, or whatever takes a line.
pub(super) fn version() -> String {
    let reading = reading();
    format!(
        "#!/bin/sh\n# Prints the version of Muster that is installed.\n{reading}echo \"${{installed:-none}}\"\n"
    )
}

/// Jamf: an extension attribute of type String.
pub(super) fn extension_attribute() -> String {
    let reading = reading();
    format!(
        "#!/bin/sh\n# Extension attribute: the version of Muster that is installed.\n{reading}echo \"<result>${{installed:-none}}</result>\"\n"
    )
}

/// Removes the agent by its own uninstaller, which has it leave the collector.
pub(super) fn uninstall() -> String {
    format!(
        "#!/bin/sh\n\
         # Removes Muster. The collector is told first; settings and logs stay.\n\
         uninstaller='{AGENT_BUNDLE}/Contents/Resources/uninstall.sh'\n\
         if [ ! -x \"$uninstaller\" ]; then\n  \
           echo 'Muster is not installed'\n  \
           exit 0\n\
         fi\n\
         # A copy, because the uninstaller removes the folder that it lies in.\n\
         copy=$(/usr/bin/mktemp /private/tmp/muster-uninstall.XXXXXX) || exit 1\n\
         /bin/cp \"$uninstaller\" \"$copy\" || exit 1\n\
         /bin/sh \"$copy\"\n\
         ended=$?\n\
         /bin/rm -f \"$copy\"\n\
         exit \"$ended\"\n"
    )
}
