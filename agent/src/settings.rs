//! What the agent is told before it is enrolled, by whom, and what is wrong
//! with it.
//!
//! Three places are asked, the strongest first: a configuration profile, the
//! file `config.toml`, and the file with a token. Each value remembers its
//! place. Which settings there are stands in [`shared::agent_settings`].

use std::fmt;

use shared::agent_settings::{ENROLLMENT_TOKEN, OWNER, SERIAL_NUMBER, Setting, unfilled};
use shared::keys::sha256_hex;
use shared::token::Token;

use crate::config::SettingsFiles;
use crate::device::DeviceFacts;
use crate::host::Host;

mod attempt;
mod config_file;
mod enrolment;
mod fault;
mod private_file;
mod profile;
mod token_file;

pub(crate) use attempt::stay_out;
pub use attempt::{Attempt, Ending, due};
pub use enrolment::{Outcome, SettingsError, enroll_by_settings};
pub use fault::{Fault, Weight};
pub(crate) use token_file::forget as forget_token_file;

/// Who gave a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A configuration profile enforces it.
    Profile,
    /// The file `config.toml`.
    ConfigFile,
    /// The file with a token for the first start.
    TokenFile,
}

impl Source {
    /// As it stands behind a value.
    pub fn words(self) -> &'static str {
        match self {
            Self::Profile => "from the profile",
            Self::ConfigFile => "from config.toml",
            Self::TokenFile => "from the token file",
        }
    }

    /// As it stands within a sentence.
    fn place(self) -> &'static str {
        match self {
            Self::Profile => "the profile",
            Self::ConfigFile => "config.toml",
            Self::TokenFile => "the token file",
        }
    }
}

/// A value with its source.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    /// As it was given, without white space around it.
    pub text: String,
    /// Who gave it.
    pub source: Source,
}

/// Never the value: it may be a secret.
impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Value({})", self.source.words())
    }
}

/// What one place gives.
#[derive(Debug, Default)]
struct Layer {
    values: Vec<(&'static Setting, Value)>,
    faults: Vec<Fault>,
}

/// Every setting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The token that admits the Mac.
    pub enrollment_token: Option<Value>,
    /// Mail address of who holds the Mac.
    pub owner: Option<Value>,
    /// Serial number of the Mac that they are for.
    pub serial_number: Option<Value>,
    /// What is wrong with them.
    pub faults: Vec<Fault>,
}

/// What the settings ask the agent to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Enrol with this token,
    pub token: Token,
    /// as the Mac of this mail address.
    pub owner: Option<String>,
}

impl Settings {
    /// Asks every place.
    pub fn read(host: &dyn Host, files: &SettingsFiles) -> Self {
        let mut settings = Self::default();
        let layers =
            [profile::read(host), config_file::read(&files.config), token_file::read(&files.token)];
        for layer in layers {
            settings.faults.extend(layer.faults);
            for (setting, value) in layer.values {
                settings.take(setting, &value);
            }
        }
        settings
    }

    /// Takes a value unless a stronger place gave one, or it is none.
    fn take(&mut self, setting: &'static Setting, value: &Value) {
        let value = Value { text: value.text.trim().to_owned(), source: value.source };
        if let Some(unfilled) = unfilled(&value.text) {
            self.faults.push(Fault::unfilled(setting, &value, unfilled));
        } else if let Some(fault) = setting.kind.fault(&value.text) {
            self.faults.push(Fault::no_value(setting, value.source, &fault));
        } else if let Some(slot @ None) = self.slot(setting) {
            *slot = Some(value);
        }
    }

    fn slot(&mut self, setting: &Setting) -> Option<&mut Option<Value>> {
        Some(match setting.key {
            key if key == ENROLLMENT_TOKEN.key => &mut self.enrollment_token,
            key if key == OWNER.key => &mut self.owner,
            key if key == SERIAL_NUMBER.key => &mut self.serial_number,
            _ => return None,
        })
    }

    /// Each setting with its value, in the table's order.
    pub fn values(&self) -> [(&'static Setting, Option<&Value>); 3] {
        [
            (&ENROLLMENT_TOKEN, self.enrollment_token.as_ref()),
            (&OWNER, self.owner.as_ref()),
            (&SERIAL_NUMBER, self.serial_number.as_ref()),
        ]
    }

    /// Whether they ask for anything, or try to.
    pub fn ask_for_something(&self) -> bool {
        self.enrollment_token.is_some() || self.faults.iter().any(Fault::stops)
    }

    /// The token, if one is given.
    pub fn token(&self) -> Option<Token> {
        self.enrollment_token.as_ref()?.text.parse().ok()
    }

    /// What is wrong with the serial number that was given, if this Mac is
    /// another one or does not tell.
    pub fn wrong_serial(&self, facts: &DeviceFacts) -> Option<Fault> {
        let given = self.serial_number.as_ref()?;
        match &facts.serial {
            Some(serial) if serial.eq_ignore_ascii_case(&given.text) => None,
            serial => Some(Fault::serial(given, serial.as_deref())),
        }
    }

    /// What to do; nothing where no token is given.
    ///
    /// # Errors
    ///
    /// The fault for which nothing is done.
    pub fn order(&self, facts: &DeviceFacts) -> Result<Option<Order>, Fault> {
        if let Some(fault) = self.faults.iter().find(|fault| fault.stops()) {
            return Err(fault.clone());
        }
        let Some(token) = self.token() else { return Ok(None) };
        match self.wrong_serial(facts) {
            Some(fault) => Err(fault),
            None => Ok(Some(Order { token, owner: self.owner.as_ref().map(|it| it.text.clone()) })),
        }
    }

    /// Changes whenever they do. It holds no secret.
    pub fn fingerprint(&self) -> String {
        let mut text = String::new();
        for (setting, value) in self.values() {
            let value = value.map_or("", |it| it.text.as_str());
            text.extend([setting.key, "=", value, "\n"]);
        }
        for fault in &self.faults {
            text.push_str(&fault.to_string());
            text.push('\n');
        }
        sha256_hex(text.as_bytes())
    }
}

#[cfg(test)]
mod tests;
