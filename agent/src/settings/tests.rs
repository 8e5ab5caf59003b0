//! Settings from every place, right and wrong.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use shared::agent_settings::SETTINGS;
use shared::token::Token;

use super::*;
use crate::config::settings_files;
use crate::host::Recorded;

fn token(number: u8) -> Token {
    Token { url: "https://m.example".to_owned(), ca_sha256: None, secret: [number; 32] }
}

/// A Mac whose profile has these keys.
fn managed(keys: &str) -> Recorded {
    let plist = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>{keys}</dict></plist>"
    );
    let recording = serde_json::json!({
        "format": "muster.recording/v1", "label": "", "platform": "macos",
        "recorded_at": "2026-08-23T09:00:00Z", "commands": [],
        "files": [{"path": "/Library/Managed Preferences/org.muster.agent.plist", "text": plist}],
    });
    Recorded::parse("x", recording.to_string().as_bytes()).unwrap()
}

fn text(key: &str, value: &str) -> String {
    format!("<key>{key}</key><string>{value}</string>")
}

/// A folder with `config.toml` and a token file, as root would write them.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, text: &str, mode: u32) {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn state(&self) -> std::path::PathBuf {
        self.0.path().join("state")
    }

    fn read(&self, mac: &Recorded) -> Settings {
        Settings::read(mac, &settings_files(&self.state()))
    }

    /// Everything that is wrong, with the folder's name left out.
    fn faults(&self, mac: &Recorded) -> Vec<String> {
        let folder = format!("{}/", self.0.path().display());
        self.read(mac).faults.iter().map(|it| it.to_string().replace(&folder, "")).collect()
    }
}

fn sources(settings: &Settings) -> Vec<Option<Source>> {
    settings.values().iter().map(|(_, value)| value.map(|it| it.source)).collect()
}

#[test]
fn the_struct_has_a_place_for_each_setting_of_the_table() {
    let mut settings = Settings::default();
    let in_order: Vec<_> = settings.values().iter().map(|(setting, _)| setting.key).collect();
    let table: Vec<_> = SETTINGS.iter().map(|setting| setting.key).collect();
    assert_eq!(in_order, table);
    for (number, setting) in SETTINGS.iter().enumerate() {
        *settings.slot(setting).unwrap() =
            Some(Value { text: setting.key.to_owned(), source: Source::Profile });
        let filled = settings.values()[number].1.unwrap();
        assert_eq!(filled.text, setting.key, "the slot of another setting was filled");
    }
}

#[test]
fn a_stronger_place_wins_and_each_value_remembers_its_place() {
    let files = Files::new();
    files.put("enrollment-token", &format!("{}\n", token(3)), 0o600);
    assert_eq!(sources(&files.read(&managed(""))), [Some(Source::TokenFile), None, None]);

    let config = format!("enrollment_token = \"{}\"\nowner = \"kim@company.example\"\n", token(2));
    files.put("config.toml", &config, 0o600);
    let (file, profile) = (Some(Source::ConfigFile), Some(Source::Profile));
    assert_eq!(sources(&files.read(&managed(""))), [file, file, None]);

    let mac = managed(
        &[
            text("EnrollmentToken", &token(1).to_string()),
            text("SerialNumber", " ZZDEV00001 "),
            "<key>PayloadUUID</key><string>x</string><key>_manualProfile</key><true/>".to_owned(),
        ]
        .concat(),
    );
    let settings = files.read(&mac);
    assert_eq!(sources(&settings), [profile, file, profile]);
    assert_eq!(settings.faults, []);
    assert_eq!(settings.token(), Some(token(1)));
    assert_eq!(settings.serial_number.unwrap().text, "ZZDEV00001");
}

#[test]
fn without_any_place_nothing_is_asked_for() {
    let settings = Files::new().read(&managed(""));
    assert_eq!(settings, Settings::default());
    assert!(!settings.ask_for_something());
    assert_eq!(settings.order(&DeviceFacts::default()), Ok(None));
}

#[test]
fn an_unknown_key_is_refused_with_the_one_that_was_meant() {
    let files = Files::new();
    let mac = managed(&text("EnrolmentToken", "mst1.secret"));
    assert_eq!(
        files.faults(&mac),
        [
            "`EnrolmentToken` in the profile is no setting of the agent; write `EnrollmentToken` if you meant that"
        ]
    );
    files.put("config.toml", "token = \"mst1.secret\"\nserver_url = \"x\"\n", 0o600);
    assert_eq!(
        files.faults(&managed("")),
        [
            "`server_url` in config.toml is no setting of the agent; it knows enrollment_token, owner, serial_number",
            "`token` in config.toml is no setting of the agent; write `enrollment_token` if you meant that"
        ]
    );
    assert!(files.read(&managed("")).order(&DeviceFacts::default()).is_err());
}

#[test]
fn what_an_mdm_did_not_fill_in_is_never_a_value() {
    let files = Files::new();
    let mac = managed(
        &[
            text("EnrollmentToken", "{{token}}"),
            text("Owner", "$EMAIL"),
            text("SerialNumber", "%HardwareUUID%"),
        ]
        .concat(),
    );
    let settings = files.read(&mac);
    assert_eq!(sources(&settings), [None, None, None]);
    let says: Vec<_> = settings.faults.iter().map(|it| (it.says.as_str(), it.weight)).collect();
    assert_eq!(
        says,
        [
            (
                "`EnrollmentToken` in the profile is still the variable that the MDM was to fill in",
                Weight::Stops
            ),
            (
                "`Owner` in the profile is still the variable `$EMAIL` that the MDM was to fill in",
                Weight::LeftOut
            ),
            (
                "`SerialNumber` in the profile is still the variable `%HardwareUUID%` that the MDM was to fill in",
                Weight::Stops
            ),
        ]
    );
    // Nobody is assigned: that is no reason to keep the Mac out.
    let mac =
        managed(&[text("EnrollmentToken", &token(1).to_string()), text("Owner", "")].concat());
    let order = files.read(&mac).order(&DeviceFacts::default()).unwrap().unwrap();
    assert_eq!(order, Order { token: token(1), owner: None });
}

#[test]
fn settings_for_another_mac_are_refused() {
    let files = Files::new();
    let given = [
        text("EnrollmentToken", &token(1).to_string()),
        text("SerialNumber", "zzdev00001"),
        text("Owner", "sam@company.example"),
    ]
    .concat();
    let settings = files.read(&managed(&given));
    let serial = |text: Option<&str>| DeviceFacts {
        serial: text.map(str::to_owned),
        ..DeviceFacts::default()
    };
    let order = settings.order(&serial(Some("ZZDEV00001"))).unwrap().unwrap();
    assert_eq!(order.owner.as_deref(), Some("sam@company.example"));
    let refused = settings.order(&serial(Some("ZZDEV00002"))).unwrap_err().to_string();
    assert!(refused.contains("for the Mac with serial number zzdev00001"), "{refused}");
    let unknown = settings.order(&serial(None)).unwrap_err().to_string();
    assert!(unknown.contains("does not tell its serial number"), "{unknown}");
}

#[test]
fn files_that_somebody_else_may_have_read_are_refused() {
    let files = Files::new();
    let exposed = "can be read or written by other users; run `sudo chmod 600 '";
    for (name, mode) in
        [("config.toml", 0o644), ("config.toml", 0o640), ("enrollment-token", 0o602)]
    {
        let files = Files::new();
        files.put(name, &format!("{}\n", token(1)), mode);
        let faults = files.faults(&managed(""));
        assert!(faults[0].starts_with(&format!("{name} {exposed}")), "{faults:?}");
        assert_eq!(files.read(&managed("")).enrollment_token, None);
    }
    files.put("other", &token(1).to_string(), 0o600);
    std::os::unix::fs::symlink("other", files.0.path().join("enrollment-token")).unwrap();
    assert_eq!(
        files.faults(&managed("")),
        ["enrollment-token cannot be read; write it anew as a plain file"]
    );
    fs::create_dir(files.0.path().join("config.toml")).unwrap();
    assert!(files.faults(&managed(""))[0].starts_with("config.toml is no plain file"));
}

#[test]
fn bad_files_are_named_without_what_they_hold() {
    for (name, content, says) in [
        (
            "config.toml",
            "owner = \"a@b\"\nenrollment_token = mst1.secret\n",
            "line 2 of config.toml is no valid TOML; write each setting as name = \"value\", once",
        ),
        (
            "config.toml",
            "owner = \"a@b\"\nowner = \"a@c\"\n",
            "line 2 of config.toml is no valid TOML; write each setting as name = \"value\", once",
        ),
        (
            "config.toml",
            "owner = 1\n",
            "`owner` in config.toml is no text; write its value as a text",
        ),
        (
            "config.toml",
            "enrollment_token = \"mst1.secret\"\n",
            "`enrollment_token` in config.toml cannot be used; the token is damaged; copy the whole line of the invitation again",
        ),
        (
            "config.toml",
            "owner = \"Sam Doe\"\n",
            "`owner` in config.toml cannot be used; it is no mail address",
        ),
        (
            "enrollment-token",
            "mst1.secret\nmst1.other\n",
            "enrollment-token has more than one line; write the token alone into it",
        ),
        (
            "enrollment-token",
            "\n",
            "`enrollment_token` in the token file is empty; put in a value, or leave the setting out; an MDM leaves it empty when it does not know it of this Mac",
        ),
        (
            "enrollment-token",
            "hello",
            "`enrollment_token` in the token file cannot be used; the token must begin with `mst1.`; copy the whole line of the invitation",
        ),
    ] {
        let files = Files::new();
        files.put(name, content, 0o600);
        assert_eq!(files.faults(&managed("")), [says], "{content}");
    }
    let files = Files::new();
    files.put("config.toml", &"#".repeat(70_000), 0o600);
    assert_eq!(
        files.faults(&managed("")),
        ["config.toml is no short text in UTF-8; write it anew"]
    );
    let odd = managed("<key>Owner</key><integer>1</integer>");
    assert_eq!(
        Files::new().faults(&odd),
        ["`Owner` in the profile is no text; write its value as a text"]
    );
}

#[test]
fn no_debug_output_and_no_fingerprint_holds_a_secret() {
    let files = Files::new();
    files.put("enrollment-token", &token(9).to_string(), 0o600);
    let settings = files.read(&managed(""));
    assert!(!format!("{settings:?}").contains("CQkJ"));
    let before = settings.fingerprint();
    assert!(before.len() == 64 && !before.contains("mst1"));
    files.put("enrollment-token", &token(8).to_string(), 0o600);
    assert_ne!(files.read(&managed("")).fingerprint(), before);
}

#[test]
fn a_token_file_goes_when_its_own_token_was_traded() {
    let files = Files::new();
    files.put("enrollment-token", &format!("{}\n", token(1)), 0o600);
    let path = files.0.path().join("enrollment-token");
    forget_token_file(&files.state(), &token(2));
    assert!(path.exists(), "another token was meant for something");
    forget_token_file(&files.state(), &token(1));
    assert!(!path.exists());
    forget_token_file(Path::new("/nowhere/state"), &token(1));
}
