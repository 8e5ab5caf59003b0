//! How long does an unused Mac stay open?
//!
//! Three clocks decide. The screen saver starts, or the display sleeps,
//! whichever comes first; some time after that a password is asked. The
//! display has a clock for each source of power, so the worst of them counts.
//!
//! Asks `sysadminctl -screenLock status`, within the session of the user in
//! front, for the password: it answers on standard error, and as root it would
//! answer for root. Reads the user's screen saver settings for this computer:
//! a stock Mac has no such file, or none that holds `idleTime`, and then starts
//! the saver after 20 minutes. Asks `pmset` for the display. Profiles for
//! screen saver and passcode come first, each for its own part alone; they can
//! be read while nobody is logged in. A passcode profile sets a maximum.
//!
//! A part that could not be read is a span of time, from none to never, and so
//! is the sum: it says how long the Mac surely stays open, and by when it
//! surely is locked. Both can be enough for a verdict.
//!
//! Sent: the sum in minutes, each clock with where it is set, and whether
//! profiles enforce it. They are numbers and name nobody.
//!
//! Not seen: a user behind the one in front (fast user switching), a screen
//! corner that keeps the saver from starting, programs and films that keep the
//! display awake, a screen saver set in a file that is not this computer's own,
//! and a lock by a watch or a phone.

use shared::reading::{FieldValue, Fields, UnknownReason};

use super::console::ConsoleUser;
use super::inquiry::{Inquiry, fields, text};
use super::managed::Managed;
use super::{Check, Found};
use crate::device;
use crate::host::Host;
use crate::property_list;

mod display;
mod profiles;
mod session;
mod span;

use display::{Display, Supply};
use profiles::Profiles;
use session::Session;
use span::Span;

pub(super) const CHECK: Check = Check {
    id: "screen_lock",
    sources: &[
        "exec:/usr/bin/stat -f %Su %u /dev/console",
        "file:/Library/Managed Preferences/NAME/com.apple.screensaver.plist",
        "file:/Library/Managed Preferences/com.apple.screensaver.plist",
        "file:/Library/Managed Preferences/NAME/com.apple.mobiledevice.passwordpolicy.plist",
        "file:/Library/Managed Preferences/com.apple.mobiledevice.passwordpolicy.plist",
        "exec:/bin/launchctl asuser UID /usr/bin/sudo -u NAME -n /usr/sbin/sysadminctl -screenLock status",
        "exec:/usr/sbin/ioreg -ard1 -c IOPlatformExpertDevice",
        "file:/Users/NAME/Library/Preferences/ByHost/com.apple.screensaver.UUID.plist",
        "exec:/usr/bin/pmset -g custom",
    ],
    read,
    #[cfg(test)]
    full: tests::full,
};

const SAVER: &str = "com.apple.screensaver";
const PASSCODE: &str = "com.apple.mobiledevice.passwordpolicy";
const SYSADMINCTL: &[&str] = &["/usr/sbin/sysadminctl", "-screenLock", "status"];
/// When the saver starts as long as nobody has chosen a time.
const DEFAULT_IDLE: i64 = 1200;

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let outcome = ask(&mut inquiry).map(|lock| lock.fields());
    inquiry.found(outcome)
}

fn ask(inquiry: &mut Inquiry<'_>) -> Result<ScreenLock, UnknownReason> {
    let user = ConsoleUser::of(inquiry);
    let saver = Managed::read(inquiry, SAVER, user.as_ref().ok())?;
    let passcode = Managed::read(inquiry, PASSCODE, user.as_ref().ok())?;
    let profiles = Profiles::new(&saver, &passcode);
    let (session, idle) = match &user {
        Ok(user) => (ask_session(inquiry, user), user_idle(inquiry, user)),
        // What profiles leave open belongs to a user.
        Err(reason) if !profiles.decide() => return Err(*reason),
        Err(reason) => (Err(*reason), Err(*reason)),
    };
    let display = ask_display(inquiry);
    let first = session.as_ref().err().or(idle.as_ref().err()).or(display.as_ref().err()).copied();
    let lock = ScreenLock::new(&profiles, session.ok(), idle.ok(), display.unwrap_or_default());
    match first {
        Some(reason) if lock.total == Span::UNKNOWN => Err(reason),
        _ => Ok(lock),
    }
}

fn ask_session(inquiry: &mut Inquiry<'_>, user: &ConsoleUser) -> Result<Session, UnknownReason> {
    let said = user.run(inquiry, SYSADMINCTL)?;
    inquiry.matched(&said.stderr);
    match Session::parse(&said.stderr) {
        // Bad news is believed of a tool that fails, good news is not.
        Some(Session::Off) => Ok(Session::Off),
        Some(session) => said.success().map(|_| session),
        None => Err(said.success().err().unwrap_or(UnknownReason::NotUnderstood)),
    }
}

/// When the user's saver starts, and whether the user chose that.
fn user_idle(
    inquiry: &mut Inquiry<'_>,
    user: &ConsoleUser,
) -> Result<(Span, Origin), UnknownReason> {
    let registry = inquiry.run(device::REGISTRY)?;
    let uuid = device::registry_uuid(registry.success()?).ok_or(UnknownReason::NotUnderstood)?;
    let file = format!("{SAVER}.{uuid}.plist");
    inquiry.conceal(&file, "com.apple.screensaver.UUID.plist");
    let path = user.home(&format!("Library/Preferences/ByHost/{file}"));
    let default = (Span::timer(DEFAULT_IDLE), Origin::Default);
    let Some(bytes) = inquiry.read_if_there(&path)? else { return Ok(default) };
    let settings = property_list::dictionary(&bytes).ok_or(UnknownReason::NotUnderstood)?;
    let Some(idle) = settings.get("idleTime") else {
        inquiry.matched("no idleTime");
        return Ok(default);
    };
    let idle = property_list::whole(idle).filter(|idle| *idle >= 0);
    let idle = idle.ok_or(UnknownReason::NotUnderstood)?;
    inquiry.matched(&format!("idleTime {idle}"));
    Ok((Span::timer(idle), Origin::User))
}

fn ask_display(inquiry: &mut Inquiry<'_>) -> Result<Display, UnknownReason> {
    let said = inquiry.run(display::PMSET)?;
    let display = Display::parse(said.success()?).ok_or(UnknownReason::NotUnderstood)?;
    inquiry.matched(&display.evidence());
    Ok(display)
}

/// What was observed.
#[derive(Debug)]
struct ScreenLock {
    /// From the last touch to the password, in the worst case.
    total: Span,
    /// A password is asked at all.
    asked: Option<bool>,
    delay: Span,
    delay_origin: Origin,
    idle: Span,
    idle_origin: Origin,
    display: Display,
    enforced: bool,
}

/// Where a time is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Default,
    User,
    Profile,
}

impl ScreenLock {
    fn new(
        profiles: &Profiles,
        session: Option<Session>,
        user_idle: Option<(Span, Origin)>,
        display: Display,
    ) -> Self {
        let (idle, idle_origin) = profiles.idle(user_idle);
        let (delay, delay_origin) = profiles.delay(session);
        let asked = match (profiles.asked, session) {
            (_, Some(Session::Off)) => Some(false),
            (Some(Ok(asked)), _) => Some(asked),
            (_, Some(_)) => Some(true),
            _ => None,
        };
        let dark = display.spans().map(|span| idle.sooner(span)).reduce(Span::later);
        let locked = dark.unwrap_or_else(|| idle.sooner(Span::UNKNOWN)).then(delay);
        let total = match asked {
            Some(false) => Span::NEVER,
            None if profiles.asked.is_some() => Span { most: Span::NEVER.most, ..locked },
            _ => locked,
        };
        let enforced = profiles.decide() && asked != Some(false);
        Self { total, asked, delay, delay_origin, idle, idle_origin, display, enforced }
    }

    fn fields(&self) -> Fields {
        let Span { least, most } = self.total;
        let never = if self.total == Span::NEVER {
            Some(true)
        } else {
            (most != Span::NEVER.most).then_some(false)
        };
        // Rounded up, so that comparing with a whole limit stays exact.
        let minutes = |seconds: i64| {
            let is_known = seconds > 0 && seconds != Span::NEVER.most;
            is_known.then(|| FieldValue::Integer(seconds / 60 + i64::from(seconds % 60 > 0)))
        };
        let delay = self.delay.exact().filter(|_| self.asked != Some(false));
        let idle = self.idle.exact_timer();
        let sleep = |supply| self.display.minutes(supply).map(FieldValue::Integer);
        fields([
            ("minutes_to_lock_at_most", minutes(most)),
            ("minutes_to_lock_at_least", minutes(least)),
            ("never", never.map(FieldValue::Flag)),
            ("password_asked", self.asked.map(FieldValue::Flag)),
            ("delay_seconds", delay.map(FieldValue::Integer)),
            ("delay_source", delay.map(|_| text(delay_word(self.delay_origin)))),
            ("saver_idle_seconds", idle.map(FieldValue::Integer)),
            ("saver_idle_source", idle.map(|_| text(idle_word(self.idle_origin)))),
            ("display_sleep_battery_minutes", sleep(Supply::Battery)),
            ("display_sleep_adapter_minutes", sleep(Supply::Adapter)),
            ("display_sleep_ups_minutes", sleep(Supply::Ups)),
            ("enforced", Some(FieldValue::Flag(self.enforced))),
        ])
    }
}

fn idle_word(origin: Origin) -> &'static str {
    match origin {
        Origin::Default => "default",
        Origin::User => "user",
        Origin::Profile => "profile",
    }
}

fn delay_word(origin: Origin) -> &'static str {
    match origin {
        Origin::Default | Origin::User => "session",
        Origin::Profile => "profile",
    }
}

#[cfg(test)]
mod tests;
