//! What is wrong with a device, in words that fit a table cell.

use shared::policy::{FindingStatus, Mode};

use super::words::word as standing_word;
use crate::shown::names::rule_word;
use crate::store::views::{DeviceRow, Problem, Standing};

/// The rule that is about reporting itself; the standing says it already.
const REPORTING: &str = "reporting";
/// More unknown rules than this are only counted.
const NAMED_UNKNOWN: usize = 2;

/// One short word with its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProblemWord {
    /// `fail`, `unknown` or `minor`, as a class.
    pub(super) kind: &'static str,
    pub(super) text: String,
}

/// Words for what does not pass: required failures, what is unknown, then
/// recommended ones.
pub(super) fn problem_words(row: &DeviceRow) -> Vec<ProblemWord> {
    let of = |mode, status| {
        row.problems.iter().filter(move |one: &&Problem| one.mode == mode && one.status == status)
    };
    let said = |one: &&Problem| {
        one.rule != REPORTING || !matches!(row.standing, Standing::Stale | Standing::NeverReported)
    };
    let word = |kind, problem: &Problem| match problem.waived_until {
        Some(_) => {
            ProblemWord { kind: "minor", text: format!("{} (waived)", rule_word(&problem.rule)) }
        }
        None => ProblemWord { kind, text: rule_word(&problem.rule) },
    };
    let mut words: Vec<ProblemWord> = to_do(row.standing).into_iter().collect();
    words.extend(
        of(Mode::Required, FindingStatus::Fail).filter(said).map(|problem| word("fail", problem)),
    );
    let unknown: Vec<&Problem> = of(Mode::Required, FindingStatus::Unknown).filter(said).collect();
    if unknown.len() > NAMED_UNKNOWN {
        let text = format!("{} rules unknown", unknown.len());
        words.push(ProblemWord { kind: "unknown", text });
    } else {
        words.extend(unknown.into_iter().map(|problem| ProblemWord {
            kind: "unknown",
            text: format!("{} unknown", rule_word(&problem.rule)),
        }));
    }
    words.extend(of(Mode::Recommended, FindingStatus::Fail).map(|problem| word("minor", problem)));
    words
}

/// What a standing asks of a person, where no rule says it.
fn to_do(standing: Standing) -> Option<ProblemWord> {
    let text = match standing {
        Standing::Suspended => "reports refused, see why",
        Standing::Pending => "approve or revoke it",
        _ => return None,
    };
    Some(ProblemWord { kind: "minor", text: text.to_owned() })
}

/// How a silent device stood before, when no rule says it.
pub(super) fn was_words(row: &DeviceRow, problems: &[ProblemWord]) -> &'static str {
    match (row.standing, row.was) {
        (Standing::Stale, Some(was)) if problems.is_empty() => standing_word(was),
        _ => "",
    }
}

/// The words as one text, for titles and exports.
pub(super) fn joined(words: &[ProblemWord]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(", ")
}
