//! Decides from facts and time which tasks are closed and which are open again.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use shared::policy::FindingStatus;

use super::closing::Closing;
use super::facts::{ENCRYPTION, Facts, Mac, Shown};
use super::kind::TaskState;
use crate::fleet::state::Lifecycle;

/// The oldest report that proves something.
pub const FRESH: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What facts say of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It is so, and this shows it.
    Proven {
        /// In one sentence.
        says: String,
        /// For the record.
        shown: Vec<Shown>,
    },
    /// It is not so.
    Disproven {
        /// Why, in one sentence.
        says: String,
    },
    /// Neither can be said.
    NotKnown {
        /// Why, in one sentence.
        says: String,
    },
}

impl Truth {
    /// The sentence.
    pub fn says(&self) -> &str {
        match self {
            Self::Proven { says, .. } | Self::Disproven { says } | Self::NotKnown { says } => says,
        }
    }
}

/// A task as it stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// Where it is.
    pub state: TaskState,
    /// How it closes.
    pub closing: &'a Closing,
    /// Whether all others come before it.
    pub is_last: bool,
    /// Whether another task of the list is open.
    pub others_open: bool,
}

/// What becomes of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is closed.
    Close {
        /// By what.
        says: String,
        /// For the record.
        shown: Vec<Shown>,
    },
    /// It is open again.
    Reopen {
        /// Why.
        says: String,
    },
}

/// What becomes of a task now; nothing as long as nothing is known.
pub fn step(task: Standing<'_>, facts: &Facts, at: (Timestamp, Timestamp)) -> Option<Step> {
    let truth = truth(task.closing, facts, at)?;
    match (task.state, truth) {
        (TaskState::Open, Truth::Proven { says, shown }) => {
            let waits = task.is_last && task.others_open;
            (!waits).then_some(Step::Close { says, shown })
        }
        (TaskState::Closed, Truth::Disproven { says }) => Some(Step::Reopen { says }),
        _ => None,
    }
}

/// What is so now, in a checklist that was started at `started`; none for what
/// only people know.
pub fn truth(
    closing: &Closing,
    facts: &Facts,
    (started, now): (Timestamp, Timestamp),
) -> Option<Truth> {
    let present = || facts.macs.iter().filter(|mac| mac.is_present()).collect::<Vec<_>>();
    let leaving =
        || facts.macs.iter().filter(|mac| mac.was_held_after(started)).collect::<Vec<_>>();
    match closing {
        Closing::Confirmation | Closing::Evidence { .. } | Closing::Acknowledgement { .. } => None,
        Closing::DeviceEnrolled => Some(enrolled(&present(), now)),
        Closing::RulesPassing { rules } => {
            let macs = present();
            if macs.is_empty() {
                return Some(no_mac());
            }
            Some(all(&macs, |mac| passes(mac, rules.iter().map(String::as_str), now)))
        }
        Closing::KeyRevoked => Some(revoked(&leaving())),
        Closing::LastReportEncrypted => {
            let mut macs = leaving();
            macs.retain(|mac| mac.lifecycle != Lifecycle::Archived);
            Some(all(&macs, |mac| passes(mac, [ENCRYPTION].into_iter(), now)))
        }
        Closing::AgentRemoved => Some(all(&leaving(), |mac| agent_gone(mac, started))),
    }
}

fn no_mac() -> Truth {
    Truth::Disproven { says: "The person holds no enrolled Mac.".to_owned() }
}

/// One Mac that reports is enough: somebody may have an old one besides.
fn enrolled(macs: &[&Mac], now: Timestamp) -> Truth {
    if macs.is_empty() {
        return no_mac();
    }
    let found: Vec<_> = macs.iter().map(|mac| (mac, fresh(mac, now))).collect();
    match found.iter().find(|(_, fresh)| fresh.is_ok()) {
        Some((mac, _)) => Truth::Proven {
            says: sentence(&mac.named_report().unwrap_or_default()),
            shown: vec![Shown::of(mac, [])],
        },
        None => Truth::NotKnown {
            says: found.into_iter().filter_map(|(_, it)| it.err()).collect::<Vec<_>>().join(" "),
        },
    }
}

/// Whether a report of the Mac says how it is now; why not otherwise.
fn fresh(mac: &Mac, now: Timestamp) -> Result<(), String> {
    let name = &mac.name;
    match (mac.lifecycle, &mac.report) {
        (Lifecycle::Pending, _) => Err(format!("{name} waits for approval.")),
        (Lifecycle::Suspended, _) => Err(format!("{name} is suspended.")),
        (_, None) => Err(format!("{name} has not reported yet.")),
        (_, Some(report)) => {
            let is_old = now.duration_since(report.received) > FRESH;
            if mac.is_silent || is_old {
                let last = mac.named_report().unwrap_or_default();
                return Err(format!("{name} is silent since {last}."));
            }
            Ok(())
        }
    }
}

/// How one Mac stands in all of `rules`.
fn passes<'a>(mac: &Mac, rules: impl Iterator<Item = &'a str> + Clone, now: Timestamp) -> Truth {
    let report = mac.named_report().unwrap_or_default();
    let of = |rule: &'a str| (rule, mac.rules.get(rule));
    let failing = rules.clone().map(of).filter_map(|(_, found)| {
        found.filter(|found| found.status == FindingStatus::Fail).map(|it| it.reason.as_str())
    });
    let failing: Vec<&str> = failing.collect();
    if !failing.is_empty() {
        return Truth::Disproven { says: format!("{} Seen in {report}.", failing.join(" ")) };
    }
    if let Err(says) = fresh(mac, now) {
        return Truth::NotKnown { says };
    }
    let missing = rules.clone().map(of).find_map(|(rule, found)| match found {
        None => Some(format!("The policy has said nothing of rule `{rule}` about {}.", mac.name)),
        Some(found) => (found.status != FindingStatus::Pass)
            .then(|| format!("Not known of {}: {}", mac.name, found.reason)),
    });
    match missing {
        Some(says) => Truth::NotKnown { says },
        None => Truth::Proven { says: sentence(&report), shown: vec![Shown::of(mac, rules)] },
    }
}

fn revoked(macs: &[&Mac]) -> Truth {
    let mut open = macs.iter().filter(|mac| !mac.is_refused()).map(|mac| mac.name.as_str());
    if let Some(first) = open.next() {
        let names: Vec<&str> = std::iter::once(first).chain(open).collect();
        return Truth::Disproven { says: format!("{} may still report.", names.join(", ")) };
    }
    all(macs, |mac| Truth::Proven {
        says: format!("{}: {}.", mac.name, refused_word(mac)),
        shown: vec![Shown::of(mac, [])],
    })
}

fn refused_word(mac: &Mac) -> &'static str {
    if mac.lifecycle == Lifecycle::Archived {
        "archived, its reports are refused for ever"
    } else {
        "the key is revoked"
    }
}

/// The agent's own signed word, or the same Mac under another key.
fn agent_gone(mac: &Mac, started: Timestamp) -> Truth {
    if let Some(at) = mac.removed {
        let at = at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y, %H:%M UTC");
        let says = format!("{}: the agent said that it was removed, {at}.", mac.name);
        return Truth::Proven { says, shown: vec![Shown::of(mac, [])] };
    }
    match mac.came_back.filter(|at| *at >= started) {
        Some(_) => Truth::Proven {
            says: format!("{} came back with another key.", mac.name),
            shown: vec![Shown::of(mac, [])],
        },
        None => Truth::NotKnown {
            says: format!(
                "Nothing shows that the agent is gone from {}; silence does not.",
                mac.name
            ),
        },
    }
}

/// What is so for all: one that disproves is enough, and one that is not known
/// keeps the whole from being proven. Nothing is proven by no Mac at all.
fn all(macs: &[&Mac], of: impl Fn(&Mac) -> Truth) -> Truth {
    let (mut says, mut shown) = (Vec::new(), Vec::new());
    let (mut disproven, mut unknown) = (Vec::new(), Vec::new());
    for mac in macs {
        match of(mac) {
            Truth::Proven { says: one, shown: facts } => {
                says.push(one);
                shown.extend(facts);
            }
            Truth::Disproven { says } => disproven.push(says),
            Truth::NotKnown { says } => unknown.push(says),
        }
    }
    if !disproven.is_empty() {
        Truth::Disproven { says: disproven.join(" ") }
    } else if macs.is_empty() {
        Truth::NotKnown { says: "No Mac of the person is known.".to_owned() }
    } else if unknown.is_empty() {
        Truth::Proven { says: says.join(" "), shown }
    } else {
        Truth::NotKnown { says: unknown.join(" ") }
    }
}

/// The text with a capital and a stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|it| it.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

#[cfg(test)]
mod tests;
