//! Checklists: what is started, closed, opened again and completed, once.

use jiff::Timestamp;
use shared::keys::sha256_hex;

use super::replicas::{Promise, Replicas, enrolled, keep, minute};
use crate::audit::{Act, Object};
use crate::checklists::{ChecklistKind, ChecklistState, TaskState};
use crate::fleet::state::Lifecycle;
use crate::store::access::checklists::{Changed, ListAsk, NewEvidence, Started, TaskChange};
use crate::store::place::Opened;

const PROMISES: &[Promise] = &[
    ("one of a kind is open at a time, with its tasks as the template had them", starting),
    ("a template's versions follow one another", versions),
    ("a task moves on from where it is, and what is handed in is kept", tasks),
    ("the last task waits for the others, also in the transaction", last),
    ("a checklist is completed as it was signed, and once", completing),
    ("facts tell who holds what, its report, its rules and its keys", facts),
    ("lists find by kind, state, owner, name and due day", lists),
];

#[test]
fn checklists_are_kept_on_sqlite() {
    keep(PROMISES, Replicas::of_sqlite);
}

#[test]
fn checklists_are_kept_on_postgresql() {
    keep(PROMISES, Replicas::of_postgres);
}

fn act(action: &'static str, at: Timestamp) -> Act {
    Act::of_command(action, Object::new("checklist", ""), at)
}

/// A person who holds a Mac; the ids of both.
fn person(opened: &mut Opened, replicas: &Replicas, number: usize) -> (String, String) {
    let device = enrolled(opened, number);
    let sql = format!("SELECT person_id FROM device WHERE id = '{device}'");
    (replicas.rows(&sql).remove(0), device)
}

fn begun(opened: &Opened, kind: ChecklistKind, person: &str) -> String {
    let day = "2026-08-24".parse().unwrap();
    let started =
        opened.records.start_checklist(kind, person, day, &act("checklist_started", minute(2)));
    match started.unwrap() {
        Started::Done(id) => id,
        other => panic!("{other:?}"),
    }
}

fn change(checklist: &str, task: &str, (from, to): (TaskState, TaskState)) -> TaskChange {
    TaskChange {
        checklist: checklist.to_owned(),
        task: task.to_owned(),
        from,
        to,
        event: "closed",
        detail: "Seen.".to_owned(),
        shown: Vec::new(),
        evidence: Vec::new(),
        is_last: false,
    }
}

const CLOSE: (TaskState, TaskState) = (TaskState::Open, TaskState::Closed);

fn starting(replicas: &Replicas) {
    let (mut one, other) = (replicas.open(), replicas.open());
    let (person, _) = person(&mut one, replicas, 1);
    let id = begun(&one, ChecklistKind::Onboarding, &person);
    let day = "2026-08-25".parse().unwrap();
    let again = other.records.start_checklist(
        ChecklistKind::Onboarding,
        &person,
        day,
        &act("checklist_started", minute(3)),
    );
    assert_eq!(again.unwrap(), Started::Refused, "one is open");
    let nobody = other.records.start_checklist(
        ChecklistKind::Onboarding,
        "nobody",
        day,
        &act("checklist_started", minute(3)),
    );
    assert_eq!(nobody.unwrap(), Started::NoPerson);
    begun(&other, ChecklistKind::Offboarding, &person);
    let whole = other.records.checklist(&id).unwrap().unwrap();
    assert_eq!((whole.tasks.len(), whole.checklist.template_version), (15, 1));
    assert_eq!(whole.checklist.state, ChecklistState::Open);
    assert_eq!(whole.tasks[1].task.id, "filevault");
    assert_eq!(whole.tasks[1].due.to_string(), "2026-08-25");
    assert_eq!(whole.events[0].kind, "started");
    assert_eq!(one.records.checklists_of(&person).unwrap().len(), 2);
    let rows = replicas.rows("SELECT object FROM audit WHERE action = 'checklist_started'");
    assert_eq!(rows.len(), 2);
    assert!(rows.contains(&id), "the act names it: {rows:?}");
}

fn versions(replicas: &Replicas) {
    let (mut one, other) = (replicas.open(), replicas.open());
    let (person, _) = person(&mut one, replicas, 1);
    let kind = ChecklistKind::Yearly;
    assert_eq!(one.records.checklist_template(kind).unwrap().version, 1);
    let text = "title = \"Short\"\n[[task]]\nid = \"a\"\ntitle = \"A\"\ndue = 1\ncloses = \"confirmation\"\n";
    let put = |opened: &Opened, source: &str, before| {
        let act = act("template_changed", minute(3));
        opened.records.put_template(kind, ("Short", source), before, &act).unwrap()
    };
    let started = begun(&one, kind, &person);
    assert_eq!(put(&one, text, 1), Some(2));
    assert_eq!(put(&other, text, 1), None, "somebody was faster");
    assert_eq!(other.records.checklist_template(kind).unwrap().source, text);
    assert_eq!(one.records.template_version(kind, 1).unwrap().unwrap().title, "Yearly review");
    assert_eq!(one.records.template_version(kind, 3).unwrap(), None);
    let whole = one.records.checklist(&started).unwrap().unwrap();
    assert_eq!(whole.tasks.len(), 6, "what is started stays as it was");
    let reason = "Everybody does the short one now.";
    let ended = one.records.cancel_checklist(&started, reason, &act("cancelled", minute(4)));
    assert_eq!(ended.unwrap(), Changed::Done);
    let second = begun(&one, kind, &person);
    let whole = one.records.checklist(&second).unwrap().unwrap();
    assert_eq!((whole.tasks.len(), whole.checklist.template_version), (1, 2));
    // A template without tasks: the company wants none.
    assert_eq!(put(&one, "title = \"None\"", 2), Some(3));
    one.records.cancel_checklist(&second, reason, &act("cancelled", minute(4))).unwrap();
    let day = "2026-08-25".parse().unwrap();
    let none = one.records.start_checklist(kind, &person, day, &act("x", minute(5)));
    assert_eq!(none.unwrap(), Started::Refused);
}

fn tasks(replicas: &Replicas) {
    let (mut one, other) = (replicas.open(), replicas.open());
    let (person, _) = person(&mut one, replicas, 1);
    let id = begun(&one, ChecklistKind::Onboarding, &person);
    let closed = act("task_closed", minute(3));
    let close = change(&id, "filevault", CLOSE);
    assert_eq!(one.records.change_task(&close, &closed).unwrap(), Changed::Done);
    assert_eq!(other.records.change_task(&close, &closed).unwrap(), Changed::Elsewhere);
    let unknown = change(&id, "nothing", CLOSE);
    assert_eq!(one.records.change_task(&unknown, &closed).unwrap(), Changed::Elsewhere);
    let file = NewEvidence {
        kind: "file",
        name: "certificate.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        bytes: Some(b"%PDF".to_vec()),
        ..NewEvidence::default()
    };
    let hand_in = TaskChange { evidence: vec![file], ..change(&id, "security-training", CLOSE) };
    assert_eq!(other.records.change_task(&hand_in, &closed).unwrap(), Changed::Done);
    let more = NewEvidence { kind: "note", text: "Second try.".to_owned(), ..Default::default() };
    let more = TaskChange {
        evidence: vec![more],
        ..change(&id, "security-training", (TaskState::Closed, TaskState::Closed))
    };
    let later = act("task_closed", minute(4));
    assert_eq!(one.records.change_task(&more, &later).unwrap(), Changed::Done);
    let whole = one.records.checklist(&id).unwrap().unwrap();
    assert_eq!((whole.evidence.len(), whole.events.len()), (2, 4));
    assert_eq!(whole.evidence[0].sha256, sha256_hex(b"%PDF"));
    let place = (id.as_str(), "security-training", whole.evidence[0].id.as_str());
    let (kept, bytes) = one.records.evidence(place).unwrap().unwrap();
    assert_eq!((kept.name.as_str(), bytes.as_deref()), ("certificate.pdf", Some(&b"%PDF"[..])));
    let filevault = &whole.tasks[1];
    assert_eq!((filevault.state, filevault.closed), (TaskState::Closed, Some(minute(3))));
    assert_eq!(filevault.closed_by, "command line");
    let reopen = change(&id, "filevault", (TaskState::Closed, TaskState::Open));
    assert_eq!(one.records.change_task(&reopen, &closed).unwrap(), Changed::Done);
    let to = ("account-1", "Kim Roe");
    let given = other.records.give_task((&id, "filevault"), to, &act("task_given", minute(4)));
    assert_eq!(given.unwrap(), Changed::Done);
    let whole = one.records.checklist(&id).unwrap().unwrap();
    assert_eq!(
        (whole.tasks[1].state, whole.tasks[1].closed, whole.tasks[1].owner.as_str()),
        (TaskState::Open, None, "account-1")
    );
    let numbers = replicas.rows("SELECT action FROM audit WHERE action = 'task_closed'");
    assert_eq!(numbers.len(), 4, "what did not happen is not noted");
}

fn last(replicas: &Replicas) {
    let mut one = replicas.open();
    let (person, _) = person(&mut one, replicas, 1);
    let id = begun(&one, ChecklistKind::Offboarding, &person);
    let key = TaskChange { is_last: true, ..change(&id, "key-revoked", CLOSE) };
    let closed = act("task_closed", minute(3));
    assert_eq!(one.records.change_task(&key, &closed).unwrap(), Changed::Elsewhere);
    let whole = one.records.checklist(&id).unwrap().unwrap();
    for task in whole.tasks.iter().filter(|task| !task.task.last) {
        let override_it = (TaskState::Open, TaskState::Overridden);
        let over = change(&id, &task.task.id, override_it);
        assert_eq!(one.records.change_task(&over, &closed).unwrap(), Changed::Done);
    }
    assert_eq!(one.records.change_task(&key, &closed).unwrap(), Changed::Done);
}

fn completing(replicas: &Replicas) {
    let (mut one, other) = (replicas.open(), replicas.open());
    let (person, _) = person(&mut one, replicas, 1);
    let id = begun(&one, ChecklistKind::Yearly, &person);
    let done = act("checklist_completed", minute(9));
    let read = |opened: &Opened| opened.records.checklist(&id).unwrap().unwrap();
    let complete = |opened: &Opened, version| {
        opened.records.complete_checklist((&id, version), ("{}", "00ff"), &done).unwrap()
    };
    assert_eq!(complete(&one, read(&one).checklist.version), Changed::Elsewhere, "tasks are open");
    for task in read(&one).tasks {
        let close = change(&id, &task.task.id, CLOSE);
        one.records.change_task(&close, &act("task_closed", minute(3))).unwrap();
    }
    let version = read(&one).checklist.version;
    let again = change(&id, "rules", (TaskState::Closed, TaskState::Open));
    other.records.change_task(&again, &act("task_reopened", minute(4))).unwrap();
    let again = change(&id, "rules", CLOSE);
    other.records.change_task(&again, &act("task_closed", minute(5))).unwrap();
    assert_eq!(complete(&one, version), Changed::Elsewhere, "another one was signed");
    let version = read(&one).checklist.version;
    assert_eq!(complete(&one, version), Changed::Done);
    assert_eq!(complete(&other, version), Changed::Elsewhere, "once");
    let whole = read(&other);
    assert_eq!(whole.checklist.state, ChecklistState::Completed);
    assert_eq!((whole.record.as_deref(), whole.checklist.ended), (Some("{}"), Some(minute(9))));
    let position = whole.checklist.position.unwrap();
    let sql = format!("SELECT entry FROM log_entry WHERE position = {position}");
    let entry = replicas.rows(&sql).remove(0);
    assert!(entry.contains("\"checklist_record\"") && entry.contains("00ff"), "{entry}");
    let late = change(&id, "rules", (TaskState::Closed, TaskState::Open));
    let act = act("task_reopened", minute(10));
    assert_eq!(one.records.change_task(&late, &act).unwrap(), Changed::Elsewhere, "it is over");
    assert_eq!(one.records.cancel_checklist(&id, "No.", &act).unwrap(), Changed::Elsewhere);
    assert_eq!(one.records.open_work().unwrap(), []);
}

fn facts(replicas: &Replicas) {
    let mut one = replicas.open();
    let (person, device) = person(&mut one, replicas, 1);
    begun(&one, ChecklistKind::Offboarding, &person);
    let read = |opened: &Opened| opened.records.facts_of(std::slice::from_ref(&person)).unwrap();
    let facts = read(&one);
    let mac = &facts[&person].macs[0];
    assert_eq!((mac.name.as_str(), mac.active_keys), ("ZZDEV00001", 1));
    assert!(mac.report.is_none() && mac.came_back.is_none() && mac.is_present());
    let revoked = Act::of_command("device_revoked", Object::new("device", &device), minute(5));
    one.writer.set_lifecycle(&device, Lifecycle::Revoked, &revoked).unwrap();
    let facts = read(&one);
    let mac = &facts[&person].macs[0];
    assert!(mac.is_refused() && !mac.is_present());
    let work = one.records.open_work().unwrap();
    assert_eq!((work.len(), work[0].open, work[0].tasks.len()), (1, 15, 3));
    assert_eq!(work[0].person, person);
    assert_eq!(one.records.facts_of(&[]).unwrap().len(), 0);
}

fn lists(replicas: &Replicas) {
    let mut one = replicas.open();
    let (first, _) = person(&mut one, replicas, 1);
    let (second, _) = person(&mut one, replicas, 2);
    let id = begun(&one, ChecklistKind::Onboarding, &first);
    let leaving = begun(&one, ChecklistKind::Offboarding, &second);
    let ids = |ask: ListAsk, today: &str| -> Vec<String> {
        let ask = ListAsk { limit: 10, ..ask };
        let found = one.records.checklists(&ask, today.parse().unwrap()).unwrap();
        found.into_iter().map(|list| list.checklist.id).collect()
    };
    let day = "2026-08-24";
    assert_eq!(ids(ListAsk::default(), day).len(), 2);
    let kind = Some(ChecklistKind::Onboarding);
    assert_eq!(ids(ListAsk { kind, ..ListAsk::default() }, day), std::slice::from_ref(&id));
    let text = Some("person2@".to_owned());
    assert_eq!(ids(ListAsk { text, ..ListAsk::default() }, day), std::slice::from_ref(&leaving));
    let overdue = ListAsk { only_overdue: true, ..ListAsk::default() };
    assert_eq!(ids(overdue.clone(), "2026-08-21"), Vec::<String>::new());
    let early = "three days before the last day";
    assert_eq!(ids(overdue, "2026-08-22"), std::slice::from_ref(&leaving), "{early}");
    let owners = Some(vec!["account-1".to_owned()]);
    let mine = ListAsk { owners, ..ListAsk::default() };
    assert_eq!(ids(mine.clone(), day), Vec::<String>::new());
    let to = ("account-1", "Kim Roe");
    one.records.give_task((&id, "firewall"), to, &act("task_given", minute(4))).unwrap();
    assert_eq!(ids(mine, day), std::slice::from_ref(&id));
    let after = Some((day.parse().unwrap(), id.clone().min(leaving.clone())));
    assert_eq!(ids(ListAsk { after, ..ListAsk::default() }, day), [id.clone().max(leaving)]);
    let today = "2026-08-26".parse().unwrap();
    let (overdue, all) = one.records.overdue_tasks(today, 50).unwrap();
    assert_eq!(overdue[0].title, "Recovery key verified");
    assert_eq!(all, overdue.len() as u64);
    let (first, total) = one.records.overdue_tasks(today, 1).unwrap();
    assert_eq!((&first[..], total), (&overdue[..1], all), "counted beyond the limit");
    let closed = change(&id, "firewall", CLOSE);
    let by_itself = Act::of_collector("task_closed", Object::default(), minute(6));
    one.records.change_task(&closed, &by_itself).unwrap();
    let (since, all) = one.records.closed_since(minute(5), 50).unwrap();
    assert_eq!((all, since[0].title.as_str()), (1, "The firewall is on"));
    assert_eq!(one.records.closed_since(minute(7), 50).unwrap(), (vec![], 0));
    let counts = one.records.checklist_counts().unwrap();
    assert_eq!(counts.iter().map(|(.., count)| count).sum::<u64>(), 2);
    let window = ("2026-08-01".parse().unwrap(), "2026-08-31".parse().unwrap());
    let found = one.records.checklists_between(ChecklistKind::Onboarding, window).unwrap();
    assert_eq!((found.len(), found[0].1.len()), (1, 15));
}
