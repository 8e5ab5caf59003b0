//! The stream of events: everything once, in one order, whoever writes.

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::SignedDuration;
use shared::keys::sha256;
use shared::reading::FieldValue;

use super::replicas::{
    Promise, Replicas, act_at, device_id, enrolled, keep, keyid, minute, posture, rules,
};
use crate::audit::{Act, Object};
use crate::fleet::report::fingerprint;
use crate::fleet::state::Lifecycle;
use crate::siem::change::Told;
use crate::siem::cursor::Cursor;
use crate::siem::event::{Event, What};
use crate::store::place::Opened;
use crate::store::reports::{Epoch, Incoming};
use crate::store::stream::Kinds;

const PROMISES: &[Promise] = &[
    ("a change is told once, and no change tells nothing", changes),
    ("what is asked for comes, in pages of any size", pages),
    ("what time alone changes is told at the size that the log has", time_alone),
    ("who follows while replicas write misses nothing and sees nothing twice", following),
];

const ALL: Kinds = Kinds { findings: true, audit: true };

#[test]
fn the_stream_is_kept_on_sqlite() {
    keep(PROMISES, Replicas::of_sqlite);
}

#[test]
fn the_stream_is_kept_on_postgresql() {
    keep(PROMISES, Replicas::of_postgres);
}

/// What a device says at its `sequence`-th report of its firewall.
fn report(device: usize, sequence: i64, firewall: &str) -> Incoming {
    let mut posture = posture();
    posture.sequence = sequence;
    let check = posture.checks.iter_mut().find(|check| check.id == "firewall").unwrap();
    check.fields.insert("state".to_owned(), FieldValue::Text(firewall.to_owned()));
    let at = posture.time.finished_at + SignedDuration::from_mins(sequence);
    let digest = |sequence: i64| sha256(format!("{device} {sequence}").as_bytes());
    Incoming {
        device_id: device_id(device),
        chain: 0,
        keyid: keyid(device),
        payload: format!("payload {device} {sequence}").into_bytes(),
        signature: vec![7; 71],
        signature_sha256: [3; 32],
        digest: digest(sequence),
        previous: digest(sequence - 1),
        readings_sha256: fingerprint(&posture),
        posture,
        received_at: at,
        nonce_at: Some(at - SignedDuration::from_secs(1)),
        certificate_expired: false,
        epoch: Epoch::None,
    }
}

fn after(opened: &Opened, cursor: Cursor) -> Vec<Event> {
    opened.records.events((cursor, Cursor::END), ALL, 10_000).unwrap()
}

fn words(events: &[Event]) -> Vec<String> {
    let words = events.iter().map(|event| match &event.what {
        What::Change(_, Told::Finding(told)) => format!("{} {}", told.rule, told.status.as_str()),
        What::Change(_, Told::Ended { rule, .. }) => format!("{rule} ended"),
        What::Change(_, Told::Standing { status }) => status.as_str().to_owned(),
        What::Change(_, Told::Agent { is_known, .. }) => format!("agent known: {is_known}"),
        What::Change(_, Told::Removed) => "removed".to_owned(),
        What::Act(act) => act.action.clone(),
    });
    words.collect()
}

fn changes(replicas: &Replicas) {
    let (mut one, mut other) = (replicas.open(), replicas.open());
    enrolled(&mut one, 0);
    one.writer.accept(&[report(0, 1, "on")], &rules()).unwrap();
    let first = after(&other, Cursor::START);
    let rules_told = first.iter().filter(
        |event| matches!(&event.what, What::Change(_, Told::Finding(told)) if told.is_first),
    );
    assert_eq!(rules_told.count(), rules().policy.rules.len());
    let end = other.records.stream_end().unwrap();
    assert_eq!(first.last().unwrap().cursor, end);
    // The same again, and the same report again.
    other.writer.accept(&[report(0, 2, "on"), report(0, 2, "on")], &rules()).unwrap();
    one.writer.accept(&[report(0, 2, "on")], &rules()).unwrap();
    assert_eq!(words(&after(&one, end)), [""; 0]);
    let end = one.records.stream_end().unwrap();
    one.writer.accept(&[report(0, 3, "off"), report(0, 4, "on")], &rules()).unwrap();
    let told = after(&other, end);
    assert_eq!(words(&told), ["firewall fail", "at_risk", "firewall pass", "compliant"]);
    let What::Change(device, _) = &told[0].what else { panic!("a change") };
    assert_eq!(
        (device.id.as_str(), device.serial.as_deref()),
        (device_id(0).as_str(), posture().device.serial.as_deref())
    );
    assert_eq!(told[0].at, report(0, 3, "off").received_at);
}

fn pages(replicas: &Replicas) {
    let mut opened = replicas.open();
    enrolled(&mut opened, 0);
    let begin = opened.records.stream_end().unwrap();
    for sequence in 1..=4 {
        let firewall = if sequence % 2 == 0 { "off" } else { "on" };
        opened.writer.accept(&[report(0, sequence, firewall)], &rules()).unwrap();
        for action in ["export", "view"] {
            let act = Act::of_command(action, Object::default(), minute(sequence));
            opened.records.note(&act).unwrap();
        }
    }
    let whole = after(&opened, begin);
    assert_eq!(whole.iter().filter(|event| matches!(event.what, What::Act(_))).count(), 8);
    for limit in [1, 2, 3, 7, 1000] {
        let (mut cursor, mut seen) = (begin, Vec::new());
        loop {
            let range = (cursor, Cursor::END);
            let page = opened.records.events(range, ALL, limit).unwrap();
            let Some(last) = page.last() else { break };
            cursor = last.cursor;
            seen.extend(page);
        }
        assert_eq!(seen, whole, "{limit} at a time");
    }
    // A message that is sent again has the same events.
    let (from, until) = (whole[3].cursor, whole[whole.len() - 4].cursor);
    let part = opened.records.events((from, until), ALL, 1000).unwrap();
    assert_eq!(part, whole[4..whole.len() - 3]);
    let audit = Kinds { findings: false, audit: true };
    let acts = opened.records.events((begin, Cursor::END), audit, 1000).unwrap();
    assert_eq!(words(&acts), ["export", "view"].repeat(4));
}

fn time_alone(replicas: &Replicas) {
    let (mut one, mut other) = (replicas.open(), replicas.open());
    for device in 0..2 {
        enrolled(&mut one, device);
    }
    for device in 0..2 {
        one.writer.accept(&[report(device, 1, "on")], &rules()).unwrap();
    }
    let end = one.records.stream_end().unwrap();
    // Silent for eight days; one device each, at one size of the log.
    let late = report(0, 1, "on").received_at + SignedDuration::from_hours(24 * 8);
    while one.writer.judge_due(late, 1, &rules()).unwrap() > 0 {
        other.writer.judge_due(late, 1, &rules()).unwrap();
    }
    let told = after(&one, end);
    let stale = words(&told).iter().filter(|word| *word == "stale").count();
    assert_eq!(stale, 2, "{:?}", words(&told));
    assert!(told.iter().all(|event| event.cursor.log_size == end.log_size));
    let numbers: Vec<u64> = told.iter().map(|event| event.cursor.number).collect();
    let expected: Vec<u64> = (end.number + 1..).take(numbers.len()).collect();
    assert_eq!(numbers, expected);
    other.writer.set_lifecycle(&device_id(1), Lifecycle::Archived, &act_at(late)).unwrap();
    // Then who did it, which is told as well.
    assert_eq!(words(&after(&one, told.last().unwrap().cursor))[0], "archived");
}

fn following(replicas: &Replicas) {
    const DEVICES: usize = 4;
    let mut first = replicas.open();
    for device in 0..DEVICES {
        enrolled(&mut first, device);
    }
    let done = AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..2)
            .map(|half| {
                let mut writer = replicas.open().writer;
                scope.spawn(move || {
                    for sequence in 1..=30 {
                        let firewall = if sequence % 2 == 0 { "off" } else { "on" };
                        let batch: Vec<Incoming> = (0..DEVICES)
                            .filter(|device| device % 2 == half)
                            .map(|device| report(device, sequence, firewall))
                            .collect();
                        writer.accept(&batch, &rules()).unwrap();
                    }
                })
            })
            .chain((0..2).map(|_| {
                let records = replicas.open().records;
                scope.spawn(move || {
                    for round in 0..40 {
                        let act = Act::of_command("export", Object::default(), minute(round));
                        records.note(&act).unwrap();
                    }
                })
            }))
            .collect();
        let follower = scope.spawn(|| {
            let (opened, mut cursor, mut seen) = (replicas.open(), Cursor::START, Vec::new());
            loop {
                let last_look = done.load(Ordering::SeqCst);
                let range = (cursor, Cursor::END);
                let page = opened.records.events(range, ALL, 5).unwrap();
                if page.is_empty() && last_look {
                    return seen;
                }
                cursor = page.last().map_or(cursor, |event| event.cursor);
                seen.extend(page);
            }
        });
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Ordering::SeqCst);
        follower.join().unwrap()
    });
    let cursors = |events: &[Event]| events.iter().map(|event| event.cursor).collect::<Vec<_>>();
    assert!(cursors(&seen).is_sorted_by(|one, next| one < next), "in order, nothing twice");
    assert_eq!(cursors(&seen), cursors(&after(&first, Cursor::START)), "nothing is missed");
    let stored = replicas.rows("SELECT data FROM stream_event").len()
        + replicas.rows("SELECT action FROM audit").len();
    assert_eq!(seen.len(), stored);
    let fails = words(&seen).iter().filter(|word| *word == "firewall fail").count();
    assert_eq!(fails, DEVICES * 15);
}
