//! How a task is closed: by a person, by something that was handed in, or by
//! what the collector knows.

use serde::{Deserialize, Serialize};

/// What may be handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// A file.
    File,
    /// A note.
    Note,
    /// An address of something that is kept elsewhere.
    Link,
}

impl EvidenceKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::File, Self::Note, Self::Link];

    /// The word in templates and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Note => "note",
            Self::Link => "link",
        }
    }

    /// The kind of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// How a task is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Closing {
    /// A person who works on checklists confirms it.
    Confirmation,
    /// Something of one of these kinds is handed in.
    Evidence {
        /// What is accepted.
        kinds: Vec<EvidenceKind>,
    },
    /// The person whom the checklist is about acknowledges a text, or a signed
    /// copy of it is handed in.
    Acknowledgement {
        /// What is acknowledged.
        text: String,
        /// Which wording of it.
        version: i64,
    },
    /// A Mac that the person holds has reported.
    DeviceEnrolled,
    /// These rules pass on all Macs that the person holds, at least one.
    RulesPassing {
        /// Ids of the rules.
        rules: Vec<String>,
    },
    /// No Mac of the person may report any more.
    KeyRevoked,
    /// The last report of each Mac of the person shows an encrypted disk.
    LastReportEncrypted,
    /// Each agent of the person said, signed, that it was removed, or its Mac
    /// came back with another key, so that what signed before is gone. A Mac that only falls silent proves nothing, so a person
    /// may confirm it, too.
    AgentRemoved,
}

impl Closing {
    /// The word in templates and the database.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Confirmation => "confirmation",
            Self::Evidence { .. } => "evidence",
            Self::Acknowledgement { .. } => "acknowledgement",
            Self::DeviceEnrolled => "device_enrolled",
            Self::RulesPassing { .. } => "rules_passing",
            Self::KeyRevoked => "key_revoked",
            Self::LastReportEncrypted => "last_report_encrypted",
            Self::AgentRemoved => "agent_removed",
        }
    }

    /// Every word that a template may use.
    pub const WORDS: [&'static str; 8] = [
        "confirmation",
        "evidence",
        "acknowledgement",
        "device_enrolled",
        "rules_passing",
        "key_revoked",
        "last_report_encrypted",
        "agent_removed",
    ];

    /// The words of those that the collector closes by itself.
    pub const AUTOMATIC: [&'static str; 5] = [
        "device_enrolled",
        "rules_passing",
        "key_revoked",
        "last_report_encrypted",
        "agent_removed",
    ];

    /// Whether the collector closes it by itself.
    pub fn is_automatic(&self) -> bool {
        Self::AUTOMATIC.contains(&self.word())
    }

    /// Whether a person may close it by saying that it is done.
    pub fn is_confirmed(&self) -> bool {
        matches!(self, Self::Confirmation | Self::AgentRemoved)
    }

    /// Whether what is handed in closes it.
    pub fn is_closed_by(&self, kind: EvidenceKind) -> bool {
        match self {
            Self::Evidence { kinds } => kinds.contains(&kind),
            Self::Acknowledgement { .. } => kind == EvidenceKind::File,
            _ => false,
        }
    }

    /// The rules that it asks about.
    pub fn rules(&self) -> &[String] {
        match self {
            Self::RulesPassing { rules } => rules,
            _ => &[],
        }
    }
}
