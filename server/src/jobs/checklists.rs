//! Closes tasks of checklists by what reports have shown, and opens them again.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::audit::{Act, Object};
use crate::checklists::decide::{Standing, Step, step};
use crate::checklists::{Facts, Task, TaskState};
use crate::store::StoreError;
use crate::store::access::Records;
use crate::store::access::checklists::{Changed, OpenWork, TaskChange};

/// Brings all open checklists up to date; how many tasks were changed. One
/// question when none is open, five for all of them together otherwise.
pub(super) fn keep_up(records: &dyn Records, now: Timestamp) -> Result<usize, StoreError> {
    let all = records.open_work()?;
    if all.is_empty() {
        return Ok(0);
    }
    let people: BTreeSet<&String> = all.iter().map(|work| &work.person).collect();
    let people: Vec<String> = people.into_iter().cloned().collect();
    let (facts, nothing) = (records.facts_of(&people)?, Facts::default());
    let mut changed = 0;
    for mut work in all {
        let facts = facts.get(&work.person).unwrap_or(&nothing);
        for (task, state) in std::mem::take(&mut work.tasks) {
            let others = work.open - usize::from(state == TaskState::Open);
            let standing = Standing {
                state,
                closing: &task.closes,
                is_last: task.last,
                others_open: others > 0,
            };
            let Some(step) = step(standing, facts, (work.started, now)) else { continue };
            let (change, act) = of(&work, &task, (state, step), now);
            // A person may have been faster; then the next round looks again.
            if records.change_task(&change, &act)? == Changed::Done {
                work.open = if change.to == TaskState::Open { others + 1 } else { others };
                changed += 1;
            }
        }
    }
    Ok(changed)
}

fn of(
    work: &OpenWork,
    task: &Task,
    (from, step): (TaskState, Step),
    now: Timestamp,
) -> (TaskChange, Act) {
    let (to, action, event, detail, shown) = match step {
        Step::Close { says, shown } => (TaskState::Closed, "task_closed", "closed", says, shown),
        Step::Reopen { says } => (TaskState::Open, "task_reopened", "reopened", says, Vec::new()),
    };
    let object = Object::new("checklist", &work.checklist).called(&work.person_name);
    let act = Act::of_collector(action, object, now).with(format!("{}: {detail}", task.title));
    let change = TaskChange {
        checklist: work.checklist.clone(),
        task: task.id.clone(),
        from,
        to,
        event,
        detail,
        shown,
        evidence: Vec::new(),
        is_last: task.last,
    };
    (change, act)
}
