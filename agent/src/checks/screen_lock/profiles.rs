//! What profiles set: the screen saver's times, and the passcode's maxima.

use plist::Value;

use super::session::Session;
use super::{Managed, Origin, Span};
use crate::property_list;

/// A value that is set, or one that nobody can read.
type Set<T> = Option<Result<T, NotReadable>>;

/// A profile sets something, in a form that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotReadable;

/// What profiles set about the lock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Profiles {
    /// A password is asked when the saver has started.
    pub(super) asked: Set<bool>,
    /// Seconds until the saver starts; 0 is never.
    idle: Set<i64>,
    /// Seconds from then until a password is asked.
    delay: Set<i64>,
    /// The most seconds until the saver starts; 0 is no limit.
    idle_limit: Set<i64>,
    /// The most seconds from then until a password is asked.
    delay_limit: Set<i64>,
}

impl Profiles {
    pub(super) fn new(saver: &Managed, passcode: &Managed) -> Self {
        let seconds = |value: Option<&Value>, unit: i64| {
            let whole = |value| property_list::whole(value).filter(|number| *number >= 0);
            value.map(|value| whole(value).ok_or(NotReadable)).map(|number| {
                // A limit of a million years is as good as any longer one.
                number.map(|number| number.saturating_mul(unit).min(i64::MAX / 4))
            })
        };
        let limit = |key| seconds(passcode.get(key), 60);
        Self {
            asked: saver
                .get("askForPassword")
                .map(|value| property_list::flag(value).ok_or(NotReadable)),
            idle: seconds(saver.get("idleTime"), 1),
            delay: seconds(saver.get("askForPasswordDelay"), 1),
            idle_limit: limit("maxInactivity").filter(|limit| *limit != Ok(0)),
            delay_limit: limit("maxGracePeriod"),
        }
    }

    /// Whether they leave nothing to a user.
    pub(super) fn decide(&self) -> bool {
        let is_set = |own: Set<i64>, limit: Set<i64>| matches!(own.or(limit), Some(Ok(_)));
        match self.asked {
            Some(Ok(false)) => true,
            Some(Err(NotReadable)) => false,
            Some(Ok(true)) | None => {
                is_set(self.idle, self.idle_limit) && is_set(self.delay, self.delay_limit)
            }
        }
    }

    /// When the saver starts, of which the user has set or left `user`.
    pub(super) fn idle(&self, user: Option<(Span, Origin)>) -> (Span, Origin) {
        let own = self.idle.map(|idle| span(idle, Span::timer));
        replaced(user.unwrap_or(NOT_READ), own, self.idle_limit)
    }

    /// How long after that a password is asked.
    pub(super) fn delay(&self, session: Option<Session>) -> (Span, Origin) {
        let session = match session {
            Some(Session::Delay(seconds)) => (Span::exactly(seconds), Origin::User),
            Some(Session::On | Session::Off) | None => NOT_READ,
        };
        let own = self.delay.map(|delay| span(delay, Span::exactly));
        replaced(session, own, self.delay_limit)
    }
}

const NOT_READ: (Span, Origin) = (Span::UNKNOWN, Origin::User);

fn span(value: Result<i64, NotReadable>, known: fn(i64) -> Span) -> Span {
    value.map_or(Span::UNKNOWN, known)
}

/// What counts instead of `own`, the user's: a profile's value replaces it, and
/// a limit shortens either. macOS turns a limit into the setting itself, so it
/// stands for one that could not be read.
fn replaced(own: (Span, Origin), value: Option<Span>, limit: Set<i64>) -> (Span, Origin) {
    let base = value.map_or(own, |value| (value, Origin::Profile));
    let Some(limit) = limit.map(|limit| span(limit, Span::exactly)) else { return base };
    if base == NOT_READ {
        return (limit, Origin::Profile);
    }
    let shortened = base.0.sooner(limit);
    if shortened == base.0 { base } else { (shortened, Origin::Profile) }
}
