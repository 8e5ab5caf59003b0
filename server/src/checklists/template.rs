//! Templates: what has to be done by whom until when, as TOML.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::closing::{Closing, EvidenceKind};

/// Longest text of a template, in bytes.
pub const LONGEST: usize = 64 * 1024;
/// Most tasks of a template.
const TASKS: usize = 100;
/// Most days before or after the first or last day.
const DAYS: i64 = 400;
/// Longest title and longest id, in letters.
const TITLE: usize = 120;
/// Longest text of an explanation or an acknowledgement, in letters.
const TEXT: usize = 4000;

/// A template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// What it is called.
    pub title: String,
    /// Its tasks, in order. Without any, no checklist is begun.
    pub tasks: Vec<Task>,
}

/// One task, as a checklist keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its name within the template.
    pub id: String,
    /// What has to be done.
    pub title: String,
    /// How, for whoever does it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// Days after the first or last day; negative before it.
    pub due: i64,
    /// Who sees to it.
    pub owner: Owner,
    /// How it is closed.
    pub closes: Closing,
    /// Whether all others come before it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub last: bool,
}

/// Who sees to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// Whoever looks after Macs and accounts.
    It,
    /// The person whom the checklist is about.
    Person,
}

impl Owner {
    /// The word in templates and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::It => "it",
            Self::Person => "person",
        }
    }
}

/// Why a text is no template, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct TemplateError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Line {}: {}", self.line, self.message)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    title: Spanned<String>,
    #[serde(default)]
    task: Vec<TaskText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TaskText {
    id: Spanned<String>,
    title: Spanned<String>,
    about: Option<Spanned<String>>,
    due: Spanned<i64>,
    owner: Option<Spanned<String>>,
    closes: Spanned<String>,
    rules: Option<Spanned<Vec<Spanned<String>>>>,
    evidence: Option<Spanned<Vec<Spanned<String>>>>,
    text: Option<Spanned<String>>,
    text_version: Option<Spanned<i64>>,
    #[serde(default)]
    last: bool,
}

/// Tells the rules that there are.
pub type Known<'a> = &'a dyn Fn(&str) -> bool;

/// The text that errors point into.
#[derive(Clone, Copy)]
struct Source<'a>(&'a str);

impl Source<'_> {
    fn at(self, offset: usize, message: impl Into<String>) -> TemplateError {
        let before = self.0.as_bytes().get(..offset.min(self.0.len())).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        TemplateError { line, message: message.into() }
    }

    fn of<T>(self, value: &Spanned<T>, message: impl Into<String>) -> TemplateError {
        self.at(value.span().start, message)
    }
}

impl Template {
    /// Reads a template. `is_rule` knows the ids of the rules.
    pub fn parse(text: &str, is_rule: Known<'_>) -> Result<Self, TemplateError> {
        let source = Source(text);
        if text.len() > LONGEST {
            return Err(source.at(0, format!("the text is longer than {LONGEST} bytes")));
        }
        let document: Document = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            source.at(start, error.message().replace('\n', ", "))
        })?;
        let title = words(source, &document.title, "title", TITLE)?;
        if let Some(over) = document.task.get(TASKS) {
            return Err(source.of(&over.id, format!("a template has at most {TASKS} tasks")));
        }
        let mut seen = BTreeSet::new();
        let mut tasks = Vec::with_capacity(document.task.len());
        for one in document.task {
            let at = one.id.span().start;
            let task = task(source, one, is_rule)?;
            if !seen.insert(task.id.clone()) {
                let message = format!("task `{}` is there twice; give each its own id", task.id);
                return Err(source.at(at, message));
            }
            tasks.push(task);
        }
        Ok(Self { title, tasks })
    }
}

fn task(source: Source<'_>, one: TaskText, is_rule: Known<'_>) -> Result<Task, TemplateError> {
    let is_name = |text: &str| {
        !text.is_empty()
            && text.len() <= 60
            && text.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
    };
    if !is_name(one.id.get_ref()) {
        let message = "`id` has small letters, digits and `-`, at most 60";
        return Err(source.of(&one.id, message));
    }
    let closes = closing(source, &one, is_rule)?;
    let owner = match one.owner.as_ref().map(Spanned::get_ref).map(String::as_str) {
        None if matches!(closes, Closing::Acknowledgement { .. }) => Owner::Person,
        None | Some("it") => Owner::It,
        Some("person") => Owner::Person,
        Some(other) => {
            let at = one.owner.as_ref().map_or(0, |owner| owner.span().start);
            return Err(source.at(at, format!("`owner` is `it` or `person`, not `{other}`")));
        }
    };
    let due = *one.due.get_ref();
    if due.abs() > DAYS {
        let message = format!("`due` lies at most {DAYS} days before or after");
        return Err(source.of(&one.due, message));
    }
    let about = one.about.as_ref().map(|about| words(source, about, "about", TEXT)).transpose()?;
    Ok(Task {
        id: one.id.into_inner(),
        title: words(source, &one.title, "title", TITLE)?,
        about: about.unwrap_or_default(),
        due,
        owner,
        closes,
        last: one.last,
    })
}

fn closing(
    source: Source<'_>,
    one: &TaskText,
    is_rule: Known<'_>,
) -> Result<Closing, TemplateError> {
    let word = one.closes.get_ref().as_str();
    let misplaced = |name: &str, at: usize| {
        source.at(at, format!("`{name}` does not belong to a task that closes by `{word}`"))
    };
    let start = |it: Option<usize>, name: &str, belongs: bool| match it {
        Some(at) if !belongs => Err(misplaced(name, at)),
        _ => Ok(()),
    };
    start(one.rules.as_ref().map(|it| it.span().start), "rules", word == "rules_passing")?;
    start(one.evidence.as_ref().map(|it| it.span().start), "evidence", word == "evidence")?;
    let is_text = word == "acknowledgement";
    start(one.text.as_ref().map(|it| it.span().start), "text", is_text)?;
    start(one.text_version.as_ref().map(|it| it.span().start), "text_version", is_text)?;
    Ok(match word {
        "confirmation" => Closing::Confirmation,
        "device_enrolled" => Closing::DeviceEnrolled,
        "key_revoked" => Closing::KeyRevoked,
        "last_report_encrypted" => Closing::LastReportEncrypted,
        "agent_removed" => Closing::AgentRemoved,
        "rules_passing" => Closing::RulesPassing { rules: rules(source, one, is_rule)? },
        "evidence" => Closing::Evidence { kinds: kinds(source, one)? },
        "acknowledgement" => acknowledgement(source, one)?,
        other => {
            let all = Closing::WORDS.join(", ");
            let message = format!("`closes` is one of {all}; `{other}` is not");
            return Err(source.of(&one.closes, message));
        }
    })
}

fn rules(
    source: Source<'_>,
    one: &TaskText,
    is_rule: Known<'_>,
) -> Result<Vec<String>, TemplateError> {
    let missing = "`rules` names at least one rule, such as [\"disk-encryption\"]";
    let Some(rules) = &one.rules else { return Err(source.of(&one.closes, missing)) };
    if rules.get_ref().is_empty() {
        return Err(source.of(rules, missing));
    }
    for rule in rules.get_ref() {
        if !is_rule(rule.get_ref()) {
            let message = format!("the policy in force has no rule `{}`", rule.get_ref());
            return Err(source.of(rule, message));
        }
    }
    Ok(rules.get_ref().iter().map(|rule| rule.get_ref().clone()).collect())
}

fn kinds(source: Source<'_>, one: &TaskText) -> Result<Vec<EvidenceKind>, TemplateError> {
    let Some(given) = &one.evidence else { return Ok(EvidenceKind::ALL.to_vec()) };
    if given.get_ref().is_empty() {
        return Err(source.of(given, "`evidence` holds `file`, `note`, `link`, at least one"));
    }
    let kind = |word: &Spanned<String>| {
        EvidenceKind::named(word.get_ref()).ok_or_else(|| {
            let message = format!("evidence is `file`, `note` or `link`, not `{}`", word.get_ref());
            source.of(word, message)
        })
    };
    given.get_ref().iter().map(kind).collect()
}

fn acknowledgement(source: Source<'_>, one: &TaskText) -> Result<Closing, TemplateError> {
    let text = one.text.clone().ok_or_else(|| {
        source.of(&one.closes, "an acknowledgement needs `text`, what the person acknowledges")
    })?;
    let version = one.text_version.as_ref().ok_or_else(|| {
        source.of(&one.closes, "an acknowledgement needs `text_version`, which counts its wordings")
    })?;
    if *version.get_ref() < 1 {
        return Err(source.of(version, "`text_version` counts from 1"));
    }
    Ok(Closing::Acknowledgement {
        text: words(source, &text, "text", TEXT)?,
        version: *version.get_ref(),
    })
}

/// A text that is not empty and not too long.
fn words(
    source: Source<'_>,
    value: &Spanned<String>,
    name: &str,
    most: usize,
) -> Result<String, TemplateError> {
    let text = value.get_ref().trim();
    let is_odd = text.chars().any(|letter| letter.is_control() && letter != '\n');
    if text.is_empty() || text.chars().count() > most || is_odd {
        return Err(source.of(value, format!("`{name}` has 1 to {most} plain letters")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests;
