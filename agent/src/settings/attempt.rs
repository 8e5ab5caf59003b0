//! What came of the last try to enrol by the settings, and when to try again.
//!
//! A secret that was refused is not asked about every minute: the answer will
//! be the same, and the collector would take it for guessing. Settings that
//! changed are tried at once.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::keys::sha256;

use super::Settings;
use crate::config::settings_files;
use crate::context::Context;
use crate::identity::Enrolling;
use crate::state::{StateError, StateFolder};

/// Name of the file.
const FILE: &str = "settings-attempt.json";
/// First pause after a refusal; it doubles up to [`LONGEST_S`].
const REFUSED_S: i64 = 3600;
/// First pause when no answer came; it doubles up to an hour.
const AWAY_S: i64 = 60;
/// Longest pause.
const LONGEST_S: i64 = 24 * 3600;

/// How a try ended without an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// A person has to approve.
    Waits,
    /// The collector refused, or the settings are wrong.
    Refused,
    /// No answer came that could be used.
    Away,
    /// The Mac was enrolled, and somebody had it leave.
    Left,
}

/// The last try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Of which settings.
    pub fingerprint: String,
    /// How it ended.
    pub ending: Ending,
    /// Why, in one sentence without a secret.
    pub says: String,
    /// When.
    pub at: Timestamp,
    /// When to try again.
    pub again_at: Timestamp,
    /// How many times in a row these settings ended so.
    pub tries: u32,
}

impl Attempt {
    /// The last try, if it failed.
    pub fn load(folder: &StateFolder) -> Result<Option<Self>, StateError> {
        folder.read_json(FILE)
    }

    /// Keeps it.
    pub fn store(&self, folder: &StateFolder) -> Result<(), StateError> {
        folder.write_json(FILE, self)
    }

    /// Forgets it, because the Mac is enrolled.
    pub fn forget(folder: &StateFolder) -> Result<(), StateError> {
        folder.remove(FILE)
    }

    /// A try that ended at `now`; `former` is the one before, and `own` what
    /// tells this Mac from others.
    pub(super) fn ended(
        settings: &Settings,
        (ending, says): (Ending, String),
        former: Option<&Self>,
        (now, own): (Timestamp, &str),
    ) -> Self {
        let fingerprint = settings.fingerprint();
        let same = former.filter(|it| it.fingerprint == fingerprint && it.ending == ending);
        let tries = same.map_or(1, |it| it.tries.saturating_add(1));
        let pause = pause_s(ending, tries);
        // Macs that were given a profile together do not come back together.
        let spread = number(own) % (pause / 2).max(1);
        let again_at = later(now, pause + spread);
        Self { fingerprint, ending, says, at: now, again_at, tries }
    }
}

fn pause_s(ending: Ending, tries: u32) -> i64 {
    let doublings = tries.saturating_sub(1).min(10);
    match ending {
        Ending::Waits | Ending::Left => 0,
        Ending::Refused => (REFUSED_S << doublings).min(LONGEST_S),
        Ending::Away => (AWAY_S << doublings).min(REFUSED_S),
    }
}

/// A number of this Mac, the same each time.
fn number(own: &str) -> i64 {
    let bytes = sha256(own.as_bytes());
    let (first, _) = bytes.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
    i64::from(u32::from_be_bytes(*first))
}

fn later(from: Timestamp, seconds: i64) -> Timestamp {
    from.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// When to try to enrol by `settings`; nothing where they ask for nothing, or
/// where an open request is asked about anyway.
pub fn due(
    folder: &StateFolder,
    settings: &Settings,
    now: Timestamp,
) -> Result<Option<Timestamp>, StateError> {
    if !settings.ask_for_something() {
        return Ok(None);
    }
    let last = Attempt::load(folder)?.filter(|it| it.fingerprint == settings.fingerprint());
    Ok(match last {
        None => Some(now),
        // Whoever had it leave did not mean for a minute.
        Some(last) if last.ending == Ending::Left => None,
        Some(last) if last.ending == Ending::Waits && Enrolling::load(folder)?.is_some() => None,
        // A clock that was set back must not keep the Mac out.
        Some(last) if now < last.at => Some(now),
        Some(last) => Some(last.again_at),
    })
}

/// Keeps the daemon from enrolling by the settings that are there now, after
/// the Mac has left its collector. Other settings are tried as ever.
pub(crate) fn stay_out(context: &Context, folder: &StateFolder) -> Result<(), StateError> {
    let settings = Settings::read(context.host.as_ref(), &settings_files(&context.state_dir));
    if !settings.ask_for_something() {
        return Ok(());
    }
    let says = "the Mac left its collector, so they are not used again".to_owned();
    Attempt::ended(&settings, (Ending::Left, says), None, (context.now(), "")).store(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_asked_about_again_after_hours_and_an_absence_after_minutes() {
        let minutes = |ending| [1, 2, 3, 6, 7, 99].map(|tries| pause_s(ending, tries) / 60);
        assert_eq!(minutes(Ending::Refused), [60, 120, 240, 1440, 1440, 1440]);
        assert_eq!(minutes(Ending::Away), [1, 2, 4, 32, 60, 60]);
    }

    #[test]
    fn the_same_settings_are_counted_and_others_begin_anew() {
        let now = Timestamp::UNIX_EPOCH;
        let moment = (now, "a Mac");
        let settings = Settings::default();
        let refused = || (Ending::Refused, "no".to_owned());
        let first = Attempt::ended(&settings, refused(), None, moment);
        let second = Attempt::ended(&settings, refused(), Some(&first), moment);
        assert_eq!((first.tries, second.tries), (1, 2));
        let pause = second.again_at.duration_since(now).as_mins();
        assert!((120..180).contains(&pause), "{pause}");
        let away =
            Attempt::ended(&settings, (Ending::Away, "gone".to_owned()), Some(&second), moment);
        assert_eq!(away.tries, 1);
        let other = Attempt { fingerprint: "other".to_owned(), ..second };
        assert_eq!(Attempt::ended(&settings, refused(), Some(&other), moment).tries, 1);
    }
}
