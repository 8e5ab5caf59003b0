//! An event of the stream, as it is read.

use jiff::Timestamp;

use super::change::Told;
use super::cursor::Cursor;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place; no other event has it.
    pub cursor: Cursor,
    /// When it became true.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A device stands otherwise.
    Change(Box<DeviceTold>, Told),
    /// Somebody did something.
    Act(Box<ActTold>),
}

/// A device, as it is when the event is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceTold {
    /// Random id given at enrolment.
    pub id: String,
    /// Id of who holds it; names and addresses are not told.
    pub person: Option<String>,
    /// `macos`.
    pub platform: String,
    /// Model identifier, such as `Mac15,12`.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Version of its system.
    pub os_version: Option<String>,
    /// Build of its system.
    pub os_build: Option<String>,
}

/// An entry of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActTold {
    /// What kind of somebody: `account`, `token`, `command`, `collector`, `nobody`.
    pub actor_kind: String,
    /// Id of the account.
    pub actor: String,
    /// Name of that time.
    pub actor_name: String,
    /// What, as one word.
    pub action: String,
    /// What it was done to.
    pub object_kind: String,
    /// Its id.
    pub object: String,
    /// Its name at that time.
    pub object_name: String,
    /// More, in one sentence.
    pub detail: String,
    /// Id of the request.
    pub request: String,
    /// Where the request came from.
    pub address: String,
}

impl Event {
    /// A name that no other event of the collector has.
    pub fn id(&self) -> String {
        format!("evt_{}_{}", self.cursor.log_size, self.cursor.number)
    }
}

impl DeviceTold {
    /// The device in a few letters: model and the end of its serial number.
    pub fn label(&self) -> String {
        let model = self.model.as_deref().unwrap_or("device");
        let tail = self.serial.as_deref().map(|serial| {
            let from = serial.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
            serial.get(from..).unwrap_or(serial)
        });
        match tail {
            Some(tail) => format!("{model} …{tail}"),
            None => model.to_owned(),
        }
    }
}
