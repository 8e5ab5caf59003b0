//! Saved views: who sees which, and that keeping one is noted.

use super::replicas::{Promise, Replicas, keep, minute};
use crate::audit::{Act, Object};
use crate::auth::link;
use crate::auth::role::Role;
use crate::store::access::saved_views::{MOST, NewView};
use crate::store::place::Opened;

const PROMISES: &[Promise] = &[
    ("everybody sees the own views and the shared ones", seen),
    ("a view is replaced by one of its name, and removed once", life),
    ("an account has no more views than it may have", most),
];

#[test]
fn views_are_kept_on_sqlite() {
    keep(PROMISES, Replicas::of_sqlite);
}

#[test]
fn views_are_kept_on_postgresql() {
    keep(PROMISES, Replicas::of_postgres);
}

fn account(opened: &Opened, name: &str) -> String {
    let email = format!("{}@company.example", name.to_lowercase());
    link::account(&*opened.records, (name, &email), Role::It, minute(1)).unwrap().id
}

fn new(id: &str, account: &str, is_shared: bool) -> NewView {
    NewView {
        id: id.to_owned(),
        account_id: account.to_owned(),
        name: format!("View {id}"),
        query: "status=stale&q=%C3%A4".to_owned(),
        is_shared,
    }
}

fn act(action: &'static str) -> Act {
    Act::of_command(action, Object::new("view", "v"), minute(2))
}

fn names(opened: &Opened, account: &str) -> Vec<String> {
    opened.records.saved_views(account).unwrap().into_iter().map(|view| view.name).collect()
}

fn seen(replicas: &Replicas) {
    let (one, other) = (replicas.open(), replicas.open());
    let (sam, kim) = (account(&one, "Sam"), account(&one, "Kim"));
    for view in [new("b", &sam, false), new("a", &kim, true), new("c", &kim, false)] {
        assert!(one.records.save_view(&view, &act("view_saved")).unwrap());
    }
    assert_eq!(names(&other, &sam), ["View a", "View b"]);
    assert_eq!(names(&other, &kim), ["View a", "View c"]);
    let shared = other.records.saved_view("a", &sam).unwrap().unwrap();
    assert_eq!((shared.author.as_str(), shared.is_shared), ("Kim", true));
    assert_eq!((shared.query.as_str(), shared.created), ("status=stale&q=%C3%A4", minute(2)));
    assert_eq!(other.records.saved_view("c", &sam).unwrap(), None);
}

fn life(replicas: &Replicas) {
    let one = replicas.open();
    let sam = account(&one, "Sam");
    assert!(one.records.save_view(&new("a", &sam, false), &act("view_saved")).unwrap());
    let again = NewView { name: "View a".to_owned(), ..new("b", &sam, true) };
    assert!(one.records.save_view(&again, &act("view_saved")).unwrap());
    let kept = one.records.saved_views(&sam).unwrap();
    assert_eq!((kept.len(), kept[0].id.as_str(), kept[0].is_shared), (1, "b", true));
    assert!(one.records.remove_view("b", &act("view_removed")).unwrap());
    assert!(!one.records.remove_view("b", &act("view_removed")).unwrap());
    let acts =
        replicas.rows("SELECT action FROM audit WHERE action LIKE 'view%' ORDER BY position");
    assert_eq!(acts, ["view_saved", "view_saved", "view_removed"]);
}

fn most(replicas: &Replicas) {
    let one = replicas.open();
    let sam = account(&one, "Sam");
    for number in 0..MOST {
        let view = new(&number.to_string(), &sam, false);
        assert!(one.records.save_view(&view, &act("view_saved")).unwrap());
    }
    assert!(!one.records.save_view(&new("more", &sam, false), &act("view_saved")).unwrap());
    assert_eq!(names(&one, &sam).len() as u64, MOST);
}
