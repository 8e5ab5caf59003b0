//! What a change comes to for one device, before anything is done.

use crate::agent_releases::version::AgentVersion;
use crate::store::access::labels::MOST;
use crate::store::access::people::Person;
use crate::store::views::{DeviceRow, Standing};

/// What is to be done to many devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Puts a label on.
    Label(String),
    /// Takes a label off.
    Unlabel(String),
    /// Gives them to a person.
    Assign(Box<Person>),
    /// Takes them from who holds them.
    Release,
    /// No longer watches them.
    Archive,
    /// Lets those report that wait.
    Approve,
    /// Mails who holds them the link to this release of the agent.
    MailAgent(AgentVersion, String),
}

/// What it comes to for one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It will be done.
    Does,
    /// It is so already.
    Already,
    /// It cannot be done, and why.
    Cannot(&'static str),
}

/// What `change` comes to for `row`.
pub(super) fn fate(change: &Change, row: &DeviceRow) -> Fate {
    let archived = row.standing == Standing::Archived;
    match change {
        Change::Label(label) if row.labels.contains(label) => Fate::Already,
        Change::Label(_) if row.labels.len() as u64 >= MOST => {
            Fate::Cannot("it has as many labels as it may have")
        }
        Change::Unlabel(label) if !row.labels.contains(label) => Fate::Already,
        Change::Assign(person)
            if row
                .owner
                .as_ref()
                .is_some_and(|owner| owner.email.eq_ignore_ascii_case(&person.email)) =>
        {
            Fate::Already
        }
        Change::Assign(_) if archived => Fate::Cannot("it is archived"),
        Change::Release if row.owner.is_none() => Fate::Already,
        Change::Archive if archived => Fate::Already,
        Change::Approve if row.standing != Standing::Pending => {
            Fate::Cannot("it does not wait for approval")
        }
        Change::MailAgent(..) if archived || row.standing == Standing::Revoked => {
            Fate::Cannot("it no longer reports")
        }
        Change::MailAgent(newest, _) => match (&row.owner, AgentVersion::parse(&row.agent_version))
        {
            (None, _) => Fate::Cannot("nobody holds it"),
            (Some(owner), _) if owner.left => Fate::Cannot("who holds it has left"),
            (_, Some(version)) if version >= *newest => Fate::Already,
            _ => Fate::Does,
        },
        Change::Label(_)
        | Change::Unlabel(_)
        | Change::Assign(_)
        | Change::Release
        | Change::Archive
        | Change::Approve => Fate::Does,
    }
}

impl Change {
    /// Its word in addresses.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Label(_) => "label",
            Self::Unlabel(_) => "unlabel",
            Self::Assign(_) => "assign",
            Self::Release => "release",
            Self::Archive => "archive",
            Self::Approve => "approve",
            Self::MailAgent(..) => "agent_mail",
        }
    }

    /// What stands beside the word.
    pub(super) fn value(&self) -> &str {
        match self {
            Self::Label(label) | Self::Unlabel(label) => label,
            Self::Assign(person) => &person.email,
            Self::Release | Self::Archive | Self::Approve | Self::MailAgent(..) => "",
        }
    }

    /// The button and the title, for so many: `Archive 3 Macs`.
    pub(super) fn title(&self, macs: &str) -> String {
        match self {
            Self::Label(label) => format!("Put the label “{label}” on {macs}"),
            Self::Unlabel(label) => format!("Take the label “{label}” off {macs}"),
            Self::Assign(person) => format!("Assign {macs} to {}", person.name),
            Self::Release => format!("Take {macs} from their holders"),
            Self::Archive => format!("Archive {macs}"),
            Self::Approve => format!("Approve {macs}"),
            Self::MailAgent(_, version) => {
                format!("Mail the holders of {macs} the link to agent {version}")
            }
        }
    }

    /// What follows from it, in a sentence.
    pub(super) fn consequence(&self) -> &'static str {
        match self {
            Self::Label(_) | Self::Unlabel(_) => {
                "Labels are for lists and groups; they change nothing on a Mac."
            }
            Self::Assign(_) => {
                "The new holder sees a Mac from now on, and nothing of the time before. The holder before no longer sees it."
            }
            Self::Release => "Nobody holds them then. Who held them no longer sees them.",
            Self::Archive => {
                "They are no longer watched or counted, and their reports are refused. An archived Mac comes back only by a new invitation."
            }
            Self::Approve => "They may report from then on, and are counted.",
            Self::MailAgent(..) => {
                "Each gets a letter with the address of the newest package and what to do. It needs no new invitation."
            }
        }
    }

    /// What is said of one device, and of several, for which it is so already.
    pub(super) fn already(&self) -> (&'static str, &'static str) {
        match self {
            Self::Label(_) => ("has the label already", "have the label already"),
            Self::Unlabel(_) => ("does not have the label", "do not have the label"),
            Self::Assign(_) => ("is with this person already", "are with this person already"),
            Self::Release => ("is with nobody already", "are with nobody already"),
            Self::Archive => ("is archived already", "are archived already"),
            Self::Approve => ("is approved already", "are approved already"),
            Self::MailAgent(..) => ("has this agent already", "have this agent already"),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Change, Fate, fate};
    use crate::store::views::{DeviceRow, Owner, Standing};

    fn row(standing: Standing) -> DeviceRow {
        DeviceRow {
            id: "1".to_owned(),
            owner: Some(Owner { email: "Sam@company.example".to_owned(), ..Owner::default() }),
            model: None,
            serial: None,
            recorded: false,
            key_protection: String::new(),
            agent_version: String::new(),
            enrolled: Timestamp::UNIX_EPOCH,
            received: None,
            system: None,
            standing,
            since: Timestamp::UNIX_EPOCH,
            was: None,
            due: None,
            problems: Vec::new(),
            labels: vec!["Berlin".to_owned()],
            build: crate::agent_releases::shelf::Build::default(),
            removed: None,
            owner_claim: None,
        }
    }

    #[test]
    fn only_what_changes_something_is_done() {
        let fine = row(Standing::Compliant);
        let label = |text: &str| Change::Label(text.to_owned());
        assert_eq!(fate(&label("Berlin"), &fine), Fate::Already);
        assert_eq!(fate(&label("Lisbon"), &fine), Fate::Does);
        assert_eq!(fate(&Change::Unlabel("Lisbon".to_owned()), &fine), Fate::Already);
        assert_eq!(fate(&Change::Release, &fine), Fate::Does);
        assert_eq!(
            fate(&Change::Release, &DeviceRow { owner: None, ..fine.clone() }),
            Fate::Already
        );
        assert_eq!(fate(&Change::Archive, &row(Standing::Archived)), Fate::Already);
        assert_eq!(fate(&Change::Approve, &row(Standing::Pending)), Fate::Does);
        assert!(matches!(fate(&Change::Approve, &fine), Fate::Cannot(_)));
        let full = (0..20).map(|number| number.to_string()).collect();
        let full = DeviceRow { labels: full, ..fine };
        assert!(matches!(fate(&label("more"), &full), Fate::Cannot(_)));
    }
}
