//! Policies, catalogues, fetching and signed documents.

use shared::os_releases::Catalogue;
use shared::policy::Policy;

use super::replicas::{Promise, Replicas, keep, minute};
use crate::store::os_releases::{Ended, FeedState, IssuedPolicy, Outcome, Tags};
use crate::store::place::Store;

const PROMISES: &[Promise] = &[
    ("what was put in force last is in force", in_force),
    ("one replica fetches at a time", one_fetches),
    ("an attempt that comes late writes nothing", late_attempt),
    ("an imported catalogue forgets what answers are recognised by", import_forgets),
    ("what is wanted is remembered", wanted),
    ("the newest document is the one issued last", documents),
];

#[test]
fn rules_are_kept_on_sqlite() {
    keep(PROMISES, Replicas::of_sqlite);
}

#[test]
fn rules_are_kept_on_postgresql() {
    keep(PROMISES, Replicas::of_postgres);
}

fn in_force(replicas: &Replicas) {
    let mut writer = replicas.open().writer;
    assert_eq!((writer.policy().unwrap(), writer.catalogue().unwrap()), (None, None));
    assert_eq!(writer.rules_version().unwrap(), 0);
    let (policy, catalogue) = (Policy::baseline(), Catalogue::embedded());
    writer.set_policy(&policy, minute(1)).unwrap();
    writer.set_catalogue(&catalogue, "file.json", minute(2)).unwrap();
    let other = replicas.open().writer;
    assert_eq!(other.policy().unwrap().as_deref(), Some(policy.source()));
    assert_eq!(other.catalogue().unwrap().as_deref(), Some(catalogue.text()));
    assert_eq!(other.rules_version().unwrap(), 2);
    let origin = other.origin(catalogue.sha256()).unwrap().unwrap();
    assert_eq!((origin.name.as_str(), origin.since), ("file.json", minute(2)));
    writer.set_policy(&policy, minute(3)).unwrap();
    assert_eq!(other.rules_version().unwrap(), 3);
    assert_eq!(other.origin("nobody").unwrap(), None);
}

fn begin(writer: &mut dyn Store, from: i64) -> Option<FeedState> {
    writer.begin_fetch("https://feed", minute(from), minute(from + 2), minute(60)).unwrap()
}

fn one_fetches(replicas: &Replicas) {
    let writers: Vec<_> = (0..3).map(|_| replicas.open().writer).collect();
    let begun: usize = std::thread::scope(|scope| {
        let tries: Vec<_> = writers
            .into_iter()
            .map(|mut writer| scope.spawn(move || usize::from(begin(writer.as_mut(), 0).is_some())))
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(begun, 1);
    let mut writer = replicas.open().writer;
    let state = writer.feed().unwrap();
    assert_eq!((state.attempt, state.outcome, state.next_at), (1, None, minute(60)));
    assert_eq!(begin(writer.as_mut(), 1), None);
    assert_eq!(begin(writer.as_mut(), 2).unwrap().attempt, 2, "the first never ended");
}

fn ended(attempt: i64, outcome: Outcome) -> Ended {
    Ended {
        attempt,
        outcome,
        detail: "as the test says".to_owned(),
        tags: Tags { etag: Some("\"tag\"".to_owned()), modified: None },
        corrections_sha256: "corrections".to_owned(),
        dates_itself: false,
        at: minute(3),
        next_at: minute(90),
    }
}

fn late_attempt(replicas: &Replicas) {
    let mut writer = replicas.open().writer;
    let catalogue = Catalogue::embedded();
    begin(writer.as_mut(), 0).unwrap();
    begin(writer.as_mut(), 2).unwrap();
    assert!(!writer.end_fetch(&ended(1, Outcome::Changed), Some(&catalogue)).unwrap());
    assert_eq!(writer.catalogue().unwrap(), None);
    assert!(writer.end_fetch(&ended(2, Outcome::Failed), None).unwrap());
    let failed = writer.feed().unwrap();
    assert_eq!((failed.outcome, failed.failures), (Some(Outcome::Failed), 1));
    assert_eq!(failed.answered_at, None);
    begin(writer.as_mut(), 10).unwrap();
    assert!(writer.end_fetch(&ended(3, Outcome::Changed), Some(&catalogue)).unwrap());
    let changed = writer.feed().unwrap();
    assert_eq!((changed.failures, changed.answered_at), (0, Some(minute(3))));
    assert_eq!(changed.tags.etag.as_deref(), Some("\"tag\""));
    assert!(!changed.dates_itself);
    let origin = writer.origin(catalogue.sha256()).unwrap().unwrap();
    assert_eq!(origin.name, "https://feed");
}

fn import_forgets(replicas: &Replicas) {
    let mut writer = replicas.open().writer;
    begin(writer.as_mut(), 0).unwrap();
    writer.end_fetch(&ended(1, Outcome::Same), None).unwrap();
    assert!(writer.feed().unwrap().tags.etag.is_some());
    writer.set_catalogue(&Catalogue::embedded(), "file", minute(4)).unwrap();
    assert_eq!(writer.feed().unwrap().tags, Tags::default());
}

fn wanted(replicas: &Replicas) {
    let mut writer = replicas.open().writer;
    assert_eq!(writer.feed().unwrap().wanted, None);
    writer.want_fetch("27.1").unwrap();
    writer.want_fetch("27.2").unwrap();
    let state = begin(writer.as_mut(), 0).unwrap();
    assert_eq!((state.wanted.as_deref(), state.asked_for.as_deref()), (Some("27.2"), Some("27.2")));
}

fn documents(replicas: &Replicas) {
    let mut writer = replicas.open().writer;
    assert_eq!(writer.newest_policy().unwrap(), None);
    let document = |at| IssuedPolicy {
        issued_at: minute(at),
        signer: "key and CA".to_owned(),
        policy_sha256: "policy".to_owned(),
        catalogue_sha256: "catalogue".to_owned(),
        not_after: minute(1000),
        document: format!("document {at}"),
    };
    for at in [1, 3, 2] {
        writer.keep_policy(&document(at)).unwrap();
    }
    assert_eq!(replicas.open().writer.newest_policy().unwrap(), Some(document(3)));
    assert!(writer.keep_policy(&document(3)).is_err(), "two of one instant");
}
