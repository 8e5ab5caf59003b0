//! Sentences for what could not be judged.

use jiff::Timestamp;

use super::conditions::Facts;
use super::judge::Said;
use super::rule::Rule;
use super::status::FindingStatus;
use super::vocabulary::Name;
use crate::days::age_words;
use crate::reading::{Reading, UnknownReason};

/// The latest reading says why nothing is known.
pub(super) fn unread(
    check: &str,
    reading: &Reading,
    observed: Option<Timestamp>,
    now: Timestamp,
) -> Said {
    let code = reading.reason.as_deref().unwrap_or(UnknownReason::NotUnderstood.code());
    let words = UnknownReason::words(code);
    let words = match source(reading) {
        Some(_) if is_asked_of_the_system(reading) => "the system did not tell".to_owned(),
        // Only a program is started.
        Some(source) if source.starts_with("`/") => {
            about(words, &source).replace(" or did not start", "")
        }
        Some(source) => about(words, &source),
        None => format!("{words} (`{check}`)"),
    };
    let older = observed
        .filter(|_| code == UnknownReason::NoConsoleUser.code())
        .map_or_else(String::new, |at| {
            format!("; the last reading is {} old", age_words(now.duration_since(at)))
        });
    Said::plain(FindingStatus::Unknown, code, format!("Unknown: {words}{older}."))
}

/// No reading of the rule's check ever came.
pub(super) fn never_read(check: &str) -> Said {
    let about = crate::posture::check(check).map_or(check, |schema| schema.about);
    let reason = format!("Unknown: the Mac has not yet reported {about}.");
    Said::plain(FindingStatus::Unknown, "never-read", reason)
}

/// The subject does not exist on this device.
pub(super) fn not_applicable(reading: &Reading) -> Said {
    let code = reading.reason.as_deref().unwrap_or("not-applicable");
    Said::plain(FindingStatus::NotApplicable, code, "Does not apply to this device.")
}

/// There is a reading, and it does not hold what the rule asks.
pub(super) fn undecided(rule: &Rule, facts: &Facts<'_>) -> Said {
    let missing = rule.conditions.verdict_names().find(|name| !facts.knows(name));
    let reason = match (missing, &rule.check) {
        (Some(Name::Field(field)), Some(check)) => {
            format!("Unknown: the answer does not say `{check}.{field}`.")
        }
        (Some(Name::Derived(fact)), _) => format!("Unknown: `derived.{fact}` is not known."),
        _ => "Unknown: the answer does not decide this rule.".to_owned(),
    };
    Said::plain(FindingStatus::Unknown, "undecided", reason)
}

/// The words of a reason, naming the program or file.
fn about(words: &str, source: &str) -> String {
    let named = words.replace("the source", source);
    let named = named.replace("the answer ", &format!("the answer of {source} "));
    if named == words { named.replace("read it", &format!("read {source}")) } else { named }
}

/// A question to the system itself has no name that people know.
fn is_asked_of_the_system(reading: &Reading) -> bool {
    reading.sources.first().is_some_and(|source| source.method.starts_with("call:"))
}

/// The first source, as people know it: `` `fdesetup status` ``.
fn source(reading: &Reading) -> Option<String> {
    let method = &reading.sources.first()?.method;
    let shown = match method.split_once(':') {
        Some(("exec", command)) => {
            let (program, rest) = command.split_once(' ').unwrap_or((command, ""));
            let program = program.rsplit('/').next().unwrap_or(program);
            format!("{program} {rest}")
        }
        Some(("file" | "folder" | "presence", path)) => path.to_owned(),
        _ => method.clone(),
    };
    Some(format!("`{}`", shown.trim()))
}
