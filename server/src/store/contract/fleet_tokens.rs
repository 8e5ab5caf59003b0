//! Fleet tokens: who comes in at once, who waits, and that no race lets in one
//! too many.

use super::replicas::{Promise, Replicas, device_id, enrolled, keep, keyid, minute, request};
use crate::audit::{Act, Object};
use crate::expected::{Facts, Source, State};
use crate::store::access::fleet_tokens::NewFleetToken;
use crate::store::devices::{Admission, NewDevice};
use crate::store::place::Opened;

const PROMISES: &[Promise] = &[
    ("an expected Mac comes in at once, and its owner is known", expected_comes_in),
    ("every other Mac waits, and is told why", others_wait),
    ("the same request again gives the same answer and uses nothing up", again),
    ("a token that is over, revoked or used up lets nobody in", over),
    ("an address in a Mac's profile counts where the list names nobody", profile_names),
    ("of Macs that come at once no more than the quota come in", race_for_quota),
    ("of Macs with one serial number that come at once one comes in", race_for_serial),
];

#[test]
fn fleet_tokens_are_kept_on_sqlite() {
    keep(PROMISES, Replicas::of_sqlite);
}

#[test]
fn fleet_tokens_are_kept_on_postgresql() {
    keep(PROMISES, Replicas::of_postgres);
}

fn act(action: &'static str) -> Act {
    Act::of_command(action, Object::new("fleet_token", "fleet"), minute(0))
}

fn token(opened: &Opened, quota: i64) {
    let new = NewFleetToken {
        id: "fleet".to_owned(),
        secret_sha256: [8; 32],
        name: "Jamf".to_owned(),
        quota,
        expires: minute(60),
    };
    opened.records.make_fleet_token(&new, &act("fleet_token_made")).unwrap();
}

/// What a Mac with this number asks.
fn asks(number: usize) -> NewDevice {
    NewDevice { token_id: "fleet".to_owned(), secret_sha256: [8; 32], ..request(number) }
}

fn listed(opened: &Opened, number: usize, facts: &Facts) {
    let serial = format!("ZZDEV{number:05}");
    let mac = (serial.as_str(), Source::Csv);
    opened.records.put_expected(mac, facts, None, &act("expected_changed")).unwrap();
}

fn used(opened: &Opened) -> i64 {
    opened.records.fleet_token("fleet").unwrap().unwrap().used
}

fn expected_comes_in(replicas: &Replicas) {
    let mut opened = replicas.open();
    token(&opened, 5);
    enrolled(&mut opened, 9);
    let owner = |name: &str, email: &str| Facts {
        owner_name: name.to_owned(),
        owner_email: email.to_owned(),
        ..Facts::default()
    };
    listed(&opened, 1, &owner("Sam Carter", "sam@company.example"));
    listed(&opened, 2, &owner("", "person9@company.example"));
    listed(&opened, 3, &owner("", "nobody@company.example"));
    for number in 1..=3 {
        let admitted = opened.writer.enroll(&asks(number)).unwrap();
        let device_id = device_id(number);
        assert_eq!(admitted, Admission::Admitted { device_id, certificate: None });
    }
    let owners = replicas.rows(
        "SELECT coalesce(p.email, '') FROM device d LEFT JOIN person p ON p.id = d.person_id
         WHERE d.fleet_token_id = 'fleet' ORDER BY d.serial",
    );
    assert_eq!(owners, ["sam@company.example", "person9@company.example", ""]);
    assert_eq!(replicas.rows("SELECT device_id FROM holding").len(), 3);
    assert_eq!(used(&opened), 3);
    let added = replicas.rows("SELECT object_name FROM audit WHERE action = 'person_added'");
    assert_eq!(added, ["Sam Carter"]);
}

fn others_wait(replicas: &Replicas) {
    let mut opened = replicas.open();
    token(&opened, 9);
    enrolled(&mut opened, 1);
    listed(&opened, 1, &Facts::default());
    listed(&opened, 2, &Facts { state: State::Lost, ..Facts::default() });
    let mut nameless = asks(4);
    nameless.claim.serial = None;
    let mut second = asks(5);
    second.claim.serial = Some("ZZDEV00001".to_owned());
    for (request, why) in [
        (asks(2), "does not have it as in use: lost"),
        (asks(3), "is not on the list"),
        (nameless, "does not say its serial number"),
        (second, "Another enrolled device has the same"),
    ] {
        match opened.writer.enroll(&request).unwrap() {
            Admission::Waits { reason } => assert!(reason.contains(why), "{reason}"),
            other => panic!("{why}: {other:?}"),
        }
    }
    let waiting = opened.views.waiting_devices(10).unwrap();
    assert_eq!(waiting.len(), 4);
    let lost = waiting.iter().find(|one| one.device.id == device_id(2)).unwrap();
    assert_eq!(lost.expected.as_ref().map(|it| it.facts.state), Some(State::Lost));
    assert!(waiting.iter().any(|one| one.reason.contains("is not on the list")));
    assert_eq!(used(&opened), 4, "who waits has used it as well");
}

fn again(replicas: &Replicas) {
    let (mut one, mut other) = (replicas.open(), replicas.open());
    token(&one, 2);
    listed(&one, 1, &Facts::default());
    for request in [asks(1), asks(2)] {
        let first = one.writer.enroll(&request).unwrap();
        one.records.revoke_fleet_token("fleet", &act("x")).ok();
        let second = other.writer.enroll(&request).unwrap();
        assert_eq!(first, second);
        replicas_reopen(replicas);
    }
    assert_eq!(used(&one), 2);
}

/// Takes a revocation back, as nothing but a test does.
fn replicas_reopen(replicas: &Replicas) {
    use crate::store::place::Database;
    const SQL: &str = "UPDATE fleet_token SET revoked_ms = NULL";
    match &replicas.database {
        Database::Sqlite(path) => {
            crate::store::sqlite::open_writer(path).unwrap().execute(SQL, []).unwrap();
        }
        Database::Postgres(target) => {
            crate::store::postgres::open(target).unwrap().execute(SQL, &[]).unwrap();
        }
    }
}

fn over(replicas: &Replicas) {
    let mut opened = replicas.open();
    token(&opened, 1);
    let wrong = NewDevice { secret_sha256: [1; 32], ..asks(1) };
    assert_eq!(opened.writer.enroll(&wrong).unwrap(), Admission::TokenUnknown);
    let late = NewDevice { received_at: minute(60), ..asks(1) };
    let expired = Admission::FleetTokenExpired { expired_at: minute(60) };
    assert_eq!(opened.writer.enroll(&late).unwrap(), expired);
    assert!(matches!(opened.writer.enroll(&asks(1)).unwrap(), Admission::Waits { .. }));
    assert_eq!(opened.writer.enroll(&asks(2)).unwrap(), Admission::TokenSpent { quota: 1 });
    assert!(opened.records.revoke_fleet_token("fleet", &act("fleet_token_revoked")).unwrap());
    assert!(!opened.records.revoke_fleet_token("fleet", &act("fleet_token_revoked")).unwrap());
    assert_eq!(opened.writer.enroll(&asks(2)).unwrap(), Admission::TokenRevoked);
    enrolled(&mut opened, 5);
    let taken = NewDevice { keyid: keyid(5), ..asks(6) };
    assert_eq!(opened.writer.enroll(&taken).unwrap(), Admission::TokenUsed);
}

/// Lets the Macs ask at the same time, each through a replica of its own.
fn at_once(replicas: &Replicas, requests: Vec<NewDevice>) -> Vec<Admission> {
    let ready: Vec<_> = requests.into_iter().map(|it| (replicas.open(), it)).collect();
    let start = std::sync::Barrier::new(ready.len());
    std::thread::scope(|scope| {
        let start = &start;
        let asking: Vec<_> = ready
            .into_iter()
            .map(|(mut opened, request)| {
                scope.spawn(move || {
                    start.wait();
                    opened.writer.enroll(&request).unwrap()
                })
            })
            .collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

fn race_for_quota(replicas: &Replicas) {
    let opened = replicas.open();
    token(&opened, 3);
    for number in 1..=6 {
        listed(&opened, number, &Facts::default());
    }
    let answers = at_once(replicas, (1..=6).map(asks).collect());
    let admitted = answers.iter().filter(|it| matches!(it, Admission::Admitted { .. })).count();
    let spent = answers.iter().filter(|it| matches!(it, Admission::TokenSpent { .. })).count();
    assert_eq!((admitted, spent, used(&opened)), (3, 3, 3), "{answers:?}");
}

fn race_for_serial(replicas: &Replicas) {
    let opened = replicas.open();
    token(&opened, 9);
    listed(&opened, 1, &Facts::default());
    let requests = (1..=4).map(|number| {
        let mut request = asks(number);
        request.claim.serial = Some("ZZDEV00001".to_owned());
        request
    });
    let answers = at_once(replicas, requests.collect());
    let admitted = answers.iter().filter(|it| matches!(it, Admission::Admitted { .. })).count();
    let waits = answers.iter().filter(|it| matches!(it, Admission::Waits { .. })).count();
    assert_eq!((admitted, waits, used(&opened)), (1, 3, 4), "{answers:?}");
}

fn profile_names(replicas: &Replicas) {
    let mut opened = replicas.open();
    token(&opened, 9);
    enrolled(&mut opened, 9);
    let listed_owner = Facts { owner_email: "sam@company.example".to_owned(), ..Facts::default() };
    listed(&opened, 1, &Facts::default());
    listed(&opened, 2, &listed_owner);
    listed(&opened, 3, &Facts::default());
    for (number, claim) in [(1, "person9@company.example"), (2, "person9@company.example")]
        .into_iter()
        .chain([(3, "nobody@company.example"), (4, "person9@company.example")])
    {
        let request = NewDevice { owner: Some(claim.to_owned()), ..asks(number) };
        opened.writer.enroll(&request).unwrap();
    }
    let rows = replicas.rows(
        "SELECT d.serial || ' ' || coalesce(p.email, '-') || ' ' || coalesce(d.owner_claim, '-')
         FROM device d LEFT JOIN person p ON p.id = d.person_id
         WHERE d.fleet_token_id = 'fleet' ORDER BY d.serial",
    );
    assert_eq!(
        rows,
        [
            "ZZDEV00001 person9@company.example -",
            "ZZDEV00002 - -",
            "ZZDEV00003 - nobody@company.example",
            "ZZDEV00004 person9@company.example -",
        ],
        "the list outranks the profile, and who is not known stays a claim"
    );
    let noted = "SELECT detail FROM audit WHERE action = 'device_assigned'";
    assert_eq!(replicas.rows(noted), ["named by the Mac's profile"; 2]);
    let invitation = NewDevice { owner: Some("a@company.example".to_owned()), ..request(8) };
    opened.writer.invite(&super::replicas::invitation(8)).unwrap();
    opened.writer.enroll(&invitation).unwrap();
    let claims = "SELECT owner_claim FROM device WHERE owner_claim LIKE 'a@%'";
    assert!(replicas.rows(claims).is_empty(), "an invitation names its person itself");
}
