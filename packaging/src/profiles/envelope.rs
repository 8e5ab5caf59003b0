//! What surrounds the payloads of every profile.

use plist::{Dictionary, Value};

use super::{Company, uuid};
use crate::exit::{Exit, Failure};

/// A payload.
#[derive(Clone, Debug)]
pub struct Payload<'a> {
    /// Its type, which decides who reads it.
    pub kind: &'a str,
    /// Its own part of the identifier.
    pub name: &'a str,
    /// Its name for people.
    pub title: &'a str,
    /// What it says.
    pub content: Dictionary,
}

/// A profile.
#[derive(Clone, Debug)]
pub struct Profile<'a> {
    /// Stays the same: a new profile with it takes the place of the old one.
    pub identifier: &'a str,
    /// Its name for people.
    pub title: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// What it holds.
    pub payloads: Vec<Payload<'a>>,
}

impl Profile<'_> {
    /// The profile as a property list, the same each time.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, company: &Company) -> Result<String, Failure> {
        let organization = company.organization();
        let payloads = self.payloads.iter().map(|payload| {
            let identifier = format!("{}.{}", self.identifier, payload.name);
            let mut all = head(payload.kind, &identifier, payload.title, organization);
            all.extend(payload.content.clone());
            Value::Dictionary(all)
        });
        let payloads = payloads.collect();
        let mut all = head("Configuration", self.identifier, self.title, organization);
        all.insert("PayloadDescription".to_owned(), self.description.into());
        all.insert("PayloadScope".to_owned(), "System".into());
        all.insert("PayloadRemovalDisallowed".to_owned(), true.into());
        all.insert("PayloadContent".to_owned(), Value::Array(payloads));
        write(&Value::Dictionary(all))
    }
}

fn head(kind: &str, identifier: &str, title: &str, organization: &str) -> Dictionary {
    let text = |text: &str| Value::String(text.to_owned());
    [
        ("PayloadType", text(kind)),
        ("PayloadVersion", Value::Integer(1.into())),
        ("PayloadIdentifier", text(identifier)),
        ("PayloadUUID", Value::String(uuid::of(&format!("{identifier}/{organization}")))),
        ("PayloadDisplayName", text(title)),
        ("PayloadOrganization", text(organization)),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}

/// A value as a property list in XML.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write(value: &Value) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let written = value.to_writer_xml(&mut bytes);
    let text = written.ok().and_then(|()| String::from_utf8(bytes).ok());
    let message = "a property list cannot be written; this is a fault of the program";
    let mut text = text.ok_or_else(|| Failure::new(Exit::BadInput, message))?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}
