//! What is wrong with the settings, in sentences that hold no secret.

use std::fmt;

use shared::agent_settings::{Kind, SETTINGS, Setting, Unfilled, nearest};

use super::{Source, Value};

/// What a fault comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The settings are refused.
    Stops,
    /// The value is left out, and all else holds.
    LeftOut,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The setting that it is about, where it is about one.
    pub setting: Option<&'static Setting>,
    /// What is wrong, and where.
    pub says: String,
    /// What to do.
    pub todo: String,
    /// What it comes to.
    pub weight: Weight,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}; {}", self.says, self.todo)
    }
}

/// The name of a setting at its source.
fn name(setting: &Setting, source: Source) -> &'static str {
    match source {
        Source::Profile => setting.key,
        Source::ConfigFile | Source::TokenFile => setting.toml,
    }
}

/// Without a guard or a token there is nothing to go by; without an owner
/// there is only nobody to name.
fn weight(setting: &Setting) -> Weight {
    match setting.kind {
        Kind::Token | Kind::SerialNumber => Weight::Stops,
        Kind::MailAddress => Weight::LeftOut,
    }
}

impl Fault {
    /// A fault of a whole place.
    pub(super) fn of_place(says: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { setting: None, says: says.into(), todo: todo.into(), weight: Weight::Stops }
    }

    fn about(setting: &'static Setting, says: String, todo: String) -> Self {
        Self { setting: Some(setting), says, todo, weight: weight(setting) }
    }

    /// Whether the settings are refused for it.
    pub fn stops(&self) -> bool {
        self.weight == Weight::Stops
    }

    /// An MDM did not fill it in.
    pub(super) fn unfilled(setting: &'static Setting, value: &Value, unfilled: Unfilled) -> Self {
        let name = name(setting, value.source);
        let place = value.source.place();
        match unfilled {
            Unfilled::Empty => Self::about(
                setting,
                format!("`{name}` in {place} is empty"),
                "put in a value, or leave the setting out; an MDM leaves it empty when it does not know it of this Mac".to_owned(),
            ),
            Unfilled::Variable => {
                // A token that was put together wrongly may still be one.
                let shown =
                    if setting.secret { String::new() } else { format!(" `{}`", shorten(&value.text)) };
                Self::about(
                    setting,
                    format!("`{name}` in {place} is still the variable{shown} that the MDM was to fill in"),
                    "use the variable that this MDM knows".to_owned(),
                )
            }
        }
    }

    /// It is not what the setting takes.
    pub(super) fn no_value(setting: &'static Setting, source: Source, fault: &str) -> Self {
        let says = format!("`{}` in {} cannot be used", name(setting, source), source.place());
        Self::about(setting, says, fault.to_owned())
    }

    /// It is no text.
    pub(super) fn no_text(setting: &'static Setting, source: Source) -> Self {
        let says = format!("`{}` in {} is no text", name(setting, source), source.place());
        Self::about(setting, says, "write its value as a text".to_owned())
    }

    /// A key that no setting has.
    pub(super) fn unknown(key: &str, source: Source) -> Self {
        let known = SETTINGS.iter().map(|setting| name(setting, source));
        let todo = if let Some(name) = nearest(key, known.clone()) {
            format!("write `{name}` if you meant that")
        } else {
            let known: Vec<&str> = known.collect();
            format!("it knows {}", known.join(", "))
        };
        let says = format!("`{}` in {} is no setting of the agent", shorten(key), source.place());
        Self::of_place(says, todo)
    }

    /// The settings are for another Mac.
    pub(super) fn serial(given: &Value, serial: Option<&str>) -> Self {
        let place = given.source.place();
        let says = match serial {
            Some(_) => format!(
                "the settings in {place} are for the Mac with serial number {}, and this is another one",
                given.text
            ),
            None => format!(
                "the settings in {place} are for one certain Mac, and this one does not tell its serial number"
            ),
        };
        let todo =
            "use the MDM's variable instead of a serial number, or make settings for this Mac";
        Self::about(&shared::agent_settings::SERIAL_NUMBER, says, todo.to_owned())
    }
}

/// Enough of a text to know it again; nothing that steers a terminal.
fn shorten(text: &str) -> String {
    let plain = text.chars().map(|any| if any.is_control() { '\u{fffd}' } else { any });
    plain.take(60).collect()
}
