//! What a run does with the proofs of the collector's log.

use super::{Bench, bench};
use crate::delivery::{SendError, Stop};
use crate::identity::progress::LOG_FORK;
use crate::log::Known;
use crate::report::{ReportError, RunSummary};
use crate::state::StateFolder;
use crate::testbed::log::Shows;
use crate::testbed::{Mood, START};

impl Bench {
    fn known(&self) -> Known {
        self.progress().log.unwrap()
    }
}

fn is_odd(summary: &RunSummary) -> bool {
    matches!(summary.stop, Some(Stop::Send(SendError::Protocol { .. })))
}

fn is_forked(summary: &RunSummary) -> bool {
    matches!(&summary.stop, Some(Stop::Trouble(it)) if it.code == LOG_FORK)
}

#[test]
fn a_report_carries_the_newest_state_of_the_log_that_was_proven() {
    let bench = bench();
    bench.run();
    let first = bench.known();
    assert_eq!((first.checkpoint.size, first.sequence, first.receipt.index), (2, 1, 1));
    bench.run();
    let second = bench.known();
    assert_eq!((second.checkpoint.size, second.sequence), (4, 2));
    assert_eq!(second.verified_at.as_second(), START + 2 * 3600);
    let kept = bench.collector.kept.lock().unwrap();
    assert_eq!(kept[&1].1.freshness.checkpoint, None);
    assert_eq!(kept[&2].1.freshness.checkpoint, Some(first.checkpoint));
}

#[test]
fn nothing_leaves_the_queue_without_proof_and_all_of_it_comes_later() {
    for shows in
        [Shows::Another, Shows::NoConsistency, Shows::BrokenPath, Shows::Older, Shows::OtherKey]
    {
        let bench = bench();
        (0..3).for_each(|_| drop(bench.run()));
        let known = bench.known();
        bench.collector.show(shows);
        for queued in 1..=3 {
            let summary = bench.run();
            assert!(is_odd(&summary), "{shows:?}: {:?}", summary.stop);
            assert_eq!((summary.queue.queued, summary.receipts.len()), (queued, 0), "{shows:?}");
            assert_eq!(bench.known(), known, "{shows:?}");
        }
        let progress = bench.progress();
        assert_eq!((progress.failures, progress.trouble), (3, None), "it is tried again");
        let doubt = progress.doubt.unwrap();
        assert_eq!(doubt.since.as_second(), START + 4 * 3600, "since the first");
        bench.collector.show(Shows::Well);
        let summary = bench.run();
        assert_eq!((summary.queue.queued, summary.receipts.len()), (0, 4), "{shows:?}");
        assert_eq!(bench.progress().doubt, None);
        bench.collector.assert_whole_chain(&bench.identity);
    }
}

#[test]
fn two_histories_stop_everything_until_a_person_acts() {
    let bench = bench();
    (0..3).for_each(|_| drop(bench.run()));
    let known = bench.known();
    bench.collector.show(Shows::Fork);
    let summary = bench.run();
    assert!(is_forked(&summary), "{:?}", summary.stop);
    assert_eq!((summary.queue.queued, summary.receipts.len()), (1, 0));
    bench.collector.show(Shows::Well);
    bench.collector.requests.lock().unwrap().clear();
    for queued in 2..=4 {
        let summary = bench.run();
        assert!(is_forked(&summary), "{:?}", summary.stop);
        assert_eq!(summary.queue.queued, queued, "reports are made, and wait");
    }
    assert!(bench.collector.requests.lock().unwrap().is_empty(), "nothing is sent");
    assert_eq!(bench.known(), known, "the old checkpoint stays");
    let folder = StateFolder::at(&bench.context.state_dir);
    let [place] = &folder.list("forks").unwrap()[..] else { panic!("one proof") };
    let note = |name| folder.read(&format!("forks/{place}/{name}.txt")).unwrap().unwrap();
    assert_eq!(note("known"), known.receipt.checkpoint.as_bytes());
    assert_ne!(note("shown"), note("known"));
    let key = bench.identity.log().unwrap();
    for name in ["known", "shown"] {
        let text = String::from_utf8(note(name)).unwrap();
        shared::log::Checkpoint::open(&text, &key).unwrap();
    }
    let said = bench.progress().trouble.unwrap().detail;
    assert!(said.contains(&format!("forks/{place}")), "{said}");
}

#[test]
fn a_new_enrolment_ends_a_fork_and_delivers_what_waited() {
    let mut bench = bench();
    (0..2).for_each(|_| drop(bench.run()));
    bench.collector.show(Shows::Fork);
    assert!(is_forked(&bench.run()));
    bench.collector.show(Shows::Well);
    bench.identity = crate::testbed::enrolled(&bench.context.state_dir).0;
    let folder = StateFolder::open(&bench.context.state_dir).unwrap();
    let run = super::run_with(
        &bench.context,
        &folder,
        &bench.identity,
        super::Scope::QueueAlone,
        &bench.collector,
    );
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(run).unwrap();
    assert_eq!(bench.collector.sequences(), [1, 2, 3]);
    assert_eq!(folder.list("quarantine").unwrap(), [] as [&str; 0]);
    assert_eq!(bench.known().sequence, 3, "one device knows one log");
    assert_eq!(folder.list("forks").unwrap().len(), 1, "the proof stays");
}

#[test]
fn what_waited_long_is_proven_request_by_request() {
    for (shows, requests) in [(Shows::Well, 2), (Shows::Piecemeal, 2), (Shows::Apart, 4)] {
        let bench = bench();
        bench.run();
        bench.collector.set(Mood::Away);
        (0..130).for_each(|_| drop(bench.run()));
        bench.collector.set(Mood::Well);
        bench.collector.show(shows);
        bench.collector.requests.lock().unwrap().clear();
        let summary = bench.run();
        assert_eq!((summary.queue.queued, summary.receipts.len()), (0, 131), "{shows:?}");
        assert!(summary.stop.is_none(), "{:?}", summary.stop);
        assert_eq!(bench.collector.requests.lock().unwrap().len(), requests, "{shows:?}");
        assert_eq!(bench.known().checkpoint.size, bench.collector.log.lock().unwrap().size());
        bench.collector.assert_whole_chain(&bench.identity);
    }
}

#[test]
fn a_damaged_key_of_the_log_sends_nothing() {
    let mut bench = bench();
    "m.example/log+00000000+AAAA".clone_into(&mut bench.identity.log_key);
    let folder = StateFolder::open(&bench.context.state_dir).unwrap();
    let error = bench.run_in(&folder).unwrap_err();
    assert!(matches!(error, ReportError::Identity(_)) && error.to_string().contains("enroll"));
    assert!(bench.collector.requests.lock().unwrap().is_empty());
}

#[test]
fn what_is_lost_to_limits_is_told_by_the_very_next_report() {
    let bench = bench();
    bench.collector.set(Mood::Away);
    (0..6).for_each(|_| drop(bench.run()));
    bench.hand.forward(31 * 24 * 3600);
    bench.collector.set(Mood::Well);
    let summary = bench.run();
    assert_eq!(summary.receipts.len(), 2);
    assert_eq!(summary.queue.dropped, 0, "told, and so no longer to be told");
    assert_eq!(bench.collector.sequences(), [1, 7]);
    let kept = bench.collector.kept.lock().unwrap();
    let spool = kept[&7].1.spool;
    assert_eq!((spool.queued, spool.dropped), (1, 5));
}
