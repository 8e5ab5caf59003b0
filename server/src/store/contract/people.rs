//! People: added, changed, ended and opened again, listed and imported.

use jiff::civil::{Date, date};

use super::replicas::{Promise, Replicas, device_id, enrolled, invitation, keep, minute, start};
use crate::audit::{Act, Object};
use crate::auth::permission::{Permission, Permissions};
use crate::auth::role::Role;
use crate::auth::session::IDLE;
use crate::auth::token::ApiToken;
use crate::store::access::Records;
use crate::store::access::accounts::NewAccount;
use crate::store::access::people::{
    Column, ImportedPerson, ImportedWith, Lookup, NewPerson, PeopleAsk, PeopleImport, Person,
    PersonCase, PersonChanged, PersonFacts,
};
use crate::store::access::sessions::NewSession;
use crate::store::access::tokens::NewToken;
use crate::store::devices::Admission;

const PROMISES: &[Promise] = &[
    ("a person is added once, and found by what directories know", added),
    ("who changes a person has seen the newest version", changed),
    ("everything that lets a person in ends with the person", ended),
    ("an end is taken back", reopened),
    ("whom a directory removes it does not see, and may add again", removed),
    ("the last administrator cannot be ended", last_administrator),
    ("people are listed by what is true of them", listed),
    ("every page of people follows the one before", paged),
    ("an import does nothing twice", imported),
];

#[test]
fn people_are_kept_on_sqlite() {
    keep(PROMISES, Replicas::of_sqlite);
}

#[test]
fn people_are_kept_on_postgresql() {
    keep(PROMISES, Replicas::of_postgres);
}

/// The day of [`start`].
const TODAY: Date = date(2026, 8, 20);

fn act(action: &'static str, at: i64) -> Act {
    Act::of_command(action, Object::new("person", "x"), minute(at))
}

fn facts(name: &str) -> PersonFacts {
    PersonFacts {
        name: format!("{name} Poe"),
        email: format!("{name}@Company.example"),
        ..PersonFacts::default()
    }
}

fn add(records: &dyn Records, facts: PersonFacts) -> PersonChanged {
    let id = facts.name.split(' ').next().unwrap_or_default().to_lowercase();
    let new = NewPerson { id, source: "console", is_ended: false, facts };
    records.add_person(&new, &act("person_added", 0)).unwrap()
}

fn done(changed: PersonChanged) -> Person {
    let PersonChanged::Done(person) = changed else { panic!("{changed:?}") };
    *person
}

fn account(records: &dyn Records, name: &str, role: Role) {
    let new = NewAccount {
        id: format!("account of {name}"),
        email: format!("{name}@company.example"),
        name: name.to_owned(),
        role,
        ends: None,
    };
    assert!(records.add_account(&new, &act("account_added", 0)).unwrap());
}

fn added(replicas: &Replicas) {
    let records = replicas.open().records;
    let ada = PersonFacts {
        user_name: Some("Ada.P".to_owned()),
        external_id: Some("00u1".to_owned()),
        department: "Research".to_owned(),
        first_day: Some(date(2026, 9, 1)),
        ..facts("Ada")
    };
    let added = done(add(&*records, ada.clone()));
    assert_eq!((added.facts(), added.version, added.source.as_str()), (ada.clone(), 1, "console"));
    assert_eq!(records.person_by_email("ada@company.example").unwrap(), Some(added.clone()));
    let other = |change: fn(&mut PersonFacts)| {
        let mut other = facts("Bob");
        change(&mut other);
        add(&*records, other)
    };
    assert_eq!(other(|it| it.email = "ADA@company.EXAMPLE".into()), PersonChanged::EmailTaken);
    let taken = other(|it| it.user_name = Some("ada.p".into()));
    assert_eq!(taken, PersonChanged::UserNameTaken);
    let bob = done(other(|_| ()));
    let found = |what| records.look_up(Some(&what), (0, 5)).unwrap();
    for what in [
        Lookup::UserName("ADA.P".to_owned()),
        Lookup::ExternalId("00u1".to_owned()),
        Lookup::Email("Ada@company.example".to_owned()),
        Lookup::Id("ada".to_owned()),
    ] {
        assert_eq!(found(what.clone()), (vec![added.clone()], 1), "{what:?}");
    }
    let by_mail = Lookup::UserName("bob@company.example".to_owned());
    assert_eq!(found(by_mail).0[0], bob, "whose user name is the mail address");
    assert_eq!(found(Lookup::UserName("ada@company.example".to_owned())).1, 0);
    assert_eq!(records.look_up(None, (1, 1)).unwrap(), (vec![bob], 2));
    assert_eq!(replicas.rows("SELECT action FROM audit"), ["person_added", "person_added"]);
}

fn changed(replicas: &Replicas) {
    let (one, other) = (replicas.open().records, replicas.open().records);
    let ada = done(add(&*one, facts("Ada")));
    done(add(&*one, facts("Bob")));
    account(&*one, "ada", Role::Employee);
    let change = |facts: &PersonFacts, version| {
        other.change_person("ada", version, facts, &act("person_changed", 5)).unwrap()
    };
    let moved = PersonFacts { email: "ada.lee@company.example".to_owned(), ..facts("Ada") };
    let after = done(change(&moved, Some(ada.version)));
    assert_eq!((after.version, after.changed, after.created), (2, minute(5), minute(0)));
    assert_eq!(one.person("ada").unwrap(), Some(after));
    assert!(one.account_by_email("ada.lee@company.example").unwrap().is_some(), "goes along");
    assert_eq!(change(&facts("Ada"), Some(1)), PersonChanged::Stale);
    assert_eq!(change(&facts("Bob"), None), PersonChanged::EmailTaken);
    assert_eq!(done(change(&moved, None)).version, 2, "nothing is different");
    let missing = one.change_person("x", None, &moved, &act("person_changed", 6)).unwrap();
    assert_eq!(missing, PersonChanged::Missing);
    // An account with rights does not follow a change of a person.
    account(&*one, "bob", Role::It);
    let bob = PersonFacts { email: "evil@company.example".to_owned(), ..facts("Bob") };
    done(one.change_person("bob", None, &bob, &act("person_changed", 7)).unwrap());
    assert!(one.account_by_email("bob@company.example").unwrap().is_some());
    let noted = replicas.rows("SELECT action FROM audit WHERE action = 'person_changed'");
    assert_eq!(noted.len(), 2, "{noted:?}");
}

/// Somebody with a Mac, an account, a session, a token and an invitation.
fn with_everything(replicas: &Replicas) -> (crate::store::place::Opened, Person, ApiToken) {
    let mut opened = replicas.open();
    enrolled(&mut opened, 1);
    let mut open = invitation(2);
    open.email = invitation(1).email;
    opened.writer.invite(&open).unwrap();
    let records = opened.records.clone();
    let person = records.person_by_email("person1@company.example").unwrap().unwrap();
    account(&*records, "person1", Role::Employee);
    let session = NewSession {
        digest: [1; 32],
        id: "session".to_owned(),
        account: "account of person1".to_owned(),
        way: "link".to_owned(),
        expires: minute(600),
        agent: String::new(),
        act: act("sign_in", 1),
    };
    records.begin_session(&session).unwrap().unwrap();
    let token = ApiToken::random().unwrap();
    let new = NewToken {
        id: token.id().to_owned(),
        digest: token.digest(),
        account: "account of person1".to_owned(),
        name: "x".to_owned(),
        scopes: Permissions::from_iter([Permission::Own]),
        expires: minute(600),
    };
    records.add_token(&new, &act("token_made", 1)).unwrap();
    (opened, person, token)
}

fn ended(replicas: &Replicas) {
    let (mut opened, person, token) = with_everything(replicas);
    let records = opened.records.clone();
    assert!(records.session(&[1; 32], minute(2), IDLE).unwrap().is_some());
    assert!(records.present_token(&token, minute(2)).unwrap().is_some());
    let end = |version| records.end_person(&person.id, version, &act("person_ended", 3)).unwrap();
    assert_eq!(end(Some(9)), PersonChanged::Stale);
    assert!(records.session(&[1; 32], minute(2), IDLE).unwrap().is_some(), "nothing happened");
    let after = done(end(Some(person.version)));
    assert_eq!((after.ended, after.version), (Some(minute(3)), person.version + 1));
    assert!(records.session(&[1; 32], minute(4), IDLE).unwrap().is_none());
    assert!(records.present_token(&token, minute(4)).unwrap().is_none());
    let account = records.account("account of person1").unwrap().unwrap();
    assert_eq!(account.disabled, Some(minute(3)));
    assert_eq!(records.person_named("person1@company.example").unwrap(), None, "no new account");
    let mut request = super::replicas::request(2);
    request.received_at = minute(4);
    let admission = opened.writer.enroll(&request).unwrap();
    assert_eq!(admission, Admission::TokenExpired { expired_at: minute(3) });
    let open = records.person_row(&person.id).unwrap().unwrap().checklists;
    assert_eq!(open.len(), 1);
    assert_eq!((open[0].kind.as_str(), open[0].day, open[0].done), ("offboarding", Some(TODAY), 0));
    assert!(open[0].tasks > 3);
    let held = records.holdings(&person.id).unwrap();
    assert_eq!((held.len(), held[0].until), (1, None), "the Mac is still out there");
    assert_eq!(done(end(None)), after, "twice is once");
    let noted = replicas.rows("SELECT action FROM audit WHERE action = 'person_ended'");
    assert_eq!(noted.len(), 1);
}

fn reopened(replicas: &Replicas) {
    let (opened, person, token) = with_everything(replicas);
    let records = opened.records;
    let leaves = PersonFacts { last_day: Some(date(2026, 8, 19)), ..person.facts() };
    done(records.change_person(&person.id, None, &leaves, &act("person_changed", 2)).unwrap());
    done(records.end_person(&person.id, None, &act("person_ended", 3)).unwrap());
    let open = || records.reopen_person(&person.id, None, &act("person_reopened", 5)).unwrap();
    let after = done(open());
    assert_eq!((after.ended, after.last_day), (None, None), "a day that is over would say: left");
    assert!(records.account("account of person1").unwrap().unwrap().disabled.is_none());
    assert!(records.present_token(&token, minute(6)).unwrap().is_none(), "stays revoked");
    assert_eq!(done(open()), after, "twice is once");
    account(&*records, "ada", Role::Auditor);
    done(add(&*records, facts("Ada")));
    done(records.end_person("ada", None, &act("person_ended", 7)).unwrap());
    done(records.reopen_person("ada", None, &act("person_reopened", 8)).unwrap());
    let auditor = records.account("account of ada").unwrap().unwrap();
    assert_eq!(auditor.disabled, Some(minute(7)), "an administrator opens it");
}

fn removed(replicas: &Replicas) {
    let records = replicas.open().records;
    let ada = done(add(&*records, facts("Ada")));
    let remove = || records.remove_person("ada", &act("person_removed", 3)).unwrap();
    let after = done(remove());
    assert_eq!((after.ended, after.removed), (Some(minute(3)), Some(minute(3))));
    assert_eq!(remove(), PersonChanged::Missing, "twice is once");
    assert_eq!(records.look_up(None, (0, 5)).unwrap(), (Vec::new(), 0));
    assert_eq!(add(&*records, facts("Ada")), PersonChanged::EmailTaken, "a page opens it again");
    let new = NewPerson {
        id: "another".to_owned(),
        source: "scim",
        is_ended: false,
        facts: PersonFacts { department: "Sales".to_owned(), ..facts("Ada") },
    };
    let back = done(records.add_person(&new, &act("person_added", 5)).unwrap());
    assert_eq!((&back.id, back.ended, back.removed), (&ada.id, None, None));
    let row = records.person_row(&back.id).unwrap().unwrap();
    let kinds: Vec<_> = row.checklists.iter().map(|open| open.kind.as_str()).collect();
    assert!(kinds.contains(&"onboarding"), "{kinds:?}");
    assert_eq!((back.department.as_str(), back.source.as_str()), ("Sales", "scim"));
    assert_eq!(records.look_up(None, (0, 5)).unwrap().1, 1);
}

fn last_administrator(replicas: &Replicas) {
    let records = replicas.open().records;
    account(&*records, "ada", Role::Administrator);
    done(add(&*records, facts("Ada")));
    let end = || records.end_person("ada", None, &act("person_ended", 3)).unwrap();
    assert_eq!(end(), PersonChanged::LastAdministrator);
    assert_eq!(records.person("ada").unwrap().unwrap().ended, None);
    account(&*records, "bob", Role::Administrator);
    done(end());
}

fn ask() -> PeopleAsk {
    PeopleAsk {
        text: None,
        cases: Vec::new(),
        department: None,
        days: 7,
        today: TODAY,
        after: None,
        limit: Some(50),
    }
}

fn names(records: &dyn Records, ask: &PeopleAsk) -> Vec<String> {
    let page = records.people(ask).unwrap();
    page.rows.into_iter().map(|row| row.person.name).collect()
}

fn listed(replicas: &Replicas) {
    let mut opened = replicas.open();
    for number in 1..=2 {
        enrolled(&mut opened, number);
    }
    let records = opened.records.clone();
    assert_eq!(start(), minute(0));
    let days = |first, last, away| PersonFacts {
        first_day: first,
        last_day: last,
        away_until: away,
        ..PersonFacts::default()
    };
    for (name, with) in [
        ("Joining", days(Some(date(2026, 8, 27)), None, None)),
        ("Later", days(Some(date(2026, 8, 28)), None, None)),
        ("Leaving", days(None, Some(TODAY), None)),
        ("Left", days(None, Some(date(2026, 8, 19)), None)),
        ("Away", days(None, None, Some(TODAY))),
        ("Back", days(None, None, Some(date(2026, 8, 19)))),
    ] {
        let known = facts(name);
        let department = "Sales 50%".to_owned();
        done(add(
            &*records,
            PersonFacts { name: known.name, email: known.email, department, ..with },
        ));
    }
    let two = records.person_by_email("person2@company.example").unwrap().unwrap();
    done(records.end_person(&two.id, None, &act("person_ended", 1)).unwrap());
    let of = |case| names(&*records, &PeopleAsk { cases: vec![case], ..ask() });
    assert_eq!(of(PersonCase::WithMac), ["Person 1"]);
    assert_eq!(of(PersonCase::NotCompliant), ["Person 1"], "nothing was reported yet");
    assert_eq!(of(PersonCase::LeftWithMac), ["Person 2"]);
    assert_eq!(of(PersonCase::Left), ["Left Poe", "Person 2"]);
    assert_eq!(of(PersonCase::Joining), ["Joining Poe"]);
    assert_eq!(of(PersonCase::Leaving), ["Leaving Poe"]);
    assert_eq!(of(PersonCase::Away), ["Away Poe"]);
    assert_eq!(of(PersonCase::WithoutMac).len(), 5);
    let kinds = |name: &str| -> Vec<String> {
        let page = records.people(&PeopleAsk { text: Some(name.to_owned()), ..ask() }).unwrap();
        let row = page.rows.into_iter().next().unwrap();
        row.checklists.into_iter().map(|open| open.kind).collect()
    };
    assert_eq!(kinds("joining"), ["onboarding"], "the first day is to come");
    assert_eq!(kinds("away"), Vec::<String>::new());
    let rows = records.people(&PeopleAsk { cases: vec![PersonCase::WithMac], ..ask() }).unwrap();
    assert_eq!(rows.rows[0].macs[0].id, device_id(1));
    let counts = records.count_people(&ask()).unwrap();
    for (case, count) in &counts.cases {
        assert_eq!(of(*case).len() as u64, *count, "{case:?}");
    }
    assert_eq!((counts.total, counts.any), (6, true));
    assert_eq!(counts.departments, [("Sales 50%".to_owned(), 5)], "without who has left");
    let text = |text: &str| names(&*records, &PeopleAsk { text: Some(text.into()), ..ask() });
    assert_eq!(text("50% POE later"), ["Later Poe"]);
    assert!(text("5_%").is_empty(), "signs stand for themselves");
    let away = PeopleAsk { cases: vec![PersonCase::Away, PersonCase::WithMac], ..ask() };
    assert!(names(&*records, &away).is_empty(), "all of them hold");
}

fn paged(replicas: &Replicas) {
    let records = replicas.open().records;
    for name in ["Émile", "bob", "Ada", "Zoe", "ada"] {
        let email = format!("{}@company.example", uuid::Uuid::new_v4());
        let id = uuid::Uuid::new_v4().to_string();
        let facts = PersonFacts { name: name.to_owned(), email, ..PersonFacts::default() };
        let new = NewPerson { id, source: "api", is_ended: false, facts };
        done(records.add_person(&new, &act("person_added", 0)).unwrap());
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = records.people(&PeopleAsk { after, limit: Some(2), ..ask() }).unwrap();
        seen.extend(page.rows.into_iter().map(|row| row.person.name));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(
        seen.iter().map(|name| name.to_lowercase()).collect::<Vec<_>>(),
        ["ada", "ada", "bob", "zoe", "émile"]
    );
    let all = PeopleAsk { limit: None, ..ask() };
    assert_eq!(names(&*records, &all), seen);
}

fn imported(replicas: &Replicas) {
    let records = replicas.open().records;
    let bob = PersonFacts { department: "Sales".to_owned(), ..facts("Bob") };
    done(add(&*records, bob));
    let person = |name: &str| ImportedPerson {
        name: format!("{name} Poe"),
        email: format!("{}@company.example", name.to_lowercase()),
        department: Column::Absent,
        first_day: Column::Says(Some(date(2026, 9, 1))),
        last_day: Column::Says(None),
        away_until: Column::Absent,
    };
    let file = [person("Ada"), person("Bob")];
    let act = |id: &str, name: &str, is_new: bool| {
        let action = if is_new { "person_added" } else { "person_changed" };
        Act { object: Object::new("person", id).called(name), ..act(action, 4) }
    };
    let import = |file: &[ImportedPerson]| {
        records.import_people(file, &ImportedWith { source: "csv", act: &act }).unwrap()
    };
    assert_eq!(import(&file), PeopleImport { added: 1, changed: 1, same: 0 });
    let bob = records.person_by_email("bob@company.example").unwrap().unwrap();
    assert_eq!((bob.department.as_str(), bob.first_day), ("Sales", Some(date(2026, 9, 1))));
    assert_eq!(bob.email, "Bob@Company.example", "written as it was");
    let audit = replicas.rows("SELECT action FROM audit ORDER BY position");
    assert_eq!(audit, ["person_added", "person_added", "person_changed"]);
    assert_eq!(import(&file), PeopleImport { added: 0, changed: 0, same: 2 });
    let ada = records.person_by_email("ada@company.example").unwrap().unwrap();
    assert_eq!((ada.source.as_str(), ada.version), ("csv", 1));
    let gone = ImportedPerson { first_day: Column::Says(None), ..person("Ada") };
    assert_eq!(import(&[gone]).changed, 1);
    assert_eq!(records.person(&ada.id).unwrap().unwrap().first_day, None);
}
