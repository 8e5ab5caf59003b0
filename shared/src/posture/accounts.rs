//! What is read of accounts, passwords and the screen.

use super::FieldKind::{Choice, Flag, Integer};
use super::{CheckSchema, field};

pub(super) static PASSWORD_POLICY: CheckSchema = CheckSchema {
    id: "password_policy",
    version: 1,
    about: "the rules that macOS enforces when a local password is set",
    why: "A short password can be guessed by someone who holds the laptop.",
    fields: &[
        field(
            "min_length_at_least",
            Integer,
            "a length that every new password surely has: the most that understood rules ask for",
        ),
        field(
            "min_length",
            Integer,
            "the effective minimum length; left out while a rule about length is not understood",
        ),
        field("rules_not_understood", Integer, "number of content rules in a form nobody knows"),
        field("needs_letter", Flag, "a new password needs a letter"),
        field("needs_upper_case", Flag, "a new password needs a capital letter"),
        field("needs_lower_case", Flag, "a new password needs a small letter"),
        field("needs_digit", Flag, "a new password needs a digit"),
        field(
            "special_characters",
            Integer,
            "how many characters that are neither letter nor digit a new password needs",
        ),
        field("refuses_simple", Flag, "rows such as 1234 and aaaa are refused"),
        field("history", Integer, "how many former passwords may not be used again"),
        field("max_age_days", Integer, "after how many days a password must be changed"),
        field("min_lifetime_hours", Integer, "for how many hours a password cannot be changed"),
        field("inactive_days", Integer, "after how many days without a login an account is locked"),
        field("lockout_attempts", Integer, "after how many wrong passwords an account is locked"),
        field("lockout_seconds", Integer, "for how long it stays locked"),
        field("lockout_until_reset", Flag, "it stays locked until somebody unlocks it"),
        field("profile_rules", Integer, "number of rules that a profile brought"),
        field(
            "custom_rules",
            Integer,
            "number of rules, of any category, whose form is not on the list of known ones",
        ),
        field("profile", Flag, "a passcode profile is installed"),
    ],
};

pub(super) static SCREEN_LOCK: CheckSchema = CheckSchema {
    id: "screen_lock",
    version: 1,
    about: "how soon an unused Mac asks for a password",
    why: "Whoever finds a Mac that is not locked can use it as its owner.",
    fields: &[
        field(
            "minutes_to_lock_at_most",
            Integer,
            "an unused Mac surely asks for a password by then, on every source of power; rounded up",
        ),
        field(
            "minutes_to_lock_at_least",
            Integer,
            "on some source of power an unused Mac surely stays open that long; rounded up",
        ),
        field("never", Flag, "the Mac stays open for ever, on some source of power"),
        field("password_asked", Flag, "a password is asked at all"),
        field(
            "delay_seconds",
            Integer,
            "time from the start of the screen saver, or of the display's sleep, to the password",
        ),
        field(
            "delay_source",
            Choice(&["session", "profile"]),
            "who set that time: the user, as the session tells, or a profile",
        ),
        field(
            "saver_idle_seconds",
            Integer,
            "time until the screen saver starts; 0 when it never does",
        ),
        field(
            "saver_idle_source",
            Choice(&["default", "user", "profile"]),
            "who set that time: nobody, the user or a profile",
        ),
        field(
            "display_sleep_battery_minutes",
            Integer,
            "time until the display sleeps on battery; 0 when it never does",
        ),
        field(
            "display_sleep_adapter_minutes",
            Integer,
            "time until the display sleeps on the power adapter; 0 when it never does",
        ),
        field(
            "display_sleep_ups_minutes",
            Integer,
            "time until the display sleeps on an emergency supply; 0 when it never does",
        ),
        field("enforced", Flag, "profiles set both the time until the saver and the password"),
    ],
};
