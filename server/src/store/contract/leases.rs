//! One holder at a time, and no late writes.

use std::sync::Barrier;
use std::time::Instant;

use super::replicas::{Promise, Replicas, keep, minute, start};
use crate::store::StoreError;
use crate::store::leases::Fence;
use crate::store::place::Store;

const PROMISES: &[Promise] = &[
    ("a lease has one holder until its end", one_holder),
    ("who holds a lease can hold it longer and give it back", longer_and_back),
    ("a late holder cannot write, hold on or give back", late_holder),
    ("of many who race for a lease exactly one gets it each time", races),
];

#[test]
fn leases_are_kept_on_sqlite() {
    keep(PROMISES, Replicas::of_sqlite);
}

#[test]
fn leases_are_kept_on_postgresql() {
    keep(PROMISES, Replicas::of_postgres);
}

fn one_holder(replicas: &Replicas) {
    let (mut one, mut other) = (replicas.open().writer, replicas.open().writer);
    let first = one.take("judging", "one", start(), minute(1)).unwrap().unwrap();
    assert_eq!(other.take("judging", "other", start(), minute(1)).unwrap(), None);
    assert!(other.take("fetching", "other", start(), minute(1)).unwrap().is_some());
    // As after a crash: what was begun before is over.
    let again = one.take("judging", "one", start(), minute(1)).unwrap().unwrap();
    assert!(again.token > first.token);
    one.work_under(Some(first));
    assert_fenced(one.as_mut(), "27.0");
    one.work_under(None);
    let second = other.take("judging", "other", minute(1), minute(2)).unwrap().unwrap();
    assert!(second.token > again.token);
}

fn longer_and_back(replicas: &Replicas) {
    let (mut one, mut other) = (replicas.open().writer, replicas.open().writer);
    let fence = one.take("judging", "one", start(), minute(1)).unwrap().unwrap();
    assert!(one.renew(&fence, minute(3)).unwrap());
    assert_eq!(other.take("judging", "other", minute(2), minute(4)).unwrap(), None);
    assert!(one.release(&fence).unwrap());
    assert!(other.take("judging", "other", minute(2), minute(4)).unwrap().is_some());
}

fn late_holder(replicas: &Replicas) {
    let (mut one, mut other) = (replicas.open().writer, replicas.open().writer);
    let late = one.take("judging", "one", start(), minute(1)).unwrap().unwrap();
    one.work_under(Some(late.clone()));
    one.want_fetch("27.0").unwrap();
    let fence = other.take("judging", "other", minute(1), minute(2)).unwrap().unwrap();
    assert_fenced(one.as_mut(), "27.1");
    assert!(!one.renew(&late, minute(9)).unwrap());
    assert!(!one.release(&late).unwrap());
    other.work_under(Some(fence));
    other.want_fetch("27.2").unwrap();
    one.work_under(None);
    assert_eq!(one.feed().unwrap().wanted.as_deref(), Some("27.2"));
}

fn assert_fenced(late: &mut dyn Store, what: &str) {
    let refused = late.want_fetch(what).unwrap_err();
    assert!(matches!(&refused, StoreError::Fenced(name) if name == "judging"), "{refused}");
}

const RACES: i64 = 10_000;
const RUNNERS: usize = 3;

fn races(replicas: &Replicas) {
    let began = Instant::now();
    let writers: Vec<_> = (0..RUNNERS).map(|_| replicas.open().writer).collect();
    let line = Barrier::new(RUNNERS);
    let runs: Vec<Run> = std::thread::scope(|scope| {
        let line = &line;
        let runners: Vec<_> = (0..)
            .zip(writers)
            .map(|(number, writer)| scope.spawn(move || run(number, writer, line)))
            .collect();
        runners.into_iter().map(|runner| runner.join().unwrap()).collect()
    });
    let mut all: Vec<(i64, i64)> = Vec::new();
    for run in &runs {
        all.extend(run.wins.iter().map(|(race, fence)| (*race, fence.token)));
    }
    all.sort_unstable();
    assert_eq!(all.len(), usize::try_from(RACES).unwrap(), "one holder each time");
    for (expected, (race, token)) in (0..).zip(&all) {
        assert_eq!((*race, *token), (expected, expected + 1), "tokens rise");
    }
    let shares: Vec<usize> = runs.iter().map(|run| run.wins.len()).collect();
    let refused: usize = runs.iter().map(|run| run.refused).sum();
    assert!(shares.iter().all(|share| *share > 0), "everybody ran: {shares:?}");
    println!(
        "{RACES} races of {RUNNERS} for a lease on {}: one holder each time, wins {shares:?}, \
         {refused} late writes refused of {refused}, {:.1} s",
        replicas.database,
        began.elapsed().as_secs_f32()
    );
}

/// What became of one runner.
#[derive(Default)]
struct Run {
    wins: Vec<(i64, Fence)>,
    refused: usize,
}

/// Runs every race; who won the one before and lost this one tries to write.
fn run(number: usize, mut writer: Box<dyn Store>, line: &Barrier) -> Run {
    let name = format!("runner {number}");
    let mut run = Run::default();
    for race in 0..RACES {
        line.wait();
        let taken = writer.take("judging", &name, minute(race), minute(race + 1)).unwrap();
        line.wait();
        if let Some(fence) = taken {
            run.wins.push((race, fence));
        } else if let Some((_, fence)) = run.wins.last().filter(|(won, _)| *won == race - 1) {
            writer.work_under(Some(fence.clone()));
            assert_fenced(writer.as_mut(), &name);
            writer.work_under(None);
            run.refused += 1;
        }
    }
    run
}
