//! What a Mac's tools answer: a recording with the story laid over it.

use std::fmt::Write as _;

use agent::host::Recorded;
use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::look::{FileVault, Look, Passwords};
use super::story::{Mac, dice};

const MANAGED: &str = include_str!("../../recordings/m3-26.6.2-managed.json");
const SEQUOIA: &str = include_str!("../../recordings/m2-15.7.9-deferred.json");
const SONOMA: &str = include_str!("../../recordings/m3-14.8.9-sonoma-profile-lockout.json");
const VENTURA: &str = include_str!("../../recordings/intel-13.7.8-end-of-support.json");
const STOCK: &str = include_str!("../../recordings/m2-26.5.2-unmanaged-stock.json");
const BROKEN: &str = include_str!("../../recordings/m2-26.6.2-tools-broken.json");

const PWPOLICY: &[&str] = &["/usr/bin/pwpolicy", "-getaccountpolicies"];
const FIREWALL: &str = "/usr/libexec/ApplicationFirewall/socketfilterfw";
const SCREEN_LOCK: &[&str] = &[
    "/bin/launchctl",
    "asuser",
    "501",
    "/usr/bin/sudo",
    "-u",
    "sam",
    "-n",
    "/usr/sbin/sysadminctl",
    "-screenLock",
    "status",
];
const CONSOLE: &[&str] = &["/usr/bin/stat", "-f", "%Su %u", "/dev/console"];
const XPROTECT: &[&str] = &["/usr/bin/xprotect", "version"];
const LOGIN_WINDOW: &str = "/Library/Preferences/com.apple.loginwindow.plist";
const SYSTEM_VERSION: &str = "/System/Library/CoreServices/SystemVersion.plist";

/// A host that answers as `mac` does while it looks like `look`.
pub fn answers(mac: &Mac, look: &Look) -> anyhow::Result<Recorded> {
    let base = match mac.macos {
        _ if look.broken => BROKEN,
        ..=13 => VENTURA,
        14 => SONOMA,
        15 => SEQUOIA,
        _ => MANAGED,
    };
    let mut tape = Tape(serde_json::from_str(base)?);
    tape.identify(mac)?;
    tape.write_file(SYSTEM_VERSION, &system_version(&look.macos.0, &look.macos.1))?;
    if !look.broken {
        tape.say(&["/usr/bin/fdesetup", "status"], &filevault(look.filevault, &mac.owner))?;
        tape.say(PWPOLICY, &passwords(look.passwords)?)?;
        if !look.firewall {
            tape.say(&[FIREWALL, "--getglobalstate"], "Firewall is disabled. (State = 0)\n")?;
        }
        tape.lay_over(look)?;
    }
    let bytes = serde_json::to_vec(&tape.0)?;
    Ok(Recorded::parse("a recording of the demo", &bytes)?)
}

/// A recording that can be changed.
struct Tape(Value);

impl Tape {
    /// Makes it the tape of one Mac.
    fn identify(&mut self, mac: &Mac) -> anyhow::Result<()> {
        self.say(&["/usr/sbin/sysctl", "-n", "hw.model"], &format!("{}\n", mac.model))?;
        let registry = ["/usr/sbin/ioreg", "-ard1", "-c", "IOPlatformExpertDevice"];
        self.say(&registry, &platform_device(mac))?;
        Ok(())
    }

    /// What people leave open, and what came from Apple.
    fn lay_over(&mut self, look: &Look) -> anyhow::Result<()> {
        if !look.screen_locks {
            let said = "2026-08-23 09:00:00.1 sysadminctl[1:1] screenLock delay is 3600 seconds\n";
            self.say(SCREEN_LOCK, "")?.insert("stderr".to_owned(), json!(said));
        }
        if !look.somebody {
            self.say(CONSOLE, "root 0\n")?;
        }
        if look.guests {
            self.write_file(LOGIN_WINDOW, &guests())?;
        }
        if look.ssh {
            let service = "system/com.openssh.sshd";
            let said = format!("{service} = {{\n\tstate = not running\n}}\n");
            self.say(&["/bin/launchctl", "print", service], &said)?;
        }
        let data = look.malware_data;
        let said =
            format!("Version: {} Installed: {data} 08:53:39 +0000\n", 5200 + data.day_of_year());
        // macOS had no such tool before 15.
        let _ = self.say(XPROTECT, &said);
        Ok(())
    }

    /// Replaces what a command prints.
    fn say(
        &mut self,
        argv: &[&str],
        stdout: &str,
    ) -> anyhow::Result<&mut serde_json::Map<String, Value>> {
        let command = self.find("commands", |it| it.get("argv") == Some(&json!(argv)));
        let command = command.with_context(|| lacks(&argv.join(" ")))?;
        command.insert("stdout".to_owned(), json!(stdout));
        command.insert("stderr".to_owned(), json!(""));
        command.insert("exit".to_owned(), json!(0));
        Ok(command)
    }

    /// Replaces a text file.
    fn write_file(&mut self, path: &str, text: &str) -> anyhow::Result<()> {
        let file = self.find("files", |it| it.get("path") == Some(&json!(path)));
        let file = file.with_context(|| lacks(path))?;
        file.remove("base64");
        file.insert("text".to_owned(), json!(text));
        Ok(())
    }

    fn find(
        &mut self,
        list: &str,
        is_it: impl Fn(&Value) -> bool,
    ) -> Option<&mut serde_json::Map<String, Value>> {
        let entries = self.0.get_mut(list)?.as_array_mut()?;
        entries.iter_mut().find(|entry| is_it(entry))?.as_object_mut()
    }
}

/// A recording lacks what the story changes.
fn lacks(what: &str) -> String {
    format!("a recording of the demo does not answer `{what}`")
}

fn filevault(state: FileVault, owner: &str) -> String {
    match state {
        FileVault::On => "FileVault is On.\n".to_owned(),
        FileVault::Off => "FileVault is Off.\n".to_owned(),
        FileVault::Encrypting(percent) => {
            format!("FileVault is On.\nEncryption in progress: Percent completed = {percent}\n")
        }
        FileVault::Decrypting(percent) => {
            format!("FileVault is Off.\nDecryption in progress: Percent completed = {percent}\n")
        }
        FileVault::Deferred => {
            let user = owner.split(' ').next().unwrap_or("owner").to_lowercase();
            format!(
                "FileVault is Off.\nDeferred enablement appears to be active for user '{user}'.\n"
            )
        }
    }
}

/// What `pwpolicy` prints: as recorded, or with a shorter length.
fn passwords(kind: Passwords) -> anyhow::Result<String> {
    let recording = if kind == Passwords::Stock { STOCK } else { MANAGED };
    let mut tape = Tape(serde_json::from_str(recording)?);
    let command = tape.find("commands", |it| it.get("argv") == Some(&json!(PWPOLICY)));
    let answer = command.and_then(|it| it.get("stdout")?.as_str().map(str::to_owned));
    let answer = answer.with_context(|| lacks(&PWPOLICY.join(" ")))?;
    Ok(match kind {
        Passwords::Short => answer
            .replace("{8,}", "{6,}")
            .replace("at least 8", "at least 6")
            .replace("<integer>8</integer>", "<integer>6</integer>"),
        Passwords::Managed | Passwords::Stock => answer,
    })
}

const PLIST: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n";

fn system_version(version: &str, build: &str) -> String {
    format!(
        "{PLIST}<dict>\n\t<key>ProductBuildVersion</key>\n\t<string>{build}</string>\n\t<key>ProductName</key>\n\t<string>macOS</string>\n\t<key>ProductUserVisibleVersion</key>\n\t<string>{version}</string>\n\t<key>ProductVersion</key>\n\t<string>{version}</string>\n</dict>\n</plist>\n"
    )
}

fn guests() -> String {
    format!("{PLIST}<dict>\n\t<key>GuestEnabled</key>\n\t<true/>\n</dict>\n</plist>\n")
}

fn platform_device(mac: &Mac) -> String {
    let model = STANDARD.encode(format!("{}\0", mac.model));
    let uuid = hardware_uuid(&mac.serial);
    format!(
        "{PLIST}<array>\n\t<dict>\n\t\t<key>IOPlatformSerialNumber</key>\n\t\t<string>{}</string>\n\t\t<key>IOPlatformUUID</key>\n\t\t<string>{uuid}</string>\n\t\t<key>model</key>\n\t\t<data>\n\t\t{model}\n\t\t</data>\n\t</dict>\n</array>\n</plist>\n",
        mac.serial
    )
}

/// A UUID that no Mac has.
fn hardware_uuid(serial: &str) -> String {
    let mut uuid = "00000000-0000-4000-8000-".to_owned();
    // Writing to a string does not fail.
    let _ = write!(uuid, "{:012X}", dice(&[serial, "hardware"], 1 << 48));
    uuid
}
