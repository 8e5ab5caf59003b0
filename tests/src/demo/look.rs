//! How a Mac looks at a moment: what follows from the story and the catalogue.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use shared::os_releases::{Catalogue, Release};

use super::story::{Habit, Mac, What, dice};

/// How long after leave people find the time to install updates.
const BACK: SignedDuration = SignedDuration::from_hours(30);

/// Everything about a Mac that the agent may find different next time.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the Mac itself")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Version of macOS and its build.
    pub macos: (String, String),
    /// What `FileVault` says.
    pub filevault: FileVault,
    /// Who decides about passwords.
    pub passwords: Passwords,
    /// Whether the firewall is on.
    pub firewall: bool,
    /// Whether a password is asked as soon as the screen is dark.
    pub screen_locks: bool,
    /// Whether somebody is logged in.
    pub somebody: bool,
    /// Whether guests can log in.
    pub guests: bool,
    /// Whether remote login is on.
    pub ssh: bool,
    /// When the newest data against malware came.
    pub malware_data: Date,
    /// Whether the tools give nonsense.
    pub broken: bool,
}

/// States of `FileVault`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileVault {
    /// On.
    On,
    /// Off.
    Off,
    /// Being switched on, so many percent done.
    Encrypting(i64),
    /// Being switched off, so many percent done.
    Decrypting(i64),
    /// Waits for the owner to log out.
    Deferred,
}

/// Kinds of password policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passwords {
    /// The company's profile.
    Managed,
    /// A profile that asks for too little.
    Short,
    /// None but what macOS comes with.
    Stock,
}

/// How `mac` looks at `at`.
pub fn look(mac: &Mac, catalogue: &Catalogue, at: Timestamp) -> Look {
    let during = |what| mac.during(what, at).is_some();
    let passwords = if during(What::PasswordStock) {
        Passwords::Stock
    } else if during(What::PasswordShort) {
        Passwords::Short
    } else {
        Passwords::Managed
    };
    Look {
        macos: macos(mac, catalogue, at),
        filevault: filevault(mac, at),
        passwords,
        firewall: !during(What::FirewallOff),
        screen_locks: !during(What::ScreenOpen),
        somebody: !during(What::LoggedOut),
        guests: during(What::GuestsIn),
        ssh: during(What::SshOn),
        malware_data: malware_data(mac, at),
        broken: during(What::ToolsBroken),
    }
}

/// New data come every Tuesday, and reach a Mac within some days.
fn malware_data(mac: &Mac, at: Timestamp) -> Date {
    let late = i64::try_from(dice(&[&mac.serial, "malware"], 4)).unwrap_or_default();
    let day = at.to_zoned(TimeZone::UTC).date().saturating_sub(late.days());
    let since_tuesday = (day.weekday().to_monday_zero_offset() + 6) % 7;
    day.saturating_sub(i64::from(since_tuesday).days()).saturating_add(late.days())
}

fn filevault(mac: &Mac, at: Timestamp) -> FileVault {
    let hours = |what| mac.during(what, at).map(|it| at.duration_since(it.from.0).as_hours());
    if hours(What::FilevaultOff).is_some() {
        FileVault::Off
    } else if hours(What::FilevaultDeferred).is_some() {
        FileVault::Deferred
    } else if let Some(hours) = hours(What::FilevaultEncrypting) {
        FileVault::Encrypting((58 + hours * 4).min(97))
    } else if let Some(hours) = hours(What::FilevaultDecrypting) {
        FileVault::Decrypting((11 + hours * 3).min(97))
    } else {
        FileVault::On
    }
}

fn macos(mac: &Mac, catalogue: &Catalogue, at: Timestamp) -> (String, String) {
    if let Some(macos) = mac.during(What::Macos, at).and_then(|it| it.macos.clone()) {
        return macos;
    }
    let of_major = catalogue.releases().iter().filter(|it| it.version.major() == mac.macos);
    let installed = of_major
        .filter(|release| installed_at(mac, release).is_some_and(|when| when <= at))
        .max_by(|one, other| one.version.cmp(&other.version));
    match installed {
        Some(release) => {
            let version = release.version.to_string();
            let build = release.build.clone().unwrap_or_else(|| old_build(&version).to_owned());
            (version, build)
        }
        None => (format!("{}.0", mac.macos), "1A1".to_owned()),
    }
}

/// When the owner of `mac` installs `release`: some days after it came out.
fn installed_at(mac: &Mac, release: &Release) -> Option<Timestamp> {
    let version = release.version.to_string();
    let chance = |below| dice(&[&mac.serial, &version], below);
    let days = match mac.updates {
        Habit::Prompt => 1 + chance(3),
        Habit::Usual => 2 + chance(5),
        Habit::Slow => 8 + chance(6),
        Habit::Late => 22 + chance(8),
    };
    let hour = 8 + dice(&[&version, &mac.serial], 10);
    let after = SignedDuration::from_hours(i64::try_from(days * 24 + hour).ok()?);
    let at = midnight(release.released)?.checked_add(after).ok()?;
    // A laptop in a drawer installs nothing.
    match mac.during(What::Away, at) {
        Some(away) => away.until?.0.checked_add(BACK).ok(),
        None => Some(at),
    }
}

/// The first instant of `date`, UTC.
pub fn midnight(date: Date) -> Option<Timestamp> {
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Builds of releases for which the catalogue has none.
fn old_build(version: &str) -> &'static str {
    match version {
        "26.4" => "25E246",
        "26.4.1" => "25E253",
        "15.7.5" => "24G617",
        "14.8.5" => "23J430",
        _ => "20A100",
    }
}
