//! Where things are on this computer.

use std::path::{Path, PathBuf};

use shared::names::{
    AGENT_CONFIG_MACOS, AGENT_STATE_LINUX, AGENT_STATE_MACOS, AGENT_TOKEN_FILE_MACOS,
};

/// The state folder, unless the command line names another one.
pub fn state_dir(given: Option<PathBuf>) -> PathBuf {
    let usual = if cfg!(target_os = "macos") { AGENT_STATE_MACOS } else { AGENT_STATE_LINUX };
    given.unwrap_or_else(|| PathBuf::from(usual))
}

/// The files from which settings are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFiles {
    /// `config.toml`.
    pub config: PathBuf,
    /// The file with a token for the first start.
    pub token: PathBuf,
}

/// They lie beside a folder that is called `state`, as on a Mac, and in any
/// other one: beside that, files of somebody else may lie.
pub fn settings_files(state_dir: &Path) -> SettingsFiles {
    let is_usual = state_dir.file_name() == Path::new(AGENT_STATE_MACOS).file_name();
    let folder = state_dir.parent().filter(|_| is_usual).unwrap_or(state_dir);
    let named = |path: &str| folder.join(Path::new(path).file_name().unwrap_or_default());
    SettingsFiles { config: named(AGENT_CONFIG_MACOS), token: named(AGENT_TOKEN_FILE_MACOS) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_mac_the_settings_lie_where_packages_and_mdms_put_them() {
        let files = settings_files(Path::new(AGENT_STATE_MACOS));
        assert_eq!(files.config, Path::new(AGENT_CONFIG_MACOS));
        assert_eq!(files.token, Path::new(AGENT_TOKEN_FILE_MACOS));
        let files = settings_files(Path::new("/tmp/agent"));
        assert_eq!(files.config, Path::new("/tmp/agent/config.toml"));
    }
}
