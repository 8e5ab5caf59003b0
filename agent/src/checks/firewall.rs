//! Does the built-in firewall keep other computers out?
//!
//! Asks `socketfilterfw` for its state, for stealth mode and for blocking, each
//! alone, since an option it does not know makes it print its usage instead.
//! The number in `(State = 2)` decides: while it blocks everything, the answer
//! may not hold the word "enabled". Only when the state is not known,
//! `system_profiler` is asked, and on macOS 14 and before, where that does not
//! answer either, `com.apple.alf.plist` is read: from 15 on it is a leftover or
//! holds factory settings. Logging is not asked for: newer tools cannot tell it.
//!
//! Sent: state, stealth mode, blocking, whether these answers agree, whether a
//! profile enforces the firewall, and which source answered. They say how open
//! the laptop is on a shared network. No names of applications.
//!
//! Not seen: a firewall of another maker, and the packet filter `pf`.

use serde::Deserialize;
use shared::reading::{FieldValue, Fields, UnknownReason};

use super::inquiry::{Inquiry, fields, text};
use super::{Check, Found};
use crate::host::Host;

mod settings;

pub(super) const CHECK: Check = Check {
    id: "firewall",
    sources: &[
        "exec:/usr/libexec/ApplicationFirewall/socketfilterfw --getglobalstate",
        "exec:/usr/libexec/ApplicationFirewall/socketfilterfw --getstealthmode",
        "exec:/usr/libexec/ApplicationFirewall/socketfilterfw --getblockall",
        "exec:/usr/sbin/system_profiler -json SPFirewallDataType",
        "file:/System/Library/CoreServices/SystemVersion.plist",
        "file:/Library/Preferences/com.apple.alf.plist",
        "file:/Library/Managed Preferences/com.apple.security.firewall.plist",
    ],
    read,
    #[cfg(test)]
    full: tests::full,
};

const SOCKETFILTERFW: &str = "/usr/libexec/ApplicationFirewall/socketfilterfw";
const PROFILER: &[&str] = &["/usr/sbin/system_profiler", "-json", "SPFirewallDataType"];

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let outcome = ask_socketfilterfw(&mut inquiry)
        // What went wrong first is what people should look at.
        .or_else(|reason| ask_profiler(&mut inquiry).ok_or(reason))
        .or_else(|reason| settings::ask(&mut inquiry).ok_or(reason))
        .map(|firewall| firewall.fields(settings::ask_enforced(&mut inquiry)));
    inquiry.found(outcome)
}

fn ask_socketfilterfw(inquiry: &mut Inquiry<'_>) -> Result<Firewall, UnknownReason> {
    let said = inquiry.run(&[SOCKETFILTERFW, "--getglobalstate"])?;
    inquiry.matched(&said.stdout);
    let state = state(said.success()?).ok_or(UnknownReason::NotUnderstood)?;
    let mut flag = |option, words: &[(&str, bool)]| {
        let said = inquiry.run(&[SOCKETFILTERFW, option]).ok()?;
        inquiry.matched(&said.stdout);
        one_of(said.success().ok()?, words)
    };
    let stealth = flag("--getstealthmode", STEALTH);
    let block_all = flag("--getblockall", BLOCK_ALL);
    Ok(Firewall { state, stealth, block_all, source: Tool::Socketfilterfw })
}

/// Wordings up to macOS 14, then those from 15 on.
const STEALTH: &[(&str, bool)] = &[
    ("Stealth mode enabled", true),
    ("Stealth mode disabled", false),
    ("Firewall stealth mode is on", true),
    ("Firewall stealth mode is off", false),
];

/// Wordings up to macOS 12, then those from 13 on.
const BLOCK_ALL: &[(&str, bool)] = &[
    ("Block all ENABLED!", true),
    ("Block all DISABLED!", false),
    ("Firewall has block all state set to enabled", true),
    ("Firewall has block all state set to disabled", false),
];

/// The state in the answer to `--getglobalstate`.
fn state(answer: &str) -> Option<State> {
    let lines = answer.lines().map(str::trim);
    // Other lines may be warnings; every one about the state must be plain.
    let mut states = lines
        .filter(|line| line.starts_with("Firewall is") || line.contains("State"))
        .map(line_state);
    let first = states.next()??;
    states.all(|state| state == Some(first)).then_some(first)
}

fn line_state(line: &str) -> Option<State> {
    let (words, number) =
        line.strip_prefix("Firewall is ")?.strip_suffix(')')?.split_once(" (State = ")?;
    let state = match number {
        "0" => State::Off,
        "1" => State::On,
        "2" => State::BlockAll,
        _ => return None,
    };
    // The number decides, unless the words say the opposite.
    let says_off = words.contains("disabled");
    let says_on = words.contains("enabled") || words.contains("blocking");
    let is_off = state == State::Off;
    (if is_off { !says_on } else { !says_off }).then_some(state)
}

fn one_of(answer: &str, words: &[(&str, bool)]) -> Option<bool> {
    let answer = answer.trim().trim_end_matches('.');
    words.iter().find(|(word, _)| *word == answer).map(|(_, flag)| *flag)
}

fn ask_profiler(inquiry: &mut Inquiry<'_>) -> Option<Firewall> {
    let said = inquiry.run(PROFILER).ok()?;
    let profile = profile(said.success().ok()?)?;
    let state = match profile.state.as_str() {
        "spfirewall_globalstate_allow_all" => State::Off,
        "spfirewall_globalstate_limit_connections" => State::On,
        "spfirewall_globalstate_block_all" => State::BlockAll,
        _ => return None,
    };
    // Never more than the state: the answer names applications.
    inquiry.matched(&profile.state);
    // A display text, so it may be in another language.
    let stealth = match profile.stealth.as_deref() {
        Some("Yes") => Some(true),
        Some("No") => Some(false),
        _ => None,
    };
    let block_all = Some(state == State::BlockAll);
    Some(Firewall { state, stealth, block_all, source: Tool::SystemProfiler })
}

/// What is used of `system_profiler`'s answer.
#[derive(Deserialize)]
struct Profile {
    #[serde(rename = "spfirewall_globalstate")]
    state: String,
    #[serde(rename = "spfirewall_stealthenabled")]
    stealth: Option<String>,
}

#[derive(Deserialize)]
struct Profiles {
    #[serde(rename = "SPFirewallDataType")]
    profiles: Vec<Profile>,
}

/// The only entry; with several, none could be told to be the right one.
fn profile(answer: &str) -> Option<Profile> {
    let Profiles { profiles } = serde_json::from_str(answer).ok()?;
    let [profile] = <[Profile; 1]>::try_from(profiles).ok()?;
    Some(profile)
}

/// What was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Firewall {
    state: State,
    stealth: Option<bool>,
    block_all: Option<bool>,
    source: Tool,
}

impl Firewall {
    fn fields(self, enforced: Option<bool>) -> Fields {
        let agree = self.block_all.map(|block_all| block_all == (self.state == State::BlockAll));
        fields([
            ("state", Some(text(self.state.as_str()))),
            ("stealth", self.stealth.map(FieldValue::Flag)),
            ("block_all", self.block_all.map(FieldValue::Flag)),
            ("answers_agree", agree.map(FieldValue::Flag)),
            ("enforced", enforced.map(FieldValue::Flag)),
            ("source", Some(text(self.source.as_str()))),
        ])
    }
}

/// State of the application firewall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Off,
    On,
    /// On, and nothing gets in that the system does not need.
    BlockAll,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::BlockAll => "block_all",
        }
    }
}

/// Which tool answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    Socketfilterfw,
    SystemProfiler,
    /// The file of settings, up to macOS 14.
    AlfPlist,
}

impl Tool {
    fn as_str(self) -> &'static str {
        match self {
            Self::Socketfilterfw => "socketfilterfw",
            Self::SystemProfiler => "system_profiler",
            Self::AlfPlist => "alf_plist",
        }
    }
}

#[cfg(test)]
mod tests;
