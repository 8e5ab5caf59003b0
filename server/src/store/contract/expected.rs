//! The list of expected Macs: imported at once, and counted beside what is
//! enrolled.

use super::replicas::{Promise, Replicas, act_at, device_id, enrolled, keep, minute};
use crate::audit::{Act, Object};
use crate::expected::{Facts, Said, Source, State};
use crate::fleet::state::Lifecycle;
use crate::store::access::expected::{ImportAsk, Put};
use crate::store::access::refused::Refused;
use crate::store::place::Opened;
use crate::store::views::expected::{Claim, ExpectedAsk, Population};

const PROMISES: &[Promise] = &[
    ("an import adds and changes, and changes nothing when it comes again", import),
    ("an import that fails has written nothing, and a large one is written whole", large),
    ("what an import no longer names is told, and retired when that is wanted", missed),
    ("one Mac is put, seen to be changed meanwhile, and removed", one),
    ("a Mac in use is never enrolled until a device claims it", never_enrolled),
    ("filters and pages agree with the counts", filters),
    ("attempts of revoked keys are added up", refused),
];

#[test]
fn expected_devices_are_kept_on_sqlite() {
    keep(PROMISES, Replicas::of_sqlite);
}

#[test]
fn expected_devices_are_kept_on_postgresql() {
    keep(PROMISES, Replicas::of_postgres);
}

fn act() -> Act {
    Act::of_command("expected_imported", Object::new("expected_devices", "csv"), minute(1))
}

/// `ZZDEV00001`, as made-up devices are called.
fn serial(number: usize) -> String {
    format!("ZZDEV{number:05}")
}

fn said(number: usize, state: Option<State>) -> Said {
    Said {
        serial: serial(number),
        state,
        owner_name: Some(format!("Person {number}")),
        owner_email: Some(format!("person{number}@company.example")),
        ..Said::default()
    }
}

fn ask(said: Vec<Said>, source: Source) -> ImportAsk {
    ImportAsk { said, source, retire_missed: None }
}

fn listed(opened: &Opened, macs: &[(usize, State)]) {
    let said = macs.iter().map(|(number, state)| said(*number, Some(*state))).collect();
    opened.records.import_expected(&ask(said, Source::Csv), &act()).unwrap();
}

fn serials(opened: &Opened, ask: &ExpectedAsk) -> Vec<String> {
    let rows = opened.views.expected_rows(ask).unwrap();
    rows.into_iter().map(|row| row.expected.serial).collect()
}

fn import(replicas: &Replicas) {
    let (a, b) = (replicas.open(), replicas.open());
    let wanted = ask(vec![said(1, None), said(2, Some(State::Spare))], Source::Jamf);
    let preview = a.records.preview_import(&wanted).unwrap();
    assert_eq!((preview.added.len(), preview.changed.len(), preview.kept), (2, 0, 0));
    assert!(a.records.expected(&serial(1)).unwrap().is_none(), "a preview writes nothing");
    assert_eq!(a.records.import_expected(&wanted, &act()).unwrap(), preview);
    let first = b.records.expected(&serial(1)).unwrap().unwrap();
    assert_eq!((first.facts.state, first.source, first.version), (State::InUse, Source::Jamf, 1));
    let again = b.records.import_expected(&wanted, &act()).unwrap();
    assert_eq!((again.added.len(), again.changed.len(), again.kept), (0, 0, 2));
    assert_eq!(a.records.expected(&serial(1)).unwrap().unwrap(), first, "nothing was touched");
    let other =
        ask(vec![Said { owner_name: Some("Ada".to_owned()), ..said(1, None) }], Source::Apple);
    assert_eq!(b.records.import_expected(&other, &act()).unwrap().changed, [serial(1)]);
    let changed = a.records.expected(&serial(1)).unwrap().unwrap();
    assert_eq!((changed.facts.owner_name.as_str(), changed.version), ("Ada", 2));
    assert_eq!(changed.source, Source::Jamf, "who brought it stays");
    let notes = replicas.rows("SELECT detail FROM audit ORDER BY position");
    assert_eq!(notes[0], "2 added, 0 changed, 0 as before, 0 missing");
    assert_eq!(notes[1], "0 added, 0 changed, 2 as before, 0 missing");
}

fn large(replicas: &Replicas) {
    let opened = replicas.open();
    let all: Vec<Said> = (1..=250).map(|number| said(number, None)).collect();
    let done = opened.records.import_expected(&ask(all, Source::Csv), &act()).unwrap();
    assert_eq!(done.added.len(), 250);
    assert_eq!(serials(&opened, &ExpectedAsk::default()).len(), 250);
}

fn missed(replicas: &Replicas) {
    let opened = replicas.open();
    listed(&opened, &[(1, State::InUse), (2, State::Spare), (3, State::Lost), (4, State::InUse)]);
    let rest = ask(vec![said(1, None)], Source::Csv);
    let done = opened.records.import_expected(&rest, &act()).unwrap();
    assert_eq!(done.missed, [serial(2), serial(4)], "a lost one is not missed");
    assert_eq!(opened.records.expected(&serial(2)).unwrap().unwrap().facts.state, State::Spare);
    let other = ask(vec![said(9, None)], Source::Jamf);
    assert!(opened.records.preview_import(&other).unwrap().missed.is_empty());
    let retire = ImportAsk { retire_missed: Some("Not in the list".to_owned()), ..rest };
    let done = opened.records.import_expected(&retire, &act()).unwrap();
    assert!(done.retired && done.missed.len() == 2);
    let retired = opened.records.expected(&serial(2)).unwrap().unwrap().facts;
    assert_eq!((retired.state, retired.reason.as_str()), (State::Retired, "Not in the list"));
    assert_eq!(retired.owner_name, "Person 2", "who had it stays known");
}

fn one(replicas: &Replicas) {
    let (a, b) = (replicas.open(), replicas.open());
    let number = serial(1);
    let mac = (number.as_str(), Source::Console);
    let facts = Facts { model: "Air".to_owned(), ..Facts::default() };
    let put = |opened: &Opened, facts: &Facts, version| {
        opened.records.put_expected(mac, facts, version, &act()).unwrap()
    };
    assert_eq!(put(&a, &facts, None), Put::Added);
    assert_eq!(put(&b, &facts, None), Put::Kept);
    let lost = Facts { state: State::Lost, ..facts.clone() };
    assert_eq!(put(&b, &lost, Some(1)), Put::Changed);
    assert_eq!(put(&a, &facts, Some(1)), Put::Stale);
    assert_eq!(a.records.expected(&number).unwrap().unwrap().facts, lost);
    assert!(a.records.remove_expected(&number, &act()).unwrap());
    assert!(!b.records.remove_expected(&number, &act()).unwrap());
    assert_eq!(replicas.rows("SELECT action FROM audit").len(), 3, "what was done is noted");
}

fn never_enrolled(replicas: &Replicas) {
    let mut opened = replicas.open();
    assert_eq!(
        opened.views.population().unwrap(),
        Population { is_listed: false, never_enrolled: 0, unexpected: 0 }
    );
    enrolled(&mut opened, 1);
    enrolled(&mut opened, 7);
    assert_eq!(opened.views.population().unwrap().unexpected, 0, "there is no list");
    listed(&opened, &[(1, State::InUse), (2, State::InUse), (3, State::Spare)]);
    assert_eq!(
        opened.views.population().unwrap(),
        Population { is_listed: true, never_enrolled: 1, unexpected: 1 }
    );
    let never = ExpectedAsk { claim: Some(Claim::NeverEnrolled), ..ExpectedAsk::default() };
    assert_eq!(serials(&opened, &never), [serial(2)]);
    let unexpected = opened.views.unexpected_devices(&ExpectedAsk::default()).unwrap();
    assert_eq!(unexpected.iter().map(|it| it.id.clone()).collect::<Vec<_>>(), [device_id(7)]);
    enrolled(&mut opened, 2);
    assert_eq!(opened.views.population().unwrap().never_enrolled, 0);
    let revoke = |opened: &mut Opened, to| {
        opened.writer.set_lifecycle(&device_id(2), to, &act_at(minute(9))).unwrap();
    };
    revoke(&mut opened, Lifecycle::Revoked);
    assert_eq!(opened.views.population().unwrap().never_enrolled, 0, "it counts as revoked");
    revoke(&mut opened, Lifecycle::Archived);
    assert_eq!(opened.views.population().unwrap().never_enrolled, 1);
}

fn filters(replicas: &Replicas) {
    let mut opened = replicas.open();
    for number in [1, 2, 8] {
        enrolled(&mut opened, number);
    }
    let states = [State::InUse, State::InUse, State::InUse, State::Spare, State::NotCovered];
    let macs: Vec<(usize, State)> = (1..).zip(states).collect();
    listed(&opened, &macs);
    let jamf = ask(vec![said(6, Some(State::Lost))], Source::Jamf);
    opened.records.import_expected(&jamf, &act()).unwrap();
    let counts = opened.views.expected_counts(&ExpectedAsk::default()).unwrap();
    assert_eq!(
        (counts.total, counts.never_enrolled, counts.claimed, counts.unexpected),
        (6, 1, 2, 1)
    );
    for (state, count) in counts.states {
        let only = ExpectedAsk { states: vec![state], ..ExpectedAsk::default() };
        assert_eq!(serials(&opened, &only).len() as u64, count, "{state:?}");
    }
    for (source, count) in counts.sources {
        let only = ExpectedAsk { source: Some(source), ..ExpectedAsk::default() };
        assert_eq!(serials(&opened, &only).len() as u64, count, "{source:?}");
    }
    let word = |word: &str| ExpectedAsk { words: vec![word.to_owned()], ..ExpectedAsk::default() };
    assert_eq!(serials(&opened, &word("PERSON 3")), [serial(3)]);
    assert_eq!(serials(&opened, &word("zzdev00004")), [serial(4)]);
    assert_eq!(serials(&opened, &word("%")), Vec::<String>::new());
    let page =
        |after: Option<String>| ExpectedAsk { after, limit: Some(4), ..ExpectedAsk::default() };
    let first = serials(&opened, &page(None));
    assert_eq!(first.len(), 5, "one more than the limit");
    assert_eq!(serials(&opened, &page(Some(serial(4)))), [serial(5), serial(6)]);
    let claimed = ExpectedAsk { claim: Some(Claim::Claimed), ..ExpectedAsk::default() };
    let rows = opened.views.expected_rows(&claimed).unwrap();
    assert!(rows.iter().all(|row| row.device.is_some()) && rows.len() == 2);
}

fn refused(replicas: &Replicas) {
    let (a, b) = (replicas.open(), replicas.open());
    let more =
        |attempts, first, last| Refused { attempts, first: minute(first), last: minute(last) };
    assert_eq!(a.records.refused("d1").unwrap(), None);
    a.records.add_refused("d1", &more(1, 2, 2)).unwrap();
    b.records.add_refused("d1", &more(4, 3, 7)).unwrap();
    a.records.add_refused("d1", &more(1, 5, 5)).unwrap();
    assert_eq!(b.records.refused("d1").unwrap(), Some(more(6, 2, 7)));
    assert_eq!(b.records.refused("d2").unwrap(), None);
}
