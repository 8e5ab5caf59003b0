//! Tests of the schedule.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use shared::api::Settings;

use super::{Next, Situation, next, slept};
use crate::report::Scope;

const NOW: i64 = 1_790_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn situation(device_id: &str) -> Situation {
    Situation {
        device_id: device_id.to_owned(),
        settings: Settings::default(),
        is_failing: false,
        reported_at: Some(at(NOW)),
        failed_at: None,
        failures: 0,
        not_before: None,
        woke_at: None,
    }
}

#[test]
fn a_new_device_reports_at_once() {
    let new = Situation { reported_at: None, ..situation("a") };
    assert_eq!(next(&new, at(NOW)), Next { at: at(NOW), scope: Scope::Report });
}

#[test]
fn devices_report_every_hour_at_points_of_their_own() {
    let mut points = std::collections::BTreeSet::new();
    for device in 0..200 {
        let mut it = situation(&format!("device {device}"));
        let first = next(&it, at(NOW)).at;
        it.reported_at = Some(first);
        let second = next(&it, first).at;
        assert_eq!(second.duration_since(first), SignedDuration::from_hours(1));
        points.insert(first.as_second() % 3600);
    }
    assert!(points.len() > 180, "{} of 200 points are different", points.len());
}

#[test]
fn a_failing_device_reports_every_ten_minutes() {
    let mut it = Situation { is_failing: true, ..situation("a") };
    let first = next(&it, at(NOW)).at;
    it.reported_at = Some(first);
    assert_eq!(next(&it, first).at.duration_since(first), SignedDuration::from_mins(10));
}

#[test]
fn five_minutes_after_waking_it_reports() {
    let it = Situation { woke_at: Some(at(NOW + 50_000)), ..situation("a") };
    let next = next(&it, at(NOW + 50_000));
    let wait = next.at.duration_since(at(NOW + 50_000)).as_secs();
    assert!((300..360).contains(&wait), "{wait}");
    assert_eq!(next.scope, Scope::Report);
}

#[test]
fn a_queue_is_tried_again_after_one_two_and_four_minutes() {
    for (failures, least) in [(1, 60), (2, 120), (3, 240)] {
        let it = Situation { failed_at: Some(at(NOW)), failures, ..situation("a") };
        let next = next(&it, at(NOW));
        let wait = next.at.duration_since(at(NOW)).as_secs();
        assert!((least..least + 60).contains(&wait), "{wait}");
        assert_eq!(next.scope, Scope::QueueAlone);
    }
}

#[test]
fn the_collector_is_not_asked_before_it_said() {
    let until = at(NOW + 1_000);
    let it = Situation {
        failed_at: Some(at(NOW)),
        failures: 1,
        not_before: Some(until),
        settings: Settings { report_every_s: 80_000, failing_report_every_s: 80_000 },
        ..situation("a")
    };
    assert!(next(&it, at(NOW)).at >= until);
}

#[test]
fn a_pause_that_lasted_longer_than_planned_was_sleep() {
    let minute = SignedDuration::from_secs(60);
    assert!(!slept(minute, minute));
    assert!(!slept(minute, SignedDuration::from_secs(85)));
    assert!(slept(minute, SignedDuration::from_secs(91)));
    assert!(!slept(minute, SignedDuration::from_secs(-3_600)), "the clock was set back");
}

proptest! {
    #[test]
    fn no_settings_and_no_clock_silence_a_device(
        report_every_s in any::<u32>(),
        failing_report_every_s in any::<u32>(),
        is_failing in any::<bool>(),
        last in -4_000_000_000_i64..4_000_000_000,
        id in "[a-z]{0,8}",
    ) {
        let it = Situation {
            settings: Settings { report_every_s, failing_report_every_s },
            is_failing,
            reported_at: Some(at(last)),
            ..situation(&id)
        };
        let next = next(&it, at(NOW));
        prop_assert!(next.at <= at(NOW + 36 * 3600));
        prop_assert!(next.at >= at(last + 30) || last > NOW);
    }
}
