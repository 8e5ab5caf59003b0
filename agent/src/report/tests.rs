//! Tests of whole runs: order, crashes, refusals.

use proptest::prelude::*;
use shared::statement::ReportKind;

use super::{ReportError, RunSummary, Scope, run_with};
use crate::context::Context;
use crate::delivery::Stop;
use crate::identity::Identity;
use crate::identity::progress::Progress;
use crate::state::StateFolder;
use crate::testbed::{FakeCollector, Hand, Mood, computer, enrolled};

mod log;

struct Bench {
    context: Context,
    hand: Hand,
    identity: Identity,
    collector: FakeCollector,
    _place: tempfile::TempDir,
}

fn bench() -> Bench {
    let place = tempfile::tempdir().unwrap();
    let (context, hand) = computer(place.path());
    let (identity, key) = enrolled(place.path());
    Bench { context, hand, identity, collector: FakeCollector::new(key), _place: place }
}

impl Bench {
    fn run_in(&self, folder: &StateFolder) -> Result<RunSummary, ReportError> {
        self.hand.forward(3600);
        let run = run_with(&self.context, folder, &self.identity, Scope::Report, &self.collector);
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run)
    }

    fn run(&self) -> RunSummary {
        self.run_in(&StateFolder::open(&self.context.state_dir).unwrap()).unwrap()
    }

    fn run_and_crash_after(&self, changes: usize) -> bool {
        self.run_in(&StateFolder::crashing_after(&self.context.state_dir, changes)).is_err()
    }

    fn progress(&self) -> Progress {
        let folder = StateFolder::at(&self.context.state_dir);
        Progress::load(&folder, &self.identity.key).unwrap().unwrap()
    }
}

#[test]
fn a_report_is_made_delivered_and_gone_from_the_queue() {
    let bench = bench();
    let first = bench.run();
    assert_eq!(first.made.unwrap().kind, ReportKind::Full);
    assert_eq!(first.receipts.len(), 1);
    assert_eq!((first.queue.queued, first.queue.dropped), (0, 0));
    assert_eq!(bench.run().made.unwrap().kind, ReportKind::Unchanged);
    bench.collector.assert_whole_chain(&bench.identity);
    let kept = bench.collector.kept.lock().unwrap();
    let since = kept[&2].1.unchanged_since.clone().unwrap();
    assert_eq!((since.sequence, &since.sha256), (1, &kept[&1].0));
    assert!(kept[&2].1.checks.is_empty());
    assert_eq!(kept[&1].1.host.as_deref(), Some("recorded"));
}

#[test]
fn what_was_made_offline_arrives_in_order_in_few_requests() {
    let bench = bench();
    bench.collector.set(Mood::Away);
    for made in 1..=120 {
        let summary = bench.run();
        assert_eq!(summary.queue.queued, made);
        assert!(matches!(summary.stop, Some(Stop::Send(_))));
    }
    assert_eq!(bench.progress().failures, 120);
    bench.collector.set(Mood::Well);
    bench.collector.requests.lock().unwrap().clear();
    let summary = bench.run();
    assert_eq!(summary.receipts.len(), 121);
    assert_eq!(*bench.collector.requests.lock().unwrap(), [100, 21]);
    assert_eq!(summary.queue.queued, 0);
    assert_eq!(bench.progress().failures, 0);
    bench.collector.assert_whole_chain(&bench.identity);
    let kept = bench.collector.kept.lock().unwrap();
    assert_eq!(kept[&121].1.spool.queued, 120);
    let fulls = kept.values().filter(|(_, it)| it.kind == ReportKind::Full).count();
    assert_eq!(fulls, 6, "one a day");
}

#[test]
fn a_crash_at_any_step_neither_loses_nor_doubles_a_statement() {
    for changes in 0..100 {
        let bench = bench();
        bench.run();
        bench.collector.set(Mood::Away);
        bench.run();
        bench.collector.set(Mood::Well);
        let crashed = bench.run_and_crash_after(changes);
        let summary = bench.run();
        assert_eq!((summary.queue.queued, summary.queue.dropped), (0, 0), "step {changes}");
        bench.collector.assert_whole_chain(&bench.identity);
        if !crashed {
            assert!(changes > 12, "a run changes the disk more often than {changes} times");
            return;
        }
    }
    panic!("the run never came to its end");
}

#[test]
fn losing_the_progress_does_not_start_at_one_again() {
    let bench = bench();
    bench.run();
    bench.run();
    let file = bench.context.state_dir.join("keys").join(&bench.identity.key).join("progress.json");
    for damage in [Some("{"), None] {
        match damage {
            Some(text) => std::fs::write(&file, text).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        bench.run();
        bench.collector.assert_whole_chain(&bench.identity);
    }
    assert_eq!(bench.collector.sequences(), [1, 2, 3, 4]);
    let last = file.with_file_name("last.json");
    std::fs::remove_file(&file).unwrap();
    std::fs::remove_file(&last).unwrap();
    let folder = StateFolder::open(&bench.context.state_dir).unwrap();
    let error = bench.run_in(&folder).unwrap_err().to_string();
    assert!(error.contains("enroll"), "{error}");
}

#[test]
fn a_report_refused_for_ever_is_put_aside_and_the_next_says_everything() {
    let bench = bench();
    bench.run();
    bench.run();
    bench.collector.set(Mood::Refusing("bad-signature"));
    let refused = bench.run();
    assert_eq!(refused.aside.len(), 1);
    assert_eq!(refused.queue.queued, 0);
    bench.collector.set(Mood::Well);
    bench.collector.requests.lock().unwrap().clear();
    let next = bench.run();
    assert_eq!(next.receipts.len(), 1, "the refused one is not sent again");
    assert_eq!(bench.collector.sequences(), [1, 2, 4]);
    assert_eq!(bench.collector.kept.lock().unwrap()[&4].1.spool.dropped, 0);
    let aside = StateFolder::at(&bench.context.state_dir).list("quarantine").unwrap();
    assert_eq!(aside.len(), 2, "the envelope and the reason: {aside:?}");
}

#[test]
fn an_unknown_key_keeps_the_queue_and_the_reports_going() {
    let bench = bench();
    bench.collector.set(Mood::Refusing("unknown-key"));
    for queued in 1..=3 {
        let summary = bench.run();
        assert!(matches!(&summary.stop, Some(Stop::Trouble(it)) if it.code == "unknown-key"));
        assert_eq!(summary.queue.queued, queued);
    }
    let since = bench.progress().trouble.unwrap().since;
    assert_eq!(since.as_second(), crate::testbed::START + 3600, "since the first refusal");
    bench.collector.set(Mood::Well);
    assert_eq!(bench.run().receipts.len(), 4);
    assert_eq!(bench.progress().trouble, None);
    bench.collector.assert_whole_chain(&bench.identity);
}

#[test]
fn a_revoked_key_stops_sending_but_not_the_chain() {
    let bench = bench();
    bench.collector.set(Mood::Refusing("key-revoked"));
    bench.run();
    bench.collector.requests.lock().unwrap().clear();
    for _ in 0..23 {
        assert!(matches!(bench.run().stop, Some(Stop::NotBefore(_))));
    }
    assert!(bench.collector.requests.lock().unwrap().is_empty());
    bench.collector.set(Mood::Well);
    assert_eq!(bench.run().receipts.len(), 25, "after a day it is tried again");
    bench.collector.assert_whole_chain(&bench.identity);
    bench.collector.set(Mood::Refusing("key-revoked"));
    bench.run();
    bench.hand.forward(31 * 24 * 3600);
    let folder = StateFolder::open(&bench.context.state_dir).unwrap();
    assert!(matches!(bench.run_in(&folder), Err(ReportError::Trouble(_))));
}

#[test]
fn two_signers_stop_everything() {
    let bench = bench();
    bench.collector.set(Mood::Refusing("sequence-conflict"));
    bench.run();
    bench.collector.set(Mood::Well);
    let folder = StateFolder::open(&bench.context.state_dir).unwrap();
    let error = bench.run_in(&folder).unwrap_err().to_string();
    assert!(error.contains("second computer"), "{error}");
}

#[test]
fn a_busy_collector_is_left_alone_for_as_long_as_it_asks() {
    let bench = bench();
    bench.collector.set(Mood::Busy(7200));
    bench.run();
    bench.collector.set(Mood::Well);
    assert!(matches!(bench.run().stop, Some(Stop::NotBefore(_))));
    assert_eq!(bench.run().receipts.len(), 3);
}

#[test]
fn reports_of_an_earlier_key_are_delivered_or_put_aside() {
    for (mood, delivered) in [(Mood::Well, 2), (Mood::Refusing("unknown-key"), 0)] {
        let mut bench = bench();
        bench.collector.set(Mood::Away);
        bench.run();
        bench.run();
        let former = bench.identity.key.clone();
        bench.identity = enrolled(&bench.context.state_dir).0;
        let folder = StateFolder::open(&bench.context.state_dir).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for mood in [Mood::Away, mood] {
            let still_away = mood == Mood::Away;
            bench.collector.set(mood);
            let scope = Scope::QueueAlone;
            let run = run_with(&bench.context, &folder, &bench.identity, scope, &bench.collector);
            runtime.block_on(run).unwrap();
            let keys = folder.list("keys").unwrap();
            assert_eq!(keys.contains(&former), still_away, "{keys:?}");
        }
        assert_eq!(bench.collector.sequences().len(), delivered);
        assert_eq!(folder.list("quarantine").unwrap().len(), 4 - 2 * delivered);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_history_of_crashes_and_outages_ends_in_one_whole_chain(
        history in prop::collection::vec((any::<bool>(), prop::option::of(0_usize..24)), 1..12),
    ) {
        let bench = bench();
        for (online, crash) in history {
            bench.collector.set(if online { Mood::Well } else { Mood::Away });
            match crash {
                Some(changes) => {
                    bench.run_and_crash_after(changes);
                }
                None => {
                    bench.run();
                }
            }
        }
        bench.collector.set(Mood::Well);
        let summary = bench.run();
        prop_assert_eq!(summary.queue.queued, 0);
        bench.collector.assert_whole_chain(&bench.identity);
    }
}
