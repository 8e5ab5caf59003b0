//! Holders, notes and exceptions of a device.

use super::replicas::{Promise, Replicas, act_at, device_id, enrolled, keep, minute};
use crate::store::access::Records;
use crate::store::access::audit::AuditAsk;
use crate::store::access::holdings::Held;
use crate::store::access::waivers::{NewWaiver, Waived};

const PROMISES: &[Promise] = &[
    ("a device has one holder at a time, from its enrolment on", holders),
    ("notes are kept until somebody removes them", notes),
    ("an exception ends on its day or by a person, once", waivers),
];

#[test]
fn the_desk_is_kept_on_sqlite() {
    keep(PROMISES, Replicas::of_sqlite);
}

#[test]
fn the_desk_is_kept_on_postgresql() {
    keep(PROMISES, Replicas::of_postgres);
}

/// Devices 1 and 2, each of a person of its own; ids of the two people.
fn two(replicas: &Replicas) -> (std::sync::Arc<dyn Records>, [String; 2]) {
    let mut opened = replicas.open();
    enrolled(&mut opened, 1);
    enrolled(&mut opened, 2);
    let holder = |number| opened.records.holders(&device_id(number)).unwrap().remove(0).person_id;
    let people = [holder(1), holder(2)];
    (opened.records, people)
}

fn holders(replicas: &Replicas) {
    let (records, [one, other]) = two(replicas);
    let device = device_id(1);
    let assign = |device: &str, person: Option<&str>, at| {
        records.assign(device, person, &act_at(minute(at))).unwrap()
    };
    let noted =
        || records.audit(&AuditAsk { limit: 100, ..AuditAsk::default() }).unwrap().rows.len();
    let before = noted();
    let first = records.holders(&device).unwrap();
    assert_eq!((first.len(), first[0].until), (1, None));
    assert_eq!(assign(&device, Some(&other), 100), Held::Done);
    assert_eq!(assign("nothing", Some(&other), 100), Held::NoDevice);
    assert_eq!(assign(&device, Some("nobody"), 101), Held::NoPerson);
    let all = records.holders(&device).unwrap();
    let spans: Vec<_> = all.iter().map(|one| (one.person_id.as_str(), one.until)).collect();
    assert_eq!(spans, [(other.as_str(), None), (one.as_str(), Some(minute(100)))]);
    let email = |index: usize| all[index].email.to_lowercase();
    assert_eq!(records.held_since(&email(0), &device).unwrap(), Some(minute(100)));
    assert_eq!(records.held_since(&email(1), &device).unwrap(), None);
    // Back again, twice in one instant, and to nobody.
    assert_eq!(assign(&device, Some(&one), 200), Held::Done);
    assert_eq!(assign(&device, Some(&other), 200), Held::Done);
    assert_eq!(assign(&device, None, 300), Held::Done);
    let all = records.holders(&device).unwrap();
    let spans: Vec<_> = all.iter().map(|one| (one.from, one.until)).collect();
    assert_eq!(spans[0], (minute(200), Some(minute(300))));
    assert_eq!(spans.len(), 3, "{spans:?}");
    assert_eq!(records.holdings(&other).unwrap().len(), 3, "two of this device, one of its own");
    assert_eq!(noted(), before + 4, "what was refused is not noted");
}

fn notes(replicas: &Replicas) {
    let (records, _) = two(replicas);
    let device = device_id(1);
    let act = |at| act_at(minute(at));
    assert!(!records.add_note("nothing", "Lost.", &act(1)).unwrap());
    assert!(records.add_note(&device, "Screen is cracked.\nAsked for another.", &act(1)).unwrap());
    assert!(records.add_note(&device, "Sent in.", &act(2)).unwrap());
    let all = records.notes(&device).unwrap();
    assert_eq!((all.len(), all[0].text.as_str(), all[1].at), (2, "Sent in.", minute(1)));
    assert!(records.notes(&device_id(2)).unwrap().is_empty());
    assert!(!records.remove_note(&device_id(2), &all[0].id, &act(3)).unwrap());
    assert!(records.remove_note(&device, &all[0].id, &act(3)).unwrap());
    assert!(!records.remove_note(&device, &all[0].id, &act(3)).unwrap());
    assert_eq!(records.notes(&device).unwrap().len(), 1);
}

fn waivers(replicas: &Replicas) {
    let (records, _) = two(replicas);
    let waive = |id: &str, device: &str, rule: &str, until| {
        let new = NewWaiver {
            id: id.to_owned(),
            device_id: device.to_owned(),
            rule: rule.to_owned(),
            reason: "The vendor mends it.".to_owned(),
            expires: minute(until),
        };
        records.waive(&new, &act_at(minute(1))).unwrap()
    };
    let device = device_id(1);
    assert_eq!(waive("a", "nothing", "firewall", 10), Waived::NoDevice);
    assert_eq!(waive("b", &device, "firewall", 10), Waived::Done);
    assert_eq!(waive("c", &device, "firewall", 20), Waived::Already);
    assert_eq!(waive("d", &device, "gatekeeper", 20), Waived::Done);
    assert!(!records.end_waiver(&device_id(2), "b", &act_at(minute(2))).unwrap());
    assert_eq!(records.expire_waivers(minute(9)).unwrap(), 0);
    let other = replicas.open().records;
    assert_eq!(records.expire_waivers(minute(15)).unwrap(), 1);
    assert_eq!(other.expire_waivers(minute(15)).unwrap(), 0, "once");
    assert!(other.end_waiver(&device, "d", &act_at(minute(16))).unwrap());
    assert!(!other.end_waiver(&device, "d", &act_at(minute(16))).unwrap());
    let mut all = records.waivers(&device).unwrap();
    all.sort_by(|one, other| one.id.cmp(&other.id));
    let ends: Vec<_> = all.iter().map(|one| (one.id.as_str(), one.ended)).collect();
    assert_eq!(ends, [("b", Some(minute(10))), ("d", Some(minute(16)))]);
    assert_eq!(waive("e", &device, "firewall", 99), Waived::Done);
}
