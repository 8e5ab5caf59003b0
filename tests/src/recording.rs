//! The recordings of `tests/recordings`, and how a test changes one.

#![expect(clippy::expect_used, reason = "a recording that cannot be used fails its test")]
#![expect(clippy::indexing_slicing, reason = "a JSON value gives null for what is not there")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use agent::device::{self, DeviceFacts};
use agent::host::Recorded;
use serde_json::{Value, json};

/// A Mac that is managed and healthy in every rule.
pub const HEALTHY: &str = "m3-26.6.2-managed";
/// A Mac of which nothing can be learnt.
pub const MUTE: &str = "mute";

/// A recording that a test may still change.
#[derive(Clone, Debug)]
pub struct Recording(Value);

/// Where the recordings are.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("recordings")
}

/// The name of every recording.
pub fn names() -> Vec<String> {
    let files = std::fs::read_dir(folder()).expect("the folder of recordings");
    let name = |file: std::io::Result<std::fs::DirEntry>| {
        let name = file.expect("a file").file_name().into_string().expect("a plain name");
        let is_expected = name.ends_with(".expected.json");
        name.strip_suffix(".json").filter(|_| !is_expected).map(str::to_owned)
    };
    let mut names: Vec<String> = files.filter_map(name).collect();
    names.sort();
    names
}

fn read(file: &str) -> Value {
    let bytes = std::fs::read(folder().join(file)).expect("a recording's file");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// What each rule is to find in the recording called `name`.
pub fn expected(name: &str) -> BTreeMap<String, String> {
    let findings = read(&format!("{name}.expected.json"))["findings"].take();
    serde_json::from_value(findings).expect("a status for each rule")
}

impl Recording {
    /// The recording called `name`.
    pub fn named(name: &str) -> Self {
        Self(read(&format!("{name}.json")))
    }

    /// The same Mac with another serial number and hardware UUID.
    #[must_use]
    pub fn of_another_mac(self, number: u32) -> Self {
        let DeviceFacts { serial, hardware_uuid, .. } = device::read(&self.host());
        let mut text = self.0.to_string();
        if let Some(serial) = serial {
            text = text.replace(&serial, &format!("ZZE2E{number:05}"));
        }
        if let Some(uuid) = hardware_uuid {
            text = text.replace(&uuid, &format!("E2E00000-0000-4000-8000-{number:012}"));
        }
        Self(serde_json::from_str(&text).expect("JSON"))
    }

    /// The same Mac, where the command `argv` prints `stdout` instead.
    #[must_use]
    pub fn answering(mut self, argv: &[&str], stdout: &str) -> Self {
        let commands = self.0["commands"].as_array_mut().expect("commands");
        commands.retain(|command| command["argv"] != json!(argv));
        commands.push(json!({"argv": argv, "exit": 0, "stdout": stdout}));
        self
    }

    /// The same Mac, where the command `argv` prints `stderr` as errors.
    #[must_use]
    pub fn answering_on_stderr(mut self, argv: &[&str], stderr: &str) -> Self {
        let commands = self.0["commands"].as_array_mut().expect("commands");
        commands.retain(|command| command["argv"] != json!(argv));
        commands.push(json!({"argv": argv, "exit": 0, "stderr": stderr}));
        self
    }

    /// The same Mac, where the file at `path` holds `text`.
    #[must_use]
    pub fn holding(mut self, path: &str, text: &str) -> Self {
        let files = self.0["files"].as_array_mut().expect("files");
        files.retain(|file| file["path"] != json!(path));
        files.push(json!({"path": path, "text": text}));
        self
    }

    /// The same Mac, where a profile gives the agent these settings.
    #[must_use]
    pub fn managed(self, settings: &[(&str, &str)]) -> Self {
        let key = |(key, value): &(&str, &str)| format!("<key>{key}</key><string>{value}</string>");
        let keys: String = settings.iter().map(key).collect();
        let plist = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>{keys}</dict></plist>\n"
        );
        self.holding("/Library/Managed Preferences/org.muster.agent.plist", &plist)
    }

    /// The same Mac with FileVault switched off.
    #[must_use]
    pub fn with_filevault_off(self) -> Self {
        self.answering(&["/usr/bin/fdesetup", "status"], "FileVault is Off.\n")
    }

    /// The same Mac with the firewall switched off.
    #[must_use]
    pub fn with_firewall_off(self) -> Self {
        const TOOL: &str = "/usr/libexec/ApplicationFirewall/socketfilterfw";
        self.answering(&[TOOL, "--getglobalstate"], "Firewall is disabled. (State = 0)\n")
            .answering(&[TOOL, "--getblockall"], "Firewall has block all state set to disabled.\n")
    }

    /// The same Mac with another version of macOS.
    #[must_use]
    pub fn with_macos(self, version: &str, build: &str) -> Self {
        let text = self.0.to_string().replace("26.6.2", version).replace("25G83", build);
        Self(serde_json::from_str(&text).expect("JSON"))
    }

    /// When it was made.
    pub fn recorded_at(&self) -> jiff::Timestamp {
        crate::at(self.0["recorded_at"].as_str().expect("`recorded_at`"))
    }

    /// The recording as a file's text.
    pub fn text(&self) -> String {
        self.0.to_string()
    }

    /// The computer that answers so.
    pub fn host(&self) -> Recorded {
        Recorded::parse("recording", self.text().as_bytes()).expect("a valid recording")
    }
}
