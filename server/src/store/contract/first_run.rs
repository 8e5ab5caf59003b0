//! The first-run list: what is there is seen, and it is put away once.

use super::replicas::{Promise, Replicas, enrolled, keep, minute};
use crate::audit::{Act, Object};
use crate::store::access::first_run::FirstRunSeen;

const PROMISES: &[Promise] =
    &[("what is there is seen, and the list is put away once for everybody", life)];

#[test]
fn the_first_run_is_kept_on_sqlite() {
    keep(PROMISES, Replicas::of_sqlite);
}

#[test]
fn the_first_run_is_kept_on_postgresql() {
    keep(PROMISES, Replicas::of_postgres);
}

fn life(replicas: &Replicas) {
    let (mut one, other) = (replicas.open(), replicas.open());
    assert_eq!(one.records.first_run().unwrap(), FirstRunSeen::default());
    enrolled(&mut one, 1);
    assert_eq!(other.records.first_run().unwrap(), FirstRunSeen::default(), "no report yet");
    let act = Act::of_command("first_run_dismissed", Object::default(), minute(1));
    assert!(one.records.dismiss_first_run(&act).unwrap());
    assert!(!other.records.dismiss_first_run(&act).unwrap());
    assert!(other.records.first_run().unwrap().is_dismissed);
    let acts = replicas.rows("SELECT action FROM audit WHERE action LIKE 'first%'");
    assert_eq!(acts, ["first_run_dismissed"]);
}
