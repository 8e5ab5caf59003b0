//! The story that the demo plays: people, their Macs, and what happens to them.
//!
//! It is written in `story.toml`; everything else follows from it, so that the
//! demo shows the same fleet each time.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer};

/// A made-up company during some weeks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// When it begins.
    pub begins: Moment,
    /// The morning on which the visitor comes in.
    pub ends: Moment,
    /// People who were invited and have not enrolled a Mac.
    pub invited: Vec<Invited>,
    /// Every Mac.
    pub mac: Vec<Mac>,
}

/// A person who was invited.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invited {
    /// Who.
    pub person: String,
    /// When.
    pub at: Moment,
}

/// One Mac with its history.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mac {
    /// Whose it is.
    pub owner: String,
    /// Model identifier.
    pub model: String,
    /// Serial number.
    pub serial: String,
    /// Its major version of macOS.
    pub macos: i64,
    /// How fast its owner installs updates.
    pub updates: Habit,
    /// When it enrols.
    pub enrolled: Moment,
    /// The serial number that its owner was invited for, when it is another.
    pub invited_for: Option<String>,
    /// What happens to it, in no order.
    #[serde(default)]
    pub episodes: Vec<Episode>,
}

/// How fast people install updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Habit {
    /// Within three days.
    Prompt,
    /// Within a week.
    Usual,
    /// Within two weeks.
    Slow,
    /// When told to, after three weeks and more.
    Late,
}

/// Something that is so for a while.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Episode {
    /// What.
    pub what: What,
    /// Since when.
    pub from: Moment,
    /// Until when; for good where it is left out.
    pub until: Option<Moment>,
    /// Version and build, for [`What::Macos`].
    pub macos: Option<(String, String)>,
}

/// What can happen to a Mac.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The firewall is off.
    FirewallOff,
    /// `FileVault` is off.
    FilevaultOff,
    /// `FileVault` is being switched on.
    FilevaultEncrypting,
    /// `FileVault` is being switched off.
    FilevaultDecrypting,
    /// `FileVault` waits for the owner to log out.
    FilevaultDeferred,
    /// No profile has set a password policy yet.
    PasswordStock,
    /// The profile asks for six characters only.
    PasswordShort,
    /// The screen stays open for an hour after it went dark.
    ScreenOpen,
    /// Nobody is logged in.
    LoggedOut,
    /// Guests can log in.
    GuestsIn,
    /// Remote login is on.
    SshOn,
    /// The tools that the agent asks give errors and nonsense.
    ToolsBroken,
    /// A version of macOS that does not follow from the owner's habit.
    Macos,
    /// Closed in a bag or a drawer: nothing is reported.
    Away,
    /// Somebody copied the disk, and the copy reports too.
    Copied,
    /// The owner has left; IT archives the Mac.
    Left,
    /// In the minutes in which the visitor watches, the firewall goes off and on.
    Restless,
}

/// A time, written `2026-08-22 14:20` and meant as UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Timestamp);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let civil: Result<DateTime, _> = text.parse();
        let at = civil.and_then(|civil| civil.to_zoned(TimeZone::UTC));
        at.map(|at| Self(at.timestamp())).map_err(serde::de::Error::custom)
    }
}

impl Story {
    /// The story of the demo.
    pub fn embedded() -> Result<Self, toml::de::Error> {
        toml::from_str(include_str!("story.toml"))
    }

    /// The last `days` days, with only those whom `wanted` picks.
    #[must_use]
    pub fn shortened(mut self, days: i64, wanted: impl Fn(&Mac) -> bool) -> Self {
        let length = jiff::SignedDuration::from_hours(24 * days);
        self.begins = Moment(self.ends.0.checked_sub(length).unwrap_or(self.begins.0));
        self.mac.retain(wanted);
        for mac in &mut self.mac {
            mac.enrolled = mac.enrolled.max(self.begins);
        }
        self
    }
}

impl Mac {
    /// The episode `what` that holds at `at`.
    pub fn during(&self, what: What, at: Timestamp) -> Option<&Episode> {
        self.episodes.iter().find(|it| it.what == what && it.holds(at))
    }

    /// Whether something of the kind ever happens to it.
    pub fn ever(&self, what: What) -> bool {
        self.episodes.iter().any(|it| it.what == what)
    }

    /// A mail address made of the owner's name.
    pub fn email(&self) -> String {
        email(&self.owner)
    }
}

impl Episode {
    fn holds(&self, at: Timestamp) -> bool {
        self.from.0 <= at && self.until.is_none_or(|until| at < until.0)
    }
}

/// A mail address made of `person`.
pub fn email(person: &str) -> String {
    let user: String = person
        .to_lowercase()
        .chars()
        .map(|any| match any {
            'a'..='z' => any,
            'á' | 'à' | 'ä' | 'å' => 'a',
            'é' | 'è' | 'ë' => 'e',
            'í' | 'ì' | 'ï' => 'i',
            'ó' | 'ò' | 'ö' | 'ø' => 'o',
            'ú' | 'ù' | 'ü' => 'u',
            _ => '.',
        })
        .collect();
    format!("{user}@fernhill.example")
}

/// A number that `of` decides, below `below`: chance that is the same each time.
pub fn dice(of: &[&str], below: u64) -> u64 {
    let digest = shared::keys::sha256(of.join("\n").as_bytes());
    let first = digest.first_chunk::<8>().copied().unwrap_or_default();
    u64::from_be_bytes(first) % below.max(1)
}

#[cfg(test)]
mod tests;
