//! A passkey belongs to one account, is used up to where it was judged, and
//! is gone when it is removed. Every change of one is noted with it.

use jiff::Timestamp;

use super::replicas::{Promise, Replicas, keep, minute};
use crate::audit::{Act, Object};
use crate::auth::role::Role;
use crate::auth::session::prepare;
use crate::auth::who::Origin;
use crate::store::access::Records;
use crate::store::access::accounts::NewAccount;
use crate::store::access::passkeys::{NewPasskey, UsedPasskey, WaysIn};
use crate::store::access::sessions::NewSession;

const PROMISES: &[Promise] = &[
    ("a passkey is one account's, by its id", belongs),
    ("of two answers to one counter one counts", counts),
    ("a removed passkey and a closed account admit nobody", closes),
    ("every change is noted with it", noted),
];

#[test]
fn passkeys_are_kept_on_sqlite() {
    keep(PROMISES, Replicas::of_sqlite);
}

#[test]
fn passkeys_are_kept_on_postgresql() {
    keep(PROMISES, Replicas::of_postgres);
}

fn account(records: &dyn Records, name: &str, ends: Option<Timestamp>) -> String {
    let new = NewAccount {
        id: format!("id-of-{name}"),
        email: format!("{name}@company.example"),
        name: name.to_owned(),
        role: Role::Viewer,
        ends,
    };
    assert!(records.add_account(&new, &act("account_added", &new.id)).unwrap());
    new.id
}

fn act(action: &'static str, id: &str) -> Act {
    Act::of_command(action, Object::new("passkey", id), minute(1))
}

fn add(records: &dyn Records, account: &str, id: &str) -> bool {
    let new = NewPasskey {
        id: id.to_owned(),
        account: account.to_owned(),
        name: format!("{id} of {account}"),
        credential: "counted to 1".to_owned(),
    };
    records.add_passkey(&new, &act("passkey_added", id)).unwrap()
}

fn session(account: &str, at: Timestamp) -> NewSession {
    let origin = Origin {
        at,
        request: "request".to_owned(),
        address: "192.0.2.7".to_owned(),
        agent: "a browser".to_owned(),
    };
    prepare(account, "passkey", &origin).unwrap().1
}

const USED: UsedPasskey<'_> =
    UsedPasskey { id: "key", before: "counted to 1", after: "counted to 2" };

fn belongs(replicas: &Replicas) {
    let records = replicas.open().records;
    let (kim, ada) = (account(&*records, "kim", None), account(&*records, "ada", None));
    assert!(add(&*records, &kim, "key"));
    assert!(!add(&*records, &ada, "key"), "the id is taken");
    assert!(add(&*records, &ada, "another"));
    let (holder, credential) = records.passkey("key").unwrap().unwrap();
    assert_eq!((holder.as_str(), credential.as_str()), (kim.as_str(), "counted to 1"));
    assert_eq!(records.passkey("none").unwrap(), None);
    let names = |account: &str| -> Vec<String> {
        records.passkeys_of(account).unwrap().into_iter().map(|key| key.name).collect()
    };
    assert_eq!(names(&kim), ["key of id-of-kim"]);
    let renamed = act("passkey_renamed", "key");
    assert!(!records.rename_passkey((&ada, "key"), "Mine", &renamed).unwrap());
    assert!(records.rename_passkey((&kim, "key"), "Mine", &renamed).unwrap());
    assert_eq!(names(&kim), ["Mine"]);
    assert_eq!(records.ways(&kim).unwrap(), WaysIn { passkeys: 1, identities: 0 });
    let foreign = session(&ada, minute(2));
    assert_eq!(records.enter_with_passkey(USED, &foreign).unwrap(), None);
    assert!(!records.remove_passkey(&ada, "key", &act("passkey_removed", "key")).unwrap());
    assert!(records.remove_passkey(&kim, "key", &act("passkey_removed", "key")).unwrap());
    assert_eq!(names(&kim), Vec::<String>::new());
}

fn counts(replicas: &Replicas) {
    let all: Vec<_> = (0..4).map(|_| replicas.open().records).collect();
    let kim = account(&*all[0], "kim", None);
    assert!(add(&*all[0], &kim, "key"));
    let entered: Vec<bool> = std::thread::scope(|scope| {
        let tries: Vec<_> = all
            .iter()
            .map(|records| {
                let session = session(&kim, minute(2));
                scope.spawn(move || records.enter_with_passkey(USED, &session).unwrap().is_some())
            })
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(entered.iter().filter(|entered| **entered).count(), 1);
    assert_eq!(all[1].passkey("key").unwrap().unwrap().1, "counted to 2");
    assert_eq!(all[2].passkeys_of(&kim).unwrap()[0].used, Some(minute(2)));
    assert_eq!(replicas.rows("SELECT way FROM console_session"), ["passkey"]);
}

fn closes(replicas: &Replicas) {
    let records = replicas.open().records;
    let kim = account(&*records, "kim", Some(minute(10)));
    assert!(add(&*records, &kim, "key"));
    assert_eq!(records.enter_with_passkey(USED, &session(&kim, minute(10))).unwrap(), None);
    assert_eq!(records.passkey("key").unwrap().unwrap().1, "counted to 1", "nothing was used up");
    assert!(records.enter_with_passkey(USED, &session(&kim, minute(9))).unwrap().is_some());
    assert!(records.remove_passkey(&kim, "key", &act("passkey_removed", "key")).unwrap());
    let again = UsedPasskey { before: "counted to 2", after: "counted to 3", ..USED };
    assert_eq!(records.enter_with_passkey(again, &session(&kim, minute(9))).unwrap(), None);
}

fn noted(replicas: &Replicas) {
    let records = replicas.open().records;
    let kim = account(&*records, "kim", None);
    assert!(add(&*records, &kim, "key"));
    assert!(!add(&*records, &kim, "key"), "what did not happen is not noted");
    records.rename_passkey((&kim, "key"), "Mine", &act("passkey_renamed", "key")).unwrap();
    records.remove_passkey(&kim, "key", &act("passkey_removed", "key")).unwrap();
    records.remove_passkey(&kim, "key", &act("passkey_removed", "key")).unwrap();
    let actions = replicas.rows("SELECT action FROM audit ORDER BY position");
    assert_eq!(actions, ["account_added", "passkey_added", "passkey_renamed", "passkey_removed"]);
}
