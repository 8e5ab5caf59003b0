//! Accounts, links, sessions, attempts, and what is noted of them.

use jiff::SignedDuration;

use super::replicas::{Promise, Replicas, keep, minute, start};
use crate::audit::{Act, Actor, Object};
use crate::auth::account::Account;
use crate::auth::role::Role;
use crate::auth::session::IDLE;
use crate::store::access::Records;
use crate::store::access::accounts::{AccountAsk, AccountChange, Bound, Changed, NewAccount};
use crate::store::access::audit::AuditAsk;
use crate::store::access::links::{LinkKind, NewLink, Presented};
use crate::store::access::sessions::NewSession;

const PROMISES: &[Promise] = &[
    ("a link admits one, whoever asks where", once),
    ("links and sessions end", ends),
    ("a link by mail admits its browser alone", browser),
    ("the last administrator stays", last),
    ("who is disabled is out at once", disabled),
    ("an attempt is taken once", attempts),
    ("failures are counted together", failures),
    ("acts are found again", audit),
    ("identities belong to one account", identities),
];

#[test]
fn sign_in_is_kept_on_sqlite() {
    keep(PROMISES, Replicas::of_sqlite);
}

#[test]
fn sign_in_is_kept_on_postgresql() {
    keep(PROMISES, Replicas::of_postgres);
}

fn act(at: i64) -> Act {
    Act::of_command("test", Object::default(), minute(at))
}

fn account(records: &dyn Records, name: &str, role: Role) -> Account {
    let email = format!("{name}@muster.example");
    let new = NewAccount {
        id: name.to_owned(),
        email: email.clone(),
        name: name.to_owned(),
        role,
        ends: None,
    };
    assert!(records.add_account(&new, &act(0)).unwrap());
    records.account_by_email(&email).unwrap().unwrap()
}

fn session(number: u8, account: &str, at: i64) -> NewSession {
    NewSession {
        digest: [number; 32],
        id: format!("session {number} {at}"),
        account: account.to_owned(),
        way: "link".to_owned(),
        expires: minute(at + 600),
        agent: "a browser".to_owned(),
        act: Act { actor: Actor::nobody(), ..act(at) },
    }
}

fn link(number: u8, account: &str, expires: i64) -> NewLink {
    NewLink {
        digest: [number; 32],
        account: Some(account.to_owned()),
        kind: LinkKind::Command,
        browser: None,
        expires: minute(expires),
    }
}

fn presented(link: &NewLink) -> Presented {
    Presented { digest: link.digest, kind: link.kind, browser: link.browser }
}

fn once(replicas: &Replicas) {
    let all: Vec<_> = (0..4).map(|_| replicas.open().records).collect();
    account(&*all[0], "sam", Role::Administrator);
    for round in 0..25_u8 {
        let link = link(round, "sam", 10);
        all[0].add_link(&link, &act(0)).unwrap();
        let begun: Vec<bool> = std::thread::scope(|scope| {
            let link = &link;
            let tries: Vec<_> = (100 + round..)
                .step_by(25)
                .zip(&all)
                .map(|(number, records)| {
                    scope.spawn(move || {
                        let session = session(number, "", 1);
                        records.enter(&presented(link), &session).unwrap().is_some()
                    })
                })
                .collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(begun.iter().filter(|begun| **begun).count(), 1, "round {round}");
        for (number, begun) in (100 + round..).step_by(25).zip(begun) {
            let open = all[3].session(&[number; 32], minute(2), IDLE).unwrap();
            assert_eq!(open.is_some(), begun);
        }
        all[2].end_sessions("sam", None, &act(3)).unwrap();
    }
}

fn ends(replicas: &Replicas) {
    let records = replicas.open().records;
    account(&*records, "sam", Role::It);
    let late = link(1, "sam", 10);
    records.add_link(&late, &act(0)).unwrap();
    assert!(records.enter(&presented(&late), &session(1, "", 10)).unwrap().is_none(), "too late");
    let unknown = link(9, "sam", 10);
    assert!(records.enter(&presented(&unknown), &session(1, "", 1)).unwrap().is_none());
    records.add_link(&late, &act(0)).unwrap();
    let sam = records.enter(&presented(&late), &session(1, "", 9)).unwrap().unwrap();
    assert_eq!((sam.id.as_str(), sam.role), ("sam", Role::It));

    let digest = [1; 32];
    let seen = |at| records.session(&digest, minute(at), IDLE).unwrap().map(|it| it.0.seen);
    assert_eq!(seen(9 + 59), Some(minute(9)), "as it was found");
    assert_eq!(seen(9 + 118), Some(minute(9 + 59)), "its use keeps it open");
    assert_eq!(seen(9 + 118 + 60), None, "idle for an hour");
    records.begin_session(&session(2, "sam", 20)).unwrap().unwrap();
    let long = SignedDuration::from_hours(100);
    let open = |at| records.session(&[2; 32], minute(at), long).unwrap().is_some();
    assert!(open(619) && !open(620), "whatever happens in it");
    let listed = records.sessions_of("sam", minute(30), IDLE).unwrap();
    assert_eq!(listed.len(), 2);
    assert!(!records.end_session("kim", &listed[0].id, &act(31)).unwrap(), "not hers");
    assert!(records.end_session("sam", &listed[0].id, &act(31)).unwrap());
    assert_eq!(records.sessions_of("sam", minute(31), IDLE).unwrap().len(), 1);
}

fn browser(replicas: &Replicas) {
    let records = replicas.open().records;
    account(&*records, "sam", Role::It);
    let link = NewLink { browser: Some([7; 32]), kind: LinkKind::Mail, ..link(1, "sam", 10) };
    records.add_link(&link, &act(0)).unwrap();
    for other in [None, Some([8; 32])] {
        let wrong = Presented { browser: other, ..presented(&link) };
        assert_eq!(records.link(&wrong, minute(1)).unwrap(), None);
        assert!(records.enter(&wrong, &session(1, "", 1)).unwrap().is_none());
    }
    let as_command = Presented { kind: LinkKind::Command, ..presented(&link) };
    assert!(records.enter(&as_command, &session(1, "", 1)).unwrap().is_none());
    assert!(records.link(&presented(&link), minute(1)).unwrap().is_some());
    assert!(records.enter(&presented(&link), &session(1, "", 1)).unwrap().is_some());
}

fn change(of: &Account) -> AccountChange {
    AccountChange { name: of.name.clone(), role: of.role, ends: of.ends, disabled: false }
}

fn last(replicas: &Replicas) {
    let all: Vec<_> = (0..2).map(|_| replicas.open().records).collect();
    for round in 0..10 {
        let two: Vec<_> = (0..2)
            .map(|number| account(&*all[0], &format!("a{round}-{number}"), Role::Administrator))
            .collect();
        let done: Vec<bool> = std::thread::scope(|scope| {
            let tries: Vec<_> = two
                .iter()
                .zip(&all)
                .map(|(one, records)| {
                    scope.spawn(move || {
                        let down = AccountChange { role: Role::Viewer, ..change(one) };
                        let done = records.change_account(&one.id, 1, &down, &act(1)).unwrap();
                        matches!(done, Changed::Done(_))
                    })
                })
                .collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(done.iter().filter(|done| **done).count(), 1, "round {round}");
        assert!(all[0].has_administrator(minute(1)).unwrap());
        let rest = &two[usize::from(done[0])];
        let out = AccountChange { disabled: true, ..change(rest) };
        let refused = all[0].change_account(&rest.id, 1, &out, &act(2)).unwrap();
        assert_eq!(refused, Changed::LastAdministrator);
        assert_eq!(
            all[0].change_account(&rest.id, 7, &change(rest), &act(2)).unwrap(),
            Changed::Stale
        );
        assert_eq!(all[0].change_account("nobody", 1, &out, &act(2)).unwrap(), Changed::Missing);
        // The next round has two of its own.
        replicas.rows("UPDATE account SET role = 'viewer' RETURNING id");
    }
}

fn disabled(replicas: &Replicas) {
    let records = replicas.open().records;
    account(&*records, "robin", Role::Administrator);
    let sam = account(&*records, "sam", Role::Auditor);
    records.begin_session(&session(1, "sam", 1)).unwrap().unwrap();
    let out = AccountChange { disabled: true, ..change(&sam) };
    let Changed::Done(after) = records.change_account("sam", 1, &out, &act(2)).unwrap() else {
        panic!("it is changed");
    };
    assert_eq!((after.disabled, after.version), (Some(minute(2)), 2));
    assert!(records.session(&[1; 32], minute(3), IDLE).unwrap().is_none());
    assert!(records.begin_session(&session(2, "sam", 3)).unwrap().is_none());
    let back = AccountChange { ends: Some(minute(9)), ..change(&sam) };
    assert!(matches!(records.change_account("sam", 2, &back, &act(4)).unwrap(), Changed::Done(_)));
    records.begin_session(&session(3, "sam", 5)).unwrap().unwrap();
    assert!(records.session(&[3; 32], minute(8), IDLE).unwrap().is_some());
    assert!(records.session(&[3; 32], minute(9), IDLE).unwrap().is_none(), "the access ended");
}

fn attempts(replicas: &Replicas) {
    let all: Vec<_> = (0..3).map(|_| replicas.open().records).collect();
    let times = (start(), minute(10));
    all[0].begin_attempt(&[1; 32], "openid", "{}", times).unwrap();
    assert_eq!(all[1].take_attempt(&[1; 32], "passkey", minute(1)).unwrap(), None);
    all[0].begin_attempt(&[2; 32], "openid", "{}", times).unwrap();
    assert_eq!(all[1].take_attempt(&[2; 32], "openid", minute(10)).unwrap(), None, "too late");
    for round in 3..20_u8 {
        all[0].begin_attempt(&[round; 32], "openid", "{\"a\":1}", times).unwrap();
        let taken: Vec<_> = std::thread::scope(|scope| {
            let tries: Vec<_> = all
                .iter()
                .map(|records| {
                    scope.spawn(move || {
                        records.take_attempt(&[round; 32], "openid", minute(1)).unwrap()
                    })
                })
                .collect();
            tries.into_iter().filter_map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(taken, ["{\"a\":1}"], "round {round}");
    }
}

fn failures(replicas: &Replicas) {
    let all: Vec<_> = (0..3).map(|_| replicas.open().records).collect();
    std::thread::scope(|scope| {
        for records in &all {
            scope.spawn(move || {
                for _ in 0..10 {
                    records.count_failure("192.0.2.1", minute(0), minute(-60)).unwrap();
                }
            });
        }
    });
    assert_eq!(all[0].failures("192.0.2.1", minute(0)).unwrap(), 30);
    assert_eq!(all[0].count_failure("192.0.2.1", minute(15), minute(10)).unwrap(), 1);
    assert_eq!(all[1].failures("192.0.2.1", minute(0)).unwrap(), 0, "forgotten");
}

fn audit(replicas: &Replicas) {
    let records = replicas.open().records;
    for number in 0..25 {
        let object = Object::new("device", format!("d{}", number % 5)).called("Sam's Mac_1");
        let act = Act::of_command("view", object, minute(number)).with(format!("100 % {number}"));
        records.note(&act).unwrap();
    }
    let ask = AuditAsk { limit: 10, ..AuditAsk::default() };
    let first = records.audit(&ask).unwrap();
    assert_eq!((first.rows.len(), first.more), (10, true));
    assert_eq!(first.rows[0].detail, "100 % 24");
    let before = first.rows.last().map(|row| row.position);
    let next = records.audit(&AuditAsk { before, limit: 20, ..AuditAsk::default() }).unwrap();
    assert_eq!((next.rows.len(), next.more), (15, false));
    let found = |ask: AuditAsk| records.audit(&AuditAsk { limit: 100, ..ask }).unwrap().rows.len();
    let text = |text: &str| found(AuditAsk { text: Some(text.to_owned()), ..AuditAsk::default() });
    assert_eq!(found(AuditAsk { object: Some("d3".to_owned()), ..AuditAsk::default() }), 5);
    assert_eq!(
        (text("SAM'S mac_1"), text("100 %"), text("100 % 2"), text("macx1")),
        (25, 25, 6, 0)
    );
    let (from, until) = (Some(minute(3)), Some(minute(5)));
    assert_eq!(found(AuditAsk { from, until, ..AuditAsk::default() }), 2);
    assert_eq!(records.actions().unwrap(), [("view".to_owned(), 25)]);
    let log = replicas.open().log;
    let entry = log.log_entry(first.rows[0].position).unwrap().unwrap();
    assert!(entry.contains(r#""type":"act","action":"view""#), "{entry}");
}

fn identities(replicas: &Replicas) {
    let records = replicas.open().records;
    for name in ["sam", "kim"] {
        account(&*records, name, Role::Viewer);
    }
    let identity = ("https://id.example", "s-1");
    let bind = |identity, account, at| records.bind_identity(identity, account, &act(at)).unwrap();
    assert_eq!(bind(identity, "sam", 1), Bound::Done);
    assert_eq!(bind(identity, "kim", 2), Bound::Taken, "an identity has one account");
    let renamed = ("https://id.example", "s-2");
    assert_eq!(bind(renamed, "sam", 3), Bound::Taken, "an account has one identity there");
    assert_eq!(bind(("https://new.example", "s-1"), "sam", 4), Bound::Done);
    let found =
        |issuer, subject| records.identity(issuer, subject).unwrap().map(|account| account.id);
    assert_eq!(found("https://id.example", "s-1"), Some("sam".to_owned()), "the first");
    assert_eq!(found("https://id.example", "s-2"), None);
    assert_eq!(found("https://other.example", "s-1"), None);
    let ask = |after: Option<&str>| AccountAsk {
        after: after.map(str::to_owned),
        limit: 1,
        ..AccountAsk::default()
    };
    let emails = |ask| -> Vec<String> {
        records.accounts(&ask).unwrap().into_iter().map(|account| account.email).collect()
    };
    assert_eq!(emails(ask(None)), ["kim@muster.example", "sam@muster.example"], "and one more");
    assert_eq!(emails(ask(Some("kim@muster.example"))), ["sam@muster.example"]);
}
