//! A task as a page shows it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{day_words, due_words};
use crate::checklists::closing::{Closing, EvidenceKind};
use crate::checklists::decide::{Truth, truth};
use crate::checklists::facts::{Facts, Shown};
use crate::checklists::{ChecklistState, TaskState};
use crate::store::access::checklists::{KeptEvidence, KeptTask, RefusedReports, WholeChecklist};
use crate::web::times::When;
use crate::web::words::Mark;

/// Tasks that are due on the same day.
pub(super) struct Group {
    pub(super) title: String,
    pub(super) tasks: Vec<TaskView>,
}

/// One task.
#[expect(clippy::struct_excessive_bools, reason = "each says what a page offers")]
pub(super) struct TaskView {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) about: String,
    pub(super) owner: String,
    pub(super) is_mine: bool,
    pub(super) mark: Mark,
    pub(super) due_words: Option<String>,
    pub(super) is_overdue: bool,
    pub(super) how: String,
    /// How it is now, for what the collector knows.
    pub(super) now: String,
    pub(super) closed: Option<When>,
    pub(super) closed_by: String,
    pub(super) detail: String,
    pub(super) shown: Vec<ShownView>,
    pub(super) evidence: Vec<EvidenceView>,
    /// What is acknowledged, and which wording.
    pub(super) text: Option<(String, i64)>,
    pub(super) refused: Vec<String>,
    pub(super) is_open: bool,
    pub(super) is_overridden: bool,
    pub(super) may_confirm: bool,
    pub(super) may_reopen: bool,
}

/// A Mac that shows it.
pub(super) struct ShownView {
    pub(super) device: String,
    pub(super) name: String,
    /// Address, number, digest and place in the log of the report.
    pub(super) report: Option<(String, i64, String, Option<i64>)>,
    pub(super) rules: Vec<String>,
}

/// Something that was handed in.
pub(super) struct EvidenceView {
    pub(super) kind: &'static str,
    pub(super) href: Option<String>,
    pub(super) text: String,
    pub(super) author: String,
    pub(super) at: When,
    pub(super) sha256: String,
}

/// What tasks are seen with.
pub(super) struct Seen<'a> {
    pub(super) facts: &'a Facts,
    pub(super) refused: &'a [RefusedReports],
    /// Names of the accounts that own tasks.
    pub(super) names: &'a BTreeMap<String, String>,
    /// Who looks.
    pub(super) account: &'a str,
    pub(super) now: Timestamp,
    pub(super) today: Date,
}

/// The tasks by the day on which they are due.
pub(super) fn groups(whole: &WholeChecklist, seen: &Seen<'_>) -> Vec<Group> {
    let mut order: Vec<&KeptTask> = whole.tasks.iter().collect();
    order.sort_by_key(|task| task.due);
    let mut groups: Vec<(Date, Group)> = Vec::new();
    for task in order {
        let view = TaskView::of(task, whole, seen);
        if let Some((_, group)) = groups.last_mut().filter(|(due, _)| *due == task.due) {
            group.tasks.push(view);
        } else {
            let relative = whole.checklist.kind.relative(task.task.due);
            let title = format!("{} ({})", capital(&relative), day_words(task.due));
            groups.push((task.due, Group { title, tasks: vec![view] }));
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|it| it.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}", letters.as_str())
}

impl TaskView {
    fn of(kept: &KeptTask, whole: &WholeChecklist, seen: &Seen<'_>) -> Self {
        let (task, list) = (&kept.task, &whole.checklist);
        let is_open = kept.state == TaskState::Open;
        let is_running = list.state == ChecklistState::Open;
        let found = truth(&task.closes, seen.facts, (list.started, seen.now));
        let is_overdue = is_open && is_running && kept.due < seen.today;
        let evidence = whole.evidence.iter().filter(|one| one.task == task.id);
        Self {
            id: task.id.clone(),
            title: task.title.clone(),
            about: task.about.clone(),
            owner: owner(&kept.owner, &list.person.1, seen.names),
            is_mine: kept.owner == seen.account,
            mark: mark(kept, is_overdue),
            due_words: (is_open && is_running).then(|| due_words(kept.due, seen.today)),
            is_overdue,
            how: how(&task.closes, task.last),
            now: now_words(found.as_ref(), kept, is_running),
            closed: kept.closed.map(When::exact),
            closed_by: kept.closed_by.clone(),
            detail: kept.detail.clone(),
            shown: kept.shown.iter().map(ShownView::of).collect(),
            evidence: evidence.map(|one| EvidenceView::of(&list.id, one)).collect(),
            text: match &task.closes {
                Closing::Acknowledgement { text, version } => Some((text.clone(), *version)),
                _ => None,
            },
            refused: match task.closes {
                Closing::KeyRevoked => refused(seen),
                _ => Vec::new(),
            },
            is_open,
            is_overridden: kept.state == TaskState::Overridden,
            may_confirm: is_open && task.closes.is_confirmed(),
            may_reopen: kept.state == TaskState::Closed && !task.closes.is_automatic(),
        }
    }

    /// What a form about it has to offer, in words.
    pub(super) fn hand_in_title(&self) -> &'static str {
        if self.text.is_some() { "Hand in a signed copy or other evidence" } else { "Add evidence" }
    }
}

fn owner(word: &str, person: &str, names: &BTreeMap<String, String>) -> String {
    match word {
        "it" => "IT".to_owned(),
        "person" => person.to_owned(),
        id => names.get(id).cloned().unwrap_or_else(|| "a former colleague".to_owned()),
    }
}

fn mark(kept: &KeptTask, is_overdue: bool) -> Mark {
    let (kind, words) = match kept.state {
        TaskState::Open if is_overdue => ("fail", "Overdue"),
        TaskState::Open => ("waiting", "Open"),
        TaskState::Closed => ("pass", "Done"),
        TaskState::Overridden => ("due", "Overridden"),
    };
    Mark { kind, words: words.to_owned() }
}

/// How a task is closed, in words.
pub(super) fn how(closing: &Closing, is_last: bool) -> String {
    let words = match closing {
        Closing::Confirmation => "Closed when IT confirms it.".to_owned(),
        Closing::Evidence { kinds } => {
            let kinds: Vec<&str> = kinds.iter().map(|kind| kind_word(*kind)).collect();
            format!("Closed by evidence: {}.", kinds.join(" or "))
        }
        Closing::Acknowledgement { .. } => {
            "Closed when the person acknowledges the text, or by a signed copy of it.".to_owned()
        }
        Closing::DeviceEnrolled => {
            "Closes by itself when a Mac that the person holds reports.".to_owned()
        }
        Closing::RulesPassing { rules } => format!(
            "Closes by itself when {} {} on every Mac of the person.",
            rules.join(", "),
            if rules.len() == 1 { "passes" } else { "pass" }
        ),
        Closing::KeyRevoked => "Closes by itself when no Mac of the person may report.".to_owned(),
        Closing::LastReportEncrypted => {
            "Closes by itself when the last report of each Mac shows an encrypted disk.".to_owned()
        }
        Closing::AgentRemoved => {
            "Closes by itself when the Mac enrols anew; silence proves nothing, so IT may confirm it."
                .to_owned()
        }
    };
    if is_last { format!("{words} Comes last, after all others.") } else { words }
}

fn kind_word(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::File => "a file",
        EvidenceKind::Note => "a note",
        EvidenceKind::Link => "a link",
    }
}

/// How it is now, where that is not what closed the task.
fn now_words(found: Option<&Truth>, kept: &KeptTask, is_running: bool) -> String {
    match (found, kept.state) {
        _ if !is_running => String::new(),
        (Some(Truth::Proven { says, .. }), TaskState::Open) if kept.task.last => {
            format!("{says} It closes when all other tasks are done.")
        }
        (Some(truth), TaskState::Open) => truth.says().to_owned(),
        // The others look back: the Mac is expected to fall silent.
        (Some(Truth::NotKnown { says }), TaskState::Closed)
            if matches!(
                kept.task.closes,
                Closing::DeviceEnrolled | Closing::RulesPassing { .. }
            ) =>
        {
            format!("Not confirmed since: {says}")
        }
        _ => String::new(),
    }
}

fn refused(seen: &Seen<'_>) -> Vec<String> {
    let name = |device: &str| {
        let known = seen.facts.macs.iter().find(|mac| mac.device == device);
        known.map_or_else(|| "A Mac".to_owned(), |mac| mac.name.clone())
    };
    let words = |one: &RefusedReports| {
        let times =
            if one.attempts == 1 { "once".to_owned() } else { format!("{} times", one.attempts) };
        let last = When::exact(one.last).words;
        format!(
            "{} tried to report {times} with the revoked key and was refused, last on {last}.",
            name(&one.device)
        )
    };
    seen.refused.iter().map(words).collect()
}

impl ShownView {
    fn of(shown: &Shown) -> Self {
        let rule = |(rule, standing): (&String, &crate::checklists::facts::Standing)| {
            format!("{rule}: {}", standing.reason)
        };
        Self {
            device: shown.device.clone(),
            name: shown.name.clone(),
            report: shown.report.as_ref().map(|report| {
                let (chain, sequence) = (report.chain, report.sequence);
                let href = format!("/devices/{}/statements/{chain}/{sequence}", shown.device);
                (href, sequence, report.statement_sha256.clone(), report.log_position)
            }),
            rules: shown.rules.iter().map(rule).collect(),
        }
    }
}

impl EvidenceView {
    pub(super) fn of(checklist: &str, one: &KeptEvidence) -> Self {
        let (kind, href, text) = match one.kind.as_str() {
            "file" => {
                let href = format!("/checklists/{checklist}/evidence/{}/{}", one.task, one.id);
                ("File", Some(href), one.name.clone())
            }
            // Only such addresses were accepted; anything else is shown as text.
            "link" if one.text.starts_with("https://") || one.text.starts_with("http://") => {
                ("Link", Some(one.text.clone()), one.text.clone())
            }
            "acknowledgement" => ("Acknowledged", None, one.text.clone()),
            _ => ("Note", None, one.text.clone()),
        };
        Self {
            kind,
            href,
            text,
            author: one.author.clone(),
            at: When::exact(one.at),
            sha256: one.sha256.clone(),
        }
    }
}
