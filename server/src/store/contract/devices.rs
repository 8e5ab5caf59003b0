//! How devices come in and move on.

use super::replicas::{
    Promise, Replicas, act_at, device_id, enrolled, invitation, keep, keyid, minute, request, start,
};
use crate::fleet::state::Lifecycle;
use crate::store::devices::{Admission, Farewelled, Issued, Leaving};
use crate::store::place::Opened;

const PROMISES: &[Promise] = &[
    ("an invitation admits one device", admits_one),
    ("of replicas that are asked at once one admits", race_for_an_invitation),
    ("a second Mac of a person waits, also on another replica", second_mac),
    ("what an invitation says is looked at", invitation_counts),
    ("a mail address names one person in any case of letters", one_person),
    ("a certificate reaches every cache", certificate),
    ("a step in life reaches every cache and the list", steps),
    ("a farewell counts once and ends the key everywhere", farewells),
];

#[test]
fn devices_are_kept_on_sqlite() {
    keep(PROMISES, Replicas::of_sqlite);
}

#[test]
fn devices_are_kept_on_postgresql() {
    keep(PROMISES, Replicas::of_postgres);
}

fn admits_one(replicas: &Replicas) {
    let mut opened = replicas.open();
    let writer = opened.writer.as_mut();
    assert_eq!(writer.enroll(&request(1)).unwrap(), Admission::TokenUnknown);
    writer.invite(&invitation(1)).unwrap();
    let mut guessed = request(1);
    guessed.secret_sha256 = [8; 32];
    assert_eq!(writer.enroll(&guessed).unwrap(), Admission::TokenUnknown);
    let mut late = request(1);
    late.received_at = minute(60);
    let over = Admission::TokenExpired { expired_at: minute(60) };
    assert_eq!(writer.enroll(&late).unwrap(), over);
    let admitted = Admission::Admitted { device_id: device_id(1), certificate: None };
    assert_eq!(writer.enroll(&request(1)).unwrap(), admitted);
    // The answer was lost; the id that the second request would get is not used.
    let mut again = request(1);
    again.device_id = device_id(99);
    assert_eq!(writer.enroll(&again).unwrap(), admitted);
    let mut other = request(1);
    other.keyid = keyid(2);
    assert_eq!(writer.enroll(&other).unwrap(), Admission::TokenUsed);
    writer.invite(&invitation(2)).unwrap();
    let mut known_key = request(2);
    known_key.keyid = keyid(1);
    assert_eq!(writer.enroll(&known_key).unwrap(), Admission::TokenUsed);
    assert_eq!(writer.list().unwrap().len(), 1);
}

fn race_for_an_invitation(replicas: &Replicas) {
    let mut writers: Vec<_> = (0..3).map(|_| replicas.open().writer).collect();
    for round in 0..20 {
        writers[0].invite(&invitation(round)).unwrap();
        let answers: Vec<Admission> = std::thread::scope(|scope| {
            let tries: Vec<_> = (1000 * (round + 1)..)
                .zip(&mut writers)
                .map(|(number, writer)| {
                    let mut request = request(number);
                    request.token_id = format!("token-{round}");
                    scope.spawn(move || writer.enroll(&request).unwrap())
                })
                .collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let admitted = answers.iter().filter(|it| matches!(it, Admission::Admitted { .. }));
        assert_eq!(admitted.count(), 1, "{answers:?}");
        assert_eq!(answers.iter().filter(|it| **it == Admission::TokenUsed).count(), 2);
    }
}

fn second_mac(replicas: &Replicas) {
    let mut writers: Vec<_> = (0..2).map(|_| replicas.open().writer).collect();
    for round in 0..20 {
        // Two invitations of one person, used at once.
        for number in [2 * round, 2 * round + 1] {
            let mut invitation = invitation(number);
            invitation.email = format!("two{round}@company.example");
            writers[0].invite(&invitation).unwrap();
        }
        let answers: Vec<Admission> = std::thread::scope(|scope| {
            let tries: Vec<_> = (2 * round..)
                .zip(&mut writers)
                .map(|(number, writer)| {
                    scope.spawn(move || writer.enroll(&request(number)).unwrap())
                })
                .collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let waiting = answers.iter().filter(|it| matches!(it, Admission::Waits { .. }));
        assert_eq!(waiting.count(), 1, "round {round}: {answers:?}");
    }
}

fn invitation_counts(replicas: &Replicas) {
    let mut opened = replicas.open();
    let writer = opened.writer.as_mut();
    let mut for_one = invitation(1);
    for_one.serial = Some("zzdev00001".to_owned());
    writer.invite(&for_one).unwrap();
    let admitted = writer.enroll(&request(1)).unwrap();
    assert!(matches!(admitted, Admission::Admitted { .. }), "in any case of letters");
    let mut for_another = invitation(2);
    for_another.serial = Some("ANOTHER".to_owned());
    writer.invite(&for_another).unwrap();
    let Admission::Waits { reason } = writer.enroll(&request(2)).unwrap() else { panic!() };
    assert!(reason.contains("another serial number"), "{reason}");
    assert_eq!(writer.enroll(&request(2)).unwrap(), Admission::Waits { reason });
    writer.invite(&invitation(3)).unwrap();
    let mut same_serial = request(3);
    same_serial.claim.serial = request(1).claim.serial;
    let Admission::Waits { reason } = writer.enroll(&same_serial).unwrap() else { panic!() };
    assert!(reason.contains("same serial number"), "{reason}");
    writer.set_lifecycle(&device_id(3), Lifecycle::Revoked, &act_at(minute(2))).unwrap();
    let refused = Admission::Refused(Lifecycle::Revoked);
    assert_eq!(writer.enroll(&same_serial).unwrap(), refused);
}

fn one_person(replicas: &Replicas) {
    let mut opened = replicas.open();
    opened.writer.invite(&invitation(1)).unwrap();
    let mut loud = invitation(2);
    loud.email = "PERSON1@Company.Example".to_owned();
    loud.person = "Renamed".to_owned();
    opened.writer.invite(&loud).unwrap();
    let people = replicas.rows("SELECT name || ' ' || email FROM person");
    assert_eq!(people, ["Renamed person1@company.example"]);
    assert!(opened.writer.invite(&loud).is_err(), "one secret for two invitations");
}

fn certificate(replicas: &Replicas) {
    let (mut one, mut other) = (replicas.open(), replicas.open());
    enrolled(&mut one, 1);
    let (version, keys) = other.keys.changed_since(0).unwrap();
    assert_eq!((keys.len(), keys[0].keyid.as_str(), keys[0].chain), (1, "key-1", 0));
    assert!(keys[0].certificates.is_empty());
    let (same, none) = other.keys.changed_since(version).unwrap();
    assert_eq!((same, none.len()), (version, 0));
    let issued = |der: &[u8], until| Issued {
        keyid: keyid(1),
        der: der.to_vec(),
        not_before: start(),
        not_after: minute(until),
    };
    one.writer.keep_certificate(&issued(b"first", 100), minute(2)).unwrap();
    other.writer.keep_certificate(&issued(b"second", 200), minute(3)).unwrap();
    let (newer, mut keys) = one.keys.changed_since(version).unwrap();
    assert!(newer > version);
    keys[0].certificates.sort();
    let mut expected = [
        (shared::keys::sha256_hex(b"first"), minute(100)),
        (shared::keys::sha256_hex(b"second"), minute(200)),
    ];
    expected.sort();
    assert_eq!(keys[0].certificates, expected);
    let again = one.writer.enroll(&request(1)).unwrap();
    let newest = Some(b"second".to_vec());
    assert_eq!(again, Admission::Admitted { device_id: device_id(1), certificate: newest });
}

fn steps(replicas: &Replicas) {
    let (mut one, mut other) = (replicas.open(), replicas.open());
    let id = enrolled(&mut one, 1);
    let (version, _) = one.keys.changed_since(0).unwrap();
    let step = |opened: &mut Opened, to, at| {
        opened.writer.set_lifecycle(&id, to, &act_at(minute(at))).unwrap()
    };
    assert_eq!(step(&mut one, Lifecycle::Suspended, 2), Some(Lifecycle::Active));
    assert_eq!(step(&mut other, Lifecycle::Active, 3), Some(Lifecycle::Suspended));
    assert_eq!(step(&mut one, Lifecycle::Revoked, 3), Some(Lifecycle::Active));
    let (_, keys) = one.keys.changed_since(version).unwrap();
    assert_eq!((keys[0].lifecycle, keys[0].status.as_str()), (Lifecycle::Revoked, "revoked"));
    let list = other.writer.list().unwrap();
    assert_eq!((list.len(), list[0].lifecycle), (1, Lifecycle::Revoked));
    assert_eq!(list[0].owner.as_deref(), Some("Person 1"));
    let nobody = one.writer.set_lifecycle("nobody", Lifecycle::Active, &act_at(minute(4)));
    assert_eq!(nobody.unwrap(), None);
    let events = replicas
        .rows("SELECT kind || ' ' || number || ' ' || actor FROM event ORDER BY at_ms, number");
    let expected =
        ["enrolled 1 invitation", "suspended 1 console", "resumed 1 console", "revoked 2 console"];
    assert_eq!(events, expected);
}

fn farewells(replicas: &Replicas) {
    let (mut one, mut other) = (replicas.open(), replicas.open());
    enrolled(&mut one, 1);
    let leaving = Leaving {
        device_id: device_id(1),
        keyid: keyid(1),
        digest: [3; 32],
        payload: b"farewell".to_vec(),
        signature: vec![4; 64],
        signature_sha256: [5; 32],
        received_at: minute(5),
    };
    let unknown = Leaving { device_id: device_id(9), ..leaving.clone() };
    assert_eq!(one.writer.farewell(&unknown).unwrap(), Farewelled::NoDevice);
    let done = Farewelled::Done { at: minute(5) };
    assert_eq!(one.writer.farewell(&leaving).unwrap(), done);
    let later = Leaving { received_at: minute(9), digest: [6; 32], ..leaving.clone() };
    assert_eq!(other.writer.farewell(&later).unwrap(), done, "on another replica, too");
    let (_, keys) = other.keys.changed_since(0).unwrap();
    assert!(keys.iter().all(|key| key.status == "revoked"), "{keys:?}");
    let row = "SELECT device_id || ' ' || received_ms FROM farewell";
    let expected = format!("{} {}", device_id(1), minute(5).as_millisecond());
    assert_eq!(replicas.rows(row), [expected]);
    let told = "SELECT data FROM stream_event WHERE data LIKE '%removed%'";
    assert_eq!(replicas.rows(told), ["{\"kind\":\"removed\"}"]);
    let noted = "SELECT action FROM audit ORDER BY position";
    assert_eq!(replicas.rows(noted), ["invited", "agent_removed"]);
    let again = Leaving { keyid: keyid(2), ..leaving };
    let refused = Farewelled::Refused(Lifecycle::Revoked);
    assert_eq!(one.writer.farewell(&again).unwrap(), refused, "another key is no second word");
}
