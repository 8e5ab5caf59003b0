//! A cask for Homebrew, for people who look after their own Mac.

use shared::names::{
    AGENT_BUNDLE, AGENT_COMMAND, AGENT_CONFIG_MACOS, AGENT_DAEMON, AGENT_LABEL, AGENT_LOGS,
    AGENT_STATE_MACOS, AGENT_TOKEN_FILE_MACOS,
};

use super::Release;

/// The cask.
pub(super) fn cask(release: &Release) -> String {
    let Release { version, url, .. } = release;
    let (sha256, file) = (release.sha256(), release.file_name());
    let site = release.beside("");
    format!(
        "cask \"muster-agent\" do\n  \
           version \"{version}\"\n  \
           sha256 \"{sha256}\"\n\n  \
           url \"{url}\"\n  \
           name \"Muster\"\n  \
           desc \"Reports security settings, signed, to a company's collector\"\n  \
           homepage \"{site}\"\n\n  \
           depends_on macos: \">= :monterey\"\n\n  \
           pkg \"{file}\"\n\n  \
           uninstall launchctl: \"{AGENT_LABEL}\",\n            \
                     pkgutil:   \"{AGENT_LABEL}\",\n            \
                     delete:    [\n              \
                       \"{AGENT_BUNDLE}\",\n              \
                       \"{AGENT_DAEMON}\",\n              \
                       \"{AGENT_COMMAND}\",\n            \
                     ]\n\n  \
           zap delete: [\n    \
             \"{AGENT_STATE_MACOS}\",\n    \
             \"{AGENT_CONFIG_MACOS}\",\n    \
             \"{AGENT_TOKEN_FILE_MACOS}\",\n    \
             \"{AGENT_LOGS}\",\n  \
           ]\n\
         end\n"
    )
}
